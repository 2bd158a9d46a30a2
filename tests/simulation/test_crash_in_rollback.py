"""A rollback may be killed at any step and begun again: it comes to the same end (R24, I9, I23).

The run that is rolled back made records, matched some, wrote to both sides and took one away.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from daemon.core.values import Side
from daemon.flow.rollback import RollbackOrder, roll_back
from daemon.flow.rolled import RollbackReport
from state import pairs, rollbacks
from tests.simulation.claims import claims
from tests.simulation.scenarios import make, new_world, sync
from tests.simulation.simulate import database
from tests.simulation.steps import Killed, drive
from tests.simulation.world import SYNC, Terms, World

TERMS = Terms(
    settings={
        "create": {"source": True},
        "deletes": {"source": "archive"},
        "conflicts": {"default": "source", "tie": "source"},
        "guards": {"verify_sample": 1},
    }
)

FEWEST_STEPS = 20
AGAIN = 2
"""Rollbacks after the one that goes on: one settles what had no reply, one finds nothing to do."""


def prepared(engine: Engine) -> tuple[World, int]:
    """Return a world with a run worth rolling back, and that run's number."""
    world = new_world(engine, TERMS)
    for number in (1, 2):
        make(world, Side.SOURCE, number, phone=f"030 12345{number}0", note="old")
    sync(world)
    world.people.archive(Side.SOURCE, "s2")
    make(world, Side.SOURCE, 3, note="left", company="Left")
    make(world, Side.CRM, 3, note="right", phone="030 7654321")
    make(world, Side.SOURCE, 4)
    make(world, Side.CRM, 5, company="Acme")
    world.people.edit(Side.SOURCE, "s1", {"note": "new"})
    world.pass_by(300)
    report = world.run()
    assert report is not None
    assert all(report.counts[name] for name in ("created", "updated", "merged", "removed")), (
        report.counts
    )
    world.people.edit(Side.CRM, "c1", {"company": "Edited since"})
    world.pass_by(300)
    world.steps.count = 0
    world.steps.names.clear()
    return world, report.run


def rolled_back(world: World, run: int) -> RollbackReport | None:
    """Roll back; None where the process died on the way."""
    world.calls.clear()
    order = RollbackOrder(run=run, sync=SYNC, by="ana")
    try:
        return drive(roll_back(world.work, world.luck, order, world.calls))
    except Killed:
        world.build()
        return None


def end_state(world: World, run: int) -> Mapping[str, Any]:
    """Finish the rollback, let the sync go on, and return all that matters in the end."""
    report = rolled_back(world, run)
    for _ in range(AGAIN):
        world.pass_by(300)
        report = rolled_back(world, run)
    assert report is not None
    assert "nothing" == report.outcome, report
    left = people(world)
    world.state.write_now(pairs.resume, sync=SYNC)
    for _ in range(2):
        world.pass_by(300)
        world.run()
    settled = people(world)
    for _ in range(3):
        world.pass_by(300)
        again = world.run()
        assert again is not None
        assert "nothing" == again.outcome
    assert settled == people(world)
    known = claims(world)
    return {
        "left": left,
        "settled": settled,
        "links": len(known.active()),
        "apart": sorted(item.rule for item in known.apart if item.status == "open"),
        "held": sorted(hold.field for hold in world.state.read_now(rollbacks.holds)),
        "kept": sorted((one.record, one.field) for one in report.kept),
    }


def people(world: World) -> Mapping[str, list[Any]]:
    """Return what people see, whatever the ids are."""
    return {
        side.value: sorted(
            sorted((name, repr(value)) for name, value in stored.values.items())
            for stored in world.systems[side].live()
        )
        for side in Side
    }


def test_a_kill_at_any_step_of_a_rollback_changes_nothing_in_the_end() -> None:
    """Nothing doubled, nothing lost, the same fields held, and three cycles write nothing."""
    steps, wanted = undisturbed(database())

    ends = {step: killed_at(database(), step) for step in range(1, len(steps) + 1)}

    assert len(steps) > FEWEST_STEPS
    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}


def undisturbed(engine: Engine) -> tuple[list[str], Mapping[str, Any]]:
    """Return the steps of the rollback and the end it comes to."""
    world, run = prepared(engine)
    rolled_back(world, run)
    steps = list(world.steps.names)
    return steps, end_state(world, run)


def killed_at(engine: Engine, step: int) -> Mapping[str, Any]:
    """Kill the rollback at one step, restart, and return the end it comes to."""
    world, run = prepared(engine)

    def strike(_name: str) -> None:
        if world.steps.count == step:
            raise Killed

    world.steps.strike = strike
    rolled_back(world, run)
    world.steps.strike = lambda _name: None
    return end_state(world, run)


@pytest.mark.slow
def test_a_kill_in_a_rollback_changes_nothing_on_postgres(fresh_postgres_url: str) -> None:
    """The same on the other database, at every third step."""
    from sqlmodel import SQLModel

    from state.database import open_engine, state_url

    engine = open_engine(state_url(fresh_postgres_url))
    SQLModel.metadata.create_all(engine)
    steps, wanted = undisturbed(engine)

    ends = {step: killed_at(engine, step) for step in range(1, len(steps) + 1, 3)}
    engine.dispose()

    assert {} == {(step, steps[step - 1]): end for step, end in ends.items() if end != wanted}
