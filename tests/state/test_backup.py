"""A backup is one whole file; a restore changes everything or nothing, and says when it was."""

import errno
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from state import audit, backup, migrate, observations
from state.backup import BackupUnusable, back_up, mark_restored, restore, restored_at
from state.database import State, StateUnavailable, open_engine, state_url
from state.lock import hold_lock
from state.opening import open_state
from tests.state.samples import NOON, after, link, link_names, register


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where a backup is written to."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "monday.db"


def with_link(place: str, name: str = "L1", record: str = "1") -> None:
    state = open_state(place, inline=True)
    state.write_now(register)
    state.write_now(link, name, record, f"10{record}")
    state.close()


def names_in(place: str | Path) -> list[str]:
    state = open_state(place, inline=True)
    try:
        return state.read_now(link_names)
    finally:
        state.close()


def test_a_backup_is_made_beside_a_writer(file_place: str, copy: Path) -> None:
    """It holds what was committed, is one file, and only its owner may read it (fault 13)."""
    state = open_state(file_place)
    state.write_now(register)
    state.write_now(link)
    with state.engine.begin() as under_way:
        link(under_way, "L2", "2", "102")

        made = back_up(file_place, copy, at=NOON)

    state.close()
    assert (copy, copy.stat().st_size, migrate.HEAD) == (made.file, made.size, made.revision)
    assert [copy.name] == [found.name for found in copy.parent.iterdir()]
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
    with closing(sqlite3.connect(copy)) as opened:
        assert [("L1",)] == opened.execute("SELECT id FROM link").fetchall()
        assert [("ok",)] == opened.execute("PRAGMA integrity_check").fetchall()
    assert ["L1", "L2"] == names_in(file_place)


def test_an_old_state_is_backed_up_as_it_is(tmp_path: Path, copy: Path) -> None:
    """The backup before an update is of the old tables; restoring brings them to this release."""
    place = str(tmp_path / "state")
    engine = open_engine(state_url(place))
    migrate.upgrade(engine)
    migrate.downgrade(engine, "0001")
    engine.dispose()

    assert "0001" == back_up(place, copy, at=NOON).revision

    restore(place, copy, at=after(1), actor="ana")
    assert [] == names_in(place)


def test_what_came_after_the_backup_is_gone_and_kept(file_place: str, copy: Path) -> None:
    """The replaced state stands beside the restored one, whole."""
    with_link(file_place)
    back_up(file_place, copy, at=NOON)
    with_link(file_place, "L2", "2")

    done = restore(file_place, copy, at=after(60), actor="ana")

    assert ["L1"] == names_in(file_place)
    assert NOON.isoformat() == done.backed_up_at
    assert done.kept is not None
    assert "state.replaced-20260301T130000Z.db" == done.kept.name
    elsewhere = Path(file_place).with_name("elsewhere")
    elsewhere.mkdir()
    shutil.copy(done.kept, elsewhere / "state.db")
    assert ["L1", "L2"] == names_in(elsewhere)


def test_two_restores_of_one_second_keep_both_states(file_place: str, copy: Path) -> None:
    """Nothing that is kept is overwritten."""
    back_up(file_place, copy, at=NOON)

    kept = {restore(file_place, copy, at=NOON, actor="ana").kept for _ in range(2)}

    assert 2 == len(kept)


def test_a_restore_is_remembered_and_audited(file_place: str, copy: Path) -> None:
    """The state tells when it was put back and by whom; the chain goes on from the backup's."""
    back_up(file_place, copy, at=NOON)
    restore(file_place, copy, at=after(60), actor="ana")
    state = open_state(file_place, inline=True)

    assert after(60) == state.read_now(restored_at)
    (entry,) = state.read_now(audit.latest)
    assert ("ana", "restore") == (entry.actor, entry.action)
    assert "state.replaced-20260301T130000Z.db" in entry.detail
    assert state.read_now(audit.verify).broken_at is None
    state.close()


def test_a_lost_state_is_put_back(tmp_path: Path, file_place: str, copy: Path) -> None:
    """Where there is no state there is nothing to keep (fault 14)."""
    with_link(file_place)
    back_up(file_place, copy, at=NOON)
    place = tmp_path / "new" / "folder"

    assert restore(place, copy, at=after(1), actor="ana").kept is None

    assert ["L1"] == names_in(place)
    assert 0o600 == stat.S_IMODE((place / "state.db").stat().st_mode)


