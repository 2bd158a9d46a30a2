"""One worker a sync: it runs when woken, never twice at once, and survives what a run meets."""

import asyncio
from collections.abc import Callable

from daemon.cycle import Order
from daemon.flow.report import RunReport
from daemon.service.logs import logger
from daemon.use_cases.workspace import Workspace, run_sync

Told = Callable[[RunReport], None]


class Worker:
    """Runs one sync again and again.

    Waking it while it runs makes it run once more afterwards: no wish is lost, none is doubled.
    """

    def __init__(self, workspace: Workspace, sync: str, began: Callable[[str], None], told: Told):  # noqa: ANN204
        self.sync = sync
        self._workspace = workspace
        self._began = began
        self._told = told
        self._wishes: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._last_error = ""

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
        log = logger().bind(sync=self.sync, trigger=trigger)
        self._began(self.sync)
        try:
            report = await run_sync(self._workspace, Order(sync=self.sync, trigger=trigger))
        except Exception as error:  # the edge of a cycle: the daemon goes on
            log.exception("run_broken", error=type(error).__name__)
            return
        self._told(report)
        self._log(report)

    def _log(self, report: RunReport) -> None:
        """Log what changed: idle runs and repeated errors are for metrics, not for people."""
        log = logger().bind(sync=self.sync, run=report.run, outcome=report.outcome)
        if report.error:
            if report.error != self._last_error:
                log.warning("run_failed", error=report.error)
            self._last_error = report.error
            return
        if self._last_error:
            log.info("run_recovered")
            self._last_error = ""
        if report.outcome != "nothing":
            counts = {name: n for name, n in report.counts.items() if n}
            log.info("run_ended", counts=counts, calls=report.api.calls)


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
