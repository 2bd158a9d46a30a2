"""Guards stop what lies in their scope before its first write, and nothing else (I17, R18)."""

from datetime import timedelta

import pytest

from adapters.memory_system import people_fields
from daemon.core.values import Side
from daemon.use_cases.releasing import NoReason, release
from state import audit
from tests.flow.guarded import NewWorld, edit_all, let_pass, settled, tripped
from tests.flow.world import FIELDS, LATER, SOON, SYNC, Killed, once, person, raising


async def test_a_burst_of_updates_holds_the_pair_and_lets_opt_outs_pass(
    new_world: NewWorld,
) -> None:
    """Fifty of sixty change: nothing is written but the opt-out in the same data (R15, R18)."""
    world = await settled(new_world, 60)
    edit_all(world, 50)
    world.source.edit("s7", {"unsubscribed": "yes"})
    world.source.make(person(99))

    report = await world.run()

    assert ("held", ["update_burst"]) == (report.outcome, tripped(report))
    assert [("update", "c7")] == world.crm.writes
    assert "yes" == world.crm.records["c7"].values["unsubscribed"]
    assert "Company6" == world.crm.records["c7"].values["company"]
    assert report.plan is not None
    assert {"update_burst": 51} == report.plan.parked


async def test_one_less_than_a_burst_flows(new_world: NewWorld) -> None:
    """Forty-nine changes are a day's work, however few records there are (R18)."""
    world = await settled(new_world, 60)
    edit_all(world, 49)

    report = await world.run()

    assert ("done", 49) == (report.outcome, len(world.crm.writes))
    await world.rest()


async def test_what_is_held_stays_so_until_a_person_lets_it_pass(new_world: NewWorld) -> None:
    """Each run holds the same plan; after a release it is carried out, and nothing is left (R18)."""
    world = await settled(new_world, 60)
    edit_all(world, 50)

    first = await world.run()
    world.pass_by(SOON)
    second = await world.run()
    await let_pass(world)
    world.pass_by(SOON)
    third = await world.run()

    assert first.plan is not None
    assert second.plan is not None
    assert first.plan.digest == second.plan.digest
    assert ("held", "held", "done") == (first.outcome, second.outcome, third.outcome)
    assert 50 == len(world.crm.writes)
    await world.rest()


async def test_a_larger_measure_trips_again(new_world: NewWorld) -> None:
    """What a person let pass is that much and no more, and not for ever (R18)."""
    world = await settled(new_world, 100)
    edit_all(world, 60)
    await world.run()
    await let_pass(world)
    edit_all(world, 61)

    larger = await world.run()
    world.source.edit("s61", {"company": "Company60"})
    fitting = await world.run()
    world.pass_by(timedelta(hours=25))
    edit_all(world, 60, last_name="Other")
    late = await world.run()

    assert ("held", "done", "held") == (larger.outcome, fitting.outcome, late.outcome)


async def test_a_trip_whose_reason_is_gone_is_over(new_world: NewWorld) -> None:
    """The column was put back: nothing is held, and nobody has to release anything (R18)."""
    world = await settled(new_world, 60)
    edit_all(world, 50)
    await world.run()
    for number in range(1, 51):
        world.source.edit(f"s{number}", {"company": f"Company{number - 1}"})

    report = await world.run()

    assert ([], []) == (report.guards, world.crm.writes)
    await world.rest()


async def test_a_release_needs_a_reason_and_is_written_down(new_world: NewWorld) -> None:
    """Who, why and how much stand in the audit chain (R18, R27)."""
    world = await settled(new_world, 60)
    edit_all(world, 50)
    await world.run()

    with pytest.raises(NoReason, match="needs a reason"):
        await release(world.state, world.clock, sync=SYNC, by="ann", reason=" ")
    await let_pass(world, "update_burst")

    (entry,) = await world.state.read(audit.latest)
    assert ("ann", "release", f"{SYNC}/update_burst") == (entry.actor, entry.action, entry.subject)
    assert "we moved to another tool" in entry.detail


async def test_one_value_everywhere_is_a_burst(new_world: NewWorld) -> None:
    """A slip that fills a column holds the pair, though fewer than a third change (R18)."""
    world = await settled(new_world, 60, guards={"update_burst": "off"})
    edit_all(world, 50, company="Acme")

    report = await world.run()

    assert (["update_burst"], []) == (tripped(report), world.crm.writes)
    assert "crm.company" == report.guards[0].subject


