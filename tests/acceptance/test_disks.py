"""A disk that is full, limited, read-only or locked: told in plain words, and nothing is lost."""

import resource
import sqlite3
from pathlib import Path

import pytest

from state.database import PATIENCE
from tests.acceptance.desk import desk
from tests.acceptance.disks import fill, read_only, small_disk, writable
from tests.acceptance.outpost import Outpost, outpost
from tests.acceptance.processes import ask, eventually
from tests.acceptance.proxy import Fault

UNLIMITED = resource.RLIM_INFINITY


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """State, file and reply meet a full disk; when there is room again, all of it arrives."""
    with small_disk(tmp_path / "disk", 12) as disk:
        _logs_beside(disk, tmp_path)
        with outpost(disk) as at:
            at.first_sync()
            _written_but_not_noted(at, 30)
            ballast = fill(disk)
            at.net.heal()
            at.edit_contact(31, "While it was full")
            eventually(at.told("its disk is full; make room"), "the full disk is told")
            assert 200 == ask("GET", f"{at.daemon.url}/healthz")[0]
            ballast.unlink()
            at.edit_row(32, "Once there was room")
            at.until_agreed({30: "Written", 31: "While it was full", 32: "Once there was room"})
            at.ends_well(60)


def _logs_beside(folder: Path, other: Path) -> None:
    """Let the daemon's output go to another disk."""
    for kind in ("out", "err"):
        (folder / f"daemon-1.{kind}").symlink_to(other / f"daemon.{kind}")


def _written_but_not_noted(at: Outpost, number: int) -> None:
    """Let the CRM do a write whose reply is still under way."""
    at.net.hold(Fault.HOLD_REPLY, "writes")
    at.edit_row(number, "Written")
    eventually(lambda: at.net.held, "the write is done")


def test_a_state_that_may_not_grow_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """A limit on the size of files, as a quota sets it: told; once lifted, the write is settled."""
    with outpost(tmp_path) as at:
        at.first_sync()
        _written_but_not_noted(at, 30)
        pid, log = at.daemon.process.pid, tmp_path / "state" / "state.db-wal"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (log.stat().st_size, UNLIMITED))
        at.net.heal()
        eventually(at.told("state.db cannot be used: its disk"), "the limit is told")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        at.edit_contact(31, "Afterwards")
        at.until_agreed({30: "Written", 31: "Afterwards"})
        at.ends_well(60)


def test_a_log_that_nobody_can_write_stops_nothing(tmp_path: Path) -> None:
    """Standard error on a full disk: the sync goes on, and ends in good order."""
    (tmp_path / "daemon-1.err").symlink_to("/dev/full")
    with outpost(tmp_path) as at:
        at.first_sync()
        at.edit_row(30, "Without a word")
        at.until_agreed({30: "Without a word"})
        at.ends_well(60)


def test_a_read_only_state_is_refused_in_plain_words(tmp_path: Path) -> None:
    """Daemon, run and preview name the place and what to do; nothing is asked of the CRM."""
    with small_disk(tmp_path / "disk", 12) as disk, desk(disk) as at:
        assert "done" == at.sync()["outcome"]
        before, contacts = at.box.calls()["total"], at.box.records()
        read_only(disk)
        for words in (("run",), ("sync", "people-to-crm"), ("plan", "people-to-crm")):
            done = at.run(*words)
            assert (2, 1) == (done.code, len(done.err.splitlines())), done.err
            assert f"{disk}/state/state.db cannot be used" in done.err
            assert "let this account" in done.err or "read-only" in done.err.lower()
        assert before == at.box.calls()["total"]
        writable(disk)
        assert "nothing" == at.sync()["outcome"]
        assert contacts == at.box.records()


@pytest.mark.slow
def test_a_locked_state_is_waited_for_then_told(tmp_path: Path) -> None:
    """Another process keeps the database for longer than a transaction waits."""
    with outpost(tmp_path) as at:
        at.first_sync()
        _written_but_not_noted(at, 30)
        stranger = sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        at.net.heal()
        patience = PATIENCE.total_seconds() + 20
        eventually(at.told("another process keeps it locked"), "the lock is told", patience)
        stranger.execute("COMMIT")
        stranger.close()
        at.edit_contact(31, "Afterwards")
        at.until_agreed({30: "Written", 31: "Afterwards"})
        at.ends_well(60)
