"""The comparable form of each kind, and the rewritings vendors are known for."""

import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from daemon.core.normalize import (
    Comparable,
    agrees,
    comparable,
    registered_normalisation,
)
from daemon.core.schema import Choice, Field
from daemon.core.values import FieldKind, Value

K = FieldKind
EARLY = datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))
MORNING = datetime(2026, 10, 29, 9, 12, 44, 107250, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("empty", [None, "", "  \t", (), ("", " ")])
def test_every_way_of_being_empty_is_one(kind: FieldKind, empty: Value) -> None:
    """Empty is None for every kind, however a system spells it."""
    assert None is comparable(kind, empty)


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        (K.TEXT, "  Ann\r\nLee\rX ", "Ann\nLee\nX"),
        (K.TEXT, "Mu\u0308ller", "M\u00fcller"),
        (K.TEXT, "INNER case", "INNER case"),
        (K.TEXT, True, "true"),
        (K.TEXT, False, "false"),
        (K.TEXT, Decimal("1.50"), "1.5"),
        (K.TEXT, Decimal("1E+3"), "1000"),
        (K.TEXT, Decimal("1E+999999"), "1E+999999"),
        (K.TEXT, date(2026, 10, 29), "2026-10-29"),
        (K.TEXT, datetime(2026, 10, 29, 9, tzinfo=UTC), "2026-10-29T09:00:00Z"),
        (K.TEXT, datetime(2026, 10, 29, 9), "2026-10-29T09:00:00Z"),  # noqa: DTZ001
        (K.TEXT, ("b", "a", "b", " "), "a;b"),
        (K.TEXT, EARLY, "0001-01-01T00:00:00+02:00"),
        (K.EMAIL, " Ann@Example.COM ", "ann@example.com"),
        (K.EMAIL, "ann@xn--bcher-kva.example", "ann@bücher.example"),
        (K.EMAIL, "ann@xn--abc-.example", "ann@xn--abc-.example"),
        (K.EMAIL, "ann@xn--ü.example", "ann@xn--ü.example"),
        (K.EMAIL, "ann@xn--" + "a" * 70, "ann@xn--" + "a" * 70),
        (K.EMAIL, "Not an address", "not an address"),
        (K.PHONE, "0171 / 123 45 67", "+491711234567"),
        (K.PHONE, "tel: +49 (0)171 1234567", "+491711234567"),
        (K.PHONE, "+1 650 253 0000 ext. 12", "+16502530000;ext=12"),
        (K.PHONE, "12345", "?12345"),
        (K.PHONE, "+1 22", "?+122"),
        (K.PHONE, "ask for Ann: 030 123456", "ask for Ann: 030 123456"),
        (K.PHONE, "--", "--"),
        (K.PHONE, Decimal("0.00099701"), "?000099701"),
        (K.URL, "HTTPS://Example.COM:443/Path/", "https://example.com/Path"),
        (K.URL, "Example.com/", "example.com"),
        (K.URL, "http://example.com/?q=A/", "http://example.com/?q=A/"),
        (K.URL, "http://example.com/#A/", "http://example.com/#A/"),
        (K.URL, "https://xn--bcher-kva.example", "https://bücher.example"),
        (K.URL, "No Address", "No Address"),
        (K.URL, "0.XN--00A", "0.xn--00a"),
        (K.NUMBER, "67340.0", Decimal(67340)),
        (K.NUMBER, " -.50 ", Decimal("-0.5")),
        (K.NUMBER, "1e3", Decimal(1000)),
        (K.NUMBER, Decimal("-0.00"), Decimal(0)),
        (K.NUMBER, "1,234", "1,234"),
        (K.NUMBER, "1_000", "1_000"),
        (K.NUMBER, "9" * 500, "9" * 500),
        (K.NUMBER, Decimal("NaN"), "NaN"),
        (K.NUMBER, True, "true"),
        (K.BOOL, True, True),
        (K.BOOL, " Yes", True),
        (K.BOOL, "nein", False),
        (K.BOOL, "1", True),
        (K.BOOL, Decimal(0), False),
        (K.BOOL, Decimal(2), "2"),
        (K.BOOL, "maybe", "maybe"),
        (K.BOOL, Decimal("sNaN"), "sNaN"),
        (K.BOOL, ("YES",), True),
        (K.DATE, "2026-10-29", date(2026, 10, 29)),
        (K.DATE, "2026-10-29T23:30:00+02:00", date(2026, 10, 29)),
        (K.DATE, datetime(2026, 10, 29, 23, tzinfo=UTC), date(2026, 10, 29)),
        (K.DATE, date(2026, 10, 29), date(2026, 10, 29)),
        (K.DATE, "2026-02-30", "2026-02-30"),
        (K.DATE, "29.10.2026", "29.10.2026"),
        (K.DATE, Decimal(5), "5"),
        (K.DATETIME, "2026-10-29T09:12:44.107250Z", MORNING),
        (K.DATETIME, "2026-10-29 11:12:44.107250 +02:00", MORNING),
        (K.DATETIME, "2026-10-29", datetime(2026, 10, 29, tzinfo=UTC)),
        (K.DATETIME, "2026-13-29", "2026-13-29"),
        (K.DATETIME, date(2026, 10, 29), datetime(2026, 10, 29, tzinfo=UTC)),
        (K.DATETIME, datetime(2026, 10, 29), datetime(2026, 10, 29, tzinfo=UTC)),  # noqa: DTZ001
        (K.DATETIME, "2026-10-29T25:00Z", "2026-10-29T25:00Z"),
        (K.DATETIME, "soon", "soon"),
        (K.DATETIME, True, "true"),
        (K.DATETIME, EARLY, "0001-01-01T00:00:00+02:00"),
        (K.CHOICE, "New ", "New"),
        (K.CHOICE, ("b",), "b"),
        (K.CHOICES, "b; a;;b", frozenset({"a", "b"})),
        (K.CHOICES, ("b", "a"), frozenset({"a", "b"})),
        (K.CHOICES, Decimal(7), frozenset({"7"})),
        (K.REFERENCE, "00Q5 ", "00Q5"),
    ],
)
def test_each_kind_has_one_form(kind: FieldKind, value: Value, form: Comparable) -> None:
    """A value is compared by the form of its kind; what is not of its kind, by its text."""
    found = comparable(kind, value, "DE")

    assert form == found
    assert type(form) is type(found)


