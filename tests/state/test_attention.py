"""Conflicts and quarantine: told once, kept until somebody or something ends them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from daemon.core.operation import Clash
from daemon.core.values import Side
from state import attention, intents
from state.attention import Apart, ConflictRow
from state.database import State
from tests.state.samples import CRM, PAIR, after, clash, intent

NAME = "name→firstname"
CITY = "city→city"


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def test_an_open_conflict_stands_once(connection: Connection) -> None:
    """Found again it is the same conflict with the newest values."""
    assert 1 == note(connection, clash(), minutes=0)
    first = told(connection)[0]

    assert 0 == note(connection, clash(crm="Augusta"), minutes=5, run=2)

    rows = told(connection)
    assert [(first.id, "Augusta", 2)] == [(row.id, row.crm, row.run) for row in rows]
    assert 1 == note(connection, clash(CITY))
    assert {"L1": {NAME, CITY}} == attention.open_fields(connection, ["L1", "L2"])


def test_a_found_again_conflict_keeps_the_moment_it_was_found(connection: Connection) -> None:
    """How long a conflict has waited is counted from the first time it was found."""
    note(connection, clash(), minutes=0)
    note(connection, clash(crm="Augusta"), minutes=5)

    assert [after(0)] == [row.found_at for row in told(connection)]


def test_a_decided_conflict_is_logged_each_time(connection: Connection) -> None:
    """What a rule decides goes to the log every time, and ends the open one."""
    note(connection, clash())

    assert 1 == note(connection, clash(winner=Side.CRM), minutes=1)
    assert 1 == note(connection, clash(winner=Side.SOURCE), minutes=2)

    assert [("decided", "source"), ("decided", "crm"), ("gone", "")] == [
        (row.status, row.winner) for row in told(connection)
    ]


def test_a_conflict_ends_when_the_fields_agree(connection: Connection) -> None:
    """Only the named fields' conflicts end; found anew it is a new conflict."""
    note(connection, clash(), clash(CITY))

    attention.end_conflicts(connection, link="L1", fields=[NAME], at=after(1))
    attention.end_conflicts(connection, link="L1", fields=[], at=after(1))
    assert {"L1": {CITY}} == attention.open_fields(connection, ["L1"])

    assert 1 == note(connection, clash())
    assert 3 == len(told(connection))


def test_a_verdict_lives_until_it_is_carried_out(connection: Connection) -> None:
    """A person's word waits beside no open conflict, is given once and ends as resolved."""
    note(connection, clash())
    number = told(connection)[0].id

    attention.resolve(connection, number=number, winner=Side.CRM, by="ann", at=after(1))
    attention.resolve(connection, number=number, winner=Side.SOURCE, by="bob", at=after(2))

    verdict = attention.verdicts(connection, ["L1", "L2"])["L1", NAME]
    assert ("verdict", "crm", "ann") == (verdict.status, verdict.winner, verdict.resolved_by)
    assert {} == attention.open_fields(connection, ["L1"])

    attention.end_verdicts(connection, link="L1", fields=[CITY])
    attention.end_verdicts(connection, link="L1", fields=[])
    assert 1 == len(attention.verdicts(connection, ["L1"]))

    attention.end_verdicts(connection, link="L1", fields=[NAME])
    assert {} == attention.verdicts(connection, ["L1"])
    assert ["resolved"] == [row.status for row in told(connection)]


def test_conflicts_are_told_newest_first(connection: Connection) -> None:
    """By pair, by status, by number, and no more than asked."""
    note(connection, clash(), clash(CITY))
    note(connection, clash(), link="L2", pair="second")

    assert ["L2", "L1", "L1"] == [row.link for row in told(connection)]
    assert [CITY, NAME] == [row.field for row in attention.conflicts(connection, pairs=[PAIR])]
    assert 1 == len(attention.conflicts(connection, limit=1))
    assert [] == attention.conflicts(connection, status="resolved")
    newest = told(connection)[0]
    assert newest == attention.conflict(connection, newest.id)
    assert attention.conflict(connection, 10_000) is None