@pytest.mark.parametrize(("wiped", "is_held"), [(9, False), (10, True)])
async def test_a_wiped_column_is_held_alone(
    new_world: NewWorld, wiped: int, *, is_held: bool
) -> None:
    """Its values stay, everything else in the same rows goes on, opt-outs too (R15, R18)."""
    world = await settled(new_world, 60)
    for number in range(1, wiped + 1):
        changed = {"phone": None, "company": "New", "unsubscribed": "yes"}
        world.source.edit(f"s{number}", changed)

    report = await world.run()

    assert (["blank_burst"] if is_held else []) == tripped(report)
    assert wiped == len(world.crm.writes)
    kept = world.crm.records["c1"].values
    assert ("New", "yes", is_held) == (kept["company"], kept["unsubscribed"], bool(kept["phone"]))
    await let_pass(world) if is_held else None
    await world.run()
    assert world.crm.records["c1"].values["phone"] is None
    await world.rest()


async def test_a_sparse_column_is_measured_by_what_is_filled(new_world: NewWorld) -> None:
    """Ten of the twelve phone numbers there are: few of all records, most of the column (R18)."""
    world = new_world()
    for number in range(250):
        world.source.make(person(number, **({} if number < 12 else {"phone": None})))
    await world.run()
    world.pass_by(SOON)
    world.crm.writes.clear()
    for number in range(1, 11):
        world.source.edit(f"s{number}", {"phone": None})

    report = await world.run()

    assert (["blank_burst"], []) == (tripped(report), world.crm.writes)


@pytest.mark.parametrize(("new", "is_held"), [(50, False), (51, True)])
async def test_a_burst_of_creates_is_held_alone(
    new_world: NewWorld, new: int, *, is_held: bool
) -> None:
    """Unknown people are not made, known ones go on (R18)."""
    world = await settled(new_world, 30)
    for number in range(new):
        world.source.make(person(100 + number))
    edit_all(world, 3)

    report = await world.run()

    assert (["create_burst"] if is_held else []) == tripped(report)
    assert 3 + (0 if is_held else new) == len(world.crm.writes)
    assert "New 1" == world.crm.records["c1"].values["company"]


@pytest.mark.parametrize(("gone", "is_held"), [(2, False), (3, True)])
async def test_too_many_deletes_are_held_alone(
    new_world: NewWorld, gone: int, *, is_held: bool
) -> None:
    """Nothing is removed, edits go on; a release lets exactly that pass (R14, R18)."""
    world = await settled(new_world, 40, deletes={"source": "archive"})
    for number in range(1, gone + 1):
        world.source.archive(f"s{number}")
    world.source.edit("s9", {"company": "New"})

    report = await world.run()

    assert (["delete_share"] if is_held else []) == tripped(report)
    assert 40 - (0 if is_held else gone) == len(world.crm.live())
    assert "New" == world.crm.records["c9"].values["company"]
    await let_pass(world) if is_held else None
    await world.run()
    assert 40 - gone == len(world.crm.live())
    await world.rest()


async def test_deletes_of_a_day_add_up(new_world: NewWorld) -> None:
    """Two by two they pass a limit of a run, and stop at that of a day (R18)."""
    guards = {"delete_count_day": 5, "delete_share": "off"}
    world = await settled(new_world, 30, deletes={"source": "archive"}, guards=guards)
    reports = []
    for first in (1, 3, 5):
        for number in (first, first + 1):
            world.source.archive(f"s{number}")
        reports.append(await world.run())
        world.pass_by(SOON)

    assert [[], [], ["delete_count"]] == [tripped(report) for report in reports]
    assert 26 == len(world.crm.live())


async def test_a_first_plan_waits_and_opt_outs_pass(new_world: NewWorld) -> None:
    """Over a link that had to be made for it; everything else needs the approval (R15, R17)."""
    world = new_world(approval={"first_run": "required"})
    for side in Side:
        world.system(side).fields = people_fields(*FIELDS, "unsubscribed")
    world.source.make(person(1, unsubscribed="yes", company="Old"))
    world.source.make(person(2))
    world.crm.make(person(1, unsubscribed=None, company="New"))

    shown = await world.run()
    assert shown.plan is not None
    values = dict(world.crm.records["c1"].values)
    await world.run(approve=shown.plan.digest)

    assert ("waiting", {"s1": "c1"}) == (shown.outcome, {"s1": (await world.linked())["s1"]})
    assert ("yes", "New", 1) == (values["unsubscribed"], values["company"], shown.counts["updated"])
    assert 2 == len(world.crm.live())
    await world.rest()


