"""The mirror: what was seen, since when, and who hears of it."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from daemon.core.operation import Clearance
from daemon.core.record import Evidence, Strength
from daemon.core.values import Side, Value
from state import mirror, pending
from state.database import State
from state.keys import holders
from state.mirror import ARCHIVED, LIVE, MISSING, SUSPECT, Seen
from tests.state.samples import (
    CRM,
    FILE,
    PAIR,
    after,
    mirrored,
    register,
    seen,
    sighting,
    waiting,
)


@pytest.fixture
def connection(state: State) -> Iterator[Connection]:
    """One transaction over a state in which one pair is registered."""
    with state.engine.begin() as opened:
        register(opened)
        yield opened


EVERY_TYPE: dict[str, Value] = {
    "text": "Zoë\u2028“Ω”\x00",
    "empty": None,
    "yes": True,
    "number": Decimal("1.50"),
    "day": date(2026, 2, 28),
    "moment": datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC),
    "choices": ("a", "b"),
}


def test_a_record_comes_back_as_it_was_seen(connection: Connection) -> None:
    """Values of every type, the vendor's facts and the times survive to the microsecond."""
    item = seen(
        values=EVERY_TYPE,
        version="42",
        modified_at=after(-3) + timedelta(microseconds=1),
        external_id="e-1",
        other_emails=("b@example.org", "c\x85@example.org"),
    )

    mirror.put(connection, [item], sighting())
    row = mirrored(connection)

    assert item.record == row.as_record()
    assert EVERY_TYPE == row.values
    assert (after(0), after(0)) == (row.first_seen_at, row.seen_at)


def test_a_new_record_is_a_change(connection: Connection) -> None:
    """A record seen for the first time enters pending with revision one (R1)."""
    assert ["1"] == mirror.put(connection, [seen()], sighting())

    assert {"1": 1} == waiting(connection)
    assert (1, LIVE) == (mirrored(connection).revision, mirrored(connection).presence)


def test_an_unchanged_record_is_no_change(connection: Connection) -> None:
    """The same values again move only the times: no revision, nothing pending (R1)."""
    mirror.put(connection, [seen()], sighting())
    pending.clear(connection, pair=PAIR, clearances=[clearance("1", 1)])

    assert [] == mirror.put(connection, [seen(version="v2")], sighting(minutes=5))

    row = mirrored(connection)
    assert {} == waiting(connection)
    assert (1, "v2", after(0), after(5)) == (
        row.revision,
        row.version,
        row.first_seen_at,
        row.seen_at,
    )


@pytest.mark.parametrize(
    "item",
    [
        seen(values={"name": "Grace"}),
        seen(values={}),
        seen(values={"name": None}),
        seen(external_id="e-1"),
        seen(other_emails=("b@example.org",)),
        seen(is_archived=True),
    ],
    ids=["value", "unread", "emptied", "external id", "addresses", "archived"],
)
def test_a_changed_record_counts_one_revision(connection: Connection, item: Seen) -> None:
    """Any difference in content or presence is one revision more, and pending says which."""
    mirror.put(connection, [seen()], sighting())

    assert ["1"] == mirror.put(connection, [item], sighting(minutes=5))

    assert 2 == mirrored(connection).revision
    assert {"1": 2} == waiting(connection)


def test_an_archived_record_holds_no_keys(connection: Connection) -> None:
    """Nobody is matched to a record that is put away; once it is back, its keys are too."""
    key = ("email", "a@example.org")
    mirror.put(connection, [seen(keys=(key,))], sighting())

    mirror.put(connection, [seen(keys=(key,), is_archived=True)], sighting(minutes=1))
    assert {} == holders(connection, FILE, [key])
    assert ARCHIVED == mirrored(connection).presence

    mirror.put(connection, [seen(keys=(key,))], sighting(minutes=2))
    assert {key: ["1"]} == holders(connection, FILE, [key])


def test_the_last_of_two_sightings_in_one_page_counts(connection: Connection) -> None:
    """A page that names a record twice stores it once, as it was seen last."""
    mirror.put(connection, [seen(), seen(values={"name": "Grace"})], sighting())

    assert {"name": "Grace"} == mirrored(connection).values


def test_every_pair_on_the_end_hears_of_a_change(connection: Connection) -> None:
    """One sighting enters the pending set of each pair, on the side the end has in it (R2)."""
    register(connection, "second", source=("other", "rows"), crm=FILE)
    register(connection, "elsewhere", source=("other", "rows"), crm=CRM)

    mirror.put(connection, [seen()], sighting())

    assert {"1": 1} == waiting(connection)
    assert {"1": 1} == waiting(connection, "second", Side.CRM)
    assert {} == waiting(connection, "elsewhere", Side.CRM)
    assert {} == waiting(connection, "elsewhere")


