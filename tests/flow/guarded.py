"""What the tests of guards share: a world at rest, a person's edits, a person's release."""

from collections.abc import Callable
from typing import Any

from adapters.memory_system import people_fields
from daemon.core.values import Side, Value
from daemon.flow.report import RunReport
from daemon.use_cases.releasing import release
from tests.flow.world import FIELDS, SOON, SYNC, World, person

NewWorld = Callable[..., World]


async def settled(new_world: NewWorld, count: int, **settings: Any) -> World:
    """Return a world in which so many people, s1 and c1 and so on, are linked.

    Both sides have an opt-out column.
    """
    world = new_world(**settings)
    for side in Side:
        world.system(side).fields = people_fields(*FIELDS, "unsubscribed")
    for number in range(count):
        for side in Side:
            world.system(side).make(person(number, unsubscribed="no"))
    report = await world.run()
    assert ("done", count) == (report.outcome, len(world.crm.live()))
    world.pass_by(SOON)
    world.crm.writes.clear()
    return world


def tripped(report: RunReport) -> list[str]:
    """Return the guards that stopped something."""
    return sorted({trip.guard for trip in report.guards})


async def let_pass(world: World, guard: str = "") -> None:
    """Have a person look and release."""
    reason = "we moved to another tool"
    await release(world.state, world.clock, sync=SYNC, guard=guard, by="ann", reason=reason)


def edit_all(world: World, count: int, **values: Value) -> None:
    """Let a person change so many source records, each to another company or to these values."""
    for number in range(1, count + 1):
        world.source.edit(f"s{number}", values or {"company": f"New {number}"})
