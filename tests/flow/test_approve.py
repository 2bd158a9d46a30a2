"""What flows by itself, what waits for a person, and for how long a word counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from daemon.flow.approve import Risk, risk_of
from tests.flow.world import LATER, SOON, START, Killed, World, on_nth, once, person, raising

NewWorld = Callable[..., World]


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A sync whose first plan a person must approve, with a small envelope after that."""
    envelope = {"per_run": 3, "per_day": 6}
    return new_world(approval={"first_run": "required", "envelope": envelope})


def plan_digest(report: object) -> str:
    """Return the digest of a report's plan."""
    return str(report.plan.digest)  # type: ignore[attr-defined] # a RunReport with a plan


async def approved(world: World) -> None:
    """Have a first run approved."""
    world.source.make(person(0))
    shown = await world.run()
    await world.run(approve=plan_digest(shown)[:12], by="ann")


def people(world: World, *numbers: int) -> None:
    """Let new people come, five minutes later."""
    world.pass_by(SOON)
    for number in numbers:
        world.source.make(person(number))


async def test_a_first_plan_waits_until_it_is_approved(world: World) -> None:
    """Nothing is written before a person approved the digest, and all of it after (R17)."""
    world.source.make(person(0))

    shown = await world.run()
    written_before = len(world.crm.writes)
    done = await world.run(approve=plan_digest(shown), by="ann")

    assert ("waiting", 0) == (shown.outcome, written_before)
    assert shown.plan is not None
    assert "first run: look at the plan and approve it" == shown.plan.ground
    assert [f"crmsyncd approvals approve {shown.plan.digest[:12]}"] == shown.next_steps
    assert done.plan is not None
    assert ("done", 1) == (done.outcome, len(world.crm.live()))
    await world.rest()


async def test_a_first_plan_of_links_alone_waits_too(world: World) -> None:
    """Who is linked to whom is what a first plan is looked at for."""
    world.source.make(person(0))
    world.crm.make(person(0))

    shown = await world.run()

    assert ("waiting", {}) == (shown.outcome, await world.linked())
    await world.run(approve=plan_digest(shown))
    assert {"s1": "c1"} == await world.linked()
    await world.rest()


async def test_an_empty_plan_needs_nobody(world: World) -> None:
    """Nothing to write, nothing to approve."""
    report = await world.run()

    assert report.plan is not None
    assert ("nothing", "nothing to write") == (report.outcome, report.plan.ground)


async def test_another_digest_approves_nothing(world: World) -> None:
    """A digest covers the plan it was given for; the data moved, so it is shown anew (R17)."""
    world.source.make(person(0))
    shown = await world.run()
    people(world, 1)

    report = await world.run(approve=plan_digest(shown), by="ann")

    assert ("waiting", []) == (report.outcome, world.crm.writes)
    assert report.plan is not None
    assert "approves another plan" in report.plan.ground
    assert report.plan.digest[:12] in report.plan.ground


@pytest.mark.parametrize(("count", "outcome"), [(3, "done"), (4, "waiting")])
async def test_an_envelope_holds_so_many_writes_a_run(
    world: World, count: int, outcome: str
) -> None:
    """As many as it says flow unasked, one more waits (R17)."""
    await approved(world)
    people(world, *range(1, count + 1))

    report = await world.run()

    assert outcome == report.outcome
    assert report.plan is not None
    expected = {
        "done": "inside the approved envelope",
        "waiting": "4 writes are more than the 3 a run may make",
    }
    assert expected[outcome] == report.plan.ground


@pytest.mark.parametrize(("count", "outcome"), [(2, "done"), (3, "waiting")])
async def test_an_envelope_holds_so_many_writes_a_day(
    world: World, count: int, outcome: str
) -> None:
    """One and three were written today; six may be (R17)."""
    await approved(world)
    people(world, 1, 2, 3)
    await world.run()
    people(world, *range(4, 4 + count))

    report = await world.run()

    assert outcome == report.outcome


async def test_the_day_of_an_envelope_moves_on(world: World) -> None:
    """What was written more than 24 hours ago does not count any more."""
    await approved(world)
    people(world, 1, 2, 3)
    await world.run()
    world.pass_by(timedelta(days=1))
    people(world, 4, 5, 6)

    assert "done" == (await world.run()).outcome
    await world.rest()


