"""What the tests of rollbacks share."""

from collections.abc import Mapping
from typing import Any

from adapters.contract import Verb
from daemon.core.values import Side, Value
from daemon.flow.rollback import RollbackOrder, roll_back
from daemon.flow.rolled import RollbackReport
from state import pairs
from tests.flow.world import SYNC, World

REMOVES = frozenset({Verb.ARCHIVE})


async def rolled_back(world: World, run: int = 1, **asked: Any) -> RollbackReport:
    """Roll a run back."""
    order = RollbackOrder(run=run, sync=SYNC, by="ana", **asked)
    work = world.preparation(is_preview=order.is_preview)
    world.calls.clear()
    return await roll_back(work, world.luck, order, world.calls)


def people(world: World, side: Side) -> dict[str, Mapping[str, Value]]:
    """Return what people see on a side."""
    return {one.id: dict(one.values) for one in world.system(side).live()}


def everything(world: World) -> dict[Side, dict[str, Mapping[str, Value]]]:
    return {side: people(world, side) for side in Side}


async def resume(world: World) -> None:
    await world.state.write(pairs.resume, sync=SYNC)


async def three_rests(world: World) -> None:
    """The three cycles after it write nothing (R24)."""
    before = everything(world)
    for _ in range(3):
        await world.rest()
    assert before == everything(world)
