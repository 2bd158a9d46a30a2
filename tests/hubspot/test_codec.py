"""HubSpot's texts and typed values."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.codec import decode, encode, epoch_milliseconds, moment
from daemon.core.values import FieldKind, Value

NINE = datetime(2026, 10, 29, 9, 12, 44, 107_000, tzinfo=UTC)

READ = [
    (FieldKind.TEXT, None, None),
    (FieldKind.TEXT, "", None),
    (FieldKind.TEXT, " a\nb ", " a\nb "),
    (FieldKind.TEXT, 840926056668, "840926056668"),
    (FieldKind.PHONE, "+49 30 1", "+49 30 1"),
    (FieldKind.NUMBER, "17", Decimal(17)),
    (FieldKind.NUMBER, "67340.0", Decimal(67340)),
    (FieldKind.NUMBER, "1E+3", Decimal(1000)),
    (FieldKind.NUMBER, "-0.0", Decimal(0)),
    (FieldKind.NUMBER, "1234;5678", "1234;5678"),
    (FieldKind.NUMBER, "NaN", "NaN"),
    (FieldKind.BOOL, "false", False),
    (FieldKind.BOOL, "TRUE", True),
    (FieldKind.BOOL, True, True),
    (FieldKind.BOOL, "yes", "yes"),
    (FieldKind.DATE, "2026-10-29", date(2026, 10, 29)),
    (FieldKind.DATE, "1793232000000", date(2026, 10, 29)),
    (FieldKind.DATE, "29.10.2026", "29.10.2026"),
    (FieldKind.DATETIME, "2026-10-29T09:12:44.107Z", NINE),
    (FieldKind.DATETIME, "2026-10-29T10:12:44.107+01:00", NINE),
    (FieldKind.DATETIME, "1793265164107", NINE),
    (FieldKind.DATETIME, "soon", "soon"),
    (FieldKind.CHOICE, "stale option", "stale option"),
    (FieldKind.CHOICES, "b;a;b;", ("a", "b")),
    (FieldKind.CHOICES, ";", ()),
    (FieldKind.REFERENCE, "96879917", "96879917"),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READ)
def test_texts_are_read_by_kind(kind: FieldKind, raw: object, value: Value) -> None:
    """What fits its kind is typed; what does not stays the text it is.

    HubSpot pitfalls 10 and 11.
    """
    read = decode(kind, raw)

    assert value == read
    assert type(value) is type(read)


WRITTEN = [
    (FieldKind.TEXT, None, ""),
    (FieldKind.TEXT, "x;", "x;"),
    (FieldKind.NUMBER, Decimal("1E+3"), "1000"),
    (FieldKind.NUMBER, Decimal("17.50"), "17.50"),
    (FieldKind.BOOL, False, "false"),
    (FieldKind.DATE, date(2026, 10, 29), "2026-10-29"),
    (FieldKind.DATE, NINE, "2026-10-29"),
    (FieldKind.DATETIME, NINE, "2026-10-29T09:12:44.107Z"),
    (FieldKind.DATETIME, NINE.astimezone(timezone(timedelta(hours=9))), "2026-10-29T09:12:44.107Z"),
    (FieldKind.CHOICES, ("a", "b"), "a;b"),
    (FieldKind.CHOICES, (), ""),
    (FieldKind.CHOICES, ";c", "c"),
]


@pytest.mark.parametrize(("kind", "value", "text"), WRITTEN)
def test_values_are_written_as_hubspot_wants_them(kind: FieldKind, value: Value, text: str) -> None:
    """Everything is text; "" clears, and no list of choices begins with the ";" that appends.

    A day is written as a day: HubSpot pitfall 11.
    """
    assert text == encode(kind, value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_numbers_survive_the_round(number: Decimal) -> None:
    """A number written and read is the same number, in its one spelling."""
    once = decode(FieldKind.NUMBER, encode(FieldKind.NUMBER, number))

    assert number == once
    assert repr(once) == repr(decode(FieldKind.NUMBER, encode(FieldKind.NUMBER, once)))


@given(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is added
def test_times_survive_the_round_to_the_millisecond(at: datetime) -> None:
    """HubSpot keeps milliseconds."""
    kept = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert kept == decode(FieldKind.DATETIME, encode(FieldKind.DATETIME, at))
    assert kept == moment(epoch_milliseconds(at))


@given(kind=st.sampled_from(FieldKind), text=st.text())
def test_no_text_is_an_error(kind: FieldKind, text: str) -> None:
    """Whatever an account holds can be read, and written back as text."""
    encode(kind, decode(kind, text))


@pytest.mark.parametrize("text", [None, "", "never", "99999999999999999999"])
def test_what_is_no_time_is_none(text: str | None) -> None:
    """Times that cannot be read are unknown, never guessed."""
    assert moment(text) is None