@pytest.mark.parametrize(
    ("until", "days", "outcome"),
    [
        ((START + timedelta(days=9)).date().isoformat(), 9, "done"),
        ((START + timedelta(days=9)).date().isoformat(), 10, "waiting"),
        (None, 364, "done"),
        (None, 366, "waiting"),
    ],
)
async def test_an_envelope_ends(world: World, until: str | None, days: int, outcome: str) -> None:
    """On its last day it still holds; without one it lasts a year from the approval (R17)."""
    envelope = {"until": until} if until else {}
    world.configure(approval={"first_run": "required", "envelope": envelope})
    await approved(world)
    world.pass_by(timedelta(days=days) - SOON)
    people(world, 1)

    report = await world.run()

    assert outcome == report.outcome
    assert report.plan is not None
    assert ("ended on" in report.plan.ground) == (outcome == "waiting")


async def test_another_configuration_is_approved_anew(world: World) -> None:
    """An envelope holds for the rules it was given for (R17)."""
    await approved(world)
    world.configure(conflicts={"default": "source"})
    people(world, 1)

    report = await world.run()

    assert report.plan is not None
    assert "waiting" == report.outcome
    assert "the configuration changed since the last approval" == report.plan.ground
    await world.run(approve=report.plan.digest)
    assert 2 == len(world.crm.live())
    await world.rest()


async def test_schedules_change_no_rule(world: World) -> None:
    """Another rhythm or batch size needs no new approval (R16)."""
    await approved(world)
    world.configure(schedule={"every": "1h"}, batch_size=2)
    people(world, 1)

    assert "done" == (await world.run()).outcome


async def test_an_approved_plan_goes_on_after_a_crash(world: World) -> None:
    """A person's word covers what a crash left undone, although it exceeds the envelope (R17)."""
    for number in range(25):
        world.source.make(person(number))
    shown = await world.run()
    world.crm.faults.before = on_nth("create", 2, raising(Killed()))
    with pytest.raises(Killed):
        await world.run(approve=plan_digest(shown), by="ann")
    world.crm.faults.before = lambda _purpose: None
    world.start()
    world.pass_by(SOON)

    report = await world.run()

    assert report.plan is not None
    assert "continues an approved plan" == report.plan.ground
    assert 25 == len(world.crm.live()) == len(await world.linked())
    await world.rest()


async def test_an_old_approval_covers_nothing_more(world: World) -> None:
    """A plan cut short more than a week ago is shown anew."""
    for number in range(5):
        world.source.make(person(number))
    shown = await world.run()
    world.crm.faults.before = once("create", raising(Killed()))
    with pytest.raises(Killed):
        await world.run(approve=plan_digest(shown), by="ann")
    world.start()
    world.pass_by(timedelta(days=8))

    report = await world.run()

    assert ("waiting", []) == (report.outcome, world.crm.writes)


async def test_what_came_after_the_crash_is_not_covered(world: World) -> None:
    """What was approved goes on; what came since waits where the envelope does not hold it (R17)."""
    for number in range(5):
        world.source.make(person(number))
    shown = await world.run()
    world.crm.faults.before = once("create", raising(Killed()))
    with pytest.raises(Killed):
        await world.run(approve=plan_digest(shown), by="ann")
    world.start()
    people(world, 96, 97, 98, 99)
    world.pass_by(LATER)

    report = await world.run()

    assert ("waiting", 5) == (report.outcome, len(world.crm.live()))
    assert report.plan is not None
    assert {"approval": 4} == report.plan.parked
    assert "4 writes are more than the 3 a run may make" == report.plan.ground


async def test_the_plan_left_open_is_the_same_until_something_moves(world: World) -> None:
    """What waits is shown under one digest, however often it is planned anew (R17)."""
    await approved(world)
    people(world, 1, 2, 3, 4)

    first = await world.run()
    world.pass_by(SOON)
    second = await world.run()
    await world.run(approve=plan_digest(second)[:12], by="ann")

    assert plan_digest(first) == plan_digest(second)
    assert 5 == len(world.crm.live())
    await world.rest()


@pytest.mark.parametrize(
    ("writes", "risk"),
    [(0, Risk.LOW), (1, Risk.MEDIUM), (99, Risk.MEDIUM), (100, Risk.HIGH)],
)
def test_the_risk_of_a_plan_grows_with_its_writes(writes: int, risk: Risk) -> None:
    """Under a hundred writes medium, from there on high (R17)."""
    assert risk == risk_of(writes)
