"""The cursor of a change feed that reads in several ways: how far each has come."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Self

import orjson


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedMarks:
    """How far each reading has come, by the system's clock; a subclass names the readings."""

    @classmethod
    def at(cls, start: datetime) -> Self:
        """Return the marks of a feed that begins at one moment."""
        return cls(**{field.name: start for field in fields(cls)})

    @classmethod
    def parse(cls, cursor: str) -> Self | None:
        """Return the marks a cursor holds; None for a text of another making."""
        try:
            told = orjson.loads(cursor)
            return cls(**{f.name: datetime.fromisoformat(told[f.name]) for f in fields(cls)})
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
