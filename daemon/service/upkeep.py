"""What the daemon does for its state beside the runs: prune once a day, measure once an hour (R27).

Takes the live configuration's retention; tells whoever asked how large the state is and when it
was last pruned. After a start the runs come first.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.service.live import Live
from daemon.service.logs import logger
from daemon.use_cases.pruning import Pruned, last_pruned, prune
from state.size import Size, measure

EVERY = timedelta(days=1)
"""From one pruning to the next, restarts included."""

LOOK_EVERY = timedelta(hours=1)

FIRST_RUNS = 3
"""Runs that come before the first look after a start: what waited meanwhile is synced first."""

FIRST_WAIT = timedelta(minutes=15)
"""After which the first look happens, however many runs there were."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the last look found."""

    size: Size
    pruned_at: datetime | None


class Upkeep:
    """Looks after the state of one daemon."""

    def __init__(self, live: Live, on_look: Callable[[Kept], None]) -> None:
        """Do nothing yet."""
        self._live = live
        self._on_look = on_look
        self._runs = 0
        self._may_begin = asyncio.Event()

    def run_ended(self) -> None:
        """Hear of a run."""
        self._runs += 1
        if self._runs >= FIRST_RUNS:
            self._may_begin.set()

    async def work(self) -> None:
        """Look again and again; to be cancelled, at any moment."""
        await self._after_the_first_runs()
        while True:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the edge of a cycle: the runs go on
                logger().error("upkeep_failed", error=type(error).__name__, exc_info=error)
            await self._live.clock.sleep(LOOK_EVERY.total_seconds())

    async def _after_the_first_runs(self) -> None:
        waits = [
            asyncio.ensure_future(self._may_begin.wait()),
            asyncio.ensure_future(self._live.clock.sleep(FIRST_WAIT.total_seconds())),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _look(self) -> None:
        state, clock = self._live.state, self._live.clock
        pruned_at = await state.read(last_pruned)
        if pruned_at is None or clock.now() - pruned_at >= EVERY:
            _tell(await prune(state, self._live.config.retention, clock))
            pruned_at = clock.now()
        self._on_look(Kept(size=await state.read(measure), pruned_at=pruned_at))


def _tell(done: Pruned) -> None:
    taken = {kind: number for kind, number in done.taken.items() if number}
    if taken:
        logger().info("pruned", taken=taken)
