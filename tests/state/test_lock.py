"""One daemon per state, whoever dies how."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy.engine import make_url

from state import observations
from state.database import StateUnavailable
from state.lock import StateLock, hold_lock
from state.opening import open_state
from tests.postgres import libpq_url


@contextmanager
def daemon(place: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            if child.stdout is None or "held\n" != child.stdout.readline():
                pytest.fail("the child did not get the lock")
            yield child
        finally:
            child.kill()


def test_a_second_daemon_is_refused(shared_place: str) -> None:
    """It is told who holds the state and what to do; commands may open it meanwhile."""
    with daemon(shared_place) as first:
        with pytest.raises(StateUnavailable) as problem:
            hold_lock(shared_place)
        open_state(shared_place).close()

    told = str(problem.value)
    assert f"in use by another daemon (crmsyncd process {first.pid} on " in told
    assert "stop that one first, or give this one another --state" in told


def test_a_killed_daemon_leaves_no_lock(shared_place: str) -> None:
    """``kill -9`` lets the next one in."""
    with daemon(shared_place) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()

    with wait_for_lock(shared_place):
        pass


def test_a_released_lock_can_be_held_again(shared_place: str) -> None:
    """Within one process too, a second one waits for the first; releasing twice does no harm."""
    with hold_lock(shared_place) as first:
        assert first.is_held()
        with pytest.raises(StateUnavailable, match=f"process {os.getpid()} "):
            hold_lock(shared_place)
    first.release()
    assert not first.is_held()

    with hold_lock(shared_place) as second:
        assert second.is_held()


def _end_sessions(place: str, which: LiteralString) -> None:
    with psycopg.connect(libpq_url(make_url(place)), autocommit=True) as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        connection.execute(ended + which)


def test_a_lost_connection_is_a_lost_lock(postgres_place: str) -> None:
    """A daemon whose session the server ended can tell that it is not the one any more."""
    lock = hold_lock(postgres_place)

    _end_sessions(postgres_place, "application_name LIKE 'crmsyncd process%'")

    assert not lock.is_held()
    lock.release()
    with wait_for_lock(postgres_place) as again:
        assert again.is_held()


def test_who_lost_the_lock_writes_nothing_more(postgres_place: str) -> None:
    """Neither before nor after somebody took over is a transaction of the old one stored (R22)."""
    with hold_lock(postgres_place) as lock:
        old = open_state(postgres_place, inline=True, lock=lock)
        assert "first" == old.write_now(observations.fact, "instance", "first")
        _end_sessions(postgres_place, "application_name LIKE 'crmsyncd process%'")
        with pytest.raises(StateUnavailable, match="was lost while this process slept"):
            old.write_now(observations.fact, "other", "late")
        with wait_for_lock(postgres_place) as successor:
            new = open_state(postgres_place, inline=True, lock=successor)
            told = f"taken over by another daemon \\(crmsyncd process {os.getpid()} on "
            with pytest.raises(StateUnavailable, match=told):
                old.write_now(observations.fact, "other", "late")
            assert "new" == new.write_now(observations.fact, "other", "new")
            new.close()
        old.close()


def test_a_command_beside_the_daemon_needs_no_lock(shared_place: str) -> None:
    """What a person decides is stored while somebody else is the daemon, who goes on writing."""
    with hold_lock(shared_place) as lock:
        at_work = open_state(shared_place, inline=True, lock=lock)
        beside = open_state(shared_place, inline=True)
        assert "a" == beside.write_now(observations.fact, "one", "a")
        assert "b" == at_work.write_now(observations.fact, "two", "b")
        beside.close()
        at_work.close()


def test_a_state_in_memory_has_no_rival() -> None:
    """Each such state is another one."""
    with hold_lock("sqlite://") as first, hold_lock("sqlite://") as second:
        assert first.is_held()
        assert second.is_held()


def test_an_unusable_place_is_refused(tmp_path: Path) -> None:
    """What cannot be opened cannot be locked, in the same words."""
    place = tmp_path / "file"
    place.touch()

    with pytest.raises(StateUnavailable, match="a file stands where its folder should be"):
        hold_lock(place)
    with pytest.raises(StateUnavailable, match="the server cannot be reached"):
        hold_lock("postgresql://ann@127.0.0.1:1/db")


@contextmanager
def wait_for_lock(place: str) -> Iterator[StateLock]:
    """Hold the lock as soon as the server has noticed that its holder is gone."""
    until = time.monotonic() + 10
    while True:
        try:
            lock = hold_lock(place)
        except StateUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            break
    with lock:
        yield lock


HOLD = """
import sys
from state.lock import hold_lock
with hold_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""
