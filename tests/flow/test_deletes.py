"""Deletes and restores: proven, carried over or not, and what an edit means for them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.contract import Verb
from adapters.errors import UnknownOutcome
from adapters.memory import OBJECT
from daemon.core.values import Side
from daemon.use_cases.attend import NotFound
from daemon.use_cases.unlinked import renew, unlinked
from state import redirects
from tests.flow.world import A_WEEK, LATER, SOON, SYNC, Killed, World, once, person, raising

NewWorld = Callable[..., World]
BOTH = (Verb.ARCHIVE, Verb.DELETE)


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A world in which deletes are carried over both ways."""
    return new_world(deletes={"source": "archive", "crm": "delete"})


async def synced(world: World, people: int = 1) -> None:
    """Have people on both sides, in sync."""
    for number in range(people):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)


async def runs(world: World, times: int) -> None:
    """Run some times, five minutes apart."""
    for _ in range(times):
        await world.run()
        world.pass_by(SOON)


async def test_a_record_in_the_bin_takes_its_partner_along(world: World) -> None:
    """A tombstone is proof: the partner goes into the bin too, its neighbours stay (R14, I6)."""
    await synced(world, 2)
    world.source.archive("s1")

    report = await world.run()

    assert ["c2"] == [record.id for record in world.crm.live()]
    assert world.crm.records["c1"].is_archived
    assert 1 == report.counts["removed"]
    assert {"s2": "c2"} == await world.linked()
    await world.rest()


async def test_the_other_way_deletes_for_good(world: World) -> None:
    """Each side has a policy of its own."""
    await synced(world, 2)
    world.crm.archive("c1")

    await world.run()

    assert ["s2"] == sorted(world.source.records)
    await world.rest()


async def test_an_absence_is_believed_after_two_whole_listings_and_reads(world: World) -> None:
    """What vanished without a trace is asked for until two Complete listings lacked it (I6)."""
    await synced(world, 2)
    world.source.erase("s1")
    world.pass_by(A_WEEK)

    await world.run()
    assert 2 == len(world.crm.live())

    world.pass_by(SOON)
    await world.run()
    assert ["c2"] == [record.id for record in world.crm.live()]
    await world.rest()


async def test_one_read_that_finds_nothing_removes_nobody(world: World) -> None:
    """A look before a write is one proof too few; two Complete listings complete it (I6)."""
    await synced(world, 2)
    world.crm.edit("c1", {"company": "New"})
    world.source.erase("s1")

    await world.run()
    assert 2 == len(world.crm.live())

    await world.run()
    assert 2 == len(world.crm.live())


async def test_a_cut_listing_removes_nobody(world: World) -> None:
    """Absence from a listing that ended early means nothing: the records are read directly (R39)."""
    await synced(world, 25)
    world.source.faults.cut_listing_after = 1

    for _ in range(3):
        world.pass_by(A_WEEK)
        await world.run()

    assert 25 == len(world.crm.live())


async def test_an_edit_beats_a_delete(world: World) -> None:
    """The edited record stays and the deleted one is made again, with a word in the log (I7)."""
    await synced(world)
    world.source.archive("s1")
    world.crm.edit("c1", {"company": "Kept"})

    await world.run()

    assert ["Kept"] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    (conflict,) = await world.conflicts()
    assert ("edit_vs_delete", "crm") == (conflict.reason, conflict.winner)
    assert {"s2": "c1"} == await world.linked()
    await world.rest()


async def test_a_delete_beats_an_edit_where_the_operator_says_so(world: World) -> None:
    """The edit is lost from both sides and kept in the log (I1, I7)."""
    world.configure(edit_vs_delete="delete")
    await synced(world)
    world.source.archive("s1")
    world.crm.edit("c1", {"company": "Lost"})

    await world.run()

    assert [] == world.crm.live()
    (conflict,) = await world.conflicts()
    assert ("Lost", "source", "edit_vs_delete") == (conflict.crm, conflict.winner, conflict.reason)
    await world.rest()


async def test_who_is_made_again_is_followed(world: World) -> None:
    """The old id leads to the new one (R41)."""
    await synced(world)
    world.source.archive("s1")
    world.crm.edit("c1", {"company": "Kept"})

    await world.run()

    assert "s2" == await world.state.read(redirects.latest, ("source", OBJECT), "s1")
    assert "s2" == await world.state.read(redirects.latest, ("source", OBJECT), "s2")


async def test_who_comes_back_beside_a_successor_waits_for_a_person(world: World) -> None:
    """Deleted, made again elsewhere and then restored: no second partner is made (R34, R41)."""
    await synced(world)
    world.crm.archive("c1")
    world.source.edit("s1", {"company": "Kept"})
    await runs(world, 1)
    assert {"s1": "c2"} == await world.linked()
    world.crm.edit("c2", {"email": "new@example.com", "phone": "+493090189999"})
    world.crm.restore("c1")

    await runs(world, 2)

    assert ["s1"] == [record.id for record in world.source.live()]
    assert ["has_successor"] == [entry.rule for entry in await world.apart()]


async def test_who_comes_back_brings_the_partner_back(world: World) -> None:
    """A delete that is undone where it was done is undone on the other side too."""
    await synced(world)
    world.source.archive("s1")
    await runs(world, 1)
    world.source.restore("s1")

    await world.run()

    assert ["Company0"] == world.values(Side.CRM, "company")
    assert {"s1": "c2"} == await world.linked()
    await world.rest()


async def test_who_is_restored_against_our_removal_stays_alone(world: World) -> None:
    """A person took the record we removed out of the bin: it stays, and nobody is made anew (R34)."""
    await synced(world)
    world.source.archive("s1")
    await runs(world, 1)
    world.crm.restore("c1")

    await world.run()

    assert ["c1"] == [record.id for record in world.crm.live()]
    assert [] == world.source.live()
    await world.rest()


