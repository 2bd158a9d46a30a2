"""What is read, what is believed, and what no look may conclude."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.contract import Reading
from adapters.memory import MemoryAdapter
from daemon.core.values import Side
from tests.flow.world import A_WEEK, SOON, World, person

NewWorld = Callable[..., World]


async def test_our_own_writes_are_not_read_again(world: World) -> None:
    """The feed tells of what we wrote; its version is known, so nothing is read (R28, fault 44)."""
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)

    report = await world.run()

    assert {"changes": 2} == report.api.by_purpose
    await world.rest()


async def test_an_edit_costs_one_read(world: World) -> None:
    """Only what the feed tells of is read, in one call."""
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)
    for record in ("s1", "s2"):
        world.source.edit(record, {"company": "New"})

    report = await world.run()

    # One read of the source, one look before the update, one sample to verify.
    assert 3 == report.api.by_purpose["read"]
    assert ["Company2", "New", "New"] == world.values(Side.CRM, "company")
    await world.rest()


async def test_a_second_change_in_the_same_second_is_seen(world: World) -> None:
    """Read in the second of its stamp, a record is read once more on the next poll (R30)."""
    world.able(Side.CRM, time_resolution=timedelta(seconds=1))
    world.crm.make(person(1))
    await world.run()
    world.clock.moment = world.clock.moment.replace(microsecond=0) + SOON
    world.crm.edit("c1", {"company": "First"})
    await world.run()
    world.crm.edit("c1", {"company": "Second"})
    world.crm.records["c1"].version -= 1  # the stamp is the version: nothing shows
    world.pass_by(SOON)

    await world.run()

    assert ["Second"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_a_cut_listing_loses_nobody(world: World) -> None:
    """What a listing lacks and a read finds is there: the listing was not complete (R39)."""
    for number in range(25):
        world.source.make(person(number))
    await world.run()
    world.crm.faults.cut_listing_after = 1
    world.pass_by(A_WEEK)

    report = await world.run()

    assert "nothing" == report.outcome
    assert ["crm/people: the listing lacked records that are there"] == report.notes
    assert 25 == len(await world.linked())
    world.crm.faults.cut_listing_after = None
    await world.rest()


async def test_a_listing_that_repeats_itself_proves_nothing(world: World) -> None:
    """A Partial listing is told, and absence in it means nothing (R4, I6)."""
    for number in range(25):
        world.source.make(person(number))
    await world.run()
    world.crm.erase("c25")
    world.crm.faults.loops_listing = True
    world.pass_by(A_WEEK)

    report = await world.run()

    assert ["crm/people: listing incomplete (the page token repeats)"] == report.notes
    assert "live" == await world.presence(Side.CRM, "c25")


async def test_nothing_is_created_before_both_sides_are_whole(world: World) -> None:
    """A first listing that breaks off creates nobody: they may be on the part not seen (R5)."""
    for number in range(25):
        world.crm.make(person(number))
    world.source.make(person(8))
    world.source.make(person(99))
    world.crm.faults.loops_listing = True

    first = await world.run()

    assert ("nothing", 2) == (first.outcome, len(world.source.live()))
    assert 0 < first.skipped["listing_incomplete"]
    world.crm.faults.loops_listing = False
    await world.run()
    assert 26 == len(world.source.live()) == len(world.crm.live())
    await world.rest()


async def test_an_absence_is_believed_after_two_listings(world: World) -> None:
    """One listing and a direct read are not enough: the second comes soon and confirms (I6)."""
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    world.crm.erase("c2")
    world.pass_by(A_WEEK)

    await world.run()
    once_absent = (await world.presence(Side.CRM, "c2"), len(await world.linked()))
    world.pass_by(SOON)
    await world.run()

    assert ("live", 3) == once_absent
    assert "missing" == await world.presence(Side.CRM, "c2")
    assert {"s1": "c1", "s3": "c3"} == await world.linked()
    assert 3 == len(world.source.live())
    await world.rest()


async def test_who_comes_back_between_two_listings_was_never_gone(world: World) -> None:
    """An absence that is not confirmed is forgotten (I6)."""
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    stored = world.crm.records.pop("c2")
    world.pass_by(A_WEEK)
    await world.run()
    world.crm.records["c2"] = stored
    world.pass_by(SOON)

    await world.run()

    assert ("live", 3) == (await world.presence(Side.CRM, "c2"), len(await world.linked()))
    await world.rest()


async def test_a_side_that_shows_nobody_is_not_believed(world: World) -> None:
    """All gone at once is an accident: nothing is concluded or written, and it goes on later (R18)."""
    for number in range(2):
        world.source.make(person(number))
    await world.run()
    stored, world.crm.records = world.crm.records, {}
    world.pass_by(A_WEEK)

    report = await world.run()

    assert ("held", ["empty_side"]) == (report.outcome, [trip.guard for trip in report.guards])
    assert "shows no record at all, and had 2 before" in report.guards[0].reason
    assert report.next_steps
    world.crm.records = stored
    await world.run()
    assert 2 == len(await world.linked())
    await world.rest()


async def test_a_side_may_be_emptied_into_its_bin(world: World) -> None:
    """Where every record is read back as archived, nobody is in doubt (R18, R39)."""
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    for record in ("c1", "c2", "c3"):
        world.crm.archive(record)
    world.pass_by(A_WEEK)

    assert "" == (await world.run()).error
    assert ({}, 3) == (await world.linked(), len(world.source.live()))
    await world.rest()


@pytest.mark.parametrize("people", [0, 1])
async def test_few_records_may_all_go(world: World, people: int) -> None:
    """Nobody, or the only one gone, is no accident."""
    for number in range(people):
        world.source.make(person(number))
    await world.run()
    world.crm.records.clear()
    world.pass_by(A_WEEK)

    assert "" == (await world.run()).error


async def test_an_archived_record_is_gone_at_once(world: World) -> None:
    """A system's own word that a record is in the bin is a proof by itself (I6)."""
    world.source.make(person(1))
    await world.run()
    world.pass_by(SOON)
    world.crm.archive("c1")

    await world.run()

    assert ("archived", {}) == (await world.presence(Side.CRM, "c1"), await world.linked())
    assert 1 == len(world.source.live())
    await world.rest()


