"""What is asked often is answered by an index: no question reads a whole table."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state import (
    attention,
    gathering,
    guards,
    intents,
    keys,
    links,
    mirror,
    pairs,
    parking,
    pending,
    runs,
)
from state.database import State
from tests.state.samples import (
    CRM,
    FILE,
    PAIR,
    after,
    base,
    clash,
    intent,
    link,
    operation,
    register,
    seen,
    sighting,
)

# Tables with a row a record or a write; the others stay small.
LARGE = {
    "api_call",
    "conflict",
    "intent",
    "link",
    "mirror",
    "mirror_key",
    "pending",
    "planned_operation",
    "quarantine",
    "run",
}
# Indexes of only those rows that wait for something: walking one of them is no walk of the table.
SHORT = ("ix_intent_open", "ix_quarantine_waiting_write", "ix_mirror_racy", "ix_run_running")
IDS = ["1", "2", "3"]
ENDS = {Side.SOURCE: FILE, Side.CRM: CRM}
UNCOVERED = parking.Uncovered(plan=1, sync=PAIR, since=after(0))
APART = attention.Apart(pair=PAIR, side=Side.SOURCE, record="1", rule="R1", message="")

QUESTIONS: dict[str, Callable[[Connection], Any]] = {
    "put": lambda c: mirror.put(c, [seen("1"), seen("2")], sighting(minutes=1)),
    "put changed": lambda c: mirror.put(c, [seen("1", {"name": "X"})], sighting(minutes=1)),
    "get": lambda c: mirror.get(c, FILE, IDS),
    "settled_versions": lambda c: mirror.settled_versions(c, FILE, IDS, ["name"]),
    "racy": lambda c: mirror.racy(c, FILE),
    "unseen": lambda c: mirror.unseen(c, FILE, 2, "", 100),
    "newcomers": lambda c: mirror.newcomers(c, FILE, after(1), 100),
    "note_absence": lambda c: mirror.note_absence(c, FILE, IDS, needed=1),
    "has_unconfirmed_absence": lambda c: mirror.has_unconfirmed_absence(c, FILE),
    "suspect": lambda c: mirror.suspect(c, FILE, IDS, 2),
    "page": lambda c: mirror.page(c, FILE, "", 100),
    "holders": lambda c: keys.holders(c, FILE, [("email", "a"), ("email", "b")]),
    "pending.page": lambda c: pending.page(c, pair=PAIR, side=Side.SOURCE, after="", limit=100),
    "pending.among": lambda c: pending.among(c, pair=PAIR, side=Side.SOURCE, ids=IDS),
    "pending.clear": lambda c: pending.clear(
        c, pair=PAIR, clearances=[Clearance(side=Side.SOURCE, id="1", revision=1)]
    ),
    "enter_all": lambda c: pairs.enter_all(c, pair=PAIR),
    "links.get": lambda c: links.get(c, ["L1"]),
    "links.of_records": lambda c: links.of_records(c, pair=PAIR, side=Side.SOURCE, ids=IDS),
    "links.of_records, crm": lambda c: links.of_records(c, pair=PAIR, side=Side.CRM, ids=IDS),
    "links.agree": lambda c: links.agree(c, link="L1", fields={"name": base()}),
    "gather": lambda c: gathering.gather(
        c, pair=PAIR, side=Side.SOURCE, ends=ENDS, page={"1": 1, "2": 1}
    ),
    "open_at": lambda c: intents.open_at(c, [FILE, CRM]),
    "held_at": lambda c: intents.held_at(c, [FILE, CRM]),
    "finish": lambda c: intents.finish(c, intent="i1", state=intents.SETTLED, at=after(1)),
    "mark_unknown": lambda c: intents.mark_unknown(c, ids=["i1"], result=""),
    "of_run": lambda c: intents.of_run(c, 1),
    "tally": lambda c: intents.tally(c, 1),
    "settled_ids": lambda c: intents.settled_ids(c, 1, Side.CRM),
    "count_since": lambda c: intents.count_since(c, sync_pairs=[PAIR], since=after(0)),
    "note_clashes": lambda c: attention.note_clashes(
        c, pair=PAIR, link="L1", records=("1", "100"), clashes=[clash()], run=1, at=after(0)
    ),
    "open_fields": lambda c: attention.open_fields(c, ["L1"]),
    "verdicts": lambda c: attention.verdicts(c, ["L1"]),
    "end_conflicts": lambda c: attention.end_conflicts(c, link="L1", fields=["f"], at=after(0)),
    "set_apart": lambda c: attention.set_apart(c, [APART], run=1, at=after(0)),
    "readmit": lambda c: attention.readmit(
        c, pair=PAIR, side=Side.SOURCE, records=IDS, at=after(0)
    ),
    "begin": lambda c: runs.begin(c, sync=PAIR, trigger="schedule", at=after(0)),
    "latest": lambda c: runs.latest(c, sync=PAIR, limit=5),
    "drop": lambda c: runs.drop(c, run=1),
    "calls_by_purpose": lambda c: runs.calls_by_purpose(c, 1),
    "operations": lambda c: runs.operations(c, plan=1),
    "uncovered": lambda c: parking.uncovered(c, UNCOVERED),
    "park_uncovered": lambda c: parking.park_uncovered(c, UNCOVERED),
    "digest_of": lambda c: parking.digest_of(c, plan=1, told=b""),
    "parking.counts": lambda c: parking.counts(c, 1),
    "busy_links": lambda c: guards.busy_links(c, pair=PAIR, since=after(0), least=3),
    "guards.outcomes": lambda c: guards.outcomes(c, run=1),
    "lacking": lambda c: guards.lacking(c, FILE, 2),
}


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over a state that knows a little of everything."""
    with state.engine.begin() as opened:
        register(opened)
        mirror.put(opened, [seen(name) for name in IDS], sighting(listing=1))
        link(opened)
        intents.open_all(opened, [intent()])
        attention.set_apart(opened, [APART], run=1, at=after(0))
        number = runs.begin_plan(opened, run=1, sync=PAIR, at=after(0))
        runs.add_operations(opened, plan=number, first=0, operations=[operation()])
        yield opened


@pytest.mark.parametrize("question", QUESTIONS)
def test_is_answered_by_an_index(connection: Connection, question: str) -> None:
    """No statement behind this question walks a large table from end to end."""
    told: list[tuple[str, Any]] = []

    def note(
        _on: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
    ) -> None:
        told.append((statement, parameters[0] if many else parameters))

    engine = connection.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        QUESTIONS[question](connection)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    asked = [item for item in told if item[0].startswith(("SELECT", "UPDATE", "DELETE"))]
    assert [] == [walk for item in asked for walk in walks(connection, *item)]


def walks(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """The large tables that a statement walks from end to end, with how it goes about it."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found = [str(row[3]) for row in rows]
        pattern = r"SCAN (\w+)"
    else:
        # So small a table is always walked, unless that is made to look dear.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        found = [str(row[0]) for row in rows]
        pattern = r"Seq Scan on (\w+)"
    return [
        f"{line.strip()}: {statement}"
        for line in found
        if (walk := re.search(pattern, line)) and walk[1] in LARGE and not line.endswith(SHORT)
    ]
