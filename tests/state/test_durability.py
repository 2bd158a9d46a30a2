"""What was acknowledged is there after ``kill -9``, whole, and nothing half-done is (R25, R26)."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection

from state import mirror, observations
from state.opening import open_state
from tests.state.samples import FILE, register, waiting

KILLS = 3
PAGE = 20


def test_every_acknowledged_commit_survives(shared_place: str) -> None:
    """A process that is killed again and again while it commits loses nothing it told of."""
    luck = random.Random(11)
    state = open_state(shared_place, inline=True)
    state.write_now(register)
    told = 0
    for _ in range(KILLS):
        told = commit_until_killed(shared_place, luck.randint(1, 40), told)

        pages = state.read_now(pages_there)
        assert told <= pages
        assert pages * PAGE == state.read_now(mirror.count_live, FILE)
        assert pages * PAGE == len(state.read_now(waiting))
        told = pages
    state.close()


def commit_until_killed(place: str, lines: int, told: int) -> int:
    """Let a process commit, kill it after it told of some commits; return the last one told."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMIT, place, str(PAGE)], stdout=subprocess.PIPE, text=True
    ) as child:
        if child.stdout is None:
            pytest.fail("the child tells nothing")
        for _ in range(lines):
            told = int(child.stdout.readline())
        child.kill()
        # What it told before it died counts too; a torn last line does not.
        rest = child.stdout.read().split("\n")[:-1]
    return int(rest[-1]) if rest else told


def pages_there(connection: Connection) -> int:
    return int(observations.get(connection, FILE).cursor or 0)


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    """Every connection writes ahead and waits until it is on disk: FULL is two."""
    state = open_state(tmp_path, inline=True)

    assert ("wal", 2) == state.write_now(
        lambda connection: (
            connection.exec_driver_sql("PRAGMA journal_mode").scalar(),
            connection.exec_driver_sql("PRAGMA synchronous").scalar(),
        )
    )
    state.close()


def test_postgres_waits_for_the_disk(postgres_place: str) -> None:
    """A server told not to wait (as the tests' own is) waits for ours; a stronger word stands."""
    state = open_state(postgres_place, inline=True)

    assert "off" == state.read_now(synchronous_commit)
    assert "on" == state.write_now(synchronous_commit)
    with state.engine.connect() as connection:
        connection.exec_driver_sql("SET synchronous_commit = remote_apply")
        connection.commit()
        assert "remote_apply" == synchronous_commit(connection)
        connection.exec_driver_sql("RESET synchronous_commit")
        connection.commit()
    state.close()


def synchronous_commit(connection: Connection) -> object:
    return connection.exec_driver_sql("SHOW synchronous_commit").scalar()


COMMIT = """
import sys
from state import mirror, observations
from state.opening import open_state
from tests.state.samples import FILE, seen, sighting

def commit(connection, size):
    number = int(observations.get(connection, FILE).cursor or 0) + 1
    mirror.put(connection, [seen(f"{number}-{n}") for n in range(size)], sighting())
    observations.note(connection, FILE, cursor=str(number))
    return number

state = open_state(sys.argv[1], inline=True)
while True:
    print(state.write_now(commit, int(sys.argv[2])), flush=True)
"""
