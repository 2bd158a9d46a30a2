"""The reference adapter on a system in memory, with its people at hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.contract import Surroundings
from adapters.errors import RetryLater
from adapters.memory import MemoryAdapter, lost_reply
from adapters.memory_system import CAPABILITIES, OBJECT, MemorySystem, people_fields
from daemon.clock import SeededLuck
from daemon.core.values import Values


class _Clock:
    """Time that passes a little whenever somebody looks."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 8, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class MemoryHarness:
    """People, whose system does as it is told."""

    object_name = OBJECT
    text_fields = ("first_name", "last_name")

    def __init__(self) -> None:
        self.clock = _Clock()
        self.system = MemorySystem(
            clock=self.clock,
            fields=people_fields("email", "first_name", "last_name"),
            capabilities=replace(CAPABILITIES, has_precondition=True),
        )
        self.adapter = MemoryAdapter(
            self.system,
            Surroundings(
                connection="memory",
                clock=self.clock,
                luck=SeededLuck(1),
                on_call=lambda _call: None,
            ),
        )

    def sample(self, number: int) -> Values:
        return {
            "first_name": f"Name {number}",
            "last_name": f"Family {number}",
            "email": f"person{number}@example.com",
        }

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return [self.system.make(values).id for values in records]

    async def edit(self, id_: str, values: Values) -> None:
        self.system.edit(id_, values)

    async def remove(self, id_: str) -> None:
        self.system.archive(id_)

    async def look(self, id_: str) -> Values | None:
        record = self.system.records.get(id_)
        if record is None or record.is_archived:
            return None
        return {name: record.values[name] for name in self.text_fields}

    async def count(self) -> int:
        return len(self.system.live())

    async def settle(self) -> None:
        self.clock.moment += timedelta(minutes=5)

    async def cut_listing(self) -> bool:
        # The loop begins on a second page that is not the last.
        size = 2 * self.adapter.capabilities.page_size
        await self.put([self.sample(1_000 + number) for number in range(size)])
        self.system.faults.loops_listing = True
        return True

    async def break_reading(self) -> bool:
        def fail(_purpose: str) -> None:
            raise RetryLater("The system is down.")

        self.system.faults.before = fail
        return True

    async def lose_reply(self) -> bool:
        def fail(_purpose: str) -> None:
            self.system.faults.after = lambda _purpose: None
            raise lost_reply()

        self.system.faults.after = fail
        return True


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[MemoryHarness]:
    del folder
    harness = MemoryHarness()
    await harness.adapter.open()
    await harness.adapter.prepare(OBJECT)
    yield harness
    await harness.adapter.close()
