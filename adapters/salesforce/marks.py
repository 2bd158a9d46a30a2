"""The cursor of a change feed: how far each of its readings has come, by Salesforce's clock."""

from dataclasses import dataclass
from datetime import datetime

from adapters.marks import FeedMarks


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks(FeedMarks):
    """How far each reading has come."""

    fast: datetime
    """Changes before it were told."""
    slow: datetime
    """When older windows were last read again."""
    deleted: datetime
    """Deletions for good before it were told."""
