"""Tryton's JSON and our values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.tryton import codec
from daemon.core.values import FieldKind, Value

MOMENT = {
    "__class__": "datetime",
    "year": 2026,
    "month": 11,
    "day": 21,
    "hour": 1,
    "minute": 8,
    "second": 36,
    "microsecond": 76200,
}
DAY = {"__class__": "date", "year": 2026, "month": 2, "day": 3}
EXACT = {"__class__": "Decimal", "decimal": "100.50"}


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FieldKind.TEXT, None, None),
        (FieldKind.TEXT, "", None),
        (FieldKind.TEXT, " padded ", " padded "),
        (FieldKind.NUMBER, EXACT, Decimal("100.5")),
        (FieldKind.NUMBER, 0.5, Decimal("0.5")),
        (FieldKind.NUMBER, 0, Decimal(0)),
        (FieldKind.NUMBER, 1200, Decimal(1200)),
        (FieldKind.BOOL, 1, True),
        (FieldKind.BOOL, 0, False),
        (FieldKind.BOOL, False, False),
        (FieldKind.DATE, DAY, date(2026, 2, 3)),
        (FieldKind.DATETIME, MOMENT, datetime(2026, 11, 21, 1, 8, 36, 76200, tzinfo=UTC)),
        (FieldKind.REFERENCE, 7, "7"),
        (FieldKind.CHOICE, "lead", "lead"),
    ],
)
def test_what_tryton_says_is_typed(kind: FieldKind, raw: Any, value: Value) -> None:
    """Each type comes as its JSON has it; 0 and 1 are no and yes where a yes is meant."""
    found = codec.decode(kind, raw)

    assert value == found
    assert type(value) is type(found)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (FieldKind.NUMBER, "many"),
        (FieldKind.NUMBER, {"__class__": "Decimal", "decimal": "NaN"}),
        (FieldKind.DATE, "yesterday"),
        (FieldKind.DATETIME, {"year": 2026}),
        (FieldKind.BOOL, 7),
    ],
)
def test_what_does_not_fit_stays_text(kind: FieldKind, raw: Any) -> None:
    """One strange value holds up neither its record nor the listing."""
    assert str(raw) == codec.decode(kind, raw)


@pytest.mark.parametrize(
    ("type_", "value", "json"),
    [
        ("char", "Zoë", "Zoë"),
        ("char", None, None),
        ("numeric", Decimal("100.5"), {"__class__": "Decimal", "decimal": "100.5"}),
        ("float", Decimal("0.25"), 0.25),
        ("integer", Decimal(3), 3),
        ("integer", Decimal("3.5"), 3.5),
        ("many2one", "7", 7),
        ("date", date(2026, 2, 3), DAY),
        ("timestamp", datetime(2026, 11, 21, 1, 8, 36, 76200, tzinfo=UTC), MOMENT),
        ("boolean", False, False),
        ("selection", "lead", "lead"),
    ],
)
def test_values_are_written_as_their_type_wants(type_: str, value: Value, json: Any) -> None:
    """Nothing is cut: a fraction for a whole number is left for Tryton to refuse."""
    assert json == codec.encode(type_, value)


def test_a_stamp_is_a_moment() -> None:
    """Seconds since 1970 with any number of digits behind the point; anything else is none."""
    expected = datetime(2026, 11, 21, 1, 8, 36, 76200, tzinfo=UTC)

    assert expected == codec.from_epoch("1795223316.0762")
    assert expected == codec.from_epoch("1795223316.076200")
    assert codec.from_epoch("soon") is None
    assert codec.from_epoch(None) is None
