"""One worker a sync: it runs when woken, never twice at once, and survives what a run meets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from config.snapshot import Config
from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.service.live import Live, NotConfigured
from daemon.service.logs import logger
from daemon.service.patience import when_possible
from daemon.use_cases.naming import take_name
from daemon.use_cases.workspace import run_sync
from state import pairs

LOOK_AGAIN = timedelta(seconds=15)
"""Between two attempts to settle what a sync that is not configured any more has left open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listeners:
    """Who hears of runs."""

    began: Callable[[str], None]
    ended: Callable[[RunReport], None]
    broken: Callable[[str], None]
    """A fault of our own ended a run; it has no report."""


class Worker:
    """Runs one sync again and again.

    Waking it while it runs makes it run once more afterwards: no wish is lost, none is doubled. A
    run begins with the snapshot that is live then, and keeps it.
    """

    def __init__(self, live: Live, sync: str, listeners: Listeners) -> None:
        """Take what to run, and who hears of it; nothing runs yet."""
        self.sync = sync
        self.named = asyncio.Event()
        """Set once all that is known of the sync stands under its name."""
        self._live = live
        self._listeners = listeners
        self._wishes: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._is_ending = False
        self._named_by: Config | None = None
        self._last_error = ""
        self._last_waiting = ""

    def wake(self, trigger: str) -> None:
        """Ask for a run; *trigger* says why."""
        self._wishes[trigger] = None
        self._woken.set()

    def end(self) -> None:
        """Let the run under way be the last one."""
        self._is_ending = True
        self._woken.set()

    async def work(self, predecessors: Sequence[asyncio.Task[None]] = ()) -> None:
        """Run whenever woken, until told to end.

        First *predecessors* finish: those who worked under a former name, or for the same sync.
        """
        if predecessors:
            await asyncio.wait(predecessors)
        await self._at_edge("start", self._take_name)
        self.named.set()
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._is_ending:
                return
            trigger = "+".join(self._wishes)
            self._wishes.clear()
            await self._at_edge(trigger, partial(self._run, trigger))

    async def _at_edge(self, trigger: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - the edge of a cycle: the daemon goes on
            self._listeners.broken(self.sync)
            self._log_broken(error, trigger)

    async def _take_name(self) -> None:
        """Carry out a rename, once a snapshot and between runs (R16)."""
        config = self._live.config
        if config is self._named_by or self.sync not in config.syncs:
            return
        moved = await take_name(config, self._live.state, self._live.clock, self.sync)
        self._named_by = config
        if moved:
            logger().info("renamed", sync=self.sync, pairs=moved)

    async def _run(self, trigger: str) -> None:
        await self._take_name()
        if self.sync in await self._live.state.read(pairs.paused):
            return
        try:
            async with self._live.workspace(self.sync) as workspace:
                self._listeners.began(self.sync)
                report = await run_sync(workspace, Order(sync=self.sync, trigger=trigger))
        except NotConfigured:  # it went while this run waited for its connections
            return
        self._listeners.ended(report)
        self._log(report)

    def _log_broken(self, error: Exception, trigger: str) -> None:
        """Log a fault of our own with its trace, once for as long as it stays the same."""
        word = f"{type(error).__name__}: {error}"
        if word != self._last_error:
            log = logger().bind(sync=self.sync, trigger=trigger)
            log.error("run_broken", error=type(error).__name__, exc_info=error)
        self._last_error = word

    def _log(self, report: RunReport) -> None:
        """Log what changed: idle runs and what repeats itself are for metrics, not for people."""
        log = logger().bind(sync=self.sync, run=report.run, outcome=report.outcome)
        if report.error:
            if report.error != self._last_error:
                log.warning("run_failed", error=report.error)
            self._last_error = report.error
            return
        if self._last_error:
            log.info("run_recovered")
            self._last_error = ""
        waiting = report.plan.digest if report.plan and report.outcome == "waiting" else ""
        is_known = bool(waiting) and waiting == self._last_waiting
        self._last_waiting = waiting
        if report.outcome != "nothing" and not is_known:
            counts = {name: n for name, n in report.counts.items() if n}
            log.info("run_ended", counts=counts, calls=report.api.calls)


async def take_leave(live: Live, former: Config, sync: str) -> None:
    """Settle what *sync*, not configured any more, has left open; then let it rest (R16).

    Looks and never sends (R31), with the connections as they are configured now where they still
    are, and goes on trying for as long as an end cannot be asked.
    """
    connections = {**former.connections, **live.config.connections}
    config = replace(former, connections=connections)
    last_error = ""
    while await when_possible(live.clock, live.state.read, pairs.has_open_intents, sync=sync):
        report = await when_possible(live.clock, _settle_open, live, config, sync)
        if report.error and report.error != last_error:
            logger().warning("leaving_failed", sync=sync, error=report.error)
        last_error = report.error
        if report.error or report.open_intents:
            await live.clock.sleep(LOOK_AGAIN.total_seconds())
    resting = await when_possible(live.clock, live.state.write, pairs.make_dormant, sync=sync)
    logger().warning("syncs_dormant", pairs=resting)


async def _settle_open(live: Live, config: Config, sync: str) -> RunReport:
    async with live.borrowed(config, sync) as workspace:
        order = Order(sync=sync, trigger="leaving", is_recovery=True)
        return await run_sync(workspace, order)
