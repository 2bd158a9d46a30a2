"""What harnesses declare is whole and true."""

from dataclasses import replace

import pytest

from tests.conformance.cases import cases, declaration_of, names, needs_of, obstacle, undeclared
from tests.conformance.causes import CLAIMED, Ability, Cause, abilities
from tests.conformance.harness import Harness


@pytest.mark.parametrize("name", names())
def test_every_cause_is_brought_about_or_impossible_for_a_reason(name: str) -> None:
    """Nothing is left out silently, and nothing that the adapter claims is left out at all."""
    assert [] == undeclared(declaration_of(name))


def test_capabilities_are_declared_as_they_are(
    harness: Harness, request: pytest.FixtureRequest
) -> None:
    """A case does not pass an adapter by because its harness claims less than the adapter."""
    name = request.node.callspec.params["harness"]

    declared = abilities(declaration_of(name).capabilities)

    assert declared == abilities(harness.adapter.capabilities)


def test_what_is_claimed_and_not_caused_is_a_failure() -> None:
    """The check of declarations can fail in each of its ways."""
    whole = declaration_of("memory")
    claimed = next(iter(CLAIMED))
    unclaimed = next(iter(whole.impossible))

    less = replace(
        whole,
        causes=whole.causes - {claimed},
        impossible={**whole.impossible, claimed: "we would rather not try"},
    )
    silent = replace(whole, impossible={**whole.impossible, unclaimed: "no"})
    both = replace(whole, causes=whole.causes | {unclaimed})

    assert [f"{claimed.value}: claimed (is an adapter), but the harness cannot cause it"] == (
        undeclared(less)
    )
    assert [f"{unclaimed.value}: impossible without a reason"] == undeclared(silent)
    assert [f"{unclaimed.value}: either caused or impossible, and one of the two"] == (
        undeclared(both)
    )


def test_an_obstacle_is_told_in_words() -> None:
    """No obstacle where a case holds; else the reason that is declared."""
    memory = declaration_of("memory")
    cause, reason = next(iter(memory.impossible.items()))
    blind = replace(memory, capabilities=replace(memory.capabilities, has_field_times=False))

    assert "" == obstacle(memory, needs_of(None))
    assert reason == obstacle(memory, replace(needs_of(None), causes=(cause,)))
    needs = replace(needs_of(None), abilities=(Ability.FIELD_TIMES,))
    assert "" == obstacle(memory, needs)
    assert "it is no adapter that tells when single fields changed" == obstacle(blind, needs)


def test_every_cause_and_every_ability_is_used() -> None:
    """What no case needs is no part of the suite."""
    needed = [one.needs for one in cases()]

    assert set(Cause) == {cause for needs in needed for cause in needs.causes}
    used = {ability for needs in needed for ability in needs.abilities}
    assert set(Ability) - {Ability.ANY} == used | {CLAIMED[one] for one in CLAIMED} - {Ability.ANY}
