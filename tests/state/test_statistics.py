"""Postgres plans a first load by what is in the tables, not by what was."""

from sqlalchemy import Connection

from state import keys, mirror
from state.opening import open_state
from state.statistics import refresh
from tests.state.samples import FILE, register, seen, sighting

PAGES, PAGE = 16, 250


def load(place: str) -> None:
    state = open_state(place, inline=True)
    state.write_now(register)
    for first in range(0, PAGES * PAGE, PAGE):
        page = [
            seen(f"{n:06}", keys=(("email", f"{n}@example.org"),))
            for n in range(first, first + PAGE)
        ]
        state.write_now(mirror.put, page, sighting())
    state.close()


def test_a_first_load_is_looked_at_as_it_grows(postgres_place: str) -> None:
    """While autovacuum has not come by, a page is still found by its ids, not by its end alone."""
    load(postgres_place)

    state = open_state(postgres_place, inline=True)
    ids = ", ".join(f"'{n:06}'" for n in range(PAGE))
    for table in ("mirror", "mirror_key"):
        plan = state.read_now(explained, table, ids)
        assert "ANY" in next(line for line in plan.splitlines() if "Index Cond" in line)
    assert [["000007"]] == list(
        state.read_now(keys.holders, FILE, [("email", "7@example.org")]).values()
    )
    state.close()


def test_what_has_not_grown_is_not_looked_at_again(postgres_place: str) -> None:
    """A look costs one question where nothing has grown."""
    load(postgres_place)
    state = open_state(postgres_place, inline=True)

    state.write_now(refresh)

    assert [] == state.write_now(refresh)
    state.close()


def explained(connection: Connection, table: str, ids: str) -> str:
    """How the server goes about finding records of one end by their ids."""
    rows = connection.exec_driver_sql(
        f"EXPLAIN SELECT * FROM {table} WHERE connection = 'file' AND object = 'people'"  # noqa: S608
        f" AND id IN ({ids})"
    )
    return "\n".join(str(row[0]) for row in rows)