def a_file(world: World) -> None:
    """Make the source a thing people save whole, and list it every time."""
    world.able(Side.SOURCE, is_remote=False, is_saved_whole=True, has_external_id=False)
    world.configure(schedule={"every": "5m", "full": "5m"})


def rename(world: World, old: str, new: str) -> None:
    """Give a row of the file another key, as a person does."""
    stored = world.source.records.pop(old)
    world.source.records[new] = replace(stored, id=new)


async def test_an_edited_key_keeps_its_partner(world: World) -> None:
    """A vanished key and a new one with the same cells are one row (R11)."""
    a_file(world)
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    rename(world, "s2", "row-2")
    world.source.edit("row-2", {"company": "New"})
    world.pass_by(SOON)

    await world.run()

    assert {"s1": "c1", "row-2": "c2", "s3": "c3"} == await world.linked()
    assert ["Company0", "Company2", "New"] == world.values(Side.CRM, "company")
    await world.rest()


async def test_a_deleted_row_is_nobody_elses(world: World) -> None:
    """A row goes and another one comes: two people, unless their cells say otherwise (R11)."""
    a_file(world)
    for number in range(3):
        world.source.make(person(number))
    world.source.make({})
    await world.run()
    for record in ("s2", "s4"):
        world.source.erase(record)
    world.source.make(person(7))
    for _ in range(2):
        world.pass_by(SOON)
        await world.run()

    assert {"s1": "c1", "s3": "c3", "s5": "c4"} == await world.linked()
    assert 4 == len(world.crm.live())
    await world.rest()


async def test_an_unclear_key_edit_is_not_followed(world: World) -> None:
    """Two rows that could each be the vanished one: nobody guesses, nobody is doubled (R11)."""
    a_file(world)
    for number in range(3):
        world.source.make(person(number))
    await world.run()
    rename(world, "s2", "row-2")
    world.source.records["row-3"] = replace(
        world.source.records["row-2"],
        id="row-3",
        values=dict(world.source.records["row-2"].values),
    )
    world.pass_by(SOON)

    await world.run()

    assert {"s1": "c1", "s2": "c2", "s3": "c3"} == await world.linked()
    assert 3 == len(world.crm.live())


async def test_a_newly_mapped_field_is_read_before_it_is_synced(new_world: NewWorld) -> None:
    """Until a listing has read it, the field is unknown: not empty, not written (R2, I24)."""
    world = new_world(fields={"company": False})
    world.source.make(person(1))
    world.crm.make(person(1, company="Theirs"))
    await world.run()
    before = world.values(Side.CRM, "company")
    world.configure(fields={"company": {"to": "company", "policy": "source"}})
    world.pass_by(SOON)

    report = await world.run()

    assert 2 == report.api.by_purpose["listing"]
    assert (["Theirs"], ["Company1"]) == (before, world.values(Side.CRM, "company"))
    await world.rest()


class Forgetful(MemoryAdapter):
    """A system whose replies to reads leave a record out, without a word."""

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        told = await super().read(object_name, ids, fields)
        return Reading(records=list(told.records)[1:])


async def test_the_cursor_waits_for_what_was_not_answered(world: World) -> None:
    """A hint whose record the reply left out is not passed: it is seen soon, not in a week (R3)."""
    world.source.make(person(1))
    await world.run()
    world.pass_by(SOON)
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c1", {"company": "Edited"})
    world.adapters["crm"] = Forgetful
    await world.run()

    del world.adapters["crm"]
    world.pass_by(SOON)
    await world.run()

    assert ["Edited"] == world.values(Side.SOURCE, "company")
