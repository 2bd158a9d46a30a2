"""A run may be killed at any step; restarted, the world comes to the same end (I9, I10, I11)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlmodel import SQLModel

from state.database import open_engine, state_url
from tests.simulation.scenarios import SCENARIOS, SOURCE, killed_at, undisturbed
from tests.simulation.simulate import database

MOST_ON_POSTGRES = 8
"""Kills of one scenario there: the statements are the same, and a server is slow to empty."""

FEWEST_STEPS = 20
"""A scenario with fewer steps than this does not do what it says."""


def lasting(steps: Sequence[str]) -> list[int]:
    """Return the steps after which something outside the process is another than before.

    A kill before any other step finds what a kill after the last of these found.
    """
    kept = [step.startswith("state.after.") or step.endswith(".write.after") for step in steps]
    return [1, *(number for number, is_kept in enumerate(kept, start=1) if is_kept)]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_kill_at_any_step_changes_nothing_in_the_end(name: str) -> None:
    """Nothing doubled, nothing lost, the same values and the same entries for people."""
    steps, wanted = undisturbed(database(), SCENARIOS[name])

    ends = {step: killed_at(database(), SCENARIOS[name], step) for step in lasting(steps)}

    assert len(steps) > FEWEST_STEPS
    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}


def test_a_create_that_nobody_can_look_for_is_held_and_never_doubled() -> None:
    """Without the external-id field a kill around the request leaves the word to a person (R7)."""
    tokenless = replace(
        SOURCE,
        capabilities=replace(SOURCE.capabilities, has_external_id=False, unique_keys=frozenset()),
        carries_external_id=False,
    )
    steps, wanted = undisturbed(database(), SCENARIOS["create"], source=tokenless)
    around = steps.index("source.write.before") + 1

    before = killed_at(database(), SCENARIOS["create"], around, source=tokenless)
    after = killed_at(database(), SCENARIOS["create"], around + 1, source=tokenless)

    assert "source.write.after" == steps[around]
    assert ["unknown_create"] == before["open"] == after["open"]
    assert wanted["source"] == after["source"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["create", "update", "delete", "batch", "approval", "reload"])
def test_a_kill_around_a_write_changes_nothing_on_postgres(
    name: str, fresh_postgres_url: str
) -> None:
    """The same on the other database, from the first stored intent on."""
    engine = open_engine(state_url(fresh_postgres_url))
    SQLModel.metadata.create_all(engine)
    steps, wanted = undisturbed(engine, SCENARIOS[name])
    first = steps.index("state.after.open_all") + 1
    some = [step for step in lasting(steps) if step >= first][:MOST_ON_POSTGRES]

    ends = {step: killed_at(engine, SCENARIOS[name], step) for step in some}
    engine.dispose()

    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}
