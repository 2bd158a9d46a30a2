"""A fault of our own ends one run, never the daemon, and is told once."""

import io
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path

from daemon.clock import SeededLuck
from daemon.service.live import Live
from daemon.service.logs import configure_logs
from daemon.service.metrics import Metrics
from daemon.service.workers import Listeners, Worker
from tests.acceptance.lab import SYNC, lab

RUNS = 3


async def test_a_fault_of_our_own_is_logged_once_and_counted_each_time(tmp_path: Path) -> None:
    """The trace stands in the log one time; every broken run is counted, none stays under way."""
    metrics, told = Metrics("0"), io.StringIO()
    broken: list[str] = []

    def note(sync: str) -> None:
        broken.append(sync)
        metrics.run_broken(sync)
        worker.wake("again")
        if RUNS == len(broken):
            worker.end()

    async with lab(tmp_path) as at:
        lacking = replace(at.workspace.config, connections={})  # nobody can be asked: our fault
        live = Live(lacking, at.state, at.clock, SeededLuck(7), lambda _: None)
        listeners = Listeners(began=metrics.run_began, ended=metrics.run_ended, broken=note)
        with redirect_stderr(told):
            configure_logs("info")
            worker = Worker(live, SYNC, listeners)
            worker.wake("start")
            await worker.work()
    assert 1 == told.getvalue().count('"event":"run_broken"')
    page = metrics.exposition().decode()
    assert f'crmsync_runs_total{{outcome="broken",sync="{SYNC}"}} 3.0' in page
    assert f'crmsync_run_in_progress{{sync="{SYNC}"}} 0.0' in page
