"""Files whose change starts a run, watched by their folders.

An atomic rename or a swapped ConfigMap would leave a watched file blind; its folder sees both.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from watchfiles import awatch

from adapters.contract import Watchable
from config.snapshot import Config
from daemon.clock import SystemLuck
from daemon.service.live import Live
from daemon.service.tasks import cut
from daemon.use_cases.workspace import make_link

DEBOUNCE_MILLISECONDS = 200
"""Editors save in several steps; what follows within this time is one change."""

Wake = Callable[[str, str], None]


async def wake_by_files(live: Live, wake: Wake) -> None:
    """Wake syncs when their files change, by the snapshot that is live; to be cancelled."""
    while True:
        changed = live.changed
        watching = asyncio.create_task(_watch(watched_files(live), wake))
        until = asyncio.create_task(_wait(changed))
        try:
            await asyncio.wait({watching, until}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cut([watching, until])
        if not changed.is_set():
            watching.result()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def watched_files(live: Live) -> dict[Path, list[str]]:
    """Return the files whose change starts a run, each with the syncs it wakes."""
    found: dict[Path, list[str]] = {}
    config = live.config
    for name, sync in config.syncs.items():
        if not sync.schedule.is_woken_by_files:
            continue
        connections = {end.connection for pair in sync.pairs for end in (pair.source, pair.crm)}
        for connection in sorted(connections):
            for path in _files_of(live, config, connection):
                found.setdefault(path, []).append(name)
    return found


def _files_of(live: Live, config: Config, connection: str) -> Sequence[Path]:
    """Return the files of a connection, asked of an adapter that is never opened."""
    adapter: object = make_link(
        config.connections[connection], live.clock, SystemLuck(), lambda _: None
    ).adapter
    if not hasattr(adapter, "watched_files"):
        return ()
    watchable: Watchable = adapter
    return watchable.watched_files()


async def _watch(files: Mapping[Path, Sequence[str]], wake: Wake) -> None:
    folders = sorted({path.parent for path in files if path.parent.is_dir()})
    if not folders:
        await asyncio.Event().wait()
    names: dict[str, set[str]] = {}
    for path, syncs in files.items():
        names.setdefault(path.name, set()).update(syncs)
    async for changes in awatch(
        *folders,
        recursive=False,
        debounce=DEBOUNCE_MILLISECONDS,
        watch_filter=lambda _change, changed: Path(changed).name in names,
    ):
        for name in {Path(changed).name for _, changed in changes}:
            for sync in sorted(names[name]):
                wake(sync, "change")