def test_numbers_are_never_rounded() -> None:
    """Two numbers that differ in their 40th digit differ."""
    long = "1" * 39

    assert comparable(K.NUMBER, long + "1") != comparable(K.NUMBER, long + "2")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("0049 171 1234567", "+491711234567"),
        ("0171 1234567", "?01711234567"),
        ("+49 171 1234567", "+491711234567"),
    ],
)
def test_without_region_only_full_numbers_are_read(text: str, form: str) -> None:
    """A national number without a region is compared by its digits and equals no full one."""
    assert form == comparable(K.PHONE, text)


@pytest.mark.parametrize(
    ("kind", "sent", "returned"),
    [
        (K.TEXT, " two\r\nlines ", "two\nlines"),
        (K.EMAIL, "Ann@Example.com", "ann@example.com"),
        (K.PHONE, "+491711234567", "0171 1234567"),
        (K.NUMBER, Decimal(67340), "67340.0"),
        (K.CHOICES, ("a", "b"), "b;a"),
        (K.DATE, date(2026, 10, 29), "1793232000000"),
        (K.DATE, date(2026, 10, 29), Decimal(1793232000000)),
        (K.DATETIME, MORNING, "2026-10-29T09:12:44.107Z"),
        (K.DATETIME, MORNING, MORNING.replace(microsecond=0)),
        (K.DATETIME, MORNING.replace(microsecond=107000), "1793265164107"),
        (K.URL, "example.com", "http://example.com/"),
        (K.URL, "https://example.com", "example.com"),
        (K.TEXT, None, ""),
    ],
)
def test_known_rewritings_are_harmless(kind: FieldKind, sent: Value, returned: Value) -> None:
    """R19: a reply that only spells differently what was sent belongs to the base."""
    assert registered_normalisation(kind, sent, returned, "DE")


@pytest.mark.parametrize(
    ("kind", "sent", "returned"),
    [
        (K.TEXT, "Ann", "Bob"),
        (K.TEXT, "Ann", None),
        (K.TEXT, None, "Ann"),
        (K.DATE, date(2026, 10, 29), "1793145600000"),
        (K.DATE, date(2026, 10, 29), "9" * 15),
        (K.DATE, date(2026, 10, 29), True),
        (K.DATETIME, MORNING, "2026-10-29T09:12:45Z"),
        (K.DATETIME, MORNING, "soon"),
        (K.DATETIME, "soon", MORNING),
        (K.URL, "https://example.com", "https://example.org"),
        (K.NUMBER, Decimal(1), Decimal(2)),
    ],
)
def test_anything_else_is_a_change(kind: FieldKind, sent: Value, returned: Value) -> None:
    """R19: a reply that means something else is a change to decide."""
    assert not registered_normalisation(kind, sent, returned, "DE")


STAGE = Field(
    name="stage",
    label="Stage",
    kind=K.CHOICE,
    choices=(Choice(value="lead", label="Lead (new)"), Choice(value="won", label="Won")),
)
COLUMN = Field(name="Stage", label="Stage", kind=K.TEXT)


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("lead", "lead", True),
        ("Lead (new)", "lead", True),
        ("Won", "lead", False),
        ("lost", "lead", False),
        (None, None, True),
        (None, "lead", False),
    ],
)
def test_sides_agree_when_one_would_be_written_as_the_other(
    left: Value, right: Value, is_same: bool
) -> None:
    """A label in a file and the internal value of a choice mean the same, from either end."""
    assert is_same == agrees(left, COLUMN, right, STAGE, K.CHOICE)
    assert is_same == agrees(right, STAGE, left, COLUMN, K.CHOICE)


def test_comparing_text_is_cheap() -> None:
    """200,000 records of 30 texts compare within seconds: well under 2 µs a value."""

    def once() -> float:
        started = time.perf_counter()
        for _ in range(10_000):
            comparable(K.TEXT, "Hello World")
        return (time.perf_counter() - started) / 10_000

    assert min(once() for _ in range(5)) < 2e-6
