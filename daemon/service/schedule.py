"""When syncs run: by interval, once, or because a file changed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from watchfiles import awatch

from adapters.contract import Watchable
from config.snapshot import Config
from daemon.service.workers import Worker
from daemon.use_cases.workspace import Workspace

DEBOUNCE_MILLISECONDS = 200
"""Editors save in several steps; what follows within this time is one change."""


def schedule(config: Config, workers: Mapping[str, Worker], now: datetime) -> AsyncIOScheduler:
    """Return a started scheduler that wakes every worker now and then at its interval."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for name, worker in workers.items():
        wish = config.syncs[name].schedule
        worker.wake("start")
        if wish.once:
            continue
        scheduler.add_job(
            worker.wake,
            IntervalTrigger(seconds=int(wish.every.total_seconds()), start_date=now + wish.every),
            args=["interval"],
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def watched_files(workspace: Workspace, workers: Mapping[str, Worker]) -> dict[Path, list[Worker]]:
    """Return the files whose change starts a run, with whom it wakes."""
    found: dict[Path, list[Worker]] = {}
    for name, worker in workers.items():
        settings = workspace.config.syncs[name]
        if not settings.schedule.on_change:
            continue
        connections = {end.connection for pair in settings.pairs for end in (pair.source, pair.crm)}
        for connection in sorted(connections):
            for path in _files_of(workspace, connection):
                found.setdefault(path, []).append(worker)
    return found


def _files_of(workspace: Workspace, connection: str) -> Sequence[Path]:
    adapter: object = workspace.links[connection].adapter
    if not hasattr(adapter, "watched_files"):
        return ()
    watchable: Watchable = adapter
    return watchable.watched_files()


async def watch(files: Mapping[Path, Sequence[Worker]], stopping: asyncio.Event) -> None:
    """Wake workers when their files change, until *stopping*.

    Folders are watched, not files: an atomic rename or a swapped ConfigMap would leave a watched
    file blind.
    """
    folders = sorted({path.parent for path in files if path.parent.is_dir()})
    if not folders:
        await stopping.wait()
        return
    names = {path.name: workers for path, workers in files.items()}
    async for changes in awatch(
        *folders,
        stop_event=stopping,
        recursive=False,
        debounce=DEBOUNCE_MILLISECONDS,
        watch_filter=lambda _change, changed: Path(changed).name in names,
    ):
        for name in {Path(changed).name for _, changed in changes}:
            for worker in names[name]:
                worker.wake("change")
