"""What of a plan is parked, what is covered by an approval, and which digest the rest has."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from daemon.core.operation import OperationKind
from daemon.core.values import Side
from state import parking, runs
from state.database import State
from state.parking import APPROVAL, REMOVALS, Uncovered
from state.runs import APPROVED
from tests.state.samples import PAIR, after, operation

SYNC = "nightly"


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def plan(connection: Connection, *records: str, kind: OperationKind = OperationKind.UPDATE) -> int:
    """Make a sealed plan of one operation for each record."""
    number = runs.begin_plan(connection, run=1, sync=SYNC, at=after(0))
    made = [operation(record, kind) for record in records]
    runs.add_operations(connection, plan=number, first=0, operations=made)
    runs.seal_plan(connection, plan=number, digest="d1", summary="{}")
    return number


def free(connection: Connection, number: int) -> list[int]:
    """Return the positions of what may flow."""
    return [position for position, _ in runs.operations(connection, plan=number, parked="")]


def where(number: int, since: float = 0, sync: str = SYNC) -> Uncovered:
    """Return which operations of a plan are asked for."""
    return Uncovered(plan=number, sync=sync, since=after(since))


def digest(connection: Connection, number: int, *, is_parked: bool = False) -> str:
    """Return the digest of a plan or of what is parked in it."""
    return parking.digest_of(connection, plan=number, told=b"rules", is_parked=is_parked)


def test_what_was_approved_is_covered_one_by_one(connection: Connection) -> None:
    """What stands in a plan approved lately flows; what came since waits (R17)."""
    approved = plan(connection, "1", "2")
    runs.decide_plan(connection, plan=approved, status=APPROVED, by="ann", at=after(1))
    number = plan(connection, "2", "3")

    assert 1 == parking.uncovered(connection, where(number))
    assert 2 == parking.uncovered(connection, where(number, since=2))
    assert 2 == parking.uncovered(connection, where(number, sync="other"))
    assert 1 == parking.park_uncovered(connection, where(number))
    assert [0] == free(connection, number)


def test_a_plan_nobody_approved_covers_nothing(connection: Connection) -> None:
    """That it was made is not enough (R17)."""
    plan(connection, "1")

    assert 1 == parking.uncovered(connection, where(plan(connection, "1")))


def test_only_some_kinds_are_parked(connection: Connection) -> None:
    """A scope names kinds of one pair, and perhaps one side (R18)."""
    number = plan(connection, "1", kind=OperationKind.ARCHIVE)
    runs.add_operations(connection, plan=number, first=1, operations=[operation("2")])

    parking.park(connection, plan=number, pair="another", why="x")
    parking.park(connection, plan=number, pair=PAIR, why="x", side=Side.SOURCE.value)
    untouched = free(connection, number)
    parked = parking.park(connection, plan=number, pair=PAIR, why="delete_share", kinds=REMOVALS)

    assert ([0, 1], 1, [1]) == (untouched, parked, free(connection, number))


def test_what_is_parked_has_a_digest_of_its_own(connection: Connection) -> None:
    """The same set in another plan, in another order, has the same (R17)."""
    first = plan(connection, "1", "2", "3")
    parking.park_at(connection, plan=first, positions=[0, 2], why=APPROVAL)
    whole, parked = digest(connection, first), digest(connection, first, is_parked=True)
    second = plan(connection, "3", "1")

    assert parked == digest(connection, second)
    assert parked != whole


def test_one_operation_becomes_two(connection: Connection) -> None:
    """One part flows, the other is parked behind all that is there."""
    number = plan(connection, "1", "2")

    parking.part_at(connection, plan=number, position=0, flowing=operation("1a"),
                    parked=operation("1b"), why="blank_burst")  # fmt: skip

    assert [0, 1] == free(connection, number)
    (kept,) = runs.operations(connection, plan=number, parked="blank_burst")
    assert (2, operation("1b")) == kept
    assert 3 == sum(count.total() for count in parking.counts(connection, number).values())


def test_what_flowed_is_forgotten(connection: Connection) -> None:
    """The open plan shows only what a person has to judge."""
    number = plan(connection, "1", "2")
    parking.park_at(connection, plan=number, positions=[1], why=APPROVAL)
    parking.reseal(connection, plan=number, digest="d2", summary="{}")

    parking.drop_free(connection, plan=number)

    assert [operation("2")] == list(runs.every_operation(connection, number))
    assert {APPROVAL} == parking.counts(connection, number).keys()
    assert ["d2"] == [row.digest for row in runs.plans(connection, sync=SYNC)]
