"""Fault 6: a process killed at any statement of a migration leaves the state as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect, text

from state import migrate
from state.database import open_engine, state_url
from tests.simulation.steps import Killed

FORMER = "0001"


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A state of the former release, with a record in it."""
    place = str(tmp_path / "state")
    if request.param == "postgres":
        place = str(request.getfixturevalue("fresh_postgres_url"))
    opened = open_engine(state_url(place))
    migrate.upgrade(opened)
    migrate.downgrade(opened, FORMER)
    with opened.begin() as connection:
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('instance', 'kept')"))
    yield opened
    opened.dispose()


def look(engine: Engine) -> tuple[str | None, list[str], list[Any]]:
    """Return all that can tell whether a migration left something behind."""
    with engine.connect() as connection:
        kept = list(connection.execute(text("SELECT * FROM meta")).mappings())
        return migrate.current(engine), sorted(inspect(connection).get_table_names()), kept


class Kill:
    """Counts the statements of a transaction, and ends the process before one of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.count, self.at = engine, 0, 0

    def __call__(self, _connection: Connection, *_: object) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed


@pytest.mark.slow
def test_a_kill_at_any_statement_of_a_migration_leaves_the_former_state(engine: Engine) -> None:
    """The next start brings it to this release, with everything that was in it (I10)."""
    before, kill = look(engine), Kill(engine)
    event.listen(engine, "before_cursor_execute", kill)
    migrate.upgrade(engine)
    statements, after = kill.count, None
    after = look(engine)
    migrate.downgrade(engine, FORMER)

    for kill.at in range(1, statements + 1):
        kill.count = 0
        with pytest.raises(Killed):
            migrate.upgrade(engine)
        event.remove(engine, "before_cursor_execute", kill)
        assert before == look(engine), f"killed at statement {kill.at} of {statements}"
        event.listen(engine, "before_cursor_execute", kill)
    event.remove(engine, "before_cursor_execute", kill)
    migrate.upgrade(engine)

    assert after == look(engine)
    assert 20 < statements
    assert migrate.HEAD == ScriptDirectory.from_config(_config(engine)).get_current_head()


def _config(engine: Engine) -> Any:
    with engine.connect() as connection:
        return migrate.config(connection)
