"""Times the way HubSpot writes them: `2026-10-29T09:12:44.107Z`, or epoch milliseconds.

The text form has a fixed width, so texts sort like the moments they name.
"""

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS_ONLY = frozenset("0123456789")


def as_text(moment: datetime) -> str:
    """Return the vendor's text of a moment, cut to milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_moment(text: str) -> datetime:
    """Read ISO 8601 or epoch milliseconds; a time without zone is UTC. Raises ValueError."""
    digits = text.removeprefix("-")
    if digits and set(digits) <= _DIGITS_ONLY:
        return _from_milliseconds(int(text))
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def as_date(text: str) -> date:
    """Read a calendar date, or a moment that is midnight in UTC.

    Raises NotMidnightError where the time of day is another, ValueError for no date at all.
    """
    if len(text) == len("2026-10-29") and text[4:5] == "-":
        return date.fromisoformat(text)
    moment = as_moment(text)
    if moment.time().isoformat() != "00:00:00":
        raise NotMidnightError(moment.strftime("%H:%M:%S.%f")[:-3])
    return moment.date()


class NotMidnightError(ValueError):
    """A date was given with a time of day; the text is that time."""


def _from_milliseconds(milliseconds: int) -> datetime:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error
