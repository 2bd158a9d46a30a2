"""Times as Salesforce writes them: `2026-03-02T09:15:07.000+0000`, always whole seconds in UTC.

The width is fixed, so texts sort like the moments they name (salesforce.md 9.1, 19).
"""

import re
from datetime import UTC, date, datetime

_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_NEEDS_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def as_text(moment: datetime) -> str:
    """Return the text of a moment; what is below a second is cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def as_csv(text: str) -> str:
    """Return the form Bulk writes into CSV files."""
    return text.replace("+0000", "Z")


def as_moment(text: str) -> datetime:
    """Read ISO 8601 with a zone. Raises ValueError for anything else."""
    if not _NEEDS_ZONE.search(text):
        raise ValueError("a time zone is missing")
    return datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text)).astimezone(UTC)


def as_date(text: str) -> date:
    """Read a calendar date, alone or in front of a time. Raises ValueError for anything else."""
    day, _, rest = text.partition("T")
    if rest:
        datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text))
    if len(day) != len("2026-03-02"):
        raise ValueError("a date has ten characters")
    return date.fromisoformat(day)


def cut(moment: datetime) -> datetime:
    """Return the moment without what is below a second."""
    return moment.astimezone(UTC).replace(microsecond=0)