def test_what_is_apart_stands_once(connection: Connection) -> None:
    """The same complaint again keeps its entry and age, with the newest words."""
    assert 2 == set_apart(connection, apart(), apart(field="mail"))
    assert 1 == set_apart(connection, apart(message="still wrong"), apart(rule="R2"), minutes=5)

    rows = attention.quarantined(connection)
    assert [("R2", ""), ("R1", "mail"), ("R1", "")] == [(row.rule, row.field) for row in rows]
    assert ("still wrong", after(0)) == (rows[-1].message, rows[-1].found_at)


def test_a_record_decided_anew_is_readmitted(connection: Connection) -> None:
    """Its open entries end, but not those that a held intent stands behind; then they may return."""
    set_apart(connection, apart(), apart(rule="R2", intent="i1"), apart("2"))
    other_side = Apart(pair=PAIR, side=Side.CRM, record="1", rule="R1", message="")
    set_apart(connection, other_side)

    attention.readmit(connection, pair=PAIR, side=Side.SOURCE, records=["1", "9"], at=after(1))

    rows = attention.quarantined(connection)
    assert [("crm", "1", "R1"), ("source", "2", "R1"), ("source", "1", "R2")] == [
        (row.side.value, row.record, row.rule) for row in rows
    ]
    assert 1 == len(attention.quarantined(connection, status="cleared"))
    assert 1 == set_apart(connection, apart())


def test_a_person_ends_an_entry_once(connection: Connection) -> None:
    """A retried entry cannot be dismissed any more."""
    set_apart(connection, apart())
    number = attention.quarantined(connection)[0].id

    attention.end_quarantine(connection, number=number, status="retried", at=after(1))
    attention.end_quarantine(connection, number=number, status="dismissed", at=after(2))

    row = attention.quarantine_item(connection, number)
    assert row is not None
    assert "retried" == row.status
    assert attention.quarantine_item(connection, 10_000) is None


def test_what_waits_for_people_is_counted(connection: Connection) -> None:
    """Open conflicts and entries of the named pairs count, nothing else."""
    note(connection, clash(), clash(CITY, winner=Side.CRM))
    set_apart(connection, apart(), apart("2"))

    assert {"conflicts": 1, "quarantined": 2} == attention.totals(connection, pairs=[PAIR])
    assert {"conflicts": 0, "quarantined": 0} == attention.totals(connection, pairs=["second"])


def test_a_held_create_waits_for_a_person(connection: Connection) -> None:
    """It is told as long as its entry is open and it was not settled (R7)."""
    intents.open_all(connection, [intent("i1"), intent("i2"), intent("i3")])
    for name in ("i1", "i2"):
        intents.finish(connection, intent=name, state=intents.HELD, at=after(1))
    set_apart(connection, apart(intent="i1"), apart("3", intent="i3"))

    assert ["i1"] == [row.id for row in intents.held_at(connection, [CRM])]
    assert [] == intents.held_at(connection, [])

    number = attention.quarantined(connection)[-1].id
    attention.end_quarantine(connection, number=number, status="dismissed", at=after(2))
    assert [] == intents.held_at(connection, [CRM])


def note(
    connection: Connection,
    *clashes: Clash,
    minutes: float = 0,
    run: int = 1,
    link: str = "L1",
    pair: str = PAIR,
) -> int:
    return attention.note_clashes(
        connection,
        pair=pair,
        link=link,
        records=("1", "100"),
        clashes=clashes,
        run=run,
        at=after(minutes),
    )


def told(connection: Connection) -> list[ConflictRow]:
    return attention.conflicts(connection)


def apart(
    record: str = "1",
    *,
    field: str = "",
    rule: str = "R1",
    message: str = "wrong",
    intent: str = "",
) -> Apart:
    return Apart(
        pair=PAIR,
        side=Side.SOURCE,
        record=record,
        field=field,
        rule=rule,
        message=message,
        intent=intent,
    )


def set_apart(connection: Connection, *items: Apart, minutes: float = 0) -> int:
    return attention.set_apart(connection, items, run=1, at=after(minutes))
