"""Rollbacks in the state: what a run wrote, what is held since, on every database (R24)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from daemon.core.operation import Operation, OperationKind
from daemon.core.values import Side, encode_values
from state import audit, intents, links, pairs, rollbacks, runs
from state.database import State
from state.keeping import end_conflicts
from state.rollbacks import Undone
from tests.state.samples import (
    FILE,
    PAIR,
    after,
    base,
    intent,
    link,
    linked,
    operation,
    register,
    seen,
    sighting,
    waiting,
)

RULE = "name→firstname"


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over a state in which run 1 matched two records and wrote one of them."""
    with state.engine.begin() as opened:
        register(opened)
        runs.begin(opened, sync=PAIR, trigger="test", at=after(0))
        link(opened, fields={RULE: base()})
        settle(opened, "i1", operation())
        yield opened


def settle(connection: Connection, name: str, of: Operation, *, run: int = 1) -> None:
    """Store a write that happened."""
    intents.open_all(connection, [intent(name, run=run, of=of)])
    stored = encode_values({copy.field: copy.value for copy in of.copies})
    intents.settle_all(connection, [(name, of, stored)], at=after(run))


def test_what_a_run_did_is_found_by_its_links(connection: Connection) -> None:
    """Its matches, its writes newest first, and who wrote the same fields later."""
    settle(connection, "i2", operation(value="Later"), run=2)

    (write,) = rollbacks.writes(connection, 1, ["L1"])

    assert {"L1": {"update"}} == rollbacks.written_links(connection, 1, PAIR)
    assert ["L1"] == rollbacks.matched_links(connection, 1, PAIR)
    assert ("L1", {"firstname": "Grace"}, False) == (write.link, write.result, write.is_pruned)
    assert {("L1", "crm", "firstname"): (2, "Later")} == rollbacks.later_writers(
        connection, 1, ["L1"]
    )
    assert {"L1"} == rollbacks.links_of(connection, PAIR, Side.CRM, "100")
    assert set() == rollbacks.links_of(connection, PAIR, Side.SOURCE, "100")


def test_the_run_is_opened_the_sync_paused_and_the_decision_audited_at_once(
    connection: Connection,
) -> None:
    """A whole rollback pauses; that of a record does not."""
    part = rollbacks.begin(connection, sync=PAIR, reverses=1, at=after(1), by="ana", is_whole=False)
    assert {} == pairs.paused(connection)
    whole = rollbacks.begin(connection, sync=PAIR, reverses=1, at=after(2), by="ana", is_whole=True)

    assert [1, 1] == [row.reverses for row in runs.latest(connection) if row.id in {part, whole}]
    assert "ana" == pairs.paused(connection)[PAIR].by
    assert ["rollback", "rollback"] == [entry.action for entry in audit.latest(connection)]


def test_a_field_put_back_is_held_until_it_is_written_or_agrees(connection: Connection) -> None:
    """Writes of other runs hold nothing, and end what was held (R24)."""
    back = replace(operation(value="Ada"), reverses=1)
    rollbacks.settle(connection, [undone(operation())], at=after(3))
    assert [] == rollbacks.holds(connection)

    rollbacks.settle(connection, [undone(back)], at=after(3))

    (hold,) = rollbacks.holds(connection)
    assert ("L1", RULE, 1, "1", "100") == (
        hold.link, hold.field, hold.run, hold.source_id, hold.crm_id,
    )  # fmt: skip
    end_conflicts(connection, [("L1", ("other→other",)), ("L2", (RULE,))], after(4))
    assert [hold] == rollbacks.holds(connection)
    end_conflicts(connection, [("L1", (RULE,))], after(4))
    assert [] == rollbacks.holds(connection)


def undone(of: Operation) -> Undone:
    return Undone(link="L1", operation=of, fields=(RULE,))


def test_a_release_drops_the_base_and_enters_the_record(connection: Connection) -> None:
    """The next run compares the field as on first contact."""
    from state import mirror

    mirror.put(connection, [seen("1")], sighting(FILE, quiet=PAIR))
    rollbacks.settle(connection, [undone(replace(operation(), reverses=1))], at=after(3))
    assert {} == waiting(connection)

    rollbacks.release(connection, rollbacks.holds(connection))

    assert {} == linked(connection).base
    assert {"1": 1} == waiting(connection)
    assert [] == rollbacks.holds(connection)


def test_a_record_taken_back_leaves_a_tombstone(connection: Connection) -> None:
    """The link is detached, so nobody makes it again (R14, R34)."""
    gone = replace(operation(), kind=OperationKind.ARCHIVE, reverses=1)

    rollbacks.settle(connection, [undone(gone)], at=after(3))

    assert links.DETACHED == linked(connection).status
    assert [] == rollbacks.holds(connection)


def test_a_match_taken_back_is_not_taken_back_twice(connection: Connection) -> None:
    """Also where the two found each other again meanwhile (I23)."""
    rollbacks.unlink(connection, pair=PAIR, ids=["L1"], run=1, at=after(3))
    assert links.DETACHED == linked(connection).status

    links.set_status(connection, link="L1", status=links.ACTIVE)

    assert [] == rollbacks.matched_links(connection, 1, PAIR)
    assert frozenset() == rollbacks.matched_among(connection, 1, ["L1"])
    assert [] == rollbacks.holds(connection)
