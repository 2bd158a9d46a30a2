"""The swap: old or new file whole after a crash anywhere, nothing of a person's save lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.contract import Accepted, Moved, Verb
from adapters.csv_file.adapter import ROWS
from adapters.errors import RetryLater, UnknownOutcome, Unreadable, WaitUntil
from tests.csv_file.ends import create, csv_file, end, listed, names_in, update

OLD = b"id,name\n1,a\n2,b\n"
NEW = b"id,name\n1,x\n2,b\n"
STEPS = [
    "create the temporary file",
    "write the new content",
    "set mode and owner",
    "sync the temporary file",
    "make the folder of versions",
    "write the version",
    "name the version",
    "remove old versions",
    "compare",
    "swap",
    "sync the folder",
]

CRASHING = """
import asyncio, os, sys
from pathlib import Path
from adapters.contract import Verb
from adapters.csv_file.adapter import ROWS
from tests.csv_file.ends import csv_file, update

def step(name):
    if name == sys.argv[2]:
        os._exit(9)

adapter = csv_file(Path(sys.argv[1]), step=step)
asyncio.run(adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")]))
"""


def crash(path: Path, step: str) -> int:
    """Rewrite the file in a process of its own that dies before *step*."""
    command = [sys.executable, "-c", CRASHING, str(path), step]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, check=False).returncode


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith("tmp")]


@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_rewrite_leaves_one_whole_file(tmp_path: Path, step: str) -> None:
    """Before the swap the old file, after it the new one; what is left over goes at open."""
    adapter = end(tmp_path, OLD)

    code = crash(tmp_path / "people.csv", step)

    content = (tmp_path / "people.csv").read_bytes()
    await adapter.open()
    assert 9 == code
    assert (NEW if step == "sync the folder" else OLD) == content
    assert set(names_in(tmp_path)) <= {"people.csv", ".crmsyncd-versions"}
    assert not leftovers(tmp_path)
    (outcome,) = await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])
    assert isinstance(outcome, Accepted)
    assert NEW == (tmp_path / "people.csv").read_bytes()


@pytest.mark.parametrize("step", STEPS)
async def test_a_failing_disk_leaves_one_whole_file(tmp_path: Path, step: str) -> None:
    """An error of the system in any step before the swap means: nothing was written."""

    def fail(name: str) -> None:
        if name == step:
            raise OSError(28, "No space left on device")

    adapter = end(tmp_path, OLD, step=fail)

    with pytest.raises(UnknownOutcome if step == "sync the folder" else RetryLater):
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    expected = NEW if step == "sync the folder" else OLD
    assert expected == (tmp_path / "people.csv").read_bytes()
    assert not leftovers(tmp_path)


async def test_the_steps_are_all_the_steps(tmp_path: Path) -> None:
    """The list that the crash tests walk is the one a rewrite takes."""
    taken: list[str] = []
    adapter = end(tmp_path, OLD, step=taken.append)

    await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert STEPS == taken


def saving(path: Path, content: bytes, times: int = 1) -> Callable[[str], None]:
    """Return a hook that saves the file just before it is compared, as a person might."""
    left = [times]

    def step(name: str) -> None:
        if name == "compare" and left[0]:
            left[0] -= 1
            path.write_bytes(content + b"\n" * left[0])

    return step


async def test_a_save_just_before_the_swap_is_kept(tmp_path: Path) -> None:
    """The write lands on the person's new content when its own cells are as expected (R35)."""
    path = tmp_path / "people.csv"
    saved = b"id,name,mail\n9,z,q\n2,person,\n1,a,\n"
    adapter = end(tmp_path, OLD, step=saving(path, saved))

    (outcome,) = await adapter.write(
        ROWS, Verb.UPDATE, [update("1", expected={"name": "a"}, name="x")]
    )

    assert isinstance(outcome, Accepted)
    assert saved.replace(b"1,a,", b"1,x,") == path.read_bytes()


async def test_a_save_of_the_same_cell_wins_over_the_write(tmp_path: Path) -> None:
    """The cell no longer holds what was expected: Moved, with what it holds, nothing written."""
    path = tmp_path / "people.csv"
    saved = b"id,name\n1,person\n2,b\n"
    adapter = end(tmp_path, OLD, step=saving(path, saved))

    (outcome,) = await adapter.write(
        ROWS, Verb.UPDATE, [update("1", expected={"name": "a"}, name="x")]
    )

    assert isinstance(outcome, Moved)
    assert outcome.record is not None
    assert "person" == outcome.record.values["name"]
    assert saved == path.read_bytes()


async def test_a_file_that_never_rests_is_left_alone(tmp_path: Path) -> None:
    """After some tries the write waits, and says that nothing was written."""
    path = tmp_path / "people.csv"
    adapter = end(tmp_path, OLD, step=saving(path, OLD, times=99))

    with pytest.raises(WaitUntil):
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert path.read_bytes().startswith(OLD)


@pytest.mark.parametrize("lock", [".~lock.people.csv#", "~$people.csv"])
async def test_an_open_spreadsheet_puts_the_write_off(tmp_path: Path, lock: str) -> None:
    """While the lock file is there nothing is written; reading goes on."""
    adapter = end(tmp_path, OLD)
    (tmp_path / lock).touch()

    with pytest.raises(WaitUntil) as raised:
        await adapter.write(ROWS, Verb.CREATE, [create("3", name="c")])

    assert lock in str(raised.value)
    assert {"1", "2"} == (await listed(adapter)).records.keys()
    assert OLD == (tmp_path / "people.csv").read_bytes()
    (tmp_path / lock).unlink()
    await adapter.write(ROWS, Verb.CREATE, [create("3", name="c")])
    assert OLD + b"3,c\n" == (tmp_path / "people.csv").read_bytes()


async def test_a_spreadsheet_opened_during_the_rewrite_stops_it(tmp_path: Path) -> None:
    """The lock file is looked for once more just before the swap."""

    def open_in_spreadsheet(name: str) -> None:
        if name == "compare":
            (tmp_path / ".~lock.people.csv#").touch()

    adapter = end(tmp_path, OLD, step=open_in_spreadsheet)

    with pytest.raises(WaitUntil):
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert OLD == (tmp_path / "people.csv").read_bytes()


async def test_mode_owner_and_symlink_stay(tmp_path: Path) -> None:
    """The real file is replaced in its own folder; the link, its mode and its owner stay."""
    real = tmp_path / "data" / "real.csv"
    link = tmp_path / "people.csv"
    make_linked(real, link)
    before = real.lstat()

    await csv_file(link).write(ROWS, Verb.UPDATE, [update("1", name="x")])

    after = real.lstat()
    assert link.is_symlink()
    assert NEW == real.read_bytes()
    assert before.st_ino != after.st_ino
    assert (before.st_mode, before.st_uid, before.st_gid) == (
        after.st_mode,
        after.st_uid,
        after.st_gid,
    )
    assert [".crmsyncd-versions", "real.csv"] == names_in(real.parent)


def make_linked(real: Path, link: Path) -> None:
    real.parent.mkdir()
    real.write_bytes(OLD)
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 1234, 4321)
    link.symlink_to(real)


