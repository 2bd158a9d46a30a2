"""Every state reaches this release's tables, whole or not at all, and can go back."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from state import migrate
from state.database import StateUnavailable, open_engine, state_url

OURS = set(SQLModel.metadata.tables)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place where no state is yet."""
    if request.param == "sqlite":
        return str(tmp_path / "state")
    return str(request.getfixturevalue("fresh_postgres_url"))


@pytest.fixture
def engine(place: str) -> Iterator[Engine]:
    opened = open_engine(state_url(place))
    yield opened
    opened.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def check(engine: Engine) -> None:
    """Fail where the revisions and the declared tables differ."""
    with engine.begin() as connection:
        alembic.command.check(migrate.config(connection))


def test_up_down_and_up_again(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The revisions make exactly the declared tables, take them away again and make them anew."""
    assert migrate.upgrade(engine)
    check(engine)
    assert OURS | {migrate.VERSION_TABLE} == tables(engine)

    migrate.downgrade(engine)
    assert {migrate.VERSION_TABLE} == tables(engine)
    assert migrate.current(engine) is None

    assert migrate.upgrade(engine)
    check(engine)
    assert migrate.HEAD == migrate.current(engine)


def test_the_shipped_head_is_the_newest_revision(engine: Engine) -> None:
    """``HEAD``, by which a state is known to be up to date, names Alembic's own head."""
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(migrate.config(connection))

    assert [migrate.HEAD] == script.get_heads()


def test_a_state_at_head_is_left_alone(engine: Engine) -> None:
    """The second look finds nothing to do."""
    migrate.upgrade(engine)

    assert not migrate.upgrade(engine)


def test_a_state_at_head_is_opened_at_once(place: str) -> None:
    """Nothing of Alembic is imported for a state that is up to date, and it takes under 50 ms."""
    engine = open_engine(state_url(place))
    migrate.upgrade(engine)
    engine.dispose()

    told = run_child(LOOK, place)

    assert "False" == told.split()[0]
    assert 50 > float(told.split()[1])


def test_a_newer_state_is_refused(engine: Engine) -> None:
    """A database of a newer release is left as it is; both revisions and a way out are named."""
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE state_revision SET version_num = '9999'")

    for refused in (migrate.upgrade, migrate.downgrade, migrate.require_head):
        with pytest.raises(StateUnavailable, match=rf"9999.*{migrate.HEAD}.*restore a backup"):
            refused(engine)
    assert "9999" == migrate.current(engine)


def test_tables_of_others_are_not_taken_over(engine: Engine) -> None:
    """A database in which another application has a table of our name is refused untouched."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE plan (answer integer)")

    with pytest.raises(StateUnavailable, match=r"holds a table 'plan'.*name an empty database"):
        migrate.upgrade(engine)
    assert {"plan"} == tables(engine)


def test_neighbours_are_left_alone(engine: Engine) -> None:
    """Another application's tables and revisions in the same database do not matter."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num varchar(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")

    migrate.upgrade(engine)
    migrate.downgrade(engine)

    with engine.begin() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert "theirs" == found


@pytest.mark.parametrize("statement", [1, 20, 39])
def test_killed_between_two_statements(place: str, statement: int) -> None:
    """A process that dies inside a migration leaves tables that the next one brings to head."""
    with pytest.raises(subprocess.CalledProcessError) as killed:
        run_child(DIE, place, str(statement))
    assert -signal.SIGKILL == killed.value.returncode

    engine = open_engine(state_url(place))
    wait_for_no_tables(engine)
    migrate.upgrade(engine)
    check(engine)
    engine.dispose()


def test_three_at_once(place: str) -> None:
    """Processes that open a new state at the same moment all find it whole."""
    children = [
        subprocess.Popen([sys.executable, "-c", OPEN, place], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    assert [("", 0)] * 3 == [(child.communicate()[1], child.returncode) for child in children]


def test_in_memory_tables_are_those_of_the_revisions(tmp_path: Path) -> None:
    """What a state in memory is made of equals what the revisions make, to the letter of names."""
    made, migrated = open_engine(state_url("sqlite://")), open_engine(state_url(tmp_path))
    migrate.create_in_memory(made)
    migrate.upgrade(migrated)

    assert shape(made) == shape(migrated)
    made.dispose()
    migrated.dispose()


def shape(engine: Engine) -> dict[str, object]:
    found = inspect(engine)
    with engine.connect() as connection:
        indexes = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        )
        parts: dict[str, object] = {str(name): sql for name, sql in indexes}
    for name in OURS:
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)]
        parts[name] = (columns, found.get_pk_constraint(name))
    return {name: part for name, part in parts.items() if migrate.VERSION_TABLE not in name}


def run_child(script: str, *arguments: str) -> str:
    """Run a script in a process of its own; return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    ).stdout


def wait_for_no_tables(engine: Engine) -> None:
    """Wait until the server has noticed that the killed process is gone."""
    until = time.monotonic() + 10
    while tables(engine) and time.monotonic() < until:
        time.sleep(0.02)
    assert set() == tables(engine)


OPEN = """
import sys
from state.opening import open_state
open_state(sys.argv[1]).close()
"""

LOOK = """
import sys, time
from state import migrate
from state.database import open_engine, state_url
engine = open_engine(state_url(sys.argv[1]))
taken = []
for _ in range(5):  # the quickest of five: the machine may be busy
    started = time.perf_counter()
    migrate.upgrade(engine)
    taken.append((time.perf_counter() - started) * 1000)
print("alembic" in sys.modules, min(taken))
"""

DIE = """
import os, signal, sys
from sqlalchemy import event
from state import migrate
from state.database import open_engine, state_url
engine = open_engine(state_url(sys.argv[1]))
ran = []

@event.listens_for(engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    ran.extend([statement] * statement.lstrip().startswith("CREATE"))
    if len(ran) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

migrate.upgrade(engine)
"""
