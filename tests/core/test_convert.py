"""Conversion from one side's field to the form of the other side's."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from daemon.core.normalize import ConversionError, convert
from daemon.core.schema import Choice, Field
from daemon.core.values import FieldKind, Value

K = FieldKind
STAGES = (
    Choice(value="lead", label="Lead"),
    Choice(value="closedwon", label="Closed Won"),
    Choice(value="7", label="Twin"),
    Choice(value="8", label="twin"),
)


def a_field(kind: FieldKind, *, max_length: int | None = None) -> Field:
    """Return a field of *kind*; choices have the stages above."""
    choices = STAGES if kind in {K.CHOICE, K.CHOICES} else ()
    return Field(name="f", label="Field", kind=kind, max_length=max_length, choices=choices)


@pytest.mark.parametrize(
    ("value", "source", "target", "written"),
    [
        (" as typed ", K.TEXT, K.TEXT, "as typed"),
        ("", K.TEXT, K.NUMBER, None),
        (None, K.TEXT, K.TEXT, None),
        ((), K.CHOICES, K.TEXT, None),
        (";", K.TEXT, K.CHOICES, None),
        (" Ann@Example.com ", K.TEXT, K.EMAIL, "Ann@Example.com"),
        ("0171 1234567", K.TEXT, K.PHONE, "+491711234567"),
        ("+1 650 253 0000 x12", K.TEXT, K.PHONE, "+16502530000;ext=12"),
        ("https://example.com/", K.TEXT, K.URL, "https://example.com/"),
        ("67340.0", K.TEXT, K.NUMBER, Decimal(67340)),
        ("yes", K.TEXT, K.BOOL, True),
        ("2026-10-29", K.TEXT, K.DATE, date(2026, 10, 29)),
        ("2026-10-29T09:00Z", K.TEXT, K.DATETIME, datetime(2026, 10, 29, 9, tzinfo=UTC)),
        (datetime(2026, 10, 29, 9, tzinfo=UTC), K.DATETIME, K.DATE, date(2026, 10, 29)),
        ("lead", K.TEXT, K.CHOICE, "lead"),
        ("LEAD", K.TEXT, K.CHOICE, "lead"),
        ("closed won", K.TEXT, K.CHOICE, "closedwon"),
        (Decimal(7), K.NUMBER, K.CHOICE, "7"),
        (("lead",), K.CHOICES, K.CHOICE, "lead"),
        (("yes",), K.CHOICES, K.BOOL, True),
        ("closed won; lead;lead", K.TEXT, K.CHOICES, ("closedwon", "lead")),
        (("closedwon",), K.CHOICES, K.CHOICES, ("closedwon",)),
        (Decimal("67340.0"), K.NUMBER, K.TEXT, "67340"),
        (Decimal("1E+3"), K.NUMBER, K.TEXT, "1000"),
        (date(2026, 10, 29), K.DATE, K.TEXT, "2026-10-29"),
        (datetime(2026, 10, 29, 9, tzinfo=UTC), K.DATETIME, K.TEXT, "2026-10-29T09:00:00Z"),
        (True, K.BOOL, K.TEXT, "true"),
        (("b", "a"), K.CHOICES, K.TEXT, "b;a"),
        ("closedwon", K.CHOICE, K.TEXT, "closedwon"),
        ("5011", K.TEXT, K.REFERENCE, "5011"),
    ],
)
def test_values_take_the_form_of_the_target(
    value: Value, source: FieldKind, target: FieldKind, written: Value
) -> None:
    """Each value is written in the target field's own type."""
    found = convert(value, a_field(source), a_field(target), "DE")

    assert written == found
    assert type(written) is type(found)


@pytest.mark.parametrize(
    ("value", "target", "rule"),
    [
        ("ann(at)example.com", K.EMAIL, "invalid_email"),
        ("12345", K.PHONE, "invalid_phone"),
        ("call me", K.PHONE, "invalid_phone"),
        ("1,234", K.NUMBER, "not_a_number"),
        (True, K.NUMBER, "not_a_number"),
        ("maybe", K.BOOL, "not_yes_or_no"),
        ("03/04/2026", K.DATE, "ambiguous_date"),
        ("soon", K.DATETIME, "not_a_date"),
        ("Unheard of", K.CHOICE, "not_an_option"),
        ("TWIN", K.CHOICE, "not_an_option"),
        (("lead", "closedwon"), K.CHOICE, "not_an_option"),
        ("lead;unheard of", K.CHOICES, "not_an_option"),
        (("a;b",), K.TEXT, "ambiguous_list"),
    ],
)
def test_what_does_not_fit_is_refused(value: Value, target: FieldKind, rule: str) -> None:
    """A value that would need a guess is refused by name, and the message does not show it."""
    with pytest.raises(ConversionError) as caught:
        convert(value, a_field(K.TEXT), a_field(target), "DE")

    assert rule == caught.value.rule
    assert str(value) not in str(caught.value)


def test_text_is_never_cut() -> None:
    """Text longer than the field keeps is refused; text that fits exactly is not."""
    field = a_field(K.TEXT, max_length=5)

    assert "12345" == convert("12345", field, field)
    with pytest.raises(ConversionError, match="keeps 5 characters, this text has 6") as caught:
        convert("123456", field, field)
    assert "too_long" == caught.value.rule


def test_a_label_of_the_source_finds_the_same_label_of_the_target() -> None:
    """Two systems with different internal values meet in their labels."""
    theirs = Field(
        name="Status",
        label="Status",
        kind=K.CHOICE,
        choices=(Choice(value="S-4", label="Closed Won"),),
    )

    assert "closedwon" == convert("S-4", theirs, a_field(K.CHOICE))


def test_a_field_without_listed_options_takes_any() -> None:
    """Where the system lists no options, any text is an option."""
    open_choice = Field(name="o", label="O", kind=K.CHOICE)

    assert "x" == convert("x", open_choice, open_choice)


def test_a_national_number_without_region_is_left_as_it_is() -> None:
    """Nobody can tell whether it is wrong, so it is neither refused nor rewritten."""
    phone = a_field(K.PHONE)

    assert "0171 1234567" == convert("0171 1234567", phone, phone)
    for wrong in ("12", "+1 22", "hello"):
        with pytest.raises(ConversionError):
            convert(wrong, phone, phone)