def test_a_pair_does_not_hear_of_its_own_write(connection: Connection) -> None:
    """What a pair wrote itself is news to the others only."""
    register(connection, "second")

    mirror.put(connection, [seen()], sighting(quiet=PAIR))

    assert {} == waiting(connection)
    assert {"1": 1} == waiting(connection, "second")


def test_first_sight_proves_no_past(connection: Connection) -> None:
    """Evidence of a first sighting has no lower bound; a later change lies between two (R12)."""
    mirror.put(connection, [seen()], sighting())
    assert observed(None, 0) == mirrored(connection).evidence["name"]

    mirror.put(connection, [seen()], sighting(minutes=5))
    assert observed(None, 0) == mirrored(connection).evidence["name"]

    mirror.put(connection, [seen(values={"name": "Grace"})], sighting(minutes=9))
    assert observed(5, 9) == mirrored(connection).evidence["name"]


def test_a_covered_stretch_narrows_the_evidence(connection: Connection) -> None:
    """Where the end is known to have been unchanged until later, the interval begins there."""
    mirror.put(connection, [seen()], sighting())

    mirror.put(
        connection,
        [seen(values={"name": "Grace", "city": "Oslo"})],
        sighting(minutes=9, unchanged_until=after(7)),
    )

    evidence = mirrored(connection).evidence
    assert (observed(7, 9), observed(None, 9)) == (evidence["name"], evidence["city"])


def test_copied_evidence_stands(connection: Connection) -> None:
    """A value that we copied there keeps the time and origin of where it came from (R12)."""
    copied = Evidence(
        after=after(-9), until=after(-8), strength=Strength.FIELD, origin="crm/contact/7"
    )
    item = seen()

    mirror.put(connection, [Seen(record=item.record, copied={"name": copied})], sighting())

    assert copied == mirrored(connection).evidence["name"]


def test_a_record_read_within_its_own_second_is_racy(connection: Connection) -> None:
    """It may change again unseen under the same stamp, so it is read once more (R30)."""
    step = timedelta(seconds=1)
    stamped = [seen("1", modified_at=after(0)), seen("2", modified_at=after(-1)), seen("3")]

    mirror.put(connection, stamped, sighting(resolution=step))
    assert ["1"] == mirror.racy(connection, FILE)

    mirror.put(connection, stamped, sighting(minutes=1, resolution=step))
    assert [] == mirror.racy(connection, FILE)


def test_only_whole_records_make_a_hint_stale(connection: Connection) -> None:
    """A version is settled where the record is live, not racy and every mapped field was read."""
    items = [
        seen("whole"),
        seen("partly", values={}),
        seen("archived", is_archived=True),
        seen("racy", modified_at=after(0)),
    ]
    mirror.put(connection, items, sighting(resolution=timedelta(seconds=1)))

    found = mirror.settled_versions(
        connection, FILE, ["whole", "partly", "archived", "racy", "unknown"], ["name"]
    )

    assert {"whole": "v1"} == found


def test_a_listing_tells_whom_it_did_not_show(connection: Connection) -> None:
    """Live and suspect records of an older listing are told page by page, others are not."""
    mirror.put(connection, [seen(str(n)) for n in range(6)], sighting(listing=1))
    mirror.put(connection, [seen("0")], sighting(minutes=1, listing=2))
    mirror.put(connection, [seen("1", is_archived=True)], sighting(minutes=1))
    mirror.suspect(connection, FILE, ["2"], None)

    first = mirror.unseen(connection, FILE, 2, "", 3)

    assert ["2", "3", "4"] == first
    assert ["5"] == mirror.unseen(connection, FILE, 2, first[-1], 3)
    assert [] == mirror.unseen(connection, CRM, 2, "", 3)


def test_absence_is_believed_when_proven_often_enough(connection: Connection) -> None:
    """Only the needed number of absences makes a record missing, once, and pairs hear of it (I6)."""
    key = ("email", "a@example.org")
    mirror.put(connection, [seen(keys=(key,))], sighting())

    assert [] == mirror.note_absence(connection, FILE, ["1"], needed=2)
    assert {"1": 1} == waiting(connection)
    assert ["1"] == mirror.note_absence(connection, FILE, ["1"], needed=2)
    assert [] == mirror.note_absence(connection, FILE, ["1"], needed=2)

    row = mirrored(connection)
    assert (MISSING, 2) == (row.presence, row.revision)
    assert {"1": 2} == waiting(connection)
    assert {} == holders(connection, FILE, [key])


