"""A changed configuration is noticed, however it was replaced (R16)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.watch import contents, folders, follow
from daemon.clock import SystemClock

PATIENCE = 20.0


class Watcher:
    """Counts the turns that the watch gives."""

    def __init__(self, path: Path, secrets: Callable[[], list[Path]]) -> None:
        self.turns = 0
        self._turned = asyncio.Condition()
        self._path, self._secrets = path, secrets
        self._seen = contents(path, secrets())

    async def follow(self) -> None:
        await follow(self._path, self._secrets, SystemClock(), self.count, seen=self._seen)

    async def count(self) -> None:
        async with self._turned:
            self.turns += 1
            self._turned.notify_all()

    async def turn(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE), self._turned:
            await self._turned.wait_for(lambda: self.turns >= number)


@asynccontextmanager
async def watching(path: Path, *secrets: Path) -> AsyncIterator[Watcher]:
    watcher = Watcher(path, lambda: list(secrets))
    task = asyncio.create_task(watcher.follow())
    try:
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "crmsyncd.yaml"
    path.write_text("a")
    return path


async def test_a_file_written_in_place_is_noticed(file: Path) -> None:
    """Each lasting change gives one turn; the same content again gives none."""
    async with watching(file) as watcher:
        write(file, "b")
        await watcher.turn(1)
        write(file, "b")
        file.with_name("beside.csv").write_text("no part of it")
        write(file, "c")
        await watcher.turn(2)

    assert 2 == watcher.turns


async def test_an_atomic_rename_is_noticed(file: Path) -> None:
    """Editors write beside and rename over; the new file is watched as the old one was."""
    async with watching(file) as watcher:
        for number, text in enumerate("bcd"):
            beside = file.with_name(".crmsyncd.yaml.swp")
            beside.write_text(text)
            beside.replace(file)
            await watcher.turn(number + 1)

    assert 3 == watcher.turns


async def test_a_swapped_config_map_is_noticed(tmp_path: Path) -> None:
    """Kubernetes swaps ``..data`` under a file that stays the same link; the next swap too."""
    version(tmp_path, "..v1", "a")
    swap(tmp_path, "..v1")
    file = tmp_path / "crmsyncd.yaml"
    file.symlink_to("..data/crmsyncd.yaml")
    async with watching(file) as watcher:
        for number, name in enumerate(("..v2", "..v3")):
            version(tmp_path, name, name)
            swap(tmp_path, name)
            await watcher.turn(number + 1)

    assert 2 == watcher.turns


async def test_a_link_into_another_folder_is_noticed(tmp_path: Path, file: Path) -> None:
    """What a link leads to is watched where it lies."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.yaml"
    link.symlink_to(file)
    assert {tmp_path, link.parent} == {place for place, _ in folders(link, [])}
    async with watching(link) as watcher:
        write(file, "b")
        await watcher.turn(1)


async def test_files_of_a_folder_come_and_go(tmp_path: Path) -> None:
    """A folder's configuration changes with each file that appears, changes or vanishes."""
    folder = tmp_path / "configuration"
    folder.mkdir()
    (folder / "one.yaml").write_text("a")
    async with watching(folder) as watcher:
        (folder / "two.yaml").write_text("b")
        await watcher.turn(1)
        (folder / "two.yaml").write_text("c")
        await watcher.turn(2)
        (folder / "two.yaml").unlink()
        await watcher.turn(3)
        (folder / "notes.txt").write_text("no part of it")
        (folder / "one.yaml").unlink()
        await watcher.turn(4)

    assert 4 == watcher.turns


async def test_a_folder_that_vanishes_is_found_again(tmp_path: Path) -> None:
    """A watch that lost its folder goes on when there is one again."""
    folder = tmp_path / "configuration"
    folder.mkdir()
    (folder / "one.yaml").write_text("a")
    async with watching(folder) as watcher:
        (folder / "one.yaml").unlink()
        folder.rmdir()
        await watcher.turn(1)
        folder.mkdir()
        (folder / "one.yaml").write_text("b")
        await watcher.turn(2)


async def test_a_secret_file_is_part_of_the_configuration(tmp_path: Path, file: Path) -> None:
    """A secret that changes, or comes to be, gives a turn."""
    (tmp_path / "secrets").mkdir()
    token, absent = tmp_path / "secrets" / "token", tmp_path / "secrets" / "absent"
    token.write_text("one")
    async with watching(file, token, absent) as watcher:
        token.write_text("two")
        await watcher.turn(1)
        absent.write_text("here")
        await watcher.turn(2)


def version(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir()
    (folder / name / "crmsyncd.yaml").write_text(text)


def swap(folder: Path, name: str) -> None:
    (folder / "..data_tmp").symlink_to(name)
    (folder / "..data_tmp").replace(folder / "..data")


def write(file: Path, text: str) -> None:
    file.write_text(text)
