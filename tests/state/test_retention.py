"""What has lived long enough goes, in small bites; what anybody may need stays (R27)."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import Table, insert

from daemon.core.operation import decode_operation
from daemon.core.values import Side
from state import attention, audit, intents, mirror, runs
from state.attention import Apart
from state.columns import table
from state.database import State
from state.journal import ApiCall, Conflict, Intent, Plan, PlannedOperation, Quarantine, Run
from state.opening import open_state
from state.retention import Kept, drop_done, take_batch
from state.runs import CallRow
from state.safety import GuardTrip, History
from state.skeleton import skeleton, value_hash
from tests.state.pruning import LATER, count, rows, take_all
from tests.state.samples import (
    NOON,
    PAIR,
    after,
    clash,
    intent,
    link,
    operation,
    register,
    seen,
    sighting,
)


def ended_run(state: State, *, minutes: float = 0, report: str = "{}") -> int:
    number = state.write_now(runs.begin, sync=PAIR, trigger="test", at=after(minutes))
    facts: dict[str, Any] = {"outcome": "done", "report": report, "at": after(minutes)}
    state.write_now(runs.end, run=number, **facts)
    return number


def written(state: State, name: str, outcome: str = intents.SETTLED, *, run: int = 1) -> None:
    state.write_now(intents.open_all, [intent(name, run=run)])
    if outcome == intents.UNKNOWN:
        state.write_now(intents.mark_unknown, ids=[name], result="no reply")
    elif outcome != intents.SENT:
        told = '{"firstname":"Grace"}'
        state.write_now(intents.finish, intent=name, state=outcome, at=after(1), result=told)


def pruned(state: State) -> list[str]:
    return [row["id"] for row in rows(state, Intent) if row["pruned_at"] is not None]


ENDED = (intents.SETTLED, intents.REFUSED, intents.MOVED, intents.SUPERSEDED)


def test_values_of_ended_writes_go_and_their_bones_stay(state: State) -> None:
    """Which fields of whom, when and how it ended is still told; what they held is not."""
    for outcome in ENDED:
        written(state, outcome, outcome)

    assert 4 == count(state, Kept.JOURNAL)
    assert 4 == take_all(state, Kept.JOURNAL)

    for row in rows(state, Intent):
        assert row["id"] == row["state"]
        assert ("1", "100", "L1") == (row["source_id"], row["crm_id"], row["link"])
        told = row["payload"] + row["result"]
        assert not any(value in told for value in ("Grace", "Ada", "a@b.example"))
        left = skeleton(row["payload"])
        assert left is not None
        assert LATER == left.pruned_at == row["pruned_at"]
        (field,) = left.fields
        assert ("name→firstname", "firstname") == (field.rule, field.field)
        assert value_hash(row["id"], "Grace") == field.value != value_hash("other", "Grace")
        assert value_hash(row["id"], "Ada") == field.before
    assert 0 == count(state, Kept.JOURNAL)


def test_a_pruned_write_reverses_nothing(state: State) -> None:
    """Read as an operation it has no fields: nobody can take what is missing for empty (I24)."""
    written(state, "i1")
    take_all(state, Kept.JOURNAL)

    (row,) = state.read_now(intents.of_run, 1)

    assert {} == row.operation.values == row.operation.expected
    assert {} == dict(row.operation.agreed)
    assert ((), ()) == (row.operation.clears, row.operation.clashes)
    assert skeleton(rows(state, Intent)[0]["payload"]) is not None


def test_a_write_with_its_values_is_no_skeleton(state: State) -> None:
    """Only what was pruned says so."""
    written(state, "i1")

    assert skeleton(rows(state, Intent)[0]["payload"]) is None


@pytest.mark.parametrize("outcome", [intents.SENT, intents.UNKNOWN])
def test_a_write_without_outcome_keeps_everything(state: State, outcome: str) -> None:
    """Recovery needs what it meant to write, however old (I9)."""
    written(state, "i1", outcome)

    assert 0 == count(state, Kept.JOURNAL) == take_all(state, Kept.JOURNAL)

    assert operation() == decode_operation(rows(state, Intent)[0]["payload"])


def test_a_write_that_waits_for_a_person_keeps_everything(state: State) -> None:
    """Until its quarantine entry ends (R7)."""
    written(state, "i1", intents.HELD)
    apart = Apart(pair=PAIR, side=Side.CRM, record="100", rule="maybe", message="", intent="i1")
    state.write_now(attention.set_apart, [apart], run=1, at=NOON)

    assert 0 == count(state, Kept.JOURNAL) == take_all(state, Kept.JOURNAL)

    number = rows(state, Quarantine)[0]["id"]
    state.write_now(attention.end_quarantine, number=number, status="dismissed", at=after(2))
    assert 1 == take_all(state, Kept.JOURNAL)


def test_young_writes_keep_everything(state: State) -> None:
    """What counts is when a write ended."""
    written(state, "i1")

    assert 0 == take_all(state, Kept.JOURNAL, before=after(1))
    assert 1 == take_all(state, Kept.JOURNAL, before=after(1.1))


def test_one_batch_is_one_small_transaction(state: State) -> None:
    """However much there is, a batch takes no more than its limit, and all of it goes in the end."""
    calls = [
        CallRow(connection="crm", method="GET", endpoint="/contacts", purpose="read", status=200,
                started_at=after(number), milliseconds=5, attempt=1, correlation_id="", note="")
        for number in range(25)
    ]  # fmt: skip
    state.write_now(runs.note_calls, run=1, calls=calls)

    assert 20 == count(state, Kept.CALLS, before=after(20))
    assert 10 == state.write_now(take_batch, Kept.CALLS, before=after(20), at=LATER, limit=10).rows
    assert 10 == take_all(state, Kept.CALLS, before=after(20), limit=3)

    assert 5 == len(rows(state, ApiCall))


def make_plan(state: State, run: int, status: str, minutes: float = 0) -> int:
    number = state.write_now(runs.begin_plan, run=run, sync=f"{PAIR}-{run}", at=after(minutes))
    state.write_now(runs.add_operations, plan=number, first=0, operations=[operation()])
    state.write_now(runs.seal_plan, plan=number, digest=f"d{number}", summary="{}")
    if status != runs.OPEN:
        state.write_now(runs.decide_plan, plan=number, status=status, by="", at=after(minutes))
    return number


def test_what_a_plan_led_to_goes_before_the_plan(state: State) -> None:
    """Operations that were carried out go at any age, approved ones once they lapsed."""
    numbers = {
        status: make_plan(state, run, status)
        for run, status in enumerate((runs.OPEN, runs.APPROVED, runs.APPLIED, runs.SUPERSEDED))
    }

    assert 0 == count(state, Kept.PLANS, before=NOON) == take_all(state, Kept.PLANS, before=NOON)
    left = {row["plan"] for row in rows(state, PlannedOperation)}
    assert {numbers[runs.OPEN], numbers[runs.APPROVED]} == left

    assert 3 == count(state, Kept.PLANS) == take_all(state, Kept.PLANS)
    assert [numbers[runs.OPEN]] == [row["id"] for row in rows(state, Plan)]
    assert {numbers[runs.OPEN]} == {row["plan"] for row in rows(state, PlannedOperation)}


def test_what_a_sync_carried_out_is_dropped_at_once(state: State) -> None:
    """Its own plans only, in bounded batches; the plan itself stays, with its digest."""
    done = make_plan(state, 1, runs.APPLIED)
    other, waits = make_plan(state, 2, runs.APPLIED), make_plan(state, 3, runs.APPROVED)
    more: dict[str, Any] = {
        "plan": done,
        "first": 1,
        "operations": [operation("2"), operation("3")],
    }
    state.write_now(lambda connection: runs.add_operations(connection, **more))

    dropped = [state.write_now(drop_done, sync=f"{PAIR}-1", limit=2) for _ in range(3)]

    assert [2, 1, 0] == dropped
    assert {other, waits} == {row["plan"] for row in rows(state, PlannedOperation)}
    assert [done, other, waits] == [row["id"] for row in rows(state, Plan)]


def test_the_samples_of_a_report_go_with_its_plan(state: State) -> None:
    """The figures of the report stay."""
    told = {"run": 1, "plan": {"writes": 7, "samples": [{"changes": [{"new": "Grace"}]}]}}
    run = ended_run(state, report=orjson.dumps(told).decode())
    make_plan(state, run, runs.SUPERSEDED)

    take_all(state, Kept.PLANS)

    assert {"run": 1, "plan": {"writes": 7, "samples": []}} == orjson.loads(
        rows(state, Run)[0]["report"]
    )


def test_ended_conflicts_and_entries_go(state: State) -> None:
    """What waits for a person, or for its verdict to be carried out, stays."""
    state.write_now(register)
    state.write_now(link)
    place: dict[str, Any] = {
        "pair": PAIR,
        "link": "L1",
        "records": ("1", "100"),
        "run": 1,
        "at": NOON,
    }
    state.write_now(attention.note_clashes, clashes=[clash(winner=Side.CRM)], **place)
    state.write_now(attention.note_clashes, clashes=[clash("a→a"), clash("b→b")], **place)
    verdict = rows(state, Conflict)[1]["id"]
    state.write_now(attention.resolve, number=verdict, winner=Side.CRM, by="ana", at=after(1))
    apart = [
        Apart(pair=PAIR, side=Side.CRM, record=record, rule="r", message="") for record in "12"
    ]
    state.write_now(attention.set_apart, apart, run=1, at=NOON)
    number = rows(state, Quarantine)[0]["id"]
    state.write_now(attention.end_quarantine, number=number, status="dismissed", at=after(1))

    assert 1 == count(state, Kept.CONFLICTS) == take_all(state, Kept.CONFLICTS)
    assert 1 == count(state, Kept.QUARANTINE) == take_all(state, Kept.QUARANTINE)

    assert ["verdict", "open"] == [row["status"] for row in rows(state, Conflict)]
    assert ["open"] == [row["status"] for row in rows(state, Quarantine)]


def test_trips_that_are_over_go(state: State) -> None:
    """An open one stays; a release holds for a day, which is less than any retention (R18)."""
    facts: dict[str, Any] = {
        "sync": PAIR, "pair": PAIR, "guard": "g", "scope": "pair", "reason": "", "measured": 2.0,
        "allowed": 1.0, "run": 1, "found_at": NOON, "ended_by": "", "end_reason": "",
    }  # fmt: skip
    kinds: Sequence[dict[str, Any]] = [
        {"status": "open", "ended_at": None, "released_up_to": None, "subject": "1"},
        {"status": "released", "ended_at": NOON, "released_up_to": 3.0, "subject": "2"},
        {"status": "over", "ended_at": NOON, "released_up_to": None, "subject": "3"},
    ]
    put(state, table(GuardTrip), [{**facts, **kind} for kind in kinds])

    assert 2 == count(state, Kept.QUARANTINE) == take_all(state, Kept.QUARANTINE)

    assert ["open"] == [row["status"] for row in rows(state, GuardTrip)]


def put(state: State, into: Table, facts: Sequence[dict[str, Any]]) -> None:
    state.write_now(lambda connection: connection.execute(insert(into), list(facts)))


def test_history_goes_by_its_age(state: State) -> None:
    """The latest change stays."""
    state.write_now(mirror.put, [seen()], sighting())
    for number in range(1, 4):
        changed = seen(values={"name": f"Ada {number}"})
        state.write_now(mirror.put, [changed], sighting(minutes=number))
    assert 3 == len(rows(state, History))

    assert 2 == count(state, Kept.HISTORY, before=after(2.5))
    assert 2 == take_all(state, Kept.HISTORY, before=after(2.5))

    assert 1 == len(rows(state, History))


def test_a_run_goes_once_nothing_of_it_waits(state: State) -> None:
    """With it goes what was left of its writes; one with an open write stays (I9)."""
    first, second = ended_run(state), ended_run(state)
    written(state, "i1", run=first)
    written(state, "i2", run=second)
    written(state, "i3", intents.UNKNOWN, run=second)
    state.write_now(runs.begin, sync=PAIR, trigger="test", at=NOON)

    assert 1 == count(state, Kept.RUNS)
    take_all(state, Kept.JOURNAL)
    assert 1 == take_all(state, Kept.RUNS)

    assert [second, second + 1] == [row["id"] for row in rows(state, Run)]
    assert ["i3"] == [row["id"] for row in rows(state, Intent)]


def test_the_audit_chain_never_goes(state: State) -> None:
    """However old it is."""
    state.write_now(audit.note, at=NOON, actor="ana", action="approve", subject="d1")

    for kept in Kept:
        take_all(state, kept)

    assert 1 == state.read_now(audit.verify).entries


KILLED = """
import os, signal, sys
from state.opening import open_state
from state.retention import Kept, take_batch
from tests.state.pruning import LATER
state = open_state(sys.argv[1], inline=True)
def work(connection):
    take_batch(connection, Kept.JOURNAL, before=LATER, at=LATER, limit=3)
state.write_now(work)
def cut(connection):
    take_batch(connection, Kept.JOURNAL, before=LATER, at=LATER, limit=3)
    os.kill(os.getpid(), signal.SIGKILL)
state.write_now(cut)
"""


def test_a_crash_within_a_batch_is_harmless(shared_place: str) -> None:
    """The batch before it stands, the cut one did not happen, the next pruning takes the rest."""
    state = open_state(shared_place, inline=True)
    for number in range(8):
        written(state, f"i{number}")

    done = subprocess.run([sys.executable, "-c", KILLED, shared_place], check=False)

    assert -signal.SIGKILL == done.returncode
    assert 3 == len(pruned(state))
    assert 5 == take_all(state, Kept.JOURNAL)
    state.close()


def test_the_index_finds_what_is_to_prune() -> None:
    """A large journal that was pruned already is not read again each day."""
    state = open_state("sqlite://")
    chosen = (
        "SELECT id FROM intent WHERE settled_at IS NOT NULL AND pruned_at IS NULL "
        "AND settled_at < '2026'"
    )
    plan = state.read_now(
        lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {chosen}").all()
    )
    state.close()

    assert "ix_intent_unpruned" in str(plan)
