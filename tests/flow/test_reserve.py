"""A day's share that is spent puts ordinary work off; what people do goes on (E2)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import Outcome, Surroundings, Verb, Write
from adapters.limits import Limit, Limiter, Observation
from adapters.memory import MemoryAdapter, MemorySystem, people_fields
from adapters.quota import Quota
from daemon.core.values import Side
from daemon.flow.budgets import keep_spending
from daemon.flow.forecast import Budget
from daemon.flow.report import RunReport
from state import budgets, pairs
from tests.flow.world import SOON, World, person

NewWorld = Callable[..., World]
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
DAILY = Limit(name="daily", interval=timedelta(days=1), starts_at_midnight=True)
MOST = 100


class Counted(MemoryAdapter):
    """Talks to an account that takes a hundred calls a day."""

    def __init__(self, system: MemorySystem, around: Surroundings) -> None:
        super().__init__(system, around)
        self._spending = around.spending
        self._spending.carry(Limiter((DAILY,), around.clock))

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        self._leave()
        return await super().write(object_name, verb, writes)

    def _call(self, purpose: str, *, is_told: bool = False) -> None:
        if not is_told:
            self._leave()
        super()._call(purpose, is_told=is_told)

    def _leave(self) -> None:
        now = self._around.clock.now()
        self._spending.admit(now)
        self._spending.day.spend(now)
        left = MOST - self._spending.day.used(now)
        self._spending.day.learn(Observation(name="daily", remaining=left, maximum=MOST), now)


def counted(world: World, calls: int) -> World:
    """Let the CRM count by the day, and ordinary work make so many calls."""
    world.adapters = {"crm": Counted}
    world.source.account_id = "elsewhere"
    world.quota = Quota(daily_share=calls / MOST, reserve=0.5)
    return world


def budget(report: RunReport) -> Budget:
    (only,) = report.budgets
    return only


async def linked(world: World) -> None:
    """Have one person on both sides, linked."""
    for side in Side:
        world.system(side).make(person(0))
    await world.run()


async def test_a_load_stops_at_the_share_and_goes_on_after_midnight(world: World) -> None:
    """Nothing is lost or doubled: the run says until when it is put off, and goes on then."""
    counted(world, 12)
    for number in range(100):
        world.source.make(person(number))

    stopped = await world.run()

    assert ("put_off", MIDNIGHT) == (stopped.outcome, stopped.put_off_until)
    assert "12 of the 12" in stopped.error
    assert 0 < len(world.crm.live()) < 100
    assert (12, 0) == (budget(stopped).used, budget(stopped).left)
    world.pass_by(MIDNIGHT - world.clock.now())
    world.quota = Quota()
    assert "done" == (await world.run()).outcome
    assert 100 == len(world.crm.live())
    await world.rest()


async def test_a_spent_share_carries_over_edits_and_nothing_else(world: World) -> None:
    """While it is put off, an edit on either side arrives, and a new record waits."""
    await linked(counted(world, 60))
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0, reserve=0.5)
    world.source.edit("s1", {"company": "Urgent"})
    world.crm.edit("c1", {"first_name": "Anna"})
    world.source.make(person(1))

    report = await world.run()

    assert "put_off" == report.outcome
    assert "Urgent" == world.crm.records["c1"].values["company"]
    assert "Anna" == world.source.records["s1"].values["first_name"]
    assert 1 == len(world.crm.live())
    assert 2 == report.counts["updated"]
    world.pass_by(MIDNIGHT - world.clock.now())
    world.quota = Quota()
    await world.run()
    assert 2 == len(world.crm.live())
    await world.rest()


async def test_an_opt_out_is_not_put_off(new_world: NewWorld) -> None:
    """Opt-outs use the reserve (R15)."""
    world = counted(new_world(), 60)
    for side in Side:
        world.system(side).fields = people_fields("email", "first_name", "opt_out")
    await linked(world)
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0, reserve=0.5)
    world.source.edit("s1", {"opt_out": "yes"})

    await world.run()

    assert "yes" == world.crm.records["c1"].values["opt_out"]


async def test_a_spent_reserve_lets_nothing_leave(world: World) -> None:
    """The account's own end is the end: not one call more, and the files' edits stay pending."""
    await linked(counted(world, 60))
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0, reserve=0)
    world.source.edit("s1", {"company": "Later"})

    report = await world.run()

    assert "put_off" == report.outcome
    assert [] == [call for call in world.calls if call.connection == "crm"]


async def test_a_plan_that_waits_stays_as_it_was_shown(new_world: NewWorld) -> None:
    """Its digest is still good after the share is spent, and is carried out with the new day."""
    world = counted(new_world(approval={"first_run": "required"}), 60)
    for number in range(3):
        world.source.make(person(number))
    shown = await world.run()
    assert shown.plan is not None
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0, reserve=0.5)
    assert "put_off" == (await world.run()).outcome

    world.pass_by(MIDNIGHT - world.clock.now())
    world.quota = Quota()
    report = await world.run(approve=shown.plan.digest)

    assert ("done", 3) == (report.outcome, report.counts["created"])


async def test_a_restart_does_not_forget_what_was_spent(world: World) -> None:
    """What the former process used counts on, and so does what replies told it."""
    await linked(counted(world, 60))
    world.pass_by(SOON)
    world.start()

    report = await world.run()

    spent = await world.state.read(budgets.spent, "memory:account-1")
    assert sum(spent.values()) == budget(report).used
    assert budget(report).used > len([c for c in world.calls if c.connection == "crm"])
    assert MOST - budget(report).used == budget(report).account_left


async def test_a_count_that_could_not_be_kept_is_kept_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk does not make calls unmade."""
    await linked(counted(world, 60))
    spending = world.preparation().links["crm"].spending
    spending.join(world.days["memory:account-1"])
    spending.day.spend(world.clock.now())

    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(budgets, "keep", full)
        with pytest.raises(OSError, match="full"):
            await keep_spending(world.state, [spending])
    used = spending.headroom(world.clock.now()).used
    await keep_spending(world.state, [spending])

    spent = await world.state.read(budgets.spent, "memory:account-1")
    assert used == sum(spent.values())


async def test_a_preview_tells_what_the_plan_costs_of_what_is_left(world: World) -> None:
    """And how many days it takes where a day has no room for it."""
    counted(world, 12)
    for number in range(200):
        world.source.make(person(number))

    report = await world.run(is_preview=True)

    found = budget(report)
    assert report.plan is not None
    assert found.left is not None
    assert report.plan.calls == found.calls
    assert found.calls > found.left
    assert 1 + (found.calls - found.left - 1) // 12 == found.resets
    assert f"costs {found.calls} API calls of {found.left}" in found.told()
    assert "in all" in found.told()


async def test_a_preview_without_room_says_so_and_writes_nothing(world: World) -> None:
    """A person who asks is told until when, instead of using what is kept for others."""
    await linked(counted(world, 60))
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0, reserve=0.5)
    world.source.edit("s1", {"company": "Later"})

    report = await world.run(is_preview=True)

    assert ("put_off", MIDNIGHT) == (report.outcome, report.put_off_until)
    assert "Later" != world.crm.records["c1"].values["company"]


async def test_a_quota_is_no_new_credential(world: World) -> None:
    """Another share asks nobody which account this is (R16)."""
    await linked(counted(world, 60))
    world.pass_by(SOON)
    world.quota = Quota(daily_share=0.7)

    await world.run()

    assert not [call for call in world.calls if call.purpose == "account"]
    assert await world.state.read(pairs.all_pairs)
