"""History: what a record held before, and what it was at a past moment (F2)."""

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import Connection

from daemon.core.values import Value
from state import history, mirror
from state.database import State
from state.history import Change, Past
from state.mirror import ARCHIVED, LIVE, MISSING
from state.retention import Kept, take_batch
from tests.state.samples import FILE, after, mirrored, register, seen, sighting


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over a state in which one pair is registered."""
    with state.engine.begin() as opened:
        register(opened)
        yield opened


def look(
    connection: Connection, minutes: float, *, archived: bool = False, **values: Value
) -> None:
    """See the record, at *minutes* past noon."""
    item = seen(values=values, is_archived=archived)
    mirror.put(connection, [item], sighting(minutes=minutes))


def changes(connection: Connection) -> list[Change]:
    return history.of_record(connection, FILE, "1")


def past(connection: Connection, minutes: float) -> Past:
    row = mirrored(connection)
    is_there = row.presence in {LIVE, ARCHIVED}
    return history.as_of(
        after(minutes),
        Past(presence=row.presence, values=row.values),
        changes(connection),
        first_seen_at=row.first_seen_at,
        last_seen_at=None if is_there else row.seen_at,
    )


def values(connection: Connection, minutes: float) -> Mapping[str, Value]:
    return past(connection, minutes).values


def test_a_first_sight_leaves_no_history(connection: Connection) -> None:
    """A load of new records costs nothing here."""
    look(connection, 0, name="Ada")

    assert [] == changes(connection)


def test_only_what_changed_is_kept_with_its_interval(connection: Connection) -> None:
    """The field's value before, and the two sights between which it changed."""
    look(connection, 0, name="Ada", city="Rom")
    look(connection, 1, name="Ada", city="Rom")
    look(connection, 5, name="Ada", city="Ulm")

    assert [
        Change(
            since=after(1), at=after(5), presence=LIVE, before={"city": "Rom"}, added=frozenset()
        )
    ] == changes(connection)


def test_a_record_is_told_as_it_was_at_any_moment(connection: Connection) -> None:
    """Every later change is undone; a field not read by then is not there (I24)."""
    look(connection, 0, name="Ada")
    look(connection, 5, name="Grace")
    look(connection, 9, name="Grace", city="Ulm")

    assert {} == values(connection, -1)
    assert history.NOWHERE == past(connection, -1).presence
    assert {"name": "Ada"} == values(connection, 0) == values(connection, 4)
    assert {"name": "Grace"} == values(connection, 5)
    assert {"name": "Grace", "city": "Ulm"} == values(connection, 9)


def test_presence_is_told_as_it_was(connection: Connection) -> None:
    """Archived and back again: each for its time."""
    look(connection, 0, name="Ada")
    look(connection, 5, archived=True, name="Ada")
    look(connection, 9, name="Ada")

    told = {minute: past(connection, minute).presence for minute in (4, 5, 8, 9)}

    assert {4: LIVE, 5: ARCHIVED, 8: ARCHIVED, 9: LIVE} == told


def test_a_missing_record_was_there_until_it_was_seen_last(connection: Connection) -> None:
    """When it vanished nobody saw; that it was there when it was read, everybody did."""
    look(connection, 0, name="Ada")
    look(connection, 3, name="Ada")
    mirror.note_absence(connection, FILE, ["1"], needed=1)

    assert (LIVE, MISSING) == (past(connection, 3).presence, past(connection, 4).presence)
    look(connection, 9, name="Ada")
    assert (LIVE, MISSING) == (past(connection, 3).presence, past(connection, 4).presence)
    assert LIVE == past(connection, 9).presence


def test_our_own_quiet_write_is_history_too(connection: Connection) -> None:
    """What we overwrote ourselves is kept as what others did."""
    look(connection, 0, name="Ada")
    mirror.put(connection, [seen(values={"name": "Grace"})], sighting(minutes=1, quiet="people"))

    assert [{"name": "Ada"}] == [change.before for change in changes(connection)]


def test_a_new_version_of_equal_values_is_no_history(connection: Connection) -> None:
    """A mass touch writes nothing here."""
    look(connection, 0, name="Ada")
    mirror.put(connection, [seen(values={"name": "Ada"}, version="v2")], sighting(minutes=2))

    assert [] == changes(connection)


def test_what_is_dropped_is_said(connection: Connection) -> None:
    """After pruning nobody takes silence for peace (R27)."""
    look(connection, 0, name="Ada")
    look(connection, 5, name="Grace")
    take_batch(connection, Kept.HISTORY, before=after(5), at=after(9))
    assert None is history.kept_from(connection)

    assert 1 == take_batch(connection, Kept.HISTORY, before=after(6), at=after(9)).rows

    assert after(6) == history.kept_from(connection)
    assert [] == changes(connection)