async def test_a_tombstone_lasts_until_the_key_changes(new_world: NewWorld) -> None:
    """An unlinked record is not created again, but somebody else in its place is (R14)."""
    world = new_world()
    await synced(world)
    world.crm.archive("c1")
    await runs(world, 1)
    world.source.edit("s1", {"company": "Elsewhere"})
    await runs(world, 1)
    assert [] == world.crm.live()

    world.source.edit("s1", {"email": "another@example.com"})
    await world.run()

    assert ["another@example.com"] == world.values(Side.CRM, "email")
    await world.rest()


async def test_a_tombstone_lasts_until_a_person_says_so(new_world: NewWorld) -> None:
    """Who stands alone is listed, and gets a new partner when told; the word is kept (R14)."""
    world = new_world()
    await synced(world)
    world.crm.archive("c1")
    await runs(world, 1)
    (alone,) = await unlinked(world.state, sync=SYNC)
    assert ("source", "s1", "c1") == (alone.side, alone.record, alone.gone)

    await renew(world.state, world.clock, link=alone.link, by="ada")
    await world.run()

    assert {"s1": "c2"} == await world.linked()
    assert [] == await unlinked(world.state)
    with pytest.raises(NotFound, match="No record stands alone"):
        await renew(world.state, world.clock, link=alone.link, by="ada")
    await world.rest()


@pytest.mark.parametrize("has_precondition", [False, True])
async def test_an_edit_in_the_last_moment_saves_the_record(
    world: World, *, has_precondition: bool
) -> None:
    """Before a removal the record is looked at once more, whole (R21, R35)."""
    world.able(Side.CRM, has_precondition=has_precondition, removals=frozenset(BOTH))
    await synced(world)
    world.source.archive("s1")
    world.crm.faults.before = once(
        "archive" if has_precondition else "read",
        lambda: world.crm.edit("c1", {"company": "Late"}),
    )

    await world.run()

    assert ["Late"] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")


async def test_who_is_back_in_the_last_moment_saves_the_partner(world: World) -> None:
    """Before a removal its reason is looked at once more (I6)."""
    await synced(world)
    world.source.archive("s1")
    await world.run(is_preview=True)
    world.crm.faults.before = once("read", lambda: world.source.restore("s1"))

    await world.run()

    assert ["c1"] == [record.id for record in world.crm.live()]
    assert {"s1": "c1"} == await world.linked()


async def test_an_unread_field_holds_the_removal(world: World) -> None:
    """A record that was not read whole cannot be shown unmoved (R43, I24)."""
    await synced(world)
    hidden = dict(world.crm.records["c1"].values)
    hidden.pop("company")
    world.crm.records["c1"].values = hidden
    world.crm.edit("c1", {"first_name": "Name0"})
    world.source.archive("s1")

    report = await world.run()

    assert ["c1"] == [record.id for record in world.crm.live()]
    assert {"unread_field": 1} == report.skipped


async def test_a_removal_without_a_reply_is_looked_up(world: World) -> None:
    """Gone is gone, whoever did it: recovery settles it and sends nothing (R31)."""
    await synced(world)
    world.source.archive("s1")
    lost = UnknownOutcome("The reply was lost.", code="lost")
    world.crm.faults.after = once("archive", raising(lost))

    await world.run()
    world.pass_by(LATER)
    await world.run()

    assert [("archive", "c1")] == [write for write in world.crm.writes if write[0] == "archive"]
    assert {} == await world.linked()
    await world.rest()


@pytest.mark.parametrize("has_happened", [False, True])
async def test_a_kill_around_a_removal_changes_nothing(world: World, *, has_happened: bool) -> None:
    """Killed before or after it took effect: the end is the same (faults 1, 2)."""
    await synced(world)
    world.source.archive("s1")
    strike = once("archive", raising(Killed()))
    if has_happened:
        world.crm.faults.after = strike
    else:
        world.crm.faults.before = strike
    with pytest.raises(Killed):
        await world.run()

    world.start()
    world.pass_by(LATER)
    await runs(world, 2)

    assert [] == world.crm.live()
    assert 1 == len([write for write in world.crm.writes if write[0] == "archive"])
    await world.rest()


async def test_a_removal_the_system_cannot_do_is_refused_before_anything(
    new_world: NewWorld,
) -> None:
    """The message names the policy, the connection and what it can do (R14)."""
    world = new_world(deletes={"source": "archive", "crm": "unlink"})
    world.able(Side.CRM, removals=frozenset({Verb.DELETE}))
    world.source.make(person(0))

    report = await world.run()

    assert "failed" == report.outcome
    assert "would archive records of 'crm', which can do `delete`" in report.error


async def test_ignore_keeps_the_link_waiting(new_world: NewWorld) -> None:
    """The partner stays, and once the record is back both are kept the same as before."""
    world = new_world(deletes={"source": "ignore", "crm": "ignore"})
    await synced(world)
    world.source.archive("s1")
    await runs(world, 2)
    world.crm.edit("c1", {"company": "Meanwhile"})
    await runs(world, 1)
    world.source.restore("s1")

    await runs(world, 2)

    assert ["Meanwhile"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_both_gone_ends_the_link(world: World) -> None:
    """Nothing is left to remove; nobody is made again."""
    await synced(world)
    world.source.archive("s1")
    world.crm.archive("c1")

    await world.run()

    assert {} == await world.linked()
    assert [] == world.source.live() == world.crm.live()
    world.pass_by(timedelta(days=1))
    await world.rest()
