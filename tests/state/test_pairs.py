"""Pairs and what waits in them; how far ends were seen; facts about the state."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state import mirror, observations, pairs, pending
from state.database import State
from state.observations import ObservationRow
from tests.state.samples import CRM, FILE, PAIR, after, register, seen, sighting, waiting


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over an empty state."""
    with state.engine.begin() as opened:
        yield opened


def test_a_registered_pair_is_found(connection: Connection) -> None:
    """What was registered is told by name, with its ends; nothing else is."""
    register(connection)

    row = pairs.find(connection, PAIR)

    assert row is not None
    assert (FILE, CRM) == (row.end(Side.SOURCE), row.end(Side.CRM))
    assert ("active", "rules-1", "", None) == (
        row.status,
        row.fingerprint,
        row.hold,
        row.settled_at,
    )
    assert [row] == pairs.all_pairs(connection)
    assert pairs.find(connection, "unknown") is None


def test_new_rules_decide_everything_anew(connection: Connection) -> None:
    """A new pair, changed rules and a pair that comes back enter all mirrored records (R16)."""
    mirror.put(connection, [seen("1"), seen("2")], sighting())
    mirror.put(connection, [seen("100")], sighting(CRM))

    assert register(connection)
    assert {"1": 1, "2": 1} == waiting(connection)
    assert {"100": 1} == waiting(connection, side=Side.CRM)

    clear_all(connection)
    assert not register(connection)
    assert {} == waiting(connection)

    assert register(connection, fingerprint="rules-2")
    assert {"1": 1, "2": 1} == waiting(connection)

    clear_all(connection)
    pairs.retire(connection, active=[])
    assert register(connection, fingerprint="rules-2")
    assert {"1": 1, "2": 1} == waiting(connection)


def test_entering_all_keeps_what_waits(connection: Connection) -> None:
    """A record that waits already is entered once."""
    register(connection)
    mirror.put(connection, [seen("1")], sighting())

    pairs.enter_all(connection, pair=PAIR)
    pairs.enter_all(connection, pair="unknown")

    assert {"1": 1} == waiting(connection)
    assert 1 == pending.count(connection, pair=PAIR)


def test_a_dormant_pair_hears_of_nothing(connection: Connection) -> None:
    """A pair the configuration no longer has is dormant, told once, and enters nothing (R16)."""
    register(connection)
    register(connection, "second")

    assert ["second"] == pairs.retire(connection, active=[PAIR])
    assert [] == pairs.retire(connection, active=[PAIR])
    mirror.put(connection, [seen()], sighting())

    assert {} == waiting(connection, "second")
    assert [(PAIR, Side.SOURCE)] == pairs.at_end(connection, end=FILE)


def test_a_pair_of_an_end_with_itself_is_on_both_sides(connection: Connection) -> None:
    """A change there enters both sides."""
    register(connection, source=FILE, crm=FILE)

    assert [(PAIR, Side.CRM), (PAIR, Side.SOURCE)] == pairs.at_end(connection, end=FILE)


def test_a_held_pair_stays_held_until_released(connection: Connection) -> None:
    """Registering it anew does not release it; releasing its sync does, and tells how many."""
    register(connection, sync="nightly")
    register(connection, "second", sync="nightly")
    register(connection, "other")
    pairs.hold(connection, pair=PAIR, why="shrank by half")
    pairs.hold(connection, pair="other", why="a person said so")

    register(connection, sync="nightly", fingerprint="rules-2")
    assert ["a person said so", "shrank by half", ""] == holds(connection)

    assert 1 == pairs.release(connection, sync="nightly")
    assert 0 == pairs.release(connection, sync="nightly")
    assert ["a person said so", "", ""] == holds(connection)


def test_the_first_run_ends_once(connection: Connection) -> None:
    """The moment of the first applied plan is kept, through later ones and registrations."""
    register(connection)

    pairs.mark_settled(connection, sync=PAIR, at=after(1))
    pairs.mark_settled(connection, sync=PAIR, at=after(2))
    register(connection, fingerprint="rules-2")

    row = pairs.find(connection, PAIR)
    assert row is not None
    assert after(1) == row.settled_at


