"""Open connections, lent to runs, and exchanged only while no run uses them (R16).

An adapter carries the limits of its system and cleans up behind itself when it opens: one whose
settings stay the same is kept over every reload, and two of one connection never work at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from adapters.budget import AccountDays
from adapters.circuit import Circuit
from config.snapshot import Config, Connection
from daemon.clock import Clock, Luck
from daemon.flow.prepare import Link
from daemon.use_cases.workspace import OnCall, make_link, quota_of


class Connections:
    """Lends connections by name; opens each when it is first needed."""

    def __init__(self, config: Config, clock: Clock, luck: Luck, on_call: OnCall) -> None:
        """Open nothing yet; what *config* has stays open between runs."""
        self._around = (clock, luck, on_call)
        self._links: dict[str, Link] = {}
        self._users: Counter[str] = Counter()
        self._wanted = config.connections
        self._days: AccountDays = {}
        self._turn = asyncio.Condition()

    async def take(self, config: Config) -> None:
        """Close what *config* has no more or otherwise, as soon as no run uses it.

        A quota counts at once, for runs under way too: from their next call on.
        """
        self._wanted = config.connections
        for name, link in self._links.items():
            wanted = config.connections.get(name)
            if wanted is not None and _is_same(link, wanted):
                link.spending.quota = quota_of(wanted)
        async with self._turn:
            await self._close_unwanted()

    def opened(self) -> set[str]:
        """Return the names of what is open."""
        return set(self._links)

    @asynccontextmanager
    async def lent(self, config: Config, names: Iterable[str]) -> AsyncIterator[Mapping[str, Link]]:
        """Lend the connections *names* with the settings of *config*.

        Waits for runs that use one of them with other settings. Always in the order of names, so
        that two who wait never wait for each other.
        """
        async with AsyncExitStack() as stack:
            found = {
                name: await stack.enter_async_context(self._one(config.connections[name]))
                for name in sorted(set(names))
            }
            yield found

    @asynccontextmanager
    async def _one(self, wanted: Connection) -> AsyncIterator[Link]:
        name = wanted.name
        async with self._turn:
            await self._turn.wait_for(lambda: self._is_free_for(wanted))
            if name not in self._links or not _is_same(self._links[name], wanted):
                await self._close(name)
                self._links[name] = await self._open(wanted)
            self._users[name] += 1
            link = self._links[name]
        try:
            yield link
        finally:
            self._users[name] -= 1
            async with self._turn:
                await self._close_unwanted()
                self._turn.notify_all()

    def _is_free_for(self, wanted: Connection) -> bool:
        link = self._links.get(wanted.name)
        return link is None or _is_same(link, wanted) or not self._users[wanted.name]

    async def _open(self, connection: Connection) -> Link:
        link = make_link(connection, *self._around, self._days)
        await link.adapter.open()
        return link

    async def _close_unwanted(self) -> None:
        for name, link in list(self._links.items()):
            wanted = self._wanted.get(name)
            if not self._users[name] and not (wanted and _is_same(link, wanted)):
                await self._close(name)

    async def _close(self, name: str) -> None:
        link = self._links.pop(name, None)
        if link is not None:
            await link.adapter.close()

    def circuits(self) -> dict[str, str]:
        """Return each open connection that has a circuit (R6), with how that stands."""
        found = {name: getattr(link.adapter, "circuit", None) for name, link in self._links.items()}
        return {
            name: circuit.state.value
            for name, circuit in found.items()
            if isinstance(circuit, Circuit)
        }

    async def close(self) -> None:
        """Close everything; for the end of the process."""
        for name in list(self._links):
            await self._close(name)


def _is_same(link: Link, wanted: Connection) -> bool:
    """Tell whether an open connection has the settings that are wanted, but for its quota."""
    settings = link.connection.settings
    if hasattr(settings, "quota"):
        settings = settings.model_copy(update={"quota": getattr(wanted.settings, "quota", None)})
    return replace(link.connection, settings=settings) == wanted
