"""Consent tightens by itself and is loosened by a person only (I8)."""

from dataclasses import replace

import pytest

from daemon.core.field_rules import Direction, FieldRule, Policy
from daemon.core.judge import decide
from daemon.core.values import FieldKind, Side
from daemon.core.verdict import Ask, Nothing, Take
from tests.core.deciding import a_rule, facts


def opt_out(
    policy: Policy = Policy.MOST_RECENT, direction: Direction = Direction.BOTH
) -> FieldRule:
    """Return a rule about an opt-out."""
    return a_rule(policy, direction, FieldKind.BOOL, canonical="opt_out")


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("out", list(Side))
@pytest.mark.parametrize("base", [None, (None, None), ("no", "no")])
def test_an_opt_out_travels_whatever_the_policy(
    policy: Policy, out: Side, base: tuple[str | None, str | None] | None
) -> None:
    """From either side, at first contact and later, against any policy (R15, I8)."""
    rule = opt_out(policy)
    value = {out: "yes", out.other: "no"}

    decision = decide(facts(value[Side.SOURCE], value[Side.CRM], base, rule=rule))

    assert isinstance(decision, Take)
    assert out is decision.winner


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("back", list(Side))
@pytest.mark.parametrize("now", ["no", None, ""])
def test_taking_it_back_goes_to_a_person(policy: Policy, back: Side, now: str | None) -> None:
    """Whoever cleared or unticked it: both sides stay as they are until a person decides (I8)."""
    rule = opt_out(policy)
    value = {back: now, back.other: "yes"}
    asked = facts(value[Side.SOURCE], value[Side.CRM], ("yes", "yes"), rule=rule)

    decision = decide(asked)
    by_a_person = decide(replace(asked, verdict=back))

    assert isinstance(decision, Ask)
    assert "consent_loosened" == decision.clash.reason
    assert Take(winner=back) == by_a_person


@pytest.mark.parametrize("direction", [Direction.PUSH, Direction.PULL])
def test_a_one_way_rule_is_not_turned_round(direction: Direction) -> None:
    """Where the opt-out may not travel nothing does, least of all the other value."""
    rule = opt_out(direction=direction)
    stuck = Side.SOURCE if direction is Direction.PULL else Side.CRM
    value = {stuck: "yes", stuck.other: "no"}

    decision = decide(facts(value[Side.SOURCE], value[Side.CRM], ("no", "no"), rule=rule))

    assert Nothing() == decision
