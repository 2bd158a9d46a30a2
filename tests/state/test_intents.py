"""Intents: promised before the request, settled once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.core.values import Side
from state import intents
from state.database import State
from state.intents import HELD, MOVED, REFUSED, SETTLED, SUPERSEDED, UNKNOWN, IntentRow
from tests.state.samples import CRM, FILE, PAIR, after, intent, operation


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def test_an_intent_comes_back_as_it_was_promised(connection: Connection) -> None:
    """The stored promise alone tells what was meant, to the last field."""
    row = intent()

    intents.open_all(connection, [row])

    assert [row] == intents.open_at(connection, [CRM])
    assert row == intents.held(connection, "i1")
    assert intents.held(connection, "unknown") is None


def test_an_intent_is_promised_once(connection: Connection) -> None:
    """The same id is refused by the database, and nothing of its batch stays."""
    intents.open_all(connection, [intent()])

    with pytest.raises(IntegrityError), connection.begin_nested():
        intents.open_all(connection, [intent("i2"), intent()])

    assert ["i1"] == open_ids(connection)


@pytest.mark.parametrize("outcome", [SETTLED, REFUSED, MOVED, SUPERSEDED, HELD])
def test_an_outcome_is_written_once(connection: Connection, outcome: str) -> None:
    """A second outcome changes nothing, not even the ids it would tell (I13)."""
    intents.open_all(connection, [intent(of=operation(target=None))])

    finish(connection, outcome, minutes=1, crm_id="100")
    finish(connection, REFUSED, minutes=2, crm_id="200", source_id="9")
    intents.mark_unknown(connection, ids=["i1"], result="too late")

    row = told(connection)
    assert (outcome, after(1), '{"n": 1}') == (row.state, row.settled_at, row.result)
    assert ["100"] * (outcome == SETTLED) == intents.settled_ids(connection, 1, Side.CRM)
    assert [] == open_ids(connection)


def test_an_unknown_intent_is_open_until_it_is_settled(connection: Connection) -> None:
    """No definite reply keeps it open; a look may still settle it."""
    intents.open_all(connection, [intent()])

    intents.mark_unknown(connection, ids=["i1"], result="timed out")
    intents.mark_unknown(connection, ids=["i1"], result="again")
    intents.mark_unknown(connection, ids=[], result="")

    assert (UNKNOWN, "timed out") == (told(connection).state, told(connection).result)
    assert ["i1"] == open_ids(connection)

    finish(connection, SETTLED, minutes=1)
    assert (SETTLED, []) == (told(connection).state, open_ids(connection))


def test_an_unknown_id_is_settled_by_nobody(connection: Connection) -> None:
    """Settling what was never promised leaves nothing behind."""
    finish(connection, SETTLED, minutes=1)

    assert intents.held(connection, "i1") is None


def test_open_intents_are_told_by_end_oldest_first(connection: Connection) -> None:
    """Whoever wrote them: the run and the pair do not matter, the end does (R40)."""
    intents.open_all(
        connection,
        [
            intent("i1", minutes=2),
            intent("i2", minutes=1, run=7, of=operation(pair="second")),
            intent("i3", minutes=3, end=FILE),
            intent("i4", minutes=0, end=("crm", "company")),
        ],
    )

    assert ["i2", "i1"] == open_ids(connection)
    assert ["i2", "i1", "i3"] == [row.id for row in intents.open_at(connection, [FILE, CRM])]
    assert [] == intents.open_at(connection, [])


def test_a_run_is_told_by_its_intents(connection: Connection) -> None:
    """Counts, ids and pages of one run leave out the others'."""
    intents.open_all(
        connection,
        [
            intent("i1"),
            intent("i2", of=operation("2", target="200")),
            intent("i3", of=operation("3", target="100")),
            intent("i4", of=operation("4", side=Side.SOURCE)),
            intent("i5", run=2),
        ],
    )
    for name in ("i1", "i2", "i3"):
        finish(connection, SETTLED, name=name)
    finish(connection, REFUSED, name="i4")

    assert {("crm", "update", SETTLED): 3, ("source", "update", REFUSED): 1} == intents.tally(
        connection, 1
    )
    assert ["100", "200"] == intents.settled_ids(connection, 1, Side.CRM)
    assert [] == intents.settled_ids(connection, 1, Side.SOURCE)
    assert ["i1", "i2"] == [row.id for row in intents.of_run(connection, 1, limit=2)]
    assert ["i3", "i4"] == [row.id for row in intents.of_run(connection, 1, after="i2")]


def test_the_fields_a_run_wrote_are_told_by_record(connection: Connection) -> None:
    """Only settled writes on that side count."""
    intents.open_all(connection, [intent("i1"), intent("i2", of=operation("2", target="200"))])
    finish(connection, SETTLED)
    finish(connection, REFUSED, name="i2")

    assert {"100": {"firstname"}} == intents.settled_fields(connection, 1, Side.CRM, ["100", "200"])
    assert {} == intents.settled_fields(connection, 2, Side.CRM, ["100"])


def test_the_writes_of_a_day_are_counted(connection: Connection) -> None:
    """Writes of the named pairs since a moment count, whatever came of them (R17)."""
    intents.open_all(
        connection,
        [
            intent("i1", minutes=0),
            intent("i2", minutes=1),
            intent("i3", minutes=2),
            intent("i4", minutes=2, of=operation(pair="second")),
        ],
    )
    finish(connection, SETTLED, name="i3")

    assert 2 == intents.count_since(connection, sync_pairs=[PAIR], since=after(1))
    assert 3 == intents.count_since(connection, sync_pairs=[PAIR, "second"], since=after(1))
    assert 0 == intents.count_since(connection, sync_pairs=[], since=after(1))


def finish(
    connection: Connection,
    outcome: str,
    *,
    name: str = "i1",
    minutes: float = 1,
    crm_id: str | None = None,
    source_id: str | None = None,
) -> None:
    intents.finish(
        connection,
        intent=name,
        state=outcome,
        at=after(minutes),
        result='{"n": 1}',
        crm_id=crm_id,
        source_id=source_id,
    )


def told(connection: Connection) -> IntentRow:
    row = intents.held(connection, "i1")
    if row is None:
        pytest.fail("the intent is gone")
    return row


def open_ids(connection: Connection) -> list[str]:
    return [row.id for row in intents.open_at(connection, [CRM])]
