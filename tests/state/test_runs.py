"""Runs, their plans and approvals, and what they cost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from daemon.core.operation import OperationKind
from daemon.core.values import Side
from state import runs
from state.database import State
from state.runs import APPLIED, APPROVED, OPEN, SUPERSEDED, CallRow, EnvelopeRow
from tests.state.samples import PAIR, after, operation

SYNC = "nightly"


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def test_a_run_is_told_with_its_report(connection: Connection) -> None:
    """A run is running until it ends, and then says how."""
    number = begin(connection)
    running = runs.get(connection, number)

    runs.end(connection, run=number, outcome="done", report='{"writes": 1}', at=after(5))
    ended = runs.get(connection, number)

    assert running is not None
    assert ended is not None
    assert ("running", None) == (running.outcome, running.ended_at)
    assert ("done", after(5), '{"writes": 1}') == (ended.outcome, ended.ended_at, ended.report)
    assert runs.get(connection, 10_000) is None


def test_a_run_that_a_crash_left_open_is_interrupted(connection: Connection) -> None:
    """The next run of its sync says so; other syncs' runs go on."""
    crashed, other = begin(connection), begin(connection, sync="other")

    begin(connection, minutes=5)

    outcomes = {row.id: (row.outcome, row.ended_at) for row in runs.latest(connection)}
    assert ("interrupted", after(5)) == outcomes[crashed]
    assert ("running", None) == outcomes[other]


def test_numbers_of_runs_are_never_used_again(connection: Connection) -> None:
    """The run after a dropped one has a number of its own."""
    first = begin(connection)
    runs.drop(connection, run=first)

    assert first < begin(connection)


def test_runs_are_told_newest_first(connection: Connection) -> None:
    """By sync, and no more than asked."""
    first, second, third = begin(connection), begin(connection, sync="other"), begin(connection)

    assert [third, second] == [row.id for row in runs.latest(connection, limit=2)]
    assert [third, first] == [row.id for row in runs.latest(connection, sync=SYNC)]


def test_a_dropped_run_leaves_nothing(connection: Connection) -> None:
    """Its plan, operations and calls go with it; the others' stay."""
    kept, dropped = begin(connection), begin(connection)
    for number in (kept, dropped):
        plan(connection, run=number, sync=f"sync-{number}")
        runs.note_calls(connection, run=number, calls=[call()])

    runs.drop(connection, run=dropped)

    assert [kept] == [row.id for row in runs.latest(connection)]
    assert [kept] == [row.run for row in runs.plans(connection)]
    assert [] == runs.calls(connection, dropped)
    assert 1 == len(runs.calls(connection, kept))


def test_calls_are_kept_in_order(connection: Connection) -> None:
    """The log of a run tells every call as it was, and what the calls were for."""
    made = [call(purpose="list"), call(purpose="write"), replace(call(), status=None, note="lost")]

    runs.note_calls(connection, run=1, calls=made[:2])
    runs.note_calls(connection, run=1, calls=made[2:])
    runs.note_calls(connection, run=1, calls=[])

    assert made == runs.calls(connection, 1)
    assert made[:1] == runs.calls(connection, 1, limit=1)
    assert {"list": 2, "write": 1} == runs.calls_by_purpose(connection, 1)


def test_a_new_plan_supersedes_the_open_one(connection: Connection) -> None:
    """One plan of a sync is open; operations of the old one go, approved and other plans stay."""
    approved = plan(connection, digest="d1")
    runs.decide_plan(connection, plan=approved, status=APPROVED, by="ann", at=after(1))
    old = plan(connection, digest="d2")
    elsewhere = plan(connection, digest="d3", sync="other")

    new = plan(connection, digest="d4")

    status = {row.id: row.status for row in runs.plans(connection, status="")}
    assert {approved: APPROVED, old: SUPERSEDED, elsewhere: OPEN, new: OPEN} == status
    assert [new, elsewhere] == [row.id for row in runs.plans(connection)]
    assert [new] == [row.id for row in runs.plans(connection, sync=SYNC)]
    assert [0, 1, 1] == [
        len(list(runs.every_operation(connection, number))) for number in (old, approved, new)
    ]


def test_the_open_plan_stays_until_the_next_is_sealed(connection: Connection) -> None:
    """A person may approve it while a run plans anew; what a crash left unsealed goes first."""
    shown = plan(connection, digest="d1")
    runs.begin_plan(connection, run=2, sync=SYNC, at=after(1))
    new = runs.begin_plan(connection, run=3, sync=SYNC, at=after(2))

    assert [shown] == [row.id for row in runs.plans(connection)]

    runs.seal_plan(connection, plan=new, digest="d1", summary="{}")

    assert [new] == [row.id for row in runs.plans(connection)]
    told = {row.id: row.status for row in runs.plans(connection, status="")}
    assert {shown: SUPERSEDED, new: OPEN} == told