def test_what_moved_on_stays_pending(connection: Connection) -> None:
    """A decision on an older revision does not clear a record; one on its own or a newer does."""
    register(connection)
    ids = {"1": 2, "2": 2, "3": 2, "4": 2}
    mirror.enter_pair(connection, pair=PAIR, side=Side.SOURCE, ids=ids)
    mirror.enter_pair(connection, pair=PAIR, side=Side.CRM, ids=ids)
    decided = [("1", 1), ("2", 2), ("3", 3), ("unknown", 9)]

    pending.clear(
        connection,
        pair=PAIR,
        clearances=[Clearance(side=Side.SOURCE, id=i, revision=r) for i, r in decided],
    )
    pending.clear(connection, pair=PAIR, clearances=[])

    assert {"1": 2, "4": 2} == waiting(connection)
    assert ids == waiting(connection, side=Side.CRM)
    assert 6 == pending.count(connection, pair=PAIR)


def test_pending_is_paged_in_order(connection: Connection) -> None:
    """Pages follow one another by id; asking among some tells their revisions."""
    mirror.enter_pair(
        connection, pair=PAIR, side=Side.SOURCE, ids={f"{n:04}": n for n in range(1_200)}
    )

    first = pending.page(connection, pair=PAIR, side=Side.SOURCE, after="", limit=2)
    rest = pending.page(connection, pair=PAIR, side=Side.SOURCE, after="0001", limit=9_999)

    assert ["0000", "0001"] == list(first)
    assert [f"{n:04}" for n in range(2, 1_200)] == list(rest)
    among = pending.among(connection, pair=PAIR, side=Side.SOURCE, ids=[*rest, "unknown"])
    assert rest == among


def test_a_later_change_raises_the_revision_that_waits(connection: Connection) -> None:
    """A record that waits and moves again waits with its newest revision."""
    mirror.enter_pair(connection, pair=PAIR, side=Side.SOURCE, ids={"1": 1})
    mirror.enter_pair(connection, pair=PAIR, side=Side.SOURCE, ids={"1": 5})

    assert {"1": 5} == waiting(connection)


def test_an_end_is_told_as_far_as_it_was_seen(connection: Connection) -> None:
    """Facts are noted one by one; those not named stay."""
    assert ObservationRow() == observations.get(connection, FILE)

    observations.note(connection, FILE, cursor="c-1", covered_until=after(1))
    observations.note(connection, FILE, fields={"name", "mail"}, carries_external_id=False)

    row = observations.get(connection, FILE)
    assert ("c-1", after(1), frozenset({"mail", "name"})) == (
        row.cursor,
        row.covered_until,
        row.fields,
    )
    assert row.carries_external_id is False
    assert ObservationRow() == observations.get(connection, CRM)


def test_listings_are_numbered(connection: Connection) -> None:
    """Each listing that starts has the next number, end by end."""
    assert 1 == observations.begin_listing(connection, FILE)
    assert 2 == observations.begin_listing(connection, FILE)
    assert 1 == observations.begin_listing(connection, CRM)


def test_a_forgotten_definition_is_read_again(connection: Connection) -> None:
    """It stays readable, but counts as never read."""
    observations.note(connection, FILE, definition="{}", defined_at=after(1))

    observations.forget_definitions(connection, [FILE, CRM])

    row = observations.get(connection, FILE)
    assert ("{}", None) == (row.definition, row.defined_at)


def test_the_account_of_a_connection_is_remembered(connection: Connection) -> None:
    """The newest checked account and credential are told."""
    assert observations.account(connection, "crm") is None

    for number in ("1", "2"):
        observations.note_account(
            connection, name="crm", account_id=number, credential=f"hash-{number}", at=after(0)
        )

    assert ("2", "hash-2") == observations.account(connection, "crm")


def test_the_first_word_on_a_fact_stands(connection: Connection) -> None:
    """A fact is minted once; only setting it replaces it (R7's instance prefix)."""
    assert "one" == observations.fact(connection, "instance", "one")
    assert "one" == observations.fact(connection, "instance", "two")

    observations.set_fact(connection, "instance", "three")
    assert "three" == observations.fact(connection, "instance", "four")


def clear_all(connection: Connection) -> None:
    for side in Side:
        rows = waiting(connection, side=side)
        cleared = [Clearance(side=side, id=i, revision=r) for i, r in rows.items()]
        pending.clear(connection, pair=PAIR, clearances=cleared)


def holds(connection: Connection) -> list[str]:
    return [row.hold for row in pairs.all_pairs(connection)]
