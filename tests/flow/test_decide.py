"""Deciding pending records: who is linked, created, left alone, and what a person's word does."""

from collections.abc import Callable

import pytest

from daemon.core.values import Side, Value
from state import attention
from tests.flow.world import A_WEEK, SOON, World, person

NewWorld = Callable[..., World]


async def synced(world: World, people: int = 1) -> None:
    """Have people on both sides, in sync."""
    for number in range(people):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)


@pytest.mark.parametrize(
    ("create", "left", "right"),
    [
        ({}, 1, 2),
        ({"crm": True, "source": True}, 2, 2),
        ({"crm": False}, 1, 1),
        ({"crm": False, "source": True}, 2, 1),
    ],
)
async def test_creation_has_a_scope(
    new_world: NewWorld, create: dict[str, bool], left: int, right: int
) -> None:
    """By default the CRM gets what it lacks, and is not poured into the source (R10)."""
    world = new_world(create=create)
    world.source.make(person(1))
    world.crm.make(person(2))

    await world.run()

    assert (left, right) == (len(world.source.live()), len(world.crm.live()))
    await world.rest()


@pytest.mark.parametrize(("direction", "side"), [("push", Side.CRM), ("pull", Side.SOURCE)])
async def test_a_one_way_sync_creates_on_one_side(
    new_world: NewWorld, direction: str, side: Side
) -> None:
    """Where no value may travel, nobody is created."""
    world = new_world(direction=direction)
    world.source.make(person(1))
    world.crm.make(person(2))

    await world.run()

    assert (2, 1) == (len(world.system(side).live()), len(world.system(side.other).live()))
    await world.rest()


async def test_a_merging_sync_fills_and_then_follows(new_world: NewWorld) -> None:
    """``found: merge`` leaves differing fields alone at first; later edits travel."""
    world = new_world(match={"found": "merge"})
    world.source.make(person(1, company="Mine", phone=None))
    world.crm.make(person(1, company="Theirs", last_name=None))
    await world.run()
    first = (world.values(Side.SOURCE, "company"), world.values(Side.CRM, "company"))
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "New"})

    await world.run()

    assert (["Mine"], ["Theirs"]) == first
    assert ["Family1"] == world.values(Side.CRM, "last_name")
    assert ["+493090180001"] == world.values(Side.SOURCE, "phone")
    assert ["New"] == world.values(Side.CRM, "company")
    (conflict,) = await world.conflicts()
    assert ("lossy", "Theirs") == (conflict.reason, conflict.crm)
    await world.rest()


async def test_twins_are_asked_about_until_one_is_gone(world: World) -> None:
    """Two records of one address are for a person; when one changes the other is linked (R8)."""
    world.source.make(person(1))
    world.source.make(person(1, first_name="Twin"))
    world.crm.make(person(1))
    await world.run()
    asked = sorted(item.rule for item in await world.apart())
    world.pass_by(SOON)
    world.source.edit("s2", {"email": "twin@example.com", "phone": None})

    await world.run()

    assert ["ambiguous_match", "duplicate_in_side", "duplicate_in_side"] == asked
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    assert [] == await world.apart()
    await world.rest()


async def test_nobody_is_linked_twice(world: World) -> None:
    """Two records lead to one by different keys: the surer one is linked, the other asks (R9)."""
    world.configure(conflicts={"fields": {"phone": "manual"}})
    world.source.make(person(1, phone="+4930901899"))
    world.source.make(person(1, email=None))
    world.crm.make(person(1))

    await world.run()

    assert {"s1": "c1"} == await world.linked()
    assert {("s2", "ambiguous_match")} == {
        (item.record, item.rule) for item in await world.apart() if item.side is Side.SOURCE
    }
    assert 1 == len(world.crm.live())
    await world.rest()


async def test_a_deleted_record_is_not_made_again(world: World) -> None:
    """``unlink`` leaves a tombstone: an edit of the survivor brings nobody back (R14)."""
    await synced(world)
    world.crm.archive("c1")
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "New"})

    report = await world.run()

    assert ({}, 0, 1) == (await world.linked(), len(world.crm.live()), len(world.source.live()))
    assert {"unlinked": 1} == report.skipped
    await world.rest()