def test_a_sighting_ends_an_absence(connection: Connection) -> None:
    """Absences count in a row only; a missing record that is seen again is live and pending."""
    mirror.put(connection, [seen()], sighting())
    mirror.note_absence(connection, FILE, ["1"], needed=2)

    mirror.put(connection, [seen()], sighting(minutes=1))
    assert [] == mirror.note_absence(connection, FILE, ["1"], needed=2)

    mirror.note_absence(connection, FILE, ["1"], needed=2)
    assert ["1"] == mirror.put(connection, [seen()], sighting(minutes=2))
    assert (LIVE, 3) == (mirrored(connection).presence, mirrored(connection).revision)


def test_a_suspect_is_neither_source_nor_target(connection: Connection) -> None:
    """It is not live, holds no keys, keeps its values and counts as shown by its listing (R44)."""
    key = ("email", "a@example.org")
    mirror.put(connection, [seen(keys=(key,))], sighting(listing=1))

    mirror.suspect(connection, FILE, ["1", "unknown"], 2)
    mirror.suspect(connection, FILE, ["1"], 2)

    row = mirrored(connection)
    assert (SUSPECT, 2, {"name": "Ada"}) == (row.presence, row.revision, row.values)
    assert not row.is_live
    assert {"1": 2} == waiting(connection)
    assert {} == holders(connection, FILE, [key])
    assert [] == mirror.unseen(connection, FILE, 2, "", 9)


def test_keys_find_all_their_holders(connection: Connection) -> None:
    """Each asked key has its live holders, sorted; ends and key names do not mix."""
    shared, own = ("email", "a@example.org"), ("phone", "+4612345")
    mirror.put(connection, [seen("2", keys=(shared,)), seen("1", keys=(shared, own))], sighting())
    mirror.put(connection, [seen("9", keys=(shared,))], sighting(CRM))

    found = holders(
        connection, FILE, [shared, own, ("email", "+4612345"), ("email", "nobody@example.org")]
    )

    assert {shared: ["1", "2"], own: ["1"]} == found


def test_a_changed_record_lets_go_of_its_old_keys(connection: Connection) -> None:
    """Keys follow the values; writing them anew replaces them all."""
    old, new, other = [("email", f"{name}@example.org") for name in ("old", "new", "other")]
    mirror.put(connection, [seen(keys=(old, old))], sighting())

    mirror.put(connection, [seen(values={"name": "Grace"}, keys=(new,))], sighting(minutes=1))
    assert {new: ["1"]} == holders(connection, FILE, [old, new])

    mirror.reindex(connection, FILE, [seen(keys=(other,))])
    assert {other: ["1"]} == holders(connection, FILE, [old, new, other])


def test_a_key_of_any_length_is_found(connection: Connection) -> None:
    """A cell that holds a whole letter is a key like any other; two long ones do not meet."""
    noise = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyzäöü", k=20_000))
    long, longer = ("email", noise), ("email", f"{noise}x")
    mirror.put(connection, [seen("1", keys=(long,)), seen("2", keys=(longer,))], sighting())

    assert {long: ["1"], longer: ["2"]} == holders(connection, FILE, [long, longer])


def test_many_records_and_keys_at_once(connection: Connection) -> None:
    """A page of any size is stored, found and told; limits of one statement do not show."""
    items = [seen(f"{n:05}", keys=(("email", f"{n}@example.org"),)) for n in range(3_000)]
    keys = [item.keys[0] for item in items]
    ids = [item.record.id for item in items]

    assert ids == mirror.put(connection, items, sighting(listing=1))

    assert 3_000 == len(mirror.get(connection, FILE, [*ids, *ids]))
    assert ids == [held[0] for held in holders(connection, FILE, keys).values()]
    assert 3_000 == mirror.count_live(connection, FILE)
    assert 3_000 == len(waiting(connection))
    assert ids == mirror.note_absence(connection, FILE, ids, needed=1)


def test_records_are_paged_in_order_whatever_became_of_them(connection: Connection) -> None:
    """Pages follow one another by id and hold every presence."""
    mirror.put(connection, [seen("a"), seen("b", is_archived=True), seen("c")], sighting())

    first = mirror.page(connection, FILE, "", 2)

    assert ["a", "b"] == [row.id for row in first]
    assert ["c"] == [row.id for row in mirror.page(connection, FILE, "b", 2)]


def test_newcomers_are_those_first_seen_since(connection: Connection) -> None:
    """Only live records whose first sighting is not older than asked are told."""
    mirror.put(connection, [seen("1"), seen("2")], sighting())
    mirror.put(connection, [seen("1"), seen("3"), seen("4", is_archived=True)], sighting(minutes=5))

    assert ["3"] == [row.id for row in mirror.newcomers(connection, FILE, after(5), 9)]


def clearance(record: str, revision: int) -> Clearance:
    return Clearance(side=Side.SOURCE, id=record, revision=revision)


def observed(since: float | None, until: float) -> Evidence:
    return Evidence(
        after=None if since is None else after(since),
        until=after(until),
        strength=Strength.OBSERVED,
        origin="file/people/1",
    )