async def test_deletes_wait_one_by_one_for_a_persons_yes(new_world: NewWorld) -> None:
    """No envelope holds a delete; what else there is goes on (R17)."""
    world = new_world(approval={"first_run": "required"}, deletes={"source": "archive"})
    for number in range(3):
        world.source.make(person(number))
    shown = await world.run()
    assert shown.plan is not None
    await world.run(approve=shown.plan.digest)
    world.source.archive("s2")
    world.source.edit("s1", {"company": "New"})
    world.pass_by(SOON)

    report = await world.run()
    assert report.plan is not None
    live = len(world.crm.live())
    await world.run(approve=report.plan.digest, by="ann")

    assert ("waiting", {"approval": 1}, 3) == (report.outcome, report.plan.parked, live)
    assert ["crm.archive"] == [sample.operation for sample in report.plan.samples]
    assert "New" == world.crm.records["c1"].values["company"]
    assert 2 == len(world.crm.live())
    await world.rest()


async def test_an_opt_out_taken_back_is_a_persons_matter(new_world: NewWorld) -> None:
    """Somebody is in again on one side: both stay as they are until a person decides (I8)."""
    world = await settled(new_world, 3)
    world.source.edit("s1", {"unsubscribed": "yes"})
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c1", {"unsubscribed": "no"})

    await world.run()

    assert "yes" == world.source.records["s1"].values["unsubscribed"]
    assert ["consent_loosened"] == [row.reason for row in await world.conflicts()]
    assert 0 == await world.waiting()


async def test_a_first_run_cut_short_is_one_still(new_world: NewWorld) -> None:
    """Its links are known by then; what it has left to fill in is no burst (R18)."""
    world = new_world()
    for number in range(60):
        world.source.make(person(number))
        world.crm.make(person(number, company=None))
    world.crm.faults.before = once("update", raising(Killed()))
    with pytest.raises(Killed):
        await world.run()
    world.start()
    world.pass_by(LATER)

    report = await world.run()

    assert ("done", 60) == (report.outcome, report.counts["updated"])
    await world.rest()


async def test_a_first_run_that_may_not_create_is_one_still(new_world: NewWorld) -> None:
    """What it leaves to be created is no burst once both sides are whole (R5, R18)."""
    world = new_world()
    for number in range(60):
        world.source.make(person(number))
    world.crm.make(person(0, company=None))
    for number in range(100, 125):
        world.crm.make(person(number))
    world.crm.faults.loops_listing = True
    first = await world.run()
    world.crm.faults.loops_listing = False
    world.pass_by(LATER)

    report = await world.run()

    assert (1, 0) == (first.counts["updated"], first.counts["created"])
    assert ("done", 84, []) == (report.outcome, report.counts["created"], tripped(report))
    await world.rest()


async def test_a_preview_tells_what_guards_would_hold(new_world: NewWorld) -> None:
    """Without holding it: nothing is stored (R18)."""
    world = await settled(new_world, 60)
    edit_all(world, 50)

    report = await world.run(is_preview=True)
    stored = await world.state.read(audit.latest)

    assert ["update_burst"] == tripped(report)
    assert ([], 50) == (stored, await world.waiting())


async def test_an_opt_out_of_an_unknown_row_reaches_who_has_the_address(
    new_world: NewWorld,
) -> None:
    """The row is left to a person; that somebody opted out in it is not (R15)."""
    world = await settled(new_world, 3)
    world.source.make(person(1, unsubscribed="yes", company="Twin"))

    report = await world.run()

    assert ("yes", "Company1") == tuple(
        world.crm.records["c2"].values[name] for name in ("unsubscribed", "company")
    )
    assert [("update", "c2")] == world.crm.writes
    assert 1 == report.counts["quarantined"]
    world.pass_by(SOON)
    await world.run()
    await world.rest()
