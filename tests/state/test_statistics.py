"""Postgres plans a first load by what is in the tables, not by what was."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from state import mirror
from state.database import State
from state.opening import open_state
from state.statistics import refresh
from tests.state.samples import CRM, register, seen, sighting

RECORDS, PAGE = 4_000, 250


@pytest.fixture
def loaded(postgres_place: str) -> Iterator[State]:
    """A state right after a first load."""
    state = open_state(postgres_place, inline=True)
    state.write_now(register)
    for first in range(0, RECORDS, PAGE):
        page = [
            seen(f"{n:06}", keys=(("email", f"{n}@example.org"),))
            for n in range(first, first + PAGE)
        ]
        state.write_now(mirror.put, page, sighting())
    yield state
    state.close()


def test_a_first_load_is_looked_at_as_it_grows(loaded: State) -> None:
    """Before autovacuum comes by, the server knows the size of what is there within a factor."""
    believed = loaded.read_now(rows_believed)

    for table in ("mirror", "mirror_key", "pending"):
        assert RECORDS / 5 < believed[table]


def test_what_has_not_grown_is_not_looked_at_again(loaded: State) -> None:
    """A look costs one question where nothing has grown."""
    loaded.write_now(refresh)

    assert [] == loaded.write_now(refresh)


def test_an_end_that_came_after_the_last_sample_is_read_by_ids(loaded: State) -> None:
    """The server takes such an end for empty; it must not read all of it for a list of ids."""
    loaded.write_now(refresh)
    page = [seen(f"{n:06}") for n in range(RECORDS)]
    loaded.write_now(mirror.put, page, sighting(CRM))

    plan = loaded.read_now(plan_of_get, [f"{n:06}" for n in range(5)])

    assert "ANY" in next(line for line in plan if "Index Cond" in line)


def plan_of_get(connection: Connection, ids: list[str]) -> list[str]:
    """How the server goes about :func:`mirror.get`."""
    asked: list[tuple[str, Any]] = []

    @event.listens_for(connection, "before_cursor_execute")
    def note(_on: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        asked.append((statement, values))

    mirror.get(connection, CRM, ids)
    statement, values = asked[0]
    return [str(line) for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]


def rows_believed(connection: Connection) -> dict[str, float]:
    """Table → how many rows the server takes it to hold, -1 where it never looked."""
    rows = connection.exec_driver_sql("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")
    return {str(name): float(number) for name, number in rows}
