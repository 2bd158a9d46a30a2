"""Tryton's JSON as typed values and back.

Times and exact numbers travel as objects with a ``__class__``; references are numbers; SQLite says
0 and 1 for no and yes. Reading is tolerant: what does not fit its type stays text.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from adapters.exchange import Json
from daemon.core.values import FieldKind, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = 1_000_000


def decode(kind: FieldKind, raw: Any) -> Value:
    """Return what *raw* means. None and "" are both empty; what does not fit stays text."""
    if raw is None or raw == "":
        return None
    try:
        return _READERS.get(kind, str)(raw)
    except (ValueError, TypeError, KeyError, ArithmeticError):
        return str(raw)


def encode(type_: str, value: Value) -> Json:
    """Return *value* as a field of that type of Tryton's is written; None clears."""
    if value is None:
        return None
    writer = _WRITERS.get(type_)
    return writer(value) if writer else _text(value)


def stamp(at: datetime) -> Json:
    """Return a moment as a search compares with it."""
    at = at.astimezone(UTC)
    return {
        "__class__": "datetime",
        **{name: getattr(at, name) for name in (*_DAY, "hour", "minute", "second", "microsecond")},
    }


def moment(raw: Any) -> datetime | None:
    """Return a moment as the server tells it; None where it tells none."""
    try:
        return _moment(raw)
    except (ValueError, TypeError, KeyError):
        return None


def from_epoch(text: Any) -> datetime | None:
    """Return what Tryton's ``_timestamp`` means: seconds since 1970, with a fraction."""
    try:
        seconds = Decimal(str(text))
        return datetime.fromtimestamp(int(seconds), UTC).replace(
            microsecond=int(seconds % 1 * _MICROSECONDS)
        )
    except (InvalidOperation, ValueError, OverflowError):
        return None


_DAY = ("year", "month", "day")


def _moment(raw: Any) -> datetime:
    parts = {name: raw[name] for name in (*_DAY, "hour", "minute", "second", "microsecond")}
    return datetime(**parts, tzinfo=UTC)


def _date(raw: Any) -> date:
    return date(raw["year"], raw["month"], raw["day"])


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool):
        raise TypeError("no number")
    number = Decimal(str(raw["decimal"] if isinstance(raw, dict) else raw))
    if not number.is_finite():
        raise ValueError("not a finite number")
    # One spelling for equal numbers: "12.00" and "12" are the same value.
    plain = f"{number:f}"
    short = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return Decimal(short) if number else Decimal(0)


def _bool(raw: Any) -> bool:
    if raw not in (0, 1):
        raise ValueError("neither yes nor no")
    return bool(raw)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return ";".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_numeric(value: Value) -> Json:
    return {"__class__": "Decimal", "decimal": _text(value)}


def _write_float(value: Value) -> Json:
    return float(value) if isinstance(value, Decimal) else _text(value)


def _write_integer(value: Value) -> Json:
    # A fraction stays one: the server refuses it, nothing is cut here.
    whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return int(value) if whole and isinstance(value, Decimal) else _write_float(value)


def _write_reference(value: Value) -> Json:
    text = _text(value)
    return int(text) if text.isdecimal() else text


def _write_date(value: Value) -> Json:
    if not isinstance(value, date):
        return _text(value)
    return {"__class__": "date", **{name: getattr(value, name) for name in _DAY}}


def _write_moment(value: Value) -> Json:
    return stamp(value) if isinstance(value, datetime) else _text(value)


_READERS: Mapping[FieldKind, Callable[[Any], Value]] = MappingProxyType(
    {
        FieldKind.NUMBER: _number,
        FieldKind.BOOL: _bool,
        FieldKind.DATE: _date,
        FieldKind.DATETIME: _moment,
    }
)

_WRITERS: Mapping[str, Callable[[Value], Json]] = MappingProxyType(
    {
        "numeric": _write_numeric,
        "float": _write_float,
        "integer": _write_integer,
        "many2one": _write_reference,
        "date": _write_date,
        "datetime": _write_moment,
        "timestamp": _write_moment,
        "boolean": bool,
    }
)
