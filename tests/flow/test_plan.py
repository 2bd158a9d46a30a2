"""A plan is the same for the same data, and looking at one changes nothing."""

from collections.abc import Callable, Sequence

import pytest

from daemon.core.values import Side
from daemon.flow import plan
from tests.flow.world import SOON, World, person

NewWorld = Callable[..., World]


def populate(world: World, numbers: Sequence[int]) -> None:
    """Let both sides hold people, some of them the same, some in doubt."""
    for number in numbers:
        world.source.make(person(number))
    for number in range(0, 30, 2):
        world.crm.make(person(number, company="Theirs" if number % 4 else None))
    world.crm.make(person(6, first_name="Twin"))


@pytest.mark.parametrize(("page", "batch"), [(1, 3), (2, 10), (7, 1), (500, 10)])
async def test_a_plan_does_not_depend_on_page_sizes(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, page: int, batch: int
) -> None:
    """Pages of the plan, of listings and of reads change no decision (I3)."""
    usual = new_world()
    populate(usual, range(20))
    expected = await usual.run(is_preview=True)
    monkeypatch.setattr(plan, "PAGE", page)
    world = new_world()
    for side in Side:
        world.able(side, page_size=batch, read_batch=batch, hint_page_size=batch)
    populate(world, range(20))

    found = await world.run(is_preview=True)

    assert expected.plan is not None
    assert found.plan is not None
    assert expected.plan.digest == found.plan.digest
    assert expected.plan.operations == found.plan.operations
    assert 24 == expected.plan.writes


async def test_a_plan_does_not_depend_on_the_way_records_were_met(world: World) -> None:
    """Listed at once or told of one by one: the same data, the same plan (I3)."""
    await world.run(is_preview=True)
    populate(world, range(20))
    world.pass_by(SOON)

    told = await world.run(is_preview=True)

    assert told.plan is not None
    assert (24, "done") == (told.plan.writes, (await world.run()).outcome)
    await world.run()  # twins are looked at once more after the writes
    await world.rest()


async def test_the_same_data_give_the_same_digest_twice(world: World) -> None:
    """Nothing happened in between: what was shown is what would be done (R17)."""
    populate(world, range(20))
    first = await world.run(is_preview=True)
    world.pass_by(SOON)
    second = await world.run(is_preview=True)

    assert first.plan == second.plan


async def test_an_edit_gives_another_digest(world: World) -> None:
    """An approval covers the values it was given for (R17)."""
    populate(world, range(20))
    first = await world.run(is_preview=True)
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "New"})

    second = await world.run(is_preview=True)

    assert first.plan is not None
    assert second.plan is not None
    assert first.plan.writes == second.plan.writes
    assert first.plan.digest != second.plan.digest


async def test_another_mapping_gives_another_digest(new_world: NewWorld) -> None:
    """The digest covers the mapping table too (R17)."""
    digests = set()
    for policy in ("source", "crm"):
        world = new_world(fields={"company": {"to": "company", "policy": policy}})
        world.source.make(person(1))
        report = await world.run(is_preview=True)
        assert report.plan is not None
        digests.add(report.plan.digest)

    assert 2 == len(digests)


async def test_a_preview_leaves_no_trace(world: World) -> None:
    """No link, no conflict, no quarantine, nothing written, nothing taken off the list."""
    populate(world, range(20))

    report = await world.run(is_preview=True)

    assert ("nothing", "preview") in {
        (outcome, report.plan.ground if report.plan else "")
        for outcome in ("nothing", report.outcome)
    }
    assert ({}, [], []) == (await world.linked(), await world.conflicts(), await world.apart())
    assert ([], []) == (world.source.writes, world.crm.writes)
    assert 36 == await world.waiting()


async def test_a_preview_shows_what_the_run_then_does(world: World) -> None:
    """Operations and digest of the preview are those of the run after it."""
    populate(world, range(20))
    preview = await world.run(is_preview=True)
    before = len(world.crm.live())

    await world.run()

    assert preview.plan is not None
    assert preview.plan.operations["crm.create"] == len(world.crm.live()) - before
    await world.run()
    await world.rest()


async def test_a_weaker_match_waits_for_the_stronger_one(world: World) -> None:
    """Who shares the phone does not get the contact whose address another row has (R8, I3)."""
    world.crm.make(person(1, first_name="Ada", phone="+49301234567"))
    world.source.make({"first_name": "Ada", "phone": "+49301234567"})
    world.source.make(person(1, first_name="Ada"))

    await world.run()

    linked = await world.linked()
    assert "c1" == linked["s2"]
    assert "c1" != linked.get("s1")
