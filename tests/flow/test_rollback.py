"""Rollback: exactly what the run changed goes back, what others changed since stays (R24, I23)."""

from collections.abc import Callable

import pytest

from daemon.core.values import Side
from state import pairs, rollbacks, runs
from tests.flow.rolling import REMOVES, everything, people, resume, rolled_back, three_rests
from tests.flow.world import SOON, World, person


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
