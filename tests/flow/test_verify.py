"""Reading back what was written: a silent difference holds the next run."""

from collections.abc import Callable

from daemon.core.values import Side
from state import pairs
from tests.flow.world import SOON, SYNC, World, once, person

NewWorld = Callable[..., World]


async def test_a_silent_difference_holds_the_next_run(world: World) -> None:
    """The same version shows another value: a person looks before anything is written (R23)."""
    world.source.make(person(1))
    tamper = {"company": "Tampered"}
    world.crm.faults.before = once("read", lambda: world.crm.records["c1"].values.update(tamper))

    first = await world.run()
    world.source.make(person(2))
    world.pass_by(SOON)
    second = await world.run()

    assert ("held", 1, 1) == (first.outcome, first.verified.checked, first.verified.mismatched)
    assert any(f"crmsyncd approvals release {SYNC}" in step for step in first.next_steps)
    assert ("held", 1) == (second.outcome, len(world.crm.live()))
    assert ["sample_check"] == [guard.guard for guard in second.guards]
    assert "differ from what was written" in second.guards[0].reason


async def test_a_released_sync_goes_on(world: World) -> None:
    """After a person's release the next run does what is waiting."""
    world.source.make(person(1))
    await world.run()
    await world.state.write(pairs.hold, pair=SYNC, why="a person should look")
    world.source.make(person(2))
    world.pass_by(SOON)
    held = await world.run()
    await world.state.write(pairs.release, sync=SYNC)

    report = await world.run()

    assert ["a person should look"] == [guard.reason for guard in held.guards]
    assert ("done", 2) == (report.outcome, len(world.crm.live()))
    await world.rest()


async def test_a_later_edit_is_no_mismatch(world: World) -> None:
    """Somebody changed the record since: that is simply the next thing to sync (R23)."""
    world.source.make(person(1))
    edit = {"company": "Theirs"}
    world.crm.faults.before = once("read", lambda: world.crm.edit("c1", edit))

    first = await world.run()
    world.pass_by(SOON)
    await world.run()

    assert ("done", 0) == (first.outcome, first.verified.mismatched)
    assert ["Theirs"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_a_record_that_vanished_at_once_is_no_mismatch(world: World) -> None:
    """Deleted right after we wrote it: not ours to complain, and not written again."""
    world.source.make(person(1))
    world.source.make(person(2))
    world.crm.faults.before = once("read", lambda: world.crm.erase("c1"))

    report = await world.run()

    assert ("done", 0) == (report.outcome, report.verified.mismatched)
    assert "suspect" == await world.presence(Side.CRM, "c1")
    assert 2 == len(world.source.live())


async def test_the_sample_is_as_large_as_asked(new_world: NewWorld) -> None:
    """So many records are read back, in one call; none where none are wanted (R28)."""
    for size, calls in ((0, 0), (3, 1)):
        world = new_world(guards={"verify_sample": size})
        for number in range(7):
            world.source.make(person(number))

        report = await world.run()

        assert (size, calls) == (report.verified.checked, report.api.by_purpose.get("read", 0))


async def test_both_sides_are_verified(world: World) -> None:
    """What was written into the source is read back as well."""
    world.source.make(person(1))
    world.crm.make(person(2))

    report = await world.run()

    assert (2, 0) == (report.verified.checked, report.verified.mismatched)
    assert 2 == len(world.values(Side.SOURCE, "email"))
    await world.rest()
