"""Rollback of records that a run created or removed (R24, R14, R41, I23)."""

from collections.abc import Callable

import pytest

from daemon.core.values import Side
from state import guards, intents
from tests.flow.rolling import REMOVES, people, resume, rolled_back, three_rests
from tests.flow.world import A_WEEK, SOON, SYNC, World, person


@pytest.fixture
def fresh(new_world: Callable[..., World]) -> World:
    """Three people on the source; the CRM is empty."""
    world = new_world()
    world.able(Side.CRM, removals=REMOVES)
    for number in (1, 2, 3):
        world.source.make(person(number))
    return world


async def test_created_records_are_archived_and_not_made_again(fresh: World) -> None:
    """The tombstone holds, edits of the source included (R14, R34)."""
    await fresh.run()

    report = await rolled_back(fresh)

    assert {"reversed": 3, "kept": 0, "failed": 0, "unchanged": 0} == report.counts
    assert [] == fresh.crm.live()
    await resume(fresh)
    await three_rests(fresh)
    fresh.source.edit("s1", {"company": "Edited Ltd"})
    await fresh.rest()
    fresh.pass_by(A_WEEK)
    await fresh.rest()
    assert [] == fresh.crm.live()


async def test_a_created_record_that_was_edited_stays(fresh: World) -> None:
    """In a field we wrote, or in one that we did not (I23)."""
    fresh.source.edit("s2", {"phone": None})
    await fresh.run()
    fresh.crm.edit("c1", {"company": "Edited Ltd"})
    fresh.crm.edit("c2", {"phone": "+4930222222"})

    report = await rolled_back(fresh)

    assert [("c1", "edited since: company"), ("c2", "edited since: phone")] == [
        (one.record, one.why) for one in report.kept
    ]
    assert ["c1", "c2"] == [one.id for one in fresh.crm.live()]
    await resume(fresh)
    fresh.pass_by(SOON)
    await fresh.run()
    assert "Edited Ltd" == fresh.source.records["s1"].values["company"]
    await three_rests(fresh)


@pytest.mark.parametrize("is_synced", [False, True])
@pytest.mark.parametrize("tells_times", [False, True])
async def test_a_field_filled_before_we_ever_read_it_is_somebodys_work(
    new_world: Callable[..., World], *, tells_times: bool, is_synced: bool
) -> None:
    """Whether a run has seen it since or not: the record stays (I1)."""
    world = new_world(guards={"verify_sample": 0})
    world.able(Side.CRM, removals=REMOVES, has_field_times=tells_times)
    world.source.make(person(1, phone=None))
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c1", {"phone": "+4930222222"})
    if is_synced:
        await world.run()

    report = await rolled_back(world)

    assert [("c1", "edited since: phone")] == [(one.record, one.why) for one in report.kept]


async def test_what_the_system_filled_in_by_itself_is_nobodys_work(
    new_world: Callable[..., World],
) -> None:
    """Its own times tell a default from an edit: the record goes."""
    world = new_world()
    world.able(Side.CRM, removals=REMOVES)
    world.crm.normalise = lambda name, value: value or ("A default" if name == "company" else None)
    world.source.make(person(1, company=None))
    await world.run()
    world.crm.records["c1"].times["company"] = world.crm.records["c1"].times["email"]

    report = await rolled_back(world)

    assert ([], 1) == (report.kept, report.counts["reversed"])


async def test_created_records_can_be_kept(fresh: World) -> None:
    """On demand everything else goes back only."""
    await fresh.run()

    report = await rolled_back(fresh, keeps_created=True)

    assert {"reversed": 0, "kept": 3, "failed": 0, "unchanged": 0} == report.counts
    assert 3 == len(fresh.crm.live())


async def test_a_system_that_removes_nothing_is_told(fresh: World) -> None:
    """Failed, with the reason and what a person can do."""
    fresh.able(Side.CRM, removals=frozenset())
    await fresh.run()

    report = await rolled_back(fresh)

    assert 3 == report.counts["failed"]
    assert {"created"} == {one.what for one in report.failed}
    assert "by hand" in report.failed[0].why
    assert 3 == len(fresh.crm.live())


async def test_one_field_of_created_records_is_emptied(fresh: World) -> None:
    """Before the run there was nothing in it."""
    await fresh.run()

    report = await rolled_back(fresh, field="phone")

    assert 3 == report.counts["reversed"]
    assert [None] * 3 == fresh.values(Side.CRM, "phone")
    await three_rests(fresh)


async def test_a_rollback_is_in_no_envelope_and_no_guard_of_deletes(fresh: World) -> None:
    """It is a person's command: the syncs' own limits are not used up by it (R17, R18)."""
    begun = fresh.clock.now()
    await fresh.run()
    await rolled_back(fresh)

    counted = await fresh.state.read(intents.count_since, sync_pairs=[SYNC], since=begun)
    removed = await fresh.state.read(guards.removed, pair=SYNC, since=begun)

    assert (3, 0) == (counted, removed)


async def test_the_second_rollback_finds_archived_ones_as_before(fresh: World) -> None:
    """Twice is harmless for records too (I23)."""
    await fresh.run()
    await rolled_back(fresh)

    again = await rolled_back(fresh)

    assert ("nothing", 3) == (again.outcome, again.counts["unchanged"])
    assert 3 == sum(verb == "archive" for verb, _ in fresh.crm.writes)


async def test_a_removed_record_is_made_again(new_world: Callable[..., World]) -> None:
    """With what it held; its deleted partner is not brought back, and it is not removed again."""
    world = new_world(deletes={"source": "archive"})
    world.able(Side.CRM, removals=REMOVES)
    world.source.make(person(1))
    world.source.make(person(2))
    await world.run()
    held = dict(world.crm.records["c1"].values)
    world.source.archive("s1")
    run = await _until_removed(world)

    report = await rolled_back(world, run)

    assert [("removed", "c1")] == [(one.what, one.record) for one in report.reversed]
    assert {"c2", "c3"} == set(people(world, Side.CRM))
    assert held == world.crm.records["c3"].values
    await resume(world)
    await three_rests(world)
    again = await rolled_back(world, run)
    assert ("nothing", 1) == (again.outcome, again.counts["unchanged"])


async def _until_removed(world: World) -> int:
    """Run until the CRM lost a record; return the run that took it away."""
    for _ in range(5):
        world.pass_by(A_WEEK)
        report = await world.run()
        if len(world.crm.live()) == 1:
            return report.run
    raise AssertionError("nothing was removed")
