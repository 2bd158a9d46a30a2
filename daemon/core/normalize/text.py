"""Text forms: what a value looks like as text, and when two texts are the same text.

Takes any value, gives text; never raises. The text form is also where every typed reading falls
back to, so that what cannot be read as its type is still compared, and compared exactly.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from unicodedata import normalize

from daemon.core.values import Value

LIST_MARK = ";"
"""Between the items of a set of choices written as text."""

PLAIN_DIGITS = 400
"""Numbers up to this many digits are written out; beyond it the exponent stays, because a short
value such as 1E+999999999 would fill the memory."""

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""Never rounds: the default context would cut a 30-digit number to 28."""


def clean(text: str) -> str:
    """Return *text* as it is compared: NFC, one kind of line end, no outer blanks, case kept."""
    if text.isascii():
        return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text).strip()
    return normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def exact(number: Decimal) -> Decimal | None:
    """Return *number* in its one spelling, unrounded; None for NaN and infinities."""
    if not number.is_finite():
        return None
    return number.normalize(_EXACT) if number else Decimal(0)


def items(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the cleaned choices of *texts* in their order, blanks and repeats left out."""
    return tuple(dict.fromkeys(text for text in map(clean, texts) if text))


def split(text: str) -> tuple[str, ...]:
    """Return the choices of a list written as one text."""
    return items(text.split(LIST_MARK))


def instant_text(moment: datetime) -> str:
    """Return *moment* in ISO 8601, in UTC with ``Z`` where that instant exists."""
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return moment.isoformat()
    return utc.isoformat().removesuffix("+00:00") + "Z"


def number_text(number: Decimal) -> str:
    """Return *number* in plain notation: no exponent, no trailing zeros."""
    plain = exact(number)
    if plain is None or abs(plain.adjusted()) > PLAIN_DIGITS:
        return str(number if plain is None else plain)
    return format(plain, "f")


def as_text(value: Value) -> str:
    """Return any value as the text a text field holds for it; "" for empty. Never raises."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    return _calendar_or_list(value)


def _calendar_or_list(value: date | datetime | tuple[str, ...]) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return LIST_MARK.join(sorted(items(value)))
