"""Rollback: exactly what the run changed goes back, what others changed since stays (R24, I23)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.contract import Verb
from daemon.core.values import Side, Value
from daemon.flow.rollback import RollbackOrder, roll_back
from daemon.flow.rolled import RollbackReport
from state import pairs, rollbacks, runs
from tests.flow.world import A_WEEK, SOON, SYNC, World, person

REMOVES = frozenset({Verb.ARCHIVE})


async def rolled_back(world: World, run: int = 1, **asked: Any) -> RollbackReport:
    """Roll a run back."""
    order = RollbackOrder(run=run, sync=SYNC, by="ana", **asked)
    work = world.preparation(is_preview=order.is_preview)
    world.calls.clear()
    return await roll_back(work, world.luck, order, world.calls)


def people(world: World, side: Side) -> dict[str, Mapping[str, Value]]:
    """Return what people see on a side."""
    return {one.id: dict(one.values) for one in world.system(side).live()}


def everything(world: World) -> dict[Side, dict[str, Mapping[str, Value]]]:
    return {side: people(world, side) for side in Side}


async def resume(world: World) -> None:
    await world.state.write(pairs.resume, sync=SYNC)


async def three_rests(world: World) -> None:
    """The three cycles after it write nothing (R24)."""
    before = everything(world)
    for _ in range(3):
        await world.rest()
    assert before == everything(world)


@pytest.fixture
def linked(new_world: Callable[..., World]) -> World:
    """Three people on both sides, who differ; the source wins."""
    world = new_world(conflicts={"default": "source", "tie": "source"})
    world.able(Side.CRM, removals=REMOVES)
    for number in (1, 2, 3):
        world.source.make(person(number))
        world.crm.make(person(number, company="Old Ltd", phone="+4930111111"))
    return world


async def test_every_field_goes_back_and_stays_so(linked: World) -> None:
    """The values from before return; three cycles after, resumed too, write nothing (R24, I4)."""
    before = everything(linked)
    await linked.run()
    assert before != everything(linked)

    report = await rolled_back(linked)

    assert ("done", 2, 1) == (report.outcome, report.run, report.reverses)
    assert {"reversed": 9, "kept": 0, "failed": 0, "unchanged": 0} == report.counts
    assert before == everything(linked)
    assert report.is_paused
    assert "held" == (await linked.run()).outcome
    await resume(linked)
    await three_rests(linked)


async def test_the_rollback_is_a_run_with_promised_writes(linked: World) -> None:
    """It has a number, a reason, calls and intents as any run (I14)."""
    await linked.run()
    await rolled_back(linked)

    row = await linked.state.read(runs.get, 2)

    assert row is not None
    assert ("rollback of run 1", "done", 1) == (row.trigger, row.outcome, row.reverses)
    written = sorted(linked.crm.writes[-3:])
    assert [("update", record) for record in ("c1", "c2", "c3")] == written


async def test_what_was_edited_since_is_kept_and_told(linked: World) -> None:
    """A person's value stays, the record's other fields go back."""
    await linked.run()
    linked.crm.edit("c2", {"company": "New Ltd"})

    report = await rolled_back(linked)

    assert [("c2", "company", "edited since", "New Ltd")] == [
        (one.record, one.field, one.why, one.now) for one in report.kept
    ]
    assert ("New Ltd", "+4930111111") == tuple(
        linked.crm.records["c2"].values[name] for name in ("company", "phone")
    )
    await resume(linked)
    linked.pass_by(SOON)
    await linked.run()
    assert "New Ltd" == linked.source.records["s2"].values["company"]
    assert "Company1" == linked.source.records["s1"].values["company"]
    await three_rests(linked)


async def test_what_a_later_run_wrote_is_kept(linked: World) -> None:
    """Only the named run is rolled back."""
    await linked.run()
    linked.pass_by(SOON)
    linked.source.edit("s1", {"company": "Newest Ltd"})
    await linked.run()

    report = await rolled_back(linked, 1)

    assert [("c1", "company", "run 2 wrote it since")] == [
        (one.record, one.field, one.why) for one in report.kept
    ]
    assert "Newest Ltd" == linked.crm.records["c1"].values["company"]


async def test_twice_is_harmless(linked: World) -> None:
    """The second time everything is as before already: no write, no run (I23)."""
    await linked.run()
    await rolled_back(linked)
    before, written = everything(linked), list(linked.crm.writes)

    again = await rolled_back(linked)

    assert ("nothing", 0) == (again.outcome, again.run)
    assert {"reversed": 0, "kept": 0, "failed": 0, "unchanged": 6} == again.counts
    assert (before, written) == (everything(linked), linked.crm.writes)


async def test_a_dry_run_tells_the_same_and_writes_nothing(linked: World) -> None:
    """Same counts and entries; no run, no pause, nothing outside."""
    await linked.run()
    before = everything(linked)

    told = await rolled_back(linked, is_preview=True)

    assert ("preview", 0) == (told.outcome, told.run)
    assert before == everything(linked)
    assert {} == await linked.state.read(pairs.paused)
    done = await rolled_back(linked)
    assert (told.counts, told.reversed) == (done.counts, done.reversed)


async def test_one_record_alone(linked: World) -> None:
    """The others stay as the run left them, and the sync is not paused."""
    await linked.run()
    left = people(linked, Side.CRM)

    report = await rolled_back(linked, record="source:s2")

    assert {"reversed": 3, "kept": 0, "failed": 0, "unchanged": 0} == report.counts
    assert not report.is_paused
    assert "Old Ltd" == linked.crm.records["c2"].values["company"]
    assert left["c1"] == linked.crm.records["c1"].values
    await three_rests(linked)


async def test_one_field_alone(linked: World) -> None:
    """Of every record, or of one."""
    await linked.run()

    one = await rolled_back(linked, record="c1", field="company")
    every = await rolled_back(linked, field="phone→phone")

    assert (1, 3) == (one.counts["reversed"], every.counts["reversed"])
    assert ["Company2", "Company3", "Old Ltd"] == linked.values(Side.CRM, "company")
    assert ["+4930111111"] * 3 == linked.values(Side.CRM, "phone")
    assert {"s1", "s2", "s3"} == set(await linked.linked())
    await three_rests(linked)


async def test_a_held_field_travels_again_once_somebody_edits_it(linked: World) -> None:
    """Held means: until either side changes (R24)."""
    await linked.run()
    await rolled_back(linked)
    await resume(linked)
    held = await linked.state.read(rollbacks.holds)
    assert {"company→company", "phone→phone"} == {one.field for one in held}
    linked.pass_by(SOON)
    linked.source.edit("s1", {"company": "Fixed Ltd"})

    await linked.run()

    assert "Fixed Ltd" == linked.crm.records["c1"].values["company"]
    assert "+4930111111" == linked.crm.records["c1"].values["phone"]
    left = await linked.state.read(rollbacks.holds)
    assert 5 == len(left)
    await three_rests(linked)


async def test_a_person_may_release_a_held_field(linked: World) -> None:
    """It is then compared as on first contact, by the rule of the field."""
    await linked.run()
    await rolled_back(linked)
    await resume(linked)
    held = await linked.state.read(rollbacks.holds)
    await linked.state.write(
        rollbacks.release, [one for one in held if (one.crm_id, one.field) == ("c1", "phone→phone")]
    )

    linked.pass_by(SOON)
    await linked.run()

    assert "+493090180001" == linked.crm.records["c1"].values["phone"]
    assert "+4930111111" == linked.crm.records["c2"].values["phone"]
    await three_rests(linked)


async def test_conflicts_the_run_decided_are_over(linked: World) -> None:
    """The loser is back, so the log says so (I1)."""
    await linked.run()
    assert {"decided"} == {one.status for one in await linked.conflicts()}

    await rolled_back(linked)

    assert {"reversed"} == {one.status for one in await linked.conflicts()}


async def test_a_match_is_taken_back_and_found_again_without_harm(linked: World) -> None:
    """Unlinked; the next edit finds the same partner and moves nothing else (R24)."""
    await linked.run()
    report = await rolled_back(linked)
    assert 3 == sum(one.what == "link" for one in report.reversed)
    assert {} == await linked.linked()
    await resume(linked)
    linked.pass_by(SOON)
    linked.source.edit("s2", {"last_name": "Other"})

    await linked.run()

    assert {"s2": "c2"} == await linked.linked()
    assert "Other" == linked.crm.records["c2"].values["last_name"]
    assert "Old Ltd" == linked.crm.records["c2"].values["company"]


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


async def test_what_the_system_made_of_our_value_counts_as_ours(linked: World) -> None:
    """A rewriting by the system is no edit of a person."""
    linked.crm.normalise = lambda name, value: (
        f"{value} GmbH" if name == "company" and str(value).startswith("Company") else value
    )
    before = people(linked, Side.CRM)
    linked.configure(direction="push")
    await linked.run()

    await rolled_back(linked)

    assert before == people(linked, Side.CRM)


async def test_both_sides_of_one_run_go_back(new_world: Callable[..., World]) -> None:
    """What the run wrote into the source returns too, and neither side counts as changed."""
    world = new_world(conflicts={"default": "source", "tie": "source"})
    world.able(Side.CRM, removals=REMOVES)
    world.source.make(person(1, phone=None))
    world.crm.make(person(1, company="Old Ltd"))
    before = everything(world)
    await world.run()

    report = await rolled_back(world)

    assert {("source", "phone"), ("crm", "company"), ("crm", "")} == {
        (one.side, one.field) for one in report.reversed
    }
    assert before == everything(world)
    await resume(world)
    await three_rests(world)


async def test_an_outage_ends_it_and_the_next_one_goes_on(linked: World) -> None:
    """What was written is told, what was not follows (R6)."""
    from adapters.errors import RetryLater
    from tests.flow.world import once, raising

    before = everything(linked)
    await linked.run()
    linked.crm.faults.before = once("update", raising(RetryLater("The system is down.")))

    broken = await rolled_back(linked)
    linked.pass_by(SOON)
    done = await rolled_back(linked)

    assert ("failed", "The system is down.") == (broken.outcome, broken.error)
    assert broken.is_paused
    assert "done" == done.outcome
    assert before == everything(linked)


async def test_a_lost_reply_is_looked_at_and_not_repeated(linked: World) -> None:
    """The writes happened; recovery finds that and settles them (I11)."""
    from adapters.memory import lost_reply
    from tests.flow.world import LATER, once, raising

    before = everything(linked)
    await linked.run()
    linked.crm.faults.after = once("update", raising(lost_reply()))
    written = len(linked.crm.writes)

    await rolled_back(linked)
    linked.pass_by(LATER)
    await rolled_back(linked)

    assert before == everything(linked)
    assert 3 == len(linked.crm.writes) - written
    await resume(linked)
    await three_rests(linked)
