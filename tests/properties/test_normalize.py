"""What holds of normalising for every value there is."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.normalize import (
    ConversionError,
    comparable,
    convert,
    is_email,
    registered_normalisation,
)
from daemon.core.schema import Choice, Field
from daemon.core.values import FieldKind, Value

COLOURS = (Choice(value="r", label="Red"), Choice(value="g", label="Green; light"))

texts = st.one_of(
    st.text(),
    st.text(st.characters()),
    st.from_regex(r"\+?[0-9 ()/.-]{0,20}( x[0-9]{1,4})?", fullmatch=True),
    st.emails(),
    st.from_regex(r"([Hh]ttps?://)?[A-Za-z-]{1,9}\.(xn--)?[a-z0-9-]{2,9}/?[a-z/?#]*", fullmatch=True),
    st.sampled_from(["yes", "No", "1", "r", "red", "r;g", "2026-10-29", "1e5", "67340.0", "9E+999"]),
    st.datetimes().map(datetime.isoformat),
)  # fmt: skip
instants = st.datetimes(timezones=st.just(UTC))
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.decimals(),
    st.dates(),
    instants,
    st.lists(texts, max_size=3).map(tuple),
)
kinds = st.sampled_from(list(FieldKind))
regions = st.sampled_from([None, "DE", "US", "it", "??"])


def a_field(kind: FieldKind) -> Field:
    """Return a field of *kind*; choices are the colours."""
    choices = COLOURS if kind in {FieldKind.CHOICE, FieldKind.CHOICES} else ()
    return Field(name="f", label="F", kind=kind, choices=choices)


@given(kind=kinds, value=values, region=regions)
def test_every_value_has_a_hashable_form(kind: FieldKind, value: Value, region: str | None) -> None:
    """The comparable form exists for whatever a system sends, and equals itself."""
    form = comparable(kind, value, region)

    assert hash(form) == hash(comparable(kind, value, region))
    assert form == comparable(kind, value, region)


@given(kind=kinds, value=values, region=regions)
def test_the_form_of_a_form_is_the_form(kind: FieldKind, value: Value, region: str | None) -> None:
    """Normalising twice changes nothing."""
    form = comparable(kind, value, region)
    again = tuple(sorted(form)) if isinstance(form, frozenset) else form

    assert form == comparable(kind, again, region)


@given(
    kind=kinds, number=st.decimals(allow_nan=False, allow_infinity=False), zeros=st.integers(0, 5)
)
def test_equal_numbers_have_equal_forms(kind: FieldKind, number: Decimal, zeros: int) -> None:
    """Trailing zeros and exponents are spelling, in every kind of field."""
    sign, digits, exponent = number.as_tuple()
    padded = Decimal((sign, digits + (0,) * zeros, int(exponent) - zeros))

    assert comparable(kind, number) == comparable(kind, padded)


@given(kind=kinds, text=texts, region=regions)
def test_blanks_around_and_line_ends_within_mean_nothing(
    kind: FieldKind, text: str, region: str | None
) -> None:
    """What editors and vendors do to blanks and line ends is no change."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")

    assert comparable(kind, text, region) == comparable(kind, f" {unified}\n", region)


@given(source=kinds, target=kinds, value=values, region=regions)
def test_what_was_written_reads_back_as_meant(
    source: FieldKind, target: FieldKind, value: Value, region: str | None
) -> None:
    """Converting what was converted changes nothing: no write is ever followed by another."""
    with contextlib.suppress(ConversionError):
        written = convert(value, a_field(source), a_field(target), region)
        again = convert(written, a_field(target), a_field(target), region)

        assert comparable(target, written, region) == comparable(target, again, region)


@given(kind=kinds, value=values, region=regions)
def test_a_value_survives_the_way_through_text_and_back(
    kind: FieldKind, value: Value, region: str | None
) -> None:
    """Typed → text column → typed is the same value; so a file can mirror any typed field."""
    typed, text = a_field(kind), a_field(FieldKind.TEXT)
    with contextlib.suppress(ConversionError):
        held = convert(value, text, typed, region)
        written = convert(held, typed, text, region)

        assert comparable(kind, held, region) == comparable(kind, written, region)
        assert comparable(kind, held, region) == comparable(
            kind, convert(written, text, typed, region), region
        )


@given(kind=kinds, value=values, region=regions)
def test_conversion_raises_nothing_but_its_own_error(
    kind: FieldKind, value: Value, region: str | None
) -> None:
    """A bad value is refused by rule, never by accident."""
    for source in FieldKind:
        with contextlib.suppress(ConversionError):
            convert(value, a_field(source), a_field(kind), region)


@given(kind=kinds, sent=values, returned=values, region=regions)
def test_equal_forms_are_registered(
    kind: FieldKind, sent: Value, returned: Value, region: str | None
) -> None:
    """R19: what compares equal is a harmless rewriting, and the question never raises."""
    is_equal = comparable(kind, sent, region) == comparable(kind, returned, region)

    assert not is_equal or registered_normalisation(kind, sent, returned, region)


@given(day=st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_never_shifted(day: date) -> None:
    """A day written as midnight in UTC and read back is the same day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert comparable(FieldKind.DATE, day) == comparable(FieldKind.DATE, midnight)
    epoch = str(int(midnight.timestamp()) * 1000)
    assert registered_normalisation(FieldKind.DATE, day, epoch)


@given(
    address=st.one_of(
        st.emails(), st.from_regex(r"[a-z.+'-]{1,9}@[a-z.\u00e4-]{1,9}", fullmatch=True), st.text()
    )
)
def test_an_address_is_judged_as_the_library_judges_it(address: str) -> None:
    """Judging hosts once for all their addresses changes no verdict."""
    try:
        parts = validate_email(
            address.strip(), check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        assert not is_email(address)
    else:
        assert ("." in parts.domain) == is_email(address)
