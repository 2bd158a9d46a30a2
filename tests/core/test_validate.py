"""Findings: what is set apart, how it is told, and what is offered."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from daemon.core.mapping import Direction, FieldRule, How, Policy
from daemon.core.schema import Choice, Field
from daemon.core.suggest import value_class
from daemon.core.validate import Finding, Severity, validate
from daemon.core.values import FieldKind, Side, Value

K = FieldKind


def a_rule(
    name: str = "col",
    kind: FieldKind = K.TEXT,
    *,
    own_kind: FieldKind = K.TEXT,
    compared_as: FieldKind | None = None,
    canonical: str = "",
    direction: Direction = Direction.BOTH,
    is_required: bool = False,
    max_length: int | None = None,
    choices: tuple[Choice, ...] = (),
) -> FieldRule:
    """Return a rule from a text column *name* to a CRM field of *kind*."""
    return FieldRule(
        source=name,
        crm=f"crm_{name}",
        canonical=canonical,
        kind=compared_as or kind,
        direction=direction,
        policy=Policy.MOST_RECENT,
        source_field=Field(name=name, label=name.title(), kind=own_kind),
        crm_field=Field(
            name=f"crm_{name}",
            label=f"CRM {name}",
            kind=kind,
            is_required=is_required,
            max_length=max_length,
            choices=choices,
        ),
        how=How.SAME_NAME,
        score=1.0,
    )


def only(findings: Sequence[Finding]) -> Finding:
    """Return the one finding there is."""
    (finding,) = findings
    return finding


COLOURS = (Choice(value="r", label="Red"), Choice(value="g", label="Green"))


@pytest.mark.parametrize(
    ("kind", "value", "rule", "suggestion"),
    [
        (K.EMAIL, "ann@example,com", "invalid_email", "ann@example.com"),
        (K.EMAIL, "Ann Lee <ann@example.com>", "invalid_email", "ann@example.com"),
        (K.EMAIL, "mailto:ann@example.com", "invalid_email", "ann@example.com"),
        (K.EMAIL, "ann", "invalid_email", ""),
        (K.PHONE, "Ann: 0171 1234567", "invalid_phone", "+491711234567"),
        (K.PHONE, "12345", "invalid_phone", ""),
        (K.PHONE, "none", "invalid_phone", ""),
        (K.PHONE, "+49 1111111111", "invalid_phone", ""),
        (K.PHONE, "+1 1234567890", "invalid_phone", ""),
        (K.NUMBER, "1.234,50", "not_a_number", "1234.5"),
        (K.NUMBER, "1,234.50", "not_a_number", "1234.5"),
        (K.NUMBER, "1,234,567", "not_a_number", "1234567"),
        (K.NUMBER, "1,234", "not_a_number", ""),
        (K.NUMBER, "1.234.56", "not_a_number", ""),
        (K.NUMBER, "1.234.567.89", "not_a_number", ""),
        (K.NUMBER, "1'234,567 89", "not_a_number", ""),
        (K.NUMBER, "1.234.567,89,0", "not_a_number", ""),
        (K.BOOL, "maybe", "not_yes_or_no", ""),
        (K.DATE, "29.10.2026", "not_a_date", "2026-10-29"),
        (K.DATE, "29/10/2026", "not_a_date", "2026-10-29"),
        (K.DATE, "10/29/2026", "not_a_date", "2026-10-29"),
        (K.DATE, "03/03/2026", "not_a_date", "2026-03-03"),
        (K.DATE, "03/04/2026", "ambiguous_date", ""),
        (K.DATE, "31.02.2026", "not_a_date", ""),
        (K.DATE, "soon", "not_a_date", ""),
        (K.TEXT, "a\x00b", "control_characters", "ab"),
        (K.TEXT, "a\ud800b", "control_characters", "ab"),
        (K.PHONE, "4,9E+10", "spreadsheet_number", ""),
        (K.TEXT, "1.23457E+11", "spreadsheet_number", ""),
        (K.NUMBER, "4.9E+10", "spreadsheet_number", ""),
    ],
)
def test_what_is_found_and_offered(kind: FieldKind, value: str, rule: str, suggestion: str) -> None:
    """Each fault has its rule and, where one is likely, a corrected value; only the field waits."""
    finding = only(validate("7", {"col": value}, [a_rule(kind=kind)], region="DE"))

    assert ("7", "col", rule) == (finding.record_id, finding.field, finding.rule)
    assert suggestion == finding.suggestion
    assert Severity.FIELD is finding.severity
    assert value not in finding.message
    assert value not in finding.value_class


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (K.EMAIL, " ann@example.com "),
        (K.PHONE, "0171 1234567"),
        (K.PHONE, ""),
        (K.TEXT, "two\nlines\tand a tab"),
        (K.TEXT, "E+10"),
        (K.TEXT, "ordered 1E+10 times"),
        (K.NUMBER, "1e3"),
        (K.NUMBER, Decimal(5)),
        (K.DATE, "2026-10-29"),
        (K.TEXT, None),
    ],
)
def test_healthy_values_have_no_finding(kind: FieldKind, value: Value) -> None:
    """What converts and bears no mark of damage goes on."""
    assert () == validate("7", {"col": value}, [a_rule(kind=kind)], region="DE")


def test_an_option_close_by_is_offered() -> None:
    """A misspelt option is set apart and the nearest option offered by its internal value."""
    rule = a_rule(kind=K.CHOICE, choices=COLOURS)

    near = only(validate("7", {"col": "Greeen"}, [rule]))
    far = only(validate("7", {"col": "Ultramarine"}, [rule]))

    assert ("not_an_option", "g") == (near.rule, near.suggestion)
    assert ("not_an_option", "") == (far.rule, far.suggestion)


def test_long_text_is_set_apart() -> None:
    """Text that the other side would cut is a finding, not a shorter text."""
    finding = only(validate("7", {"col": "123456"}, [a_rule(max_length=5)]))

    assert "too_long" == finding.rule
    assert "text of 6 characters, 6 digits" == finding.value_class


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_required_field_sets_the_record_apart(empty: Value) -> None:
    """A create without it would be refused, so the whole record waits."""
    finding = only(validate("7", {"col": empty}, [a_rule(is_required=True)]))

    assert ("required_empty", Severity.RECORD) == (finding.rule, finding.severity)
    assert "empty" == finding.value_class


def test_a_broken_required_field_sets_the_record_apart() -> None:
    """A required field that cannot be written is as bad as an empty one."""
    rule = a_rule(kind=K.EMAIL, is_required=True)

    assert Severity.RECORD is only(validate("7", {"col": "ann"}, [rule])).severity


@pytest.mark.parametrize("key", ["col", "crm_col", "email"])
def test_a_broken_match_key_sets_the_record_apart(key: str) -> None:
    """A record whose key cannot be read cannot be matched; the key goes by any of its names."""
    rule = a_rule(kind=K.EMAIL, canonical="email")

    finding = only(validate("7", {"col": "ann"}, [rule], identity=frozenset({key})))

    assert Severity.RECORD is finding.severity


def test_unread_is_not_empty() -> None:
    """I24: a required field that was not read is neither judged nor missed."""
    assert () == validate("7", {}, [a_rule(is_required=True)], required_any=["crm_col"])


def test_fields_that_do_not_travel_are_not_judged_unless_they_are_keys() -> None:
    """A column that is only written to may hold what it likes; a match key may not."""
    rule = a_rule(kind=K.EMAIL, direction=Direction.PULL)

    assert () == validate("7", {"col": "ann"}, [rule])
    assert 1 == len(validate("7", {"col": "ann"}, [rule], identity=frozenset({"col"})))


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"first": "", "last": None}, 1),
        ({"first": "Ann", "last": ""}, 0),
        ({"first": ""}, 0),
    ],
)
def test_one_of_several_must_be_filled(values: dict[str, Value], count: int) -> None:
    """Where a create needs a name or an address, a record with neither is set apart."""
    rules = [a_rule("first"), a_rule("last"), a_rule("other")]

    findings = validate("7", values, rules, required_any=["crm_first", "crm_last", "crm_x"])

    assert count == len(findings)
    assert all(Severity.RECORD is finding.severity for finding in findings)


@pytest.mark.parametrize(
    ("zip_code", "country", "count"),
    [
        ("1067", "Deutschland", 1),
        ("501", "US", 1),
        ("01067", "DE", 0),
        ("1067", "DK", 0),
        ("1067", None, 0),
        ("SW1A", "DE", 0),
    ],
)
def test_a_lost_zero_is_found_where_it_is_provable(
    zip_code: str, country: Value, count: int
) -> None:
    """Only where every postal code has five digits does a shorter one prove the loss."""
    rules = [a_rule("plz", canonical="zip"), a_rule("land", canonical="country")]

    findings = validate("7", {"plz": zip_code, "land": country}, rules)

    assert count == len(findings)
    assert all(
        ("spreadsheet_lost_zeros", zip_code.zfill(5)) == (one.rule, one.suggestion)
        for one in findings
    )


def test_without_a_country_column_no_zero_is_missed() -> None:
    """Nobody can tell a Danish code from a shortened German one."""
    assert () == validate("7", {"plz": "1067"}, [a_rule("plz", canonical="zip")])


def test_text_compared_as_an_address_is_judged_as_one() -> None:
    """Where both systems call it text, the mapping may still know that it is an address."""
    rule = a_rule(kind=K.TEXT, compared_as=K.EMAIL)

    assert "invalid_email" == only(validate("7", {"col": "ann"}, [rule])).rule
    assert () == validate("7", {"col": "ann@example.com"}, [rule])


def test_records_of_the_crm_are_judged_for_the_source() -> None:
    """Seen from the CRM, the source's fields set the limits and the CRM's names are told."""
    rule = a_rule(kind=K.CHOICES, choices=COLOURS, own_kind=K.NUMBER, compared_as=K.NUMBER)

    finding = only(validate("9", {"crm_col": ("r", "g")}, [rule], side=Side.CRM))

    assert ("crm_col", "not_a_number") == (finding.field, finding.rule)
    assert "list of 2 choices" == finding.value_class


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "empty"),
        (" ", "empty"),
        ((), "empty"),
        ("+49 171", "text of 7 characters, 5 digits"),
        (True, "yes or no"),
        (("a",), "list of 1 choices"),
        (Decimal("sNaN"), "number"),
        (date(2026, 10, 29), "date"),
    ],
)
def test_a_value_is_described_without_showing_it(value: Value, told: str) -> None:
    """The class of a value tells its shape and nothing else."""
    assert told == value_class(value)


def test_a_number_without_country_holds_back_its_field_only() -> None:
    """Nobody knows whose it is; the rest of the record goes on even where the phone is a key."""
    rule = a_rule("Phone", FieldKind.PHONE)

    (found,) = validate("1", {"Phone": "030 1234567"}, [rule], identity=frozenset({"Phone"}))

    assert ("phone_without_country", Severity.FIELD) == (found.rule, found.severity)
    assert () == validate("1", {"Phone": "030 1234567"}, [rule], region="DE")
