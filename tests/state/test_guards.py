"""Trips: when they are open, released, over, and what they count."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from daemon.core.guards import Scope, Trip
from daemon.core.operation import OperationKind
from state import guards, intents, mirror
from state.database import State
from tests.state.samples import FILE, PAIR, after, intent, operation, seen, sighting

SYNC = "nightly"
LASTING = frozenset({"sample_check"})
A_DAY = 24 * 60


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def trip(measured: float = 7, guard: str = "delete_share") -> Trip:
    """Return a trip."""
    return Trip(pair=PAIR, guard=guard, scope=Scope.DELETES, reason=f"{measured} are too many",
                measured=measured, allowed=5)  # fmt: skip


def keep(connection: Connection, *found: Trip, minutes: float = 0) -> list[Trip]:
    """Store what tripped in a run and return what stops something."""
    rows = guards.keep(connection, found, sync=SYNC, run=1, at=after(minutes), lasting=LASTING)
    return [row.trip for row in rows]


def release(connection: Connection, minutes: float = 1, guard: str = "") -> int:
    """Have a person let everything pass; return how much that was."""
    facts = {"sync": SYNC, "guard": guard, "by": "ann", "reason": "meant"}
    return len(guards.release(connection, **facts, at=after(minutes)))


def test_a_trip_is_one_as_long_as_it_lasts(connection: Connection) -> None:
    """Its figures follow, its number stays (R18)."""
    keep(connection, trip(7))
    (first,) = guards.open_trips(connection, sync=SYNC)
    keep(connection, trip(8), minutes=1)
    (second,) = guards.open_trips(connection)

    assert (first.id, 8.0, after(0)) == (second.id, second.trip.measured, second.found_at)
    assert [] == guards.open_trips(connection, sync="other")


def test_a_trip_is_over_when_its_reason_is_gone(connection: Connection) -> None:
    """Except where the reason shows only once: that waits for a person (R18)."""
    keep(connection, trip(), trip(1, "sample_check"))

    left = keep(connection, minutes=1)

    assert [trip(1, "sample_check")] == left


@pytest.mark.parametrize(
    ("measured", "minutes", "stops"),
    [(7, 2, False), (6, 2, False), (8, 2, True), (7, A_DAY + 1, False), (7, A_DAY + 2, True)],
)
def test_a_release_lets_so_much_pass_for_a_day(
    connection: Connection, measured: float, minutes: float, *, stops: bool
) -> None:
    """The same or less within 24 hours; more, or later, stops again (R18)."""
    keep(connection, trip(7))
    assert 1 == release(connection)

    left = keep(connection, trip(measured), minutes=minutes)

    assert stops == bool(left)
    assert stops != guards.is_accepted(connection, trip(measured), sync=SYNC, at=after(minutes))


def test_a_release_of_one_guard_leaves_the_others(connection: Connection) -> None:
    """A person lets pass what they looked at."""
    keep(connection, trip(), trip(guard="delete_count"))

    assert 1 == release(connection, guard="delete_count")
    assert ["delete_share"] == [row.trip.guard for row in guards.open_trips(connection)]
    assert 0 == release(connection, guard="delete_count")


def test_what_is_noted_stays_what_it_was(connection: Connection) -> None:
    """A second finding of the same is not a second trip."""
    for measured in (1, 2):
        found = [trip(measured, "sample_check")]
        guards.note(connection, found, sync=SYNC, run=1, at=after(0))

    assert [1.0] == [row.trip.measured for row in guards.open_trips(connection)]


def test_removals_and_refusals_are_counted(connection: Connection) -> None:
    """By pair, moment and run; what was refused removed nothing."""
    rows = [
        replace(intent(f"i{number}"), verb="archive", run=number, sent_at=after(number),
                operation=operation(str(number), OperationKind.ARCHIVE))
        for number in (1, 2, 3)
    ]  # fmt: skip
    intents.open_all(connection, rows)
    intents.finish(connection, intent="i1", state=intents.REFUSED, at=after(4))
    intents.finish(connection, intent="i2", state=intents.SETTLED, at=after(4))

    assert 2 == guards.removed(connection, pair=PAIR, since=after(0))
    assert 1 == guards.removed(connection, pair=PAIR, since=after(3))
    assert 1 == guards.removed(connection, pair=PAIR, since=after(0), run=2)
    assert [(1, 1), (1, 0), (0, 0)] == [
        guards.outcomes(connection, run=run)[PAIR] for run in (1, 2, 3)
    ]


def test_links_written_often_are_found(connection: Connection) -> None:
    """With what was written, oldest first; others are not read at all."""
    rows = [replace(intent(f"i{number}"), sent_at=after(number)) for number in (1, 2, 3)]
    intents.open_all(connection, rows)
    for row in rows:
        intents.finish(connection, intent=row.id, state=intents.SETTLED, at=after(4))

    found = guards.busy_links(connection, pair=PAIR, since=after(1), least=3)

    assert [rows[0].link] == found
    assert [] == guards.busy_links(connection, pair=PAIR, since=after(2), least=3)
    assert 3 == len(guards.writes_of(connection, found, pair=PAIR, since=after(1)))


def test_what_a_listing_lacks_is_counted(connection: Connection) -> None:
    """Beside what it showed again; who came with it was not there before (R39)."""
    mirror.put(connection, [seen("1"), seen("2"), seen("3")], sighting(listing=1))
    mirror.put(connection, [seen("1"), seen("4")], sighting(minutes=5, listing=2))

    assert 2 == guards.lacking(connection, FILE, 2)
    assert 1 == guards.seen_again(connection, FILE, 2)
