"""Several batches under way at once, and what a failure of one means for the others."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from adapters.errors import RetryLater
from adapters.memory import CAPABILITIES, MemoryAdapter
from daemon.core.values import Side
from daemon.flow.lanes import in_lanes
from tests.flow.world import Killed, World, person

Piece = Coroutine[Any, Any, bool]


class Pieces:
    """Pieces of work that take turns and write down what they do."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.most = 0

    async def piece(self, number: int, error: BaseException | None = None) -> bool:
        self.begun.append(number)
        self.most = max(self.most, len(self.begun) - len(self.ended))
        await asyncio.sleep(0)
        if error is not None:
            self.ended.append(number)
            raise error
        for _ in range(5):
            await asyncio.sleep(0)
        self.ended.append(number)
        return number == 2

    async def all(self, number: int, failing: dict[int, BaseException]) -> AsyncIterator[Piece]:
        for one in range(number):
            yield self.piece(one, failing.get(one))


@pytest.mark.parametrize("lanes", [1, 2, 3, 9])
async def test_no_more_than_the_lanes_are_under_way(lanes: int) -> None:
    """All is done, in order of beginning, and one True makes all of it True."""
    pieces = Pieces()

    assert await in_lanes(lanes, pieces.all(5, {}))
    assert [0, 1, 2, 3, 4] == pieces.begun
    assert min(lanes, 5) == pieces.most
    assert not await in_lanes(lanes, pieces.all(2, {}))


async def test_a_failure_lets_the_others_end() -> None:
    """Their outcomes must be known; nothing more is begun."""
    pieces = Pieces()

    with pytest.raises(RetryLater):
        await in_lanes(2, pieces.all(5, {0: RetryLater("later", code="later")}))

    assert [0, 1] == pieces.begun
    assert [0, 1] == pieces.ended


async def test_a_crash_stops_all_of_them() -> None:
    """What a crash cuts short is cut short everywhere."""
    pieces = Pieces()

    with pytest.raises(Killed):
        await in_lanes(2, pieces.all(5, {0: Killed()}))

    assert [0] == pieces.ended


async def test_a_load_in_lanes_ends_as_one_after_the_other(
    new_world: Callable[..., World],
) -> None:
    """Batches side by side lose nothing and double nobody."""
    world = new_world()
    world.able(Side.CRM, lanes=3, write_batch=2, removals=CAPABILITIES.removals)
    for number in range(25):
        world.source.make(person(number))

    report = await world.run()

    assert (25, 25) == (report.counts["created"], len(world.crm.live()))
    assert 25 == len(await world.linked())
    await world.rest()


async def test_while_one_end_waits_for_its_reply_the_other_is_read(
    new_world: Callable[..., World],
) -> None:
    """A file is read while the CRM's first page is on its way: the source's listing awaits it."""
    asked = asyncio.Event()

    class Slow(MemoryAdapter):
        async def start_cursor(self, object_name: str) -> str:
            await asyncio.wait_for(asked.wait(), timeout=10)
            return await super().start_cursor(object_name)

    class Asked(MemoryAdapter):
        async def start_cursor(self, object_name: str) -> str:
            asked.set()
            return await super().start_cursor(object_name)

    world = new_world()
    world.adapters = {Side.SOURCE.value: Slow, Side.CRM.value: Asked}
    world.able(Side.CRM, lanes=2)
    world.start()
    world.source.make(person(1))

    report = await world.run()

    assert ("done", 1) == (report.outcome, report.counts["created"])
