"""The cursor of a change feed: how far each of its readings has come, by Salesforce's clock."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import orjson


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """How far each reading has come."""

    fast: datetime
    """Changes before it were told."""
    slow: datetime
    """When older windows were last read again."""
    deleted: datetime
    """Deletions for good before it were told."""

    @classmethod
    def at(cls, start: datetime) -> "Marks":
        """Return the marks of a feed that begins at one moment."""
        return cls(fast=start, slow=start, deleted=start)

    @classmethod
    def parse(cls, cursor: str) -> "Marks | None":
        """Return the marks a cursor holds; None for a text of another making."""
        try:
            told = orjson.loads(cursor)
            return cls(**{name: datetime.fromisoformat(told[name]) for name in cls.__slots__})
        except (ValueError, TypeError, KeyError):
            return None

    def text(self) -> str:
        """Return the cursor to store."""
        told = {name: at.astimezone(UTC).isoformat() for name, at in asdict(self).items()}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Times in ``[since, until)``."""

    since: datetime
    until: datetime
