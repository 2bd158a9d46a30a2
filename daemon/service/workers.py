"""One worker a sync: it runs when woken, never twice at once, and survives what a run meets."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.service.logs import logger
from daemon.use_cases.workspace import Workspace, run_sync


@dataclass(frozen=True, kw_only=True, slots=True)
class Listeners:
    """Who hears of runs."""

    began: Callable[[str], None]
    ended: Callable[[RunReport], None]
    broken: Callable[[str], None]
    """A fault of our own ended a run; it has no report."""


class Worker:
    """Runs one sync again and again.

    Waking it while it runs makes it run once more afterwards: no wish is lost, none is doubled.
    """

    def __init__(self, workspace: Workspace, sync: str, listeners: Listeners) -> None:
        """Take what to run, and who hears of it; nothing runs yet."""
        self.sync = sync
        self._workspace = workspace
        self._listeners = listeners
        self._wishes: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._last_error = ""
        self._last_waiting = ""

    def wake(self, trigger: str) -> None:
        """Ask for a run; *trigger* says why."""
        self._wishes[trigger] = None
        self._woken.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Run whenever woken, until *stopping*."""
        while not stopping.is_set():
            await _either(self._woken, stopping)
            if stopping.is_set():
                return
            self._woken.clear()
            trigger = "+".join(self._wishes) or "woken"
            self._wishes.clear()
            await self._run(trigger)

    async def _run(self, trigger: str) -> None:
        self._listeners.began(self.sync)
        try:
            report = await run_sync(self._workspace, Order(sync=self.sync, trigger=trigger))
        except Exception as error:  # noqa: BLE001 - the edge of a cycle: the daemon goes on
            self._listeners.broken(self.sync)
            self._log_broken(error, trigger)
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


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