def test_a_plan_is_found_by_the_beginning_of_its_digest(connection: Connection) -> None:
    """The newest fitting one; letters that mean something to LIKE mean themselves."""
    first, second = plan(connection, digest="abc1"), plan(connection, digest="abc2")
    runs.begin_plan(connection, run=1, sync="unsealed", at=after(0))

    found = [runs.plan_by_digest(connection, digest) for digest in ("abc1", "abc", "a_c", "%", "x")]

    assert [first, second, None, None, None] == [row.id if row else None for row in found]


def test_approved_plans_end_when_all_is_carried_out(connection: Connection) -> None:
    """Only those of the sync, and they keep who approved them."""
    mine, other = plan(connection, digest="d1"), plan(connection, digest="d2", sync="other")
    for number in (mine, other):
        runs.decide_plan(connection, plan=number, status=APPROVED, by="ann", at=after(1))

    runs.finish_approved(connection, sync=SYNC, at=after(2))

    told = {row.id: (row.status, row.decided_by) for row in runs.plans(connection, status="")}
    assert {mine: (APPLIED, "ann"), other: (APPROVED, "ann")} == told


def test_operations_are_told_in_order(connection: Connection) -> None:
    """Every operation comes back as it was planned; pages and filters keep the order."""
    number = runs.begin_plan(connection, run=1, sync=SYNC, at=after(0))
    made = [
        operation("1", OperationKind.CREATE, target=None),
        operation("2", pair="second"),
        operation("3", side=Side.SOURCE),
        operation("4", OperationKind.LINK),
    ]
    runs.add_operations(connection, plan=number, first=0, operations=made[:2])
    runs.add_operations(connection, plan=number, first=2, operations=made[2:])
    runs.add_operations(connection, plan=number, first=4, operations=[])

    def told(**chosen: object) -> list[int]:
        found = runs.operations(connection, plan=number, **chosen)  # type: ignore[arg-type]  # filters vary
        return [position for position, _ in found]

    assert made == list(runs.every_operation(connection, number))
    assert [0, 2, 3] == told(pair=PAIR)
    assert [3] == told(kinds=[OperationKind.LINK])
    assert [2] == told(side="source")
    assert [1, 2] == told(after=0, limit=2)


def test_a_long_plan_is_read_page_by_page(connection: Connection) -> None:
    """No operation is lost or told twice where pages meet."""
    number = runs.begin_plan(connection, run=1, sync=SYNC, at=after(0))
    made = [operation(str(n)) for n in range(1_001)]
    runs.add_operations(connection, plan=number, first=0, operations=made)

    assert made == list(runs.every_operation(connection, number))


def test_the_newest_envelope_stands(connection: Connection) -> None:
    """A sync has one envelope: what a person confirmed last (R17)."""
    row = EnvelopeRow(
        sync=SYNC,
        fingerprint="rules-1",
        per_run=10,
        per_day=100,
        until=after(0) + timedelta(days=90),
        approved_by="ann",
        approved_at=after(0),
    )
    assert runs.envelope(connection, SYNC) is None

    runs.put_envelope(connection, row)
    runs.put_envelope(connection, replace(row, per_run=20))

    assert replace(row, per_run=20) == runs.envelope(connection, SYNC)
    assert runs.envelope(connection, "other") is None


def begin(connection: Connection, sync: str = SYNC, minutes: float = 0) -> int:
    return runs.begin(connection, sync=sync, trigger="schedule", at=after(minutes))


def plan(
    connection: Connection,
    *records: str,
    digest: str = "d1",
    sync: str = SYNC,
    run: int = 1,
    kinds: OperationKind = OperationKind.UPDATE,
) -> int:
    number = runs.begin_plan(connection, run=run, sync=sync, at=after(0))
    made = [operation(record, kinds) for record in records or ("1",)]
    runs.add_operations(connection, plan=number, first=0, operations=made)
    runs.seal_plan(connection, plan=number, digest=digest, summary="{}")
    return number


def call(purpose: str = "list") -> CallRow:
    return CallRow(
        connection="crm",
        method="GET",
        endpoint="/contacts",
        purpose=purpose,
        status=200,
        started_at=after(0),
        milliseconds=12,
        attempt=1,
        correlation_id="c-1",
        note="",
    )