@pytest.mark.parametrize("policy", ["unlink", "ignore"])
async def test_a_restored_record_is_linked_again_with_its_base(world: World, policy: str) -> None:
    """Out of the bin: the link holds as before, and what happened meanwhile is decided (R34)."""
    world.configure(deletes={"crm": policy})
    await synced(world)
    world.crm.archive("c1")
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "New"})
    world.crm.restore("c1")

    await world.run()

    assert ({"s1": "c1"}, ["New"]) == (await world.linked(), world.values(Side.CRM, "company"))
    assert [] == await world.conflicts()
    await world.rest()


async def test_an_edit_of_what_is_deleted_there_is_told(world: World) -> None:
    """Nothing is deleted on the other side, and the edit made there stands in the log (I7)."""
    await synced(world)
    world.source.edit("s1", {"company": "New"})
    world.crm.archive("c1")

    await world.run()

    (conflict,) = await world.conflicts()
    assert ("edit_vs_delete", "New", "source") == (
        conflict.reason,
        conflict.source,
        conflict.winner,
    )
    assert ["New"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_both_gone_is_the_end_of_a_link(world: World) -> None:
    """Nobody left on either side: nothing to tell, nothing to write."""
    await synced(world, people=2)
    world.crm.archive("c1")
    world.source.archive("s1")

    report = await world.run()

    assert ("nothing", {"s2": "c2"}) == (report.outcome, await world.linked())
    assert [] == await world.conflicts()
    await world.rest()


@pytest.mark.parametrize(
    ("source", "crm", "apart"),
    [
        ({"email": "nonsense", "company": "New"}, "New", ["invalid_email"]),
        ({"phone": "call me", "company": "New"}, "New", ["invalid_phone"]),
    ],
)
async def test_a_bad_value_of_a_linked_record_stops_its_field_only(
    world: World, source: dict[str, Value], crm: str, apart: list[str]
) -> None:
    """The link says who it is, so even a bad match key holds back nothing else (I22)."""
    world.configure(match={"on": ["email"]})
    await synced(world, people=2)
    world.source.edit("s1", source)
    world.source.edit("s2", {"company": "Other"})

    await world.run()

    assert apart == [item.rule for item in await world.apart()]
    assert sorted([crm, "Other"]) == world.values(Side.CRM, "company")
    await world.rest()


@pytest.mark.parametrize(("first", "second"), [(Side.SOURCE, Side.CRM), (Side.CRM, Side.SOURCE)])
async def test_the_later_of_two_edits_wins(world: World, first: Side, second: Side) -> None:
    """The systems are asked when the field changed; a new match of the same page waits for it."""
    await synced(world)
    world.source.make(person(8))
    world.crm.make(person(8))
    for side, value in ((first, "Earlier"), (second, "Later")):
        record = (await world.links())["s1"].record(side)
        world.system(side).edit(record, {"company": value})
        world.pass_by(SOON)

    report = await world.run()

    assert ["Company8", "Later"] == world.values(first, "company")
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    assert 2 == report.api.by_purpose["times"]
    (conflict,) = await world.conflicts()
    assert ("both_changed", second.value) == (conflict.reason, conflict.winner)
    await world.rest()


async def test_who_is_invalid_is_not_made_on_the_other_side(world: World) -> None:
    """A CRM record without a usable address is set apart; the source gets the others."""
    world.crm.make(person(1, email="nonsense"))
    world.crm.make(person(2))

    await world.run()

    assert [("c1", "invalid_email")] == [(item.record, item.rule) for item in await world.apart()]
    assert ["person2@example.com"] == world.values(Side.SOURCE, "email")
    await world.rest()


async def test_an_empty_record_makes_nobody(world: World) -> None:
    """Nothing filled is nothing to write."""
    world.source.make({})

    report = await world.run()

    assert ({"nothing_to_write": 1}, []) == (report.skipped, world.crm.live())
    await world.rest()


async def in_conflict(world: World) -> int:
    """Have both sides edit a field that a person decides; return the conflict's number."""
    world.configure(conflicts={"fields": {"company": "manual"}})
    await synced(world)
    world.source.edit("s1", {"company": "Mine"})
    world.crm.edit("c1", {"company": "Theirs"})
    await world.run()
    world.pass_by(SOON)
    (conflict,) = await world.conflicts()
    assert "open" == conflict.status
    return conflict.id


async def give_verdict(world: World, number: int, winner: Side) -> None:
    """Decide a conflict by hand."""
    await world.state.write(
        attention.resolve, number=number, winner=winner, by="ann", at=world.clock.now()
    )


async def statuses(world: World) -> list[str]:
    """Return the states of all conflicts, oldest first."""
    return [conflict.status for conflict in await world.conflicts()]


async def test_an_open_conflict_holds_its_field_only(world: World) -> None:
    """The values stay until a person decides; other fields go on."""
    await in_conflict(world)
    world.source.edit("s1", {"last_name": "Lee"})

    await world.run()

    assert (["Mine"], ["Theirs"]) == (
        world.values(Side.SOURCE, "company"),
        world.values(Side.CRM, "company"),
    )
    assert (["Lee"], ["open"]) == (world.values(Side.CRM, "last_name"), await statuses(world))
    await world.rest()


@pytest.mark.parametrize(("winner", "value"), [(Side.SOURCE, "Mine"), (Side.CRM, "Theirs")])
async def test_a_verdict_is_carried_out_once(world: World, winner: Side, value: str) -> None:
    """The chosen value goes over, and the conflict is resolved (D3)."""
    number = await in_conflict(world)
    await give_verdict(world, number, winner)
    world.source.edit("s1", {"last_name": "Lee"})

    await world.run()

    assert [value] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    assert ["resolved"] == await statuses(world)
    await world.rest()


async def test_a_verdict_on_a_settled_matter_is_over(world: World) -> None:
    """Both sides agreed by hand first: a later edit is an edit, not a matter of the verdict."""
    number = await in_conflict(world)
    await give_verdict(world, number, Side.SOURCE)
    world.crm.edit("c1", {"company": "Mine"})
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c1", {"company": "Later"})

    await world.run()

    assert ["Later"] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    assert "verdict" not in await statuses(world)
    await world.rest()


async def test_a_verdict_covers_the_values_it_was_given_for(world: World) -> None:
    """The loser was edited since: the newer value was never judged, so a person is asked (I1)."""
    number = await in_conflict(world)
    await give_verdict(world, number, Side.SOURCE)
    world.crm.edit("c1", {"company": "Later"})

    await world.run()

    assert (["Mine"], ["Later"]) == (
        world.values(Side.SOURCE, "company"),
        world.values(Side.CRM, "company"),
    )
    assert ["open"] == await statuses(world)
    await world.rest()


async def test_the_preferred_side_may_have_moved_on(world: World) -> None:
    """Who was chosen and edited again meant the newer value all the more."""
    number = await in_conflict(world)
    await give_verdict(world, number, Side.SOURCE)
    world.source.edit("s1", {"company": "Newest"})

    await world.run()

    assert ["Newest"] == world.values(Side.CRM, "company")
    assert ["resolved"] == await statuses(world)
    await world.rest()


async def test_a_field_rule_that_changed_is_compared_anew(world: World) -> None:
    """Only that field loses its base: its difference is a first contact, others are edits (R16)."""
    await synced(world)
    world.configure(conflicts={"fields": {"company": "source"}})
    world.crm.edit("c1", {"company": "Theirs", "last_name": "Lee"})

    await world.run()

    assert ["Company0"] == world.values(Side.CRM, "company")
    assert ["Lee"] == world.values(Side.SOURCE, "last_name")
    assert ["first_contact"] == [conflict.reason for conflict in await world.conflicts()]
    await world.rest()


async def test_a_week_of_quiet_stays_quiet(world: World) -> None:
    """A full listing of what is in sync plans nothing (I4, fault 47)."""
    await synced(world, people=25)
    world.pass_by(A_WEEK)
    for record in list(world.crm.records):
        world.crm.edit(record, {})

    await world.rest()