def test_a_damaged_state_is_replaced_and_kept(file_place: str, copy: Path) -> None:
    """What cannot be opened any more is put aside as it is."""
    back_up(file_place, copy, at=NOON)
    Path(file_place, "state.db").write_bytes(b"no database at all")

    done = restore(file_place, copy, at=after(1), actor="ana")

    assert done.kept is not None
    assert b"no database at all" == done.kept.read_bytes()
    assert [] == names_in(file_place)


def test_no_restore_under_a_running_daemon(file_place: str, copy: Path) -> None:
    """The state is somebody's: stop it first."""
    back_up(file_place, copy, at=NOON)
    with (
        hold_lock(file_place),
        pytest.raises(StateUnavailable, match="in use by another daemon"),
    ):
        restore(file_place, copy, at=after(1), actor="ana")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no state of crmsyncd"),
        (b"id,E-Mail\r\n1,ada@example.com\r\n" * 50, "is no database or is damaged"),
    ],
)
def test_what_is_no_backup_changes_nothing(
    file_place: str, copy: Path, content: bytes, words: str
) -> None:
    """It is refused by name, and the state stays."""
    with_link(file_place)
    copy.write_bytes(content)

    with pytest.raises(BackupUnusable, match=words) as problem:
        restore(file_place, copy, at=after(1), actor="ana")

    assert str(copy) in str(problem.value)
    assert ["L1"] == names_in(file_place)
    assert not list(Path(file_place).glob("*replaced*"))


def test_a_cut_backup_is_refused(file_place: str, copy: Path) -> None:
    """Half a file is no backup."""
    back_up(file_place, copy, at=NOON)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])

    with pytest.raises(BackupUnusable, match="damaged"):
        restore(file_place, copy, at=after(1), actor="ana")


def test_a_newer_backup_is_refused(file_place: str, copy: Path) -> None:
    """This release does not know what a newer one wrote."""
    back_up(file_place, copy, at=NOON)
    with closing(sqlite3.connect(copy)) as opened:
        opened.execute("UPDATE state_revision SET version_num = '9999'")
        opened.commit()

    with pytest.raises(BackupUnusable, match="9999, which this release does not know") as problem:
        restore(file_place, copy, at=after(1), actor="ana")

    assert f"{copy} is at revision" in str(problem.value)


def test_a_full_disk_changes_nothing(
    file_place: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a backup nor a restore leaves half a file (fault 11)."""
    with_link(file_place)
    back_up(file_place, copy, at=NOON)
    before = copy.read_bytes()

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackupUnusable, match="No space left on device"):
        back_up(file_place, copy, at=after(1))
    with pytest.raises(BackupUnusable, match="nothing was changed"):
        restore(file_place, copy, at=after(1), actor="ana")
    monkeypatch.undo()

    assert before == copy.read_bytes()
    assert [copy] == list(copy.parent.iterdir())
    assert ["L1"] == names_in(file_place)


def test_a_backup_needs_a_state_and_another_name(tmp_path: Path, file_place: str) -> None:
    """Nothing is made where nothing is, and a state is not written over itself."""
    with pytest.raises(StateUnavailable, match="there is none"):
        back_up(tmp_path / "nowhere", tmp_path / "copy.db", at=NOON)
    with pytest.raises(BackupUnusable, match="the state itself"):
        back_up(file_place, Path(file_place, "state.db"), at=NOON)
    with pytest.raises(BackupUnusable, match="nothing was changed"):
        back_up(file_place, tmp_path / "no folder" / "copy.db", at=NOON)
    with pytest.raises(BackupUnusable, match="is no file"):
        restore(file_place, tmp_path / "nothing.db", at=NOON, actor="ana")


def test_postgres_has_tools_of_its_own(postgres_place: str, copy: Path) -> None:
    """The refusals give the commands, without the password."""
    with pytest.raises(StateUnavailable, match=r"pg_dump --format=custom --file=\S+monday.db"):
        back_up(postgres_place, copy, at=NOON)
    with pytest.raises(StateUnavailable, match=r"pg_restore .* crmsyncd restore --mark"):
        restore(postgres_place, copy, at=NOON, actor="ana")


def test_a_state_put_back_by_other_means_is_marked(state: State) -> None:
    """A snapshot of a disk, a dump of Postgres: a person says so."""
    assert state.read_now(restored_at) is None
    state.write_now(observations.set_fact, backup.BACKED_UP_AT, NOON.isoformat())

    made = state.write_now(mark_restored, at=after(5), actor="ana")

    assert after(5) == state.read_now(restored_at)
    assert NOON.isoformat() == made
