"""The size of a state is told by what it is for, and what was pruned is given back."""

from pathlib import Path

from sqlalchemy import delete
from sqlmodel import SQLModel

from state import mirror
from state.columns import table
from state.database import State
from state.opening import open_state
from state.size import FREE, GROUPS, OTHER, give_back, measure
from state.tables import Mirror
from tests.state.samples import FILE, seen, sighting


def fill(state: State, number: int) -> None:
    people = [seen(str(i), {"note": "x" * 900}) for i in range(number)]
    state.write_now(mirror.put, people, sighting(FILE))


def test_every_table_of_ours_has_its_group() -> None:
    """A new table is told somewhere on purpose; facts about the state are ``other``."""
    assert {"account", "credential", "meta"} == SQLModel.metadata.tables.keys() - GROUPS.keys()
    assert GROUPS.keys() <= SQLModel.metadata.tables.keys()


def test_size_is_told_by_what_it_is_for(state: State) -> None:
    """Mirrored records are most of what is there; all tables are counted."""
    before = state.read_now(measure)
    fill(state, 400)

    found = state.read_now(measure)

    assert SQLModel.metadata.tables.keys() == found.rows.keys()
    assert (400, 0) == (found.rows["mirror"], found.rows["link"])
    grown = {name: size - before.bytes[name] for name, size in found.bytes.items()}
    assert 400 * 900 < grown["mirror"] == sum(grown.values())
    assert {*GROUPS.values(), OTHER, FREE} == found.bytes.keys()


def test_what_was_deleted_is_given_back_to_the_disk(file_place: str) -> None:
    """In bounded steps, each a transaction; afterwards the file is about as small as before."""
    state = open_state(file_place, inline=True)
    fill(state, 400)
    state.write_now(lambda connection: connection.execute(delete(table(Mirror))))
    full = state.read_now(measure)

    left = state.write_now(give_back, 20)
    assert full.bytes[FREE] // 4096 - 20 == left
    while left:
        left = state.write_now(give_back, 20)

    assert full.bytes[FREE] > 0 == state.read_now(measure).bytes[FREE]
    state.close()
    assert Path(file_place, "state.db").stat().st_size < full.bytes[FREE]


def test_nothing_to_give_back_is_no_work(state: State) -> None:
    """On every database."""
    assert 0 == state.write_now(give_back)
