"""Notice that a configuration changed: by the content of its files, whoever replaced them how.

Takes the file or folder of the configuration and the secret files it names; tells of every change
that lasted. Names of events are not believed, they only say when to look: an editor renames
a finished file over the old one, Kubernetes swaps a symlink in the middle of a chain of them, and a
network share tells nothing at all. So whole folders are watched, those of every link of a chain
too, and now and then everything is looked at unasked.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from watchfiles import awatch

from config.load import config_files
from config.positions import MAX_BYTES
from config.problems import ConfigProblems
from daemon.clock import Clock

LOOK_UNASKED = timedelta(seconds=2)
"""Longest time between two looks: for what gives no events, such as network shares."""

REST = timedelta(milliseconds=300)
"""How long files must stay as they are to count as written to their end."""

DEBOUNCE = timedelta(milliseconds=50)
_LONGEST_CHAIN = 40
"""Links followed from one path, as many as the kernel follows."""

Contents = frozenset[tuple[Path, str]]
"""Each file with the hash of its content, "" for one that cannot be read."""

Places = frozenset[tuple[Path, int]]
"""Folders to watch, each with its number in the file system."""


def contents(path: Path, secret_files: Iterable[Path]) -> Contents:
    """Return what the configuration at *path* and the *secret_files* hold now."""
    try:
        files = config_files(path)
    except (ConfigProblems, OSError):
        files = []
    return _hashes([*files, *secret_files])


def _hashes(files: Iterable[Path]) -> Contents:
    return frozenset((file, _hash(file)) for file in files)


def _hash(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.blake2b(opened.read(MAX_BYTES + 1)).hexdigest()
    except OSError:
        return ""


async def follow(
    path: Path,
    secret_files: Callable[[], Sequence[Path]],
    clock: Clock,
    on_change: Callable[[], Awaitable[None]],
    *,
    seen: Contents,
) -> None:
    """Await *on_change* whenever the content is another than *seen* and rests; to be cancelled.

    *secret_files* is asked before each look, since a change may name others.
    """
    stirred = asyncio.Event()
    async with _Listening(stirred) as listening:
        while True:
            named = frozenset(secret_files())
            await listening.to(await asyncio.to_thread(folders, path, named))
            now = await _rested(path, named, clock)
            if now != seen:
                await on_change()
                fresh = frozenset(secret_files()) - named
                seen = now | await asyncio.to_thread(_hashes, fresh)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_UNASKED.total_seconds()):
                    await stirred.wait()
            stirred.clear()


async def _rested(path: Path, secret_files: Collection[Path], clock: Clock) -> Contents:
    """Return the content once it stays the same: a file half written is not judged."""
    now = await asyncio.to_thread(contents, path, secret_files)
    while True:
        before = now
        await clock.sleep(REST.total_seconds())
        now = await asyncio.to_thread(contents, path, secret_files)
        if now == before:
            return now


class _Listening:
    """Sets an event whenever something happens in some folders."""

    def __init__(self, stirred: asyncio.Event) -> None:
        self._stirred = stirred
        self._task: asyncio.Task[None] | None = None
        self._places: Places = frozenset()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self._end()

    async def to(self, places: Places) -> None:
        """Listen to *places* from now on."""
        if places == self._places and self._task is not None and not self._task.done():
            return
        await self._end()
        self._places = places
        self._task = asyncio.create_task(self._listen(places))

    async def _listen(self, places: Places) -> None:
        with suppress(FileNotFoundError):  # a folder that just went; the next look finds out
            async for _ in awatch(
                *(place for place, _ in places),
                recursive=False,
                watch_filter=None,
                debounce=DEBOUNCE // timedelta(milliseconds=1),
            ):
                self._stirred.set()

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def folders(path: Path, secret_files: Iterable[Path]) -> Places:
    """Return the folders in which something changes when the configuration does."""
    files = [path, *secret_files]
    found: set[Path] = set()
    with suppress(OSError):  # a folder that went is looked for again by the next look
        if path.is_dir():
            found.add(path)
            files += path.iterdir()
        for file in files:
            found |= {step.parent for step in _chain(file.absolute())}
    return frozenset((folder, identity) for folder in found if (identity := _identity(folder)))


def _identity(folder: Path) -> int:
    """Return the number of the folder itself, 0 for none: one made anew is another one."""
    try:
        return folder.stat().st_ino
    except OSError:
        return 0


def _chain(path: Path) -> Iterable[Path]:
    """Give *path* and every link on the way to what it leads to.

    A link can also be a folder in the middle: ``name.yaml → ..data/name.yaml``, ``..data → ..v2``.
    """
    waiting, done = [path], set[Path]()
    while waiting and len(done) < _LONGEST_CHAIN:
        here = waiting.pop()
        if here in done:
            continue
        done.add(here)
        yield here
        for part in (here, *here.parents):
            if part.is_symlink():
                target = part.parent / part.readlink()
                rest = here.relative_to(part)
                waiting += [part, target / rest]
                break
