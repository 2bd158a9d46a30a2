"""HubSpot's texts as typed values and back.

Everything in ``properties`` is text or null. Reading is tolerant: a text that does not fit its
type stays the text it is, so that one strange value holds up neither its record nor the listing.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from daemon.core.values import FieldKind, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUTH = {"true": True, "false": False}
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_EPOCH = 15
"""Digits of epoch milliseconds; more is no time."""


def decode(kind: FieldKind, raw: Any) -> Value:
    """Return what *raw* means. None and "" are both empty; what does not fit stays text."""
    if raw is None or raw == "":
        return None
    text = _text(raw)
    reader = _READERS.get(kind)
    if reader is None:
        return text
    try:
        return reader(text)
    except (ValueError, ArithmeticError):
        return text


def encode(kind: FieldKind, value: Value) -> str:
    """Return *value* as HubSpot wants it written; "" clears."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _encode_moment(kind, value)
    if isinstance(value, date):
        return value.isoformat()
    # A leading ";" would append to the choices there are instead of replacing them.
    return value.strip(";") if kind is FieldKind.CHOICES else value


def moment(text: Any) -> datetime | None:
    """Return an ISO 8601 time or epoch milliseconds as an aware UTC time; None for neither."""
    try:
        return _moment(_text(text)) if text else None
    except (ValueError, ArithmeticError):
        return None


def epoch_milliseconds(at: datetime) -> str:
    """Return a time as search filters want it."""
    return str((at - _EPOCH) // _MILLISECOND)


def _text(raw: Any) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def _encode_moment(kind: FieldKind, value: datetime) -> str:
    at = value.astimezone(UTC)
    if kind is FieldKind.DATE:
        return at.date().isoformat()
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    if not number:
        return Decimal(0)
    # One spelling for equal numbers: "67340.0" and "67340" are the same value.
    plain = f"{number:f}"
    return Decimal(plain.rstrip("0").rstrip(".") or "0") if "." in plain else Decimal(plain)


def _bool(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("neither true nor false")
    return _TRUTH[text.lower()]


def _date(text: str) -> date:
    if _is_epoch(text):
        return _from_epoch(text).date()
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    if _is_epoch(text):
        return _from_epoch(text)
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _is_epoch(text: str) -> bool:
    digits = text.removeprefix("-")
    # "20261029" is an ISO date without dashes; epoch milliseconds of this century are longer.
    return digits.isdecimal() and 8 < len(digits) <= _LONGEST_EPOCH  # noqa: PLR2004 - see above


def _from_epoch(text: str) -> datetime:
    return _EPOCH + int(text) * _MILLISECOND


def _choices(text: str) -> tuple[str, ...]:
    # Their order means nothing, so it must not make equal sets differ.
    return tuple(sorted({choice for choice in text.split(";") if choice}))


_READERS: Mapping[FieldKind, Callable[[str], Value]] = MappingProxyType(
    {
        FieldKind.NUMBER: _number,
        FieldKind.BOOL: _bool,
        FieldKind.DATE: _date,
        FieldKind.DATETIME: _moment,
        FieldKind.CHOICES: _choices,
    }
)
