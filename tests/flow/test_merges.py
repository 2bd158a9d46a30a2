"""Merges that people make are followed (R9, R42, R44, I20)."""

from collections.abc import Callable

import pytest

from adapters.contract import Reading
from adapters.memory import OBJECT, MemoryAdapter, lost_reply
from daemon.core.values import Side
from state import links, redirects
from state.links import FOLDED
from tests.flow.rolling import REMOVES, rolled_back
from tests.flow.world import A_WEEK, SOON, SYNC, World, on_nth, once, person, raising

REMOVING = {"deletes": {"source": "archive", "crm": "archive"}}

MANNERS = pytest.mark.parametrize("answers", [True, False], ids=["answers", "stays_in_bin"])
"""HubSpot answers for a merged record with the one that survived; Salesforce keeps it in the bin."""


async def two_people(world: World, *, answers: bool) -> None:
    """Let two people be linked: s1 with c1, s2 with c2."""
    world.crm.answers_for_merged = answers
    for number in (1, 2):
        world.source.make(person(number))
        world.crm.make(person(number))
    await world.run()
    assert {"s1": "c1", "s2": "c2"} == await world.linked()


async def again(world: World) -> None:
    world.pass_by(SOON)
    await world.run()


@MANNERS
async def test_a_link_follows_to_the_record_that_survived(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R9, I20: whom nobody was linked to takes the place; nothing is made or removed."""
    world = new_world(create={"crm": True, "source": False}, **REMOVING)
    await two_people(world, answers=answers)
    world.crm.make({"email": "third@example.com", "company": "Third"})
    await again(world)
    before = list(world.crm.writes + world.source.writes)

    world.crm.merge("c3", "c2", {"last_name": "Family2"})
    await again(world)
    await again(world)

    assert {"s1": "c1", "s2": "c3"} == await world.linked()
    made = [verb for verb, _ in world.crm.writes + world.source.writes]
    assert len(before) == made.count("create") + made.count("archive")
    assert "Third" == world.source.records["s2"].values["company"]
    assert "archived" == await world.presence(Side.CRM, "c2")
    await world.rest()


@MANNERS
async def test_a_merge_empties_nothing_on_the_other_side(
    new_world: Callable[..., World], answers: bool
) -> None:
    """I1: what the survivor lacks is filled, not taken away from the partner."""
    world = new_world(create={"crm": True, "source": False})
    await two_people(world, answers=answers)
    world.crm.make({"email": "third@example.com"})
    await again(world)

    world.crm.merge("c3", "c2", {})
    await again(world)

    assert "Company2" == world.source.records["s2"].values["company"]
    assert "Company2" == world.crm.records["c3"].values["company"]
    await world.rest()


@MANNERS
async def test_two_links_that_meet_on_one_record_fold(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R9, R42: the survivor's own link stays; the other's partner is told, never deleted or doubled."""
    world = new_world(**REMOVING)
    await two_people(world, answers=answers)

    world.crm.merge("c1", "c2", {"company": "Company2"})
    await again(world)
    await again(world)

    assert {"s1": "c1"} == await world.linked()
    assert ["s1", "s2"] == [stored.id for stored in world.source.live()]
    assert ["c1"] == [stored.id for stored in world.crm.live()]
    (entry,) = await world.apart()
    assert ("s2", "merged_there") == (entry.record, entry.rule)
    assert "c2 was merged into c1, which belongs to s1" in entry.message
    await world.rest()


@MANNERS
async def test_differing_fields_of_a_fold_are_compared_as_if_for_the_first_time(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R9: neither value is taken for an edit of the other; the loser is in the log (I1)."""
    world = new_world(conflicts={"default": "manual"})
    await two_people(world, answers=answers)

    world.crm.merge("c1", "c2", {"company": "Company2"})
    await again(world)

    (conflict,) = [one for one in await world.conflicts() if one.status == "open"]
    assert ("Company1", "Company2") == (conflict.source, conflict.crm)
    assert "first_contact" == conflict.reason


@MANNERS
async def test_a_fold_keeps_the_link_whose_other_side_is_alive(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R42: the survivor's own partner was deleted; it gets the partner of the other one."""
    world = new_world(**REMOVING)
    await two_people(world, answers=answers)

    world.source.archive("s1")
    world.crm.merge("c1", "c2", {})
    await again(world)
    await again(world)

    assert {"s2": "c1"} == await world.linked()
    assert ["c1"] == [stored.id for stored in world.crm.live()]
    await world.rest()


@MANNERS
@pytest.mark.parametrize("deletes", ["archive", "unlink", "ignore"])
async def test_when_the_one_goes_the_other_takes_its_place(
    new_world: Callable[..., World], answers: bool, deletes: str
) -> None:
    """R42: a duplicate is cleaned up by deleting either; the record that survived is not deleted."""
    world = new_world(deletes={"source": deletes, "crm": deletes})
    await two_people(world, answers=answers)
    world.crm.merge("c1", "c2", {})
    await again(world)

    world.source.archive("s1")
    for _ in range(3):
        await again(world)

    assert {"s2": "c1"} == await world.linked()
    assert ["c1"] == [stored.id for stored in world.crm.live()]
    assert [] == await world.apart()
    await world.rest()


@MANNERS
async def test_merging_the_duplicates_here_too_ends_the_waiting(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R42: the same two people merged in both systems are one link, whichever id survives."""
    world = new_world(**REMOVING)
    world.source.answers_for_merged = answers
    await two_people(world, answers=answers)
    world.crm.merge("c1", "c2", {})
    await again(world)

    world.source.merge("s2", "s1", {})
    for _ in range(3):
        await again(world)

    assert {"s2": "c1"} == await world.linked()
    assert [] == await world.apart()
    assert (1, 1) == (len(world.source.live()), len(world.crm.live()))
    await world.rest()


@MANNERS
async def test_chains_of_merges_lead_to_the_last_survivor(
    new_world: Callable[..., World], answers: bool
) -> None:
    """I20: c1 into c2, c2 into c3, both between two runs."""
    world = new_world(create={"crm": True, "source": False}, **REMOVING)
    await two_people(world, answers=answers)
    world.crm.make({"email": "third@example.com"})
    await again(world)

    world.crm.merge("c2", "c1", {})
    world.crm.merge("c3", "c2", {})
    await again(world)
    await again(world)

    assert ["c3"] == list((await world.linked()).values())
    assert 2 == len(world.source.live())
    noted = await world.state.read(redirects.latest, ("crm", OBJECT), "c1")
    assert "c3" == noted
    await world.rest()


async def test_a_merge_undone_gives_both_their_links_back(
    new_world: Callable[..., World],
) -> None:
    """Fault 42: taken back from the bin, a merged record has its own partner again."""
    world = new_world(**REMOVING)
    await two_people(world, answers=False)
    world.crm.merge("c1", "c2", {})
    await again(world)

    world.crm.restore("c2")
    await again(world)

    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    assert [] == await world.apart()
    await world.rest()


@MANNERS
async def test_a_merge_that_is_told_between_plan_and_write_moves_the_write(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R21, I20: nothing is written to a record that was merged away meanwhile."""
    world = new_world(create={"crm": True, "source": False})
    await two_people(world, answers=answers)
    world.crm.make({"email": "third@example.com"})
    await again(world)
    world.source.edit("s2", {"company": "New"})

    world.crm.faults.before = on_nth("read", 1, lambda: world.crm.merge("c3", "c2", {}))
    await again(world)
    await again(world)

    assert {"s1": "c1", "s2": "c3"} == await world.linked()
    assert "New" == world.crm.records["c3"].values["company"]
    await world.rest()


@MANNERS
async def test_a_merge_is_never_carried_over_as_a_delete(
    new_world: Callable[..., World], answers: bool
) -> None:
    """I6: the removal of a partner is called off where the read before it finds a merge."""
    world = new_world(**REMOVING)
    await two_people(world, answers=answers)
    world.crm.archive("c2")

    def merge_instead() -> None:
        world.crm.restore("c2")
        world.crm.merge("c1", "c2", {})

    world.source.faults.before = on_nth("read", 1, merge_instead)
    await again(world)
    await again(world)

    assert ["s1", "s2"] == [stored.id for stored in world.source.live()]


async def test_a_survivor_that_was_not_answered_is_left_alone_until_it_is(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R44: it is neither source nor target, and the next look follows the merge."""
    world = new_world(create={"crm": True, "source": False})
    await two_people(world, answers=False)
    world.crm.make({"email": "third@example.com", "company": "Third"})
    await again(world)
    read = MemoryAdapter.read

    async def silent(
        self: MemoryAdapter, object_name: str, ids: list[str], fields: list[str]
    ) -> Reading:
        found = await read(self, object_name, ids, fields)
        left = [record for record in found.records if record.id != "c3"]
        return Reading(records=left, missing=found.missing, redirects=found.redirects)

    monkeypatch.setattr(MemoryAdapter, "read", silent)
    world.crm.merge("c3", "c2", {})
    world.source.edit("s2", {"company": "New"})
    await again(world)
    assert "suspect" == await world.presence(Side.CRM, "c2")
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    monkeypatch.undo()
    await again(world)
    await again(world)

    assert {"s1": "c1", "s2": "c3"} == await world.linked()
    await world.rest()


@MANNERS
async def test_a_survivor_that_was_deleted_since_is_gone_like_any_other(
    new_world: Callable[..., World], answers: bool
) -> None:
    """I6: then both absences are true, and the pair's policy holds."""
    world = new_world(deletes={"source": "ignore", "crm": "archive"})
    await two_people(world, answers=answers)

    world.crm.merge("c1", "c2", {})
    world.crm.archive("c1")
    for _ in range(3):
        await again(world)
    world.pass_by(A_WEEK)
    await world.run()

    assert "s1" not in [stored.id for stored in world.source.live()]
    assert {} == await world.linked()


@MANNERS
async def test_a_folded_link_is_remembered_with_the_one_that_took_it_over(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R42: later merges of the record that kept it lead on."""
    world = new_world()
    await two_people(world, answers=answers)
    world.source.make(person(3))
    await again(world)

    world.crm.merge("c1", "c2", {})
    await again(world)
    third = (await world.links())["s3"]
    world.crm.merge(third.crm_id, "c1", {})
    await again(world)

    found = await world.state.read(links.folded_into, [third.id])
    assert ["s1", "s2"] == sorted(row.source_id for row in found[third.id])
    assert {FOLDED} == {row.status for row in found[third.id]}
    assert {"merged_there"} == {entry.rule for entry in await world.apart()}
    assert SYNC == third.pair


@MANNERS
async def test_a_rollback_leaves_what_was_merged_since(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R24: kept, with the record it was merged into; what the run did to others is taken back."""
    world = new_world(create={"crm": True, "source": False})
    world.able(Side.CRM, removals=REMOVES)
    world.crm.answers_for_merged = answers
    for number in (1, 2):
        world.source.make(person(number))
    await world.run()
    world.crm.make({"email": "third@example.com"})
    await again(world)

    world.crm.merge("c3", "c2", {})
    await again(world)
    report = await rolled_back(world)

    assert [("c2", "it was merged into c3")] == [(one.record, one.why) for one in report.kept]
    assert ["c3"] == [stored.id for stored in world.crm.live()]
    assert {"s2": "c3"} == await world.linked()


@MANNERS
async def test_a_write_without_a_reply_to_a_record_merged_since_is_settled(
    new_world: Callable[..., World], answers: bool
) -> None:
    """R31: nobody can say any more whether it landed; it is planned afresh, nothing stays open."""
    world = new_world(create={"crm": True, "source": False})
    await two_people(world, answers=answers)
    world.crm.make({"email": "third@example.com"})
    await again(world)
    world.source.edit("s2", {"company": "New"})
    world.crm.faults.before = once("update", raising(lost_reply()))
    await world.run()

    world.crm.faults.before = lambda _purpose: None
    world.crm.merge("c3", "c2", {})
    await again(world)
    await again(world)

    assert {"s1": "c1", "s2": "c3"} == await world.linked()
    assert "New" == world.crm.records["c3"].values["company"]
    await world.rest()
