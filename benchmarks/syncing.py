"""The process that is measured: opens a folder's configuration and state, and syncs when told to.

``python -m benchmarks.syncing FOLDER`` runs the sync once for each line on its standard input and
answers each with one line of JSON. It is a process of its own, so that its processor time and its
peak memory are those of the sync alone, and one that stays, as the daemon does. A line that is not
empty names a file for the profile of that run.
"""

import argparse
import asyncio
import cProfile
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, select

from benchmarks.stage import SYNC
from daemon import cycle as cycling
from daemon.clock import SystemClock, SystemLuck
from daemon.cycle import Order
from daemon.service.garbage import collect_seldom
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration, run_sync
from state.columns import table
from state.journal import Conflict
from state.opening import open_state

STEPS = ("prepare", "recover", "observe", "make_plan", "approve", "apply", "verify", "report")
"""The steps of a run, by their names in ``daemon/cycle.py``."""

_spent: dict[str, float] = defaultdict(float)


def main() -> int:
    """Read the arguments, then sync line by line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.syncing", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inline", action="store_true", help="one thread, for profiles")
    given = parser.parse_args()
    _time_steps()
    collect_seldom()
    asyncio.run(_serve(given.folder, is_inline=given.inline))
    return 0


async def _serve(folder: Path, *, is_inline: bool) -> None:
    config = read_configuration(folder / "crmsyncd.yaml", os.environ)
    state = open_state(folder, inline=is_inline)
    try:
        async with open_workspace(config, state, SystemClock(), SystemLuck()) as workspace:
            while line := await asyncio.to_thread(sys.stdin.readline):
                with _profiled(line.strip()):
                    told = await _one(workspace)
                sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
                sys.stdout.buffer.flush()
    finally:
        state.close()


async def _one(workspace: Workspace) -> dict[str, Any]:
    _spent.clear()
    began, wall = processor_seconds(), time.perf_counter()
    report = await run_sync(workspace, Order(sync=SYNC, trigger="benchmark"))
    return {
        "cpu": processor_seconds() - began,
        "wall": time.perf_counter() - wall,
        "steps": dict(_spent),
        "peak": peak_bytes(),
        "report": report.model_dump(mode="json"),
        "sample": workspace.config.syncs[SYNC].guards.verify_sample,
        "asked_for_times": await workspace.state.read(_records_in_conflict, report.run),
    }


def _records_in_conflict(connection: Connection, run: int) -> int:
    """Return how many linked records had fields that both sides had changed."""
    log = table(Conflict)
    both = and_(log.c.run == run, log.c.reason == "both_changed")
    chosen = select(func.count(log.c.link.distinct())).where(both)
    return int(connection.execute(chosen).scalar_one())


def processor_seconds() -> float:
    """Return the processor time of this process so far, all threads, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """Return the most memory this process ever held.

    Linux's ``ru_maxrss`` begins with what the parent held when it forked, so the process's own high
    water mark is preferred where the system tells it. Elsewhere ``ru_maxrss`` is in bytes (macOS).
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        marks = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
        if marks:
            return marks[0]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _time_steps() -> None:
    """Put a stop-watch around each step that ``daemon/cycle.py`` calls."""
    for name in STEPS:
        setattr(cycling, name, _timed(name, getattr(cycling, name)))


def _timed(name: str, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        began = processor_seconds()
        try:
            return await step(*args, **kwargs)
        finally:
            _spent[name] += processor_seconds() - began

    return run


@contextmanager
def _profiled(file: str) -> Iterator[None]:
    if not file:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(file)


if __name__ == "__main__":
    sys.exit(main())
