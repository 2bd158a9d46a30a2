"""Salesforce's JSON and CSV values as typed values and back.

Reading is tolerant: what does not fit its type stays the text it is. What is written is what will
be stored: trimmed, empty as null, whole seconds, numbers rounded to their scale, choices in order.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from adapters.salesforce import ids
from adapters.salesforce.description import Attribute
from adapters.salesforce.schema import kind_of
from daemon.core.values import FieldKind, Value

_TRUTH = {"true": True, "false": False}
_DIGITS = 15
"""Significant digits a number field keeps."""


def decode(attribute: Attribute, raw: Any) -> Value:
    """Return what *raw* means. None and "" are both empty; what does not fit stays text."""
    if raw is None or raw == "":
        return None
    text = _text(raw)
    reader = _READERS.get(kind_of(attribute), _plain)
    try:
        return reader(text)
    except (ValueError, ArithmeticError):
        return text


def encode(attribute: Attribute, value: Value) -> Any:
    """Return *value* as Salesforce will store it; None clears."""
    if isinstance(value, Decimal):
        return _encode_number(attribute, value)
    if isinstance(value, datetime):
        return _encode_moment(kind_of(attribute), value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(value) or None
    if isinstance(value, str):
        return _encode_text(attribute, value)
    return value


def moment(text: Any) -> datetime | None:
    """Return a time as an aware UTC time; None for anything else."""
    try:
        return _moment(_text(text)) if text else None
    except (ValueError, ArithmeticError):
        return None


def stamp(text: Any) -> str:
    """Return one spelling of a time that JSON and CSV write differently; "" for none."""
    at = moment(text)
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _text(raw: Any) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def _encode_text(attribute: Attribute, value: str) -> str | None:
    text = _plain(value)
    if kind_of(attribute) is FieldKind.REFERENCE and text:
        return ids.long_id(text)
    return text or None


def _encode_number(attribute: Attribute, value: Decimal) -> int | float:
    step = Decimal(1).scaleb(-attribute.scale)
    rounded = value.quantize(step, ROUND_HALF_UP) if value.adjusted() < _DIGITS else value
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _encode_moment(kind: FieldKind, value: datetime) -> str:
    at = value.astimezone(UTC)
    if kind is FieldKind.DATE:
        return at.date().isoformat()
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _plain(text: str) -> str:
    # CSV and JSON of the same text differ in their line ends; Salesforce trims both sides.
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    if not number:
        return Decimal(0)
    # One spelling for equal numbers: 12.0 and 12 are the same value.
    plain = f"{number:f}"
    return Decimal(plain.rstrip("0").rstrip(".") or "0") if "." in plain else Decimal(plain)


def _bool(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("neither true nor false")
    return _TRUTH[text.lower()]


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _choices(text: str) -> tuple[str, ...]:
    # Salesforce sorts them by their definition, so their order means nothing.
    return tuple(sorted({choice.strip() for choice in text.split(";") if choice.strip()}))


_READERS: Mapping[FieldKind, Callable[[str], Value]] = MappingProxyType(
    {
        FieldKind.NUMBER: _number,
        FieldKind.BOOL: _bool,
        FieldKind.DATE: date.fromisoformat,
        FieldKind.DATETIME: _moment,
        FieldKind.CHOICES: _choices,
        FieldKind.REFERENCE: ids.long_id,
    }
)