async def test_a_lock_beside_the_real_file_counts_too(tmp_path: Path) -> None:
    """Programs that follow the symlink put their lock file beside its target."""
    real = tmp_path / "data" / "real.csv"
    make_linked(real, tmp_path / "people.csv")
    (tmp_path / "data" / ".~lock.real.csv#").touch()

    with pytest.raises(WaitUntil):
        await csv_file(tmp_path / "people.csv").write(ROWS, Verb.UPDATE, [update("1", name="x")])


def versions(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / ".crmsyncd-versions").iterdir())]


async def test_the_last_versions_are_kept_privately(tmp_path: Path) -> None:
    """Each content that a write replaces is kept, the newest few, for the owner alone."""
    adapter = end(tmp_path, OLD, keep_versions=3)

    for number in range(5):
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name=f"n{number}")])

    folder = tmp_path / ".crmsyncd-versions"
    kept = [NEW.replace(b"x", f"n{number}".encode()) for number in range(1, 4)]
    assert kept == versions(tmp_path)
    assert 0o700 == folder.stat().st_mode & 0o777
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_a_content_already_kept_is_not_kept_twice(tmp_path: Path) -> None:
    """A rewrite that comes to nothing and is done again keeps one version."""

    def fail(name: str) -> None:
        if name == "compare" and not failed:
            failed.append(name)
            raise OSError(5, "Input/output error")

    failed: list[str] = []
    adapter = end(tmp_path, OLD, step=fail)
    with pytest.raises(RetryLater):
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert [OLD] == versions(tmp_path)


async def test_no_versions_are_kept_when_none_are_wanted(tmp_path: Path) -> None:
    """keep_versions: 0 leaves nothing beside the file."""
    adapter = end(tmp_path, OLD, keep_versions=0)

    await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert ["people.csv"] == names_in(tmp_path)


async def test_versions_may_live_elsewhere(tmp_path: Path) -> None:
    """versions_folder is made, with its parents, where it is set."""
    adapter = end(tmp_path, OLD, versions_folder=tmp_path / "kept" / "csv")

    await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert ["kept", "people.csv"] == names_in(tmp_path)
    assert 1 == len(names_in(tmp_path / "kept" / "csv"))


async def test_a_file_removed_during_the_rewrite_stays_removed(tmp_path: Path) -> None:
    """The swap does not bring back what a person took away."""

    def remove(name: str) -> None:
        if name == "compare":
            (tmp_path / "people.csv").unlink()

    adapter = end(tmp_path, OLD, step=remove)

    with pytest.raises(Unreadable) as raised:
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert "missing_file" == raised.value.code
    assert [".crmsyncd-versions"] == names_in(tmp_path)
