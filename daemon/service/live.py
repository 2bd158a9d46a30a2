"""The configuration that runs start with, and what a run is given of it (R16)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.snapshot import Config
from daemon.clock import Clock, Luck
from daemon.service.connections import Connections
from daemon.use_cases.workspace import OnCall, Workspace
from state.database import State


class NotConfigured(Exception):
    """The sync is not configured any more."""


class Live:
    """One immutable snapshot at a time; a run keeps the one it began with."""

    def __init__(
        self, config: Config, state: State, clock: Clock, luck: Luck, on_call: OnCall
    ) -> None:
        """Begin with *config*; no connection is opened yet."""
        self.config = config
        self.state = state
        self.clock = clock
        self.changed = asyncio.Event()
        """Set once *config* gave way to another one, which has an event of its own."""
        self._luck = luck
        self._connections = Connections(config, clock, luck, on_call)

    async def take(self, config: Config) -> None:
        """Let runs that begin from now on use *config*."""
        self.config = config
        before, self.changed = self.changed, asyncio.Event()
        before.set()
        await self._connections.take(config)

    @asynccontextmanager
    async def workspace(self, sync: str) -> AsyncIterator[Workspace]:
        """Lend a run of *sync* the present snapshot with its open connections.

        Raises NotConfigured.
        """
        while True:
            config = self.config
            if sync not in config.syncs:
                raise NotConfigured
            async with self.borrowed(config, sync) as workspace:
                if config is self.config:
                    yield workspace
                    return

    @asynccontextmanager
    async def borrowed(self, config: Config, sync: str) -> AsyncIterator[Workspace]:
        """Lend a run of *sync* the snapshot *config*, be it the present one or not."""
        pairs = config.syncs[sync].pairs
        names = {end.connection for pair in pairs for end in (pair.source, pair.crm)}
        async with self._connections.lent(config, names) as links:
            yield Workspace(
                config=config,
                state=self.state,
                links=links,
                clock=self.clock,
                luck=self._luck,
            )

    def circuits(self) -> dict[str, str]:
        """Return each open connection that has a circuit (R6), with how that stands."""
        return self._connections.circuits()

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()
