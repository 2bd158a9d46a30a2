"""An adapter on a real server, a net between them, and a person who works there too."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.contract import Call, Covered, Hint, Hints, Surroundings
from adapters.tryton.adapter import TrytonAdapter
from adapters.tryton.kind import KIND
from daemon.clock import SeededLuck, SystemClock
from tests.conformance.wire import Wire, wire_to
from tests.tryton.person import Person
from tests.tryton.server import Server, shared

POLL = {"search_margin": "1s", "overlap": "5s", "count_every": 0}


class LeapingSystemClock(SystemClock):
    """Real time; whoever would wait leaps ahead instead, away from the server's clock."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """Return real time and what was leapt."""
        return super().now() + self.ahead

    def monotonic(self) -> float:
        """Return real seconds and those that were leapt."""
        return super().monotonic() + self.ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Leap."""
        self.ahead += timedelta(seconds=seconds)
        await super().sleep(0)


@dataclass
class Bench:
    """All that a test of the adapter needs."""

    server: Server
    adapter: TrytonAdapter
    net: Wire
    person: Person
    clock: LeapingSystemClock
    calls: list[Call] = field(default_factory=list)

    async def hints(self, cursor: str, object_name: str = "party") -> tuple[list[Hint], Covered]:
        """One poll of the change feed."""
        told: list[Hint] = []
        async for item in self.adapter.changes(object_name, cursor):
            if isinstance(item, Hints):
                told.extend(item.hints)
            else:
                return told, item
        raise AssertionError("the feed ended without Covered")

    def methods(self) -> list[str]:
        """Return the methods called so far, without the model's prefix, and forget them."""
        called = [call.endpoint.removeprefix("model.") for call in self.calls]
        self.calls.clear()
        return called

    def surroundings(self) -> Surroundings:
        """Return what an adapter of this bench is given."""
        return Surroundings(
            connection="crm", clock=self.clock, luck=SeededLuck(7), on_call=self.calls.append
        )


@asynccontextmanager
async def adapter_on(
    on: Server, base_url: str, around: Surroundings, settings: Mapping[str, object] | None = None
) -> AsyncIterator[TrytonAdapter]:
    """Yield an open adapter on a server, asked at *base_url*."""
    given = {
        "base_url": base_url,
        "database": on.database,
        "user": on.user,
        "password": on.password,
        "poll": POLL,
        **(settings or {}),
    }
    adapter = KIND.create(KIND.settings.model_validate(given), around)
    assert isinstance(adapter, TrytonAdapter)
    await adapter.open()
    try:
        yield adapter
    finally:
        await adapter.close()


@asynccontextmanager
async def bench(
    settings: Mapping[str, object] | None = None, on: Server | None = None
) -> AsyncIterator[Bench]:
    """Yield an adapter on a server; on the shared one, there are no parties at first."""
    server = on or shared()
    person = Person(server)
    if on is None:
        person.clear()
    clock, calls = LeapingSystemClock(), list[Call]()
    around = Surroundings(connection="crm", clock=clock, luck=SeededLuck(7), on_call=calls.append)
    async with (
        wire_to(server.base_url) as net,
        adapter_on(server, net.base_url, around, settings) as adapter,
    ):
        yield Bench(
            server=server, adapter=adapter, net=net, person=person, clock=clock, calls=calls
        )


def called(body: bytes) -> Sequence[object]:
    """Return method and parameters of a request's body."""
    import json

    asked = json.loads(body)
    return asked["method"], asked["params"]
