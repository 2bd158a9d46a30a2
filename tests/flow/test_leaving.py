"""A request that had to wait counts from the moment it left, not from its promise (R22)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.contract import Outcome, Verb, Write
from adapters.memory import OBJECT, MemoryAdapter
from daemon.core.values import Side
from daemon.flow.send import leaving
from state import intents
from tests.flow.world import LATER, Killed, World, person

WAITED = timedelta(seconds=20)


class Late(MemoryAdapter):
    """A system that makes a write wait, and whose caller dies while the request is on the wire."""

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        del object_name, verb, writes
        await self._around.clock.sleep(WAITED.total_seconds())
        await leaving()
        raise Killed


async def test_what_waited_can_land_later(world: World) -> None:
    """It is waited out from when it left; then it is planned anew, once."""
    world.source.make(person(1))
    world.adapters["crm"] = Late
    with pytest.raises(Killed):
        await world.run()
    (intent,) = await world.state.read(intents.open_at, [("crm", OBJECT)])
    assert world.clock.moment == intent.sent_at

    del world.adapters["crm"]
    world.start()
    world.pass_by(LATER - WAITED)
    assert 1 == (await world.run()).open_intents
    assert [] == world.crm.live()

    world.pass_by(WAITED)
    await world.run()
    assert ["person1@example.com"] == world.values(Side.CRM, "email")
    await world.rest()


async def test_nothing_is_noted_where_nothing_is_sent() -> None:
    """Outside of a write there is nobody to tell."""
    await leaving()
