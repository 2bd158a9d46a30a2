"""The urgent lane: a long load does not keep people's edits and opt-outs waiting."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.memory import people_fields
from daemon.core.values import Side, Value
from daemon.flow import urgent
from tests.flow.world import SOON, World, on_nth, person

NewWorld = Callable[..., World]
LOAD = 60
BATCHES = LOAD // 10


async def loading(world: World, act: Callable[[], object], minutes: int) -> list[Value]:
    """Have somebody act in the second batch of a load; return what they see after each batch."""
    seen: list[Value] = []

    def act_and_wait() -> None:
        act()
        world.pass_by(timedelta(minutes=minutes))

    strikes = on_nth("create", 2, act_and_wait)

    def before(purpose: str) -> None:
        strikes(purpose)
        if purpose == "create":
            seen.append(world.source.records["s1"].values["company"])

    for number in range(1, LOAD + 1):
        world.source.make(person(number))
    world.crm.faults.before = before
    await world.run()
    world.crm.faults.before = lambda _purpose: None
    return seen


def known(world: World) -> None:
    """Have one person on both sides, to be recognised by the load."""
    for side in Side:
        world.system(side).make(person(0))


async def test_an_edit_overtakes_the_load(world: World) -> None:
    """Somebody edits a linked record while others are created: it is carried over between batches."""
    known(world)

    seen = await loading(world, lambda: world.crm.edit("c1", {"company": "Urgent"}), 6)

    assert BATCHES == len(seen)
    assert "Urgent" not in seen[:2]
    assert "Urgent" == seen[3]
    assert LOAD + 1 == len(world.crm.live())
    world.pass_by(SOON)
    await world.run()
    await world.rest()


async def test_looks_are_minutes_apart(world: World) -> None:
    """A load that is done before the next look is due costs no more calls."""
    known(world)

    seen = await loading(world, lambda: world.crm.edit("c1", {"company": "Urgent"}), 1)

    assert "Urgent" not in seen
    assert 0 == sum(call.purpose == "changes" for call in world.calls if call.connection == "crm")


async def test_a_burst_of_edits_waits_and_an_opt_out_does_not(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a handful is a load itself and waits for the guards; opt-outs never do (R15)."""
    monkeypatch.setattr(urgent, "HANDFUL", 0)
    world = new_world()
    for side in Side:
        world.system(side).fields = people_fields("email", "first_name", "company", "opt_out")
    known(world)

    def act() -> None:
        world.crm.edit("c1", {"company": "Later", "opt_out": "yes"})

    companies = await loading(world, act, 6)

    assert "Later" not in companies
    assert "yes" == world.source.records["s1"].values["opt_out"]
    world.pass_by(SOON)
    await world.run()
    assert "Later" == world.source.records["s1"].values["company"]
