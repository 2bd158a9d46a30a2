"""Policies that look at the values themselves: unions, least, greatest and longest."""

from datetime import date
from decimal import Decimal

import pytest

from daemon.core.field_rules import Policy
from daemon.core.values import FieldKind, Value
from tests.core.deciding import a_rule, decided

P, K = Policy, FieldKind


@pytest.mark.parametrize(
    ("kind", "source", "crm", "expected"),
    [
        (K.CHOICES, ("a", "b"), ("b", "c"), "set b;c;a"),
        (K.CHOICES, ("a",), None, "source"),
        (K.CHOICES, None, ("a",), "crm"),
        (K.TEXT, "a; b ;", "b;c", "set b;c;a"),
    ],
)
def test_a_union_holds_the_choices_of_both(
    kind: FieldKind, source: Value, crm: Value, expected: str
) -> None:
    """Nothing is taken away by a union, and an empty side is simply filled (R38)."""
    rule = a_rule(P.UNION, kind=kind)

    assert expected == decided(source, crm, rule=rule)
    assert expected == decided(source, crm, (source, source), rule=rule)


@pytest.mark.parametrize(
    ("policy", "kind", "source", "crm", "expected"),
    [
        (P.MIN, K.NUMBER, Decimal(2), Decimal(10), "source, by_value"),
        (P.MAX, K.NUMBER, Decimal(2), Decimal(10), "crm, by_value"),
        (P.MAX, K.NUMBER, Decimal(10), Decimal(2), "source, by_value"),
        (P.MAX, K.NUMBER, "many", Decimal(2), "source, by_value"),
        (P.MIN, K.DATE, date(2026, 1, 2), date(2025, 12, 31), "crm, by_value"),
        (P.LONGEST, K.TEXT, "Annabelle", "Zoe", "source, by_value"),
        (P.LONGEST, K.TEXT, "Eva", "Bob", "crm, first_contact"),
        (P.MIN, K.NUMBER, None, Decimal(2), "crm"),
        (P.MAX, K.NUMBER, Decimal(2), None, "source"),
    ],
)
def test_values_are_ranked_where_the_policy_says_so(
    policy: Policy, kind: FieldKind, source: Value, crm: Value, expected: str
) -> None:
    """Least, greatest and longest win; equals are a conflict, and the loser is told (I1)."""
    assert expected == decided(source, crm, rule=a_rule(policy, kind=kind))


@pytest.mark.parametrize(
    ("source", "crm", "expected"),
    [
        (Decimal(5), Decimal(3), "source"),
        (Decimal(3), Decimal(2), "source, by_value"),
        (Decimal(5), Decimal(4), "source, by_value"),
    ],
)
def test_a_ranked_loser_is_told_where_it_was_an_edit(
    source: Value, crm: Value, expected: str
) -> None:
    """The base shows whether the smaller value was somebody's edit or only the older one."""
    rule = a_rule(P.MAX, kind=K.NUMBER)

    assert expected == decided(source, crm, (Decimal(3), Decimal(3)), rule=rule)


def test_equally_long_edits_are_a_conflict_of_two_edits() -> None:
    """Where ranking cannot tell, the usual rules for two edits hold."""
    rule = a_rule(P.LONGEST)

    assert "crm, both_changed" == decided("Eva", "Bob", ("Ann", "Ann"), rule=rule)
