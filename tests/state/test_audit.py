"""The chain of decisions: complete, in order, and honest about what was changed in it (R27)."""

from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, update

from state import audit
from state.columns import table
from state.database import State
from state.safety import Audit
from tests.state.samples import NOON, after

AUDIT = table(Audit)


def decide(state: State, number: int) -> str:
    return state.write_now(
        audit.note,
        at=after(number),
        actor="ana",
        action="resolve",
        subject=f"conflict {number}",
        detail={"winner": "crm", "number": number},
    )


def test_an_empty_chain_is_whole(state: State) -> None:
    """There is nothing to doubt in it."""
    found = state.read_now(audit.verify)

    assert (0, "", None) == (found.entries, found.head, found.broken_at)


def test_each_decision_follows_from_those_before(state: State) -> None:
    """The head stands for the whole chain; entries are listed newest first."""
    hashes = [decide(state, number) for number in range(3)]

    found = state.read_now(audit.verify)
    assert (3, hashes[-1], None) == (found.entries, found.head, found.broken_at)
    rows = state.read_now(audit.latest, limit=2)
    assert [hashes[2], hashes[1]] == [row.hash for row in rows]
    assert '{"number":2,"winner":"crm"}' == rows[0].detail


def test_the_chain_is_read_in_pages(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one is checked to its end."""
    monkeypatch.setattr(audit, "PAGE", 2)
    for number in range(5):
        decide(state, number)

    assert 5 == state.read_now(audit.verify).entries


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "bob"},
        {"at": after(99)},
        {"subject": "conflict 7"},
        {"detail": '{"winner":"source"}'},
        {"previous": ""},
    ],
)
def test_a_changed_entry_breaks_the_chain(state: State, change: dict[str, object]) -> None:
    """Whatever is changed in it, the entry is named."""
    for number in range(4):
        decide(state, number)
    third = state.read_now(audit.latest, limit=2)[1].id
    state.write_now(
        lambda connection: connection.execute(
            update(AUDIT).where(AUDIT.c.id == third).values(**change)
        )
    )

    found = state.read_now(audit.verify)

    assert (2, third) == (found.entries, found.broken_at)


def test_an_entry_cut_out_breaks_the_chain(state: State) -> None:
    """The next one names a hash that is not there."""
    for number in range(3):
        decide(state, number)
    newest, middle, _ = (row.id for row in state.read_now(audit.latest))
    state.write_now(
        lambda connection: connection.execute(delete(AUDIT).where(AUDIT.c.id == middle))
    )

    assert newest == state.read_now(audit.verify).broken_at


def test_an_hour_is_the_same_hour_in_every_zone(state: State) -> None:
    """What the hash was made of is what is stored: the moment in UTC."""
    there = NOON.astimezone(timezone(timedelta(hours=2)))
    state.write_now(audit.note, at=there, actor="ana", action="release", subject="people")

    assert state.read_now(audit.verify).broken_at is None
