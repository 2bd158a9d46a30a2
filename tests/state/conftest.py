"""The state on each place it may live: a SQLite file, SQLite in memory, a real Postgres."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from state.database import State
from state.opening import open_state
from tests.postgres import new_database


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a state with nothing in it, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    open_state(folder).close()
    return folder / "state.db"


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_url: str) -> Iterator[str]:
    """A migrated database that the tests of this folder take turns with."""
    with new_database(make_url(postgres_url), "crmsyncd_state") as url:
        text = url.render_as_string(hide_password=False)
        open_state(text).close()
        yield text


@pytest.fixture
def file_place(tmp_path: Path, empty_file: Path) -> str:
    """A folder with an empty state on SQLite."""
    folder = tmp_path / "state"
    folder.mkdir()
    shutil.copy(empty_file, folder / "state.db")
    return str(folder)


@pytest.fixture
def postgres_place(migrated_postgres_url: str) -> Iterator[str]:
    """An empty state on Postgres."""
    yield migrated_postgres_url
    state = open_state(migrated_postgres_url, inline=True)
    names = ", ".join(f'"{name}"' for name in SQLModel.metadata.tables)
    state.write_now(
        lambda connection: connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    )
    state.close()


@pytest.fixture(params=["file_place", "postgres_place"])
def shared_place(request: pytest.FixtureRequest) -> str:
    """An empty state that several processes can use."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=["file_place", "sqlite_memory", "postgres_place"])
def state(request: pytest.FixtureRequest) -> Iterator[State]:
    """An open, empty state."""
    in_memory = request.param == "sqlite_memory"
    place = "sqlite://" if in_memory else str(request.getfixturevalue(request.param))
    opened = open_state(place)
    yield opened
    opened.close()
