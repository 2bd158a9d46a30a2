"""A state that was put back, or that slept too long, loses nothing and doubles nothing (fault 13)."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from daemon.core.values import Side
from state.backup import mark_restored
from tests.flow.world import SOON, World, person

NewWorld = Callable[..., World]
A_DAY = timedelta(days=1)
GUARD = "state_age"


def database(world: World) -> sqlite3.Connection:
    with world.state.engine.connect() as connection:
        return cast("sqlite3.Connection", connection.connection.driver_connection)


def copied(world: World) -> sqlite3.Connection:
    """A copy of the state as it is now."""
    copy = sqlite3.connect(":memory:")
    database(world).backup(copy)
    return copy


async def put_back(world: World, copy: sqlite3.Connection) -> None:
    """Let the copy be the state again, as a restore does."""
    copy.backup(database(world))
    copy.close()
    await world.state.write(mark_restored, at=world.clock.now(), actor="ana")
    world.start()


async def synced(world: World, number: int = 3) -> None:
    for each in range(number):
        world.source.make(person(each))
    await world.run()
    world.pass_by(SOON)


def told(notes: list[str]) -> list[str]:
    return [note for note in notes if GUARD in note]


async def test_a_restored_state_loses_no_edit_and_doubles_nobody(world: World) -> None:
    """Whatever was edited and made on both sides since the copy, synced or not, is there once."""
    await synced(world)
    copy = copied(world)
    world.source.edit("s1", {"company": "From the source"})
    world.crm.edit("c2", {"company": "From the CRM"})
    world.source.make(person(10))
    world.crm.make(person(11))
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c3", {"company": "Not synced yet"})
    world.source.make(person(12))

    await put_back(world, copy)
    world.pass_by(SOON)
    report = await world.run()

    assert 2 == len(told(report.notes))
    expected = ["Company10", "Company11", "Company12", "From the CRM", "From the source",
                "Not synced yet"]  # fmt: skip
    assert expected == world.values(Side.SOURCE, "company")
    assert expected == world.values(Side.CRM, "company")
    assert 6 == len(await world.linked())
    await world.rest()


async def test_an_edit_that_meets_a_forgotten_one_is_in_the_conflict_list(world: World) -> None:
    """What the state forgot looks like an edit; the value that has to yield is told, not lost."""
    await synced(world)
    copy = copied(world)
    world.crm.edit("c1", {"company": "Synced and forgotten"})
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "Edited after that"})

    await put_back(world, copy)
    await world.run()

    stands = {world.values(side, "company")[-1] for side in Side}
    (conflict,) = await world.conflicts()
    assert {conflict.source, conflict.crm} == {"Synced and forgotten", "Edited after that"}
    assert 1 == len(stands)
    await world.rest()


async def test_the_second_run_after_a_restore_is_as_any_other(world: World) -> None:
    """The guard speaks once an end, and then the feed is followed again."""
    await synced(world)
    await put_back(world, copied(world))
    await world.run()
    world.pass_by(SOON)

    report = await world.run()

    assert [] == told(report.notes)
    assert {"changes": 2} == report.api.by_purpose


async def test_a_cut_listing_after_a_restore_creates_nobody(world: World) -> None:
    """No create before both listings are Complete (R5), although they once were."""
    await synced(world, 12)
    copy = copied(world)
    await put_back(world, copy)
    world.source.make(person(20))
    world.crm.faults.cut_listing_after = 1

    report = await world.run()

    assert 0 == report.counts["created"]
    assert 2 == len(told(report.notes))
    world.crm.faults.cut_listing_after = None
    world.pass_by(SOON)
    assert 1 == (await world.run()).counts["created"]
    await world.rest()


async def test_absence_seen_before_a_restore_proves_nothing_after(world: World) -> None:
    """A record that two listings lacked, one of them before the restore, is not gone yet (I6)."""
    await synced(world)
    world.crm.erase("c2")
    await list_all(world)
    assert "live" == await world.presence(Side.CRM, "c2")
    await put_back(world, copied(world))
    world.pass_by(SOON)

    await world.run()
    assert "live" == await world.presence(Side.CRM, "c2")

    world.pass_by(SOON)
    await world.run()
    assert "missing" == await world.presence(Side.CRM, "c2")


async def list_all(world: World) -> None:
    world.pass_by(timedelta(days=7, minutes=1))
    await world.run()


@pytest.mark.parametrize(("age", "times"), [(A_DAY - SOON, 0), (A_DAY + SOON, 2)])
async def test_a_state_that_slept_is_not_believed(
    new_world: NewWorld, age: timedelta, times: int
) -> None:
    """One step below ``guards: {state_age: …}`` the feed is followed, one above all is listed."""
    world = new_world(guards={"state_age": "1d"})
    await synced(world)
    await world.run()
    world.pass_by(age)

    report: Any = await world.run()

    assert times == len(told(report.notes))
    assert bool(times) == ("listing" in report.api.by_purpose)
    assert ("nothing", 0) == (report.outcome, report.counts["created"])


async def test_a_forgotten_create_without_keys_is_not_made_again(world: World) -> None:
    """Nobody can tell whose it is: neither side gets another one, and a person is told."""
    await synced(world)
    copy = copied(world)
    world.source.make(person(10, email=None, phone=None))
    assert 1 == (await world.run()).counts["created"]
    world.pass_by(SOON)

    await put_back(world, copy)
    await world.run()

    assert [4, 4] == [len(world.system(side).live()) for side in Side]
    assert {"forgotten_create"} == {row.rule for row in await world.apart()}
    assert {Side.SOURCE, Side.CRM} == {row.side for row in await world.apart()}
    await world.rest()


async def test_who_has_no_key_is_made_once_nothing_is_forgotten(world: World) -> None:
    """The forgotten ones were recognised by their keys: whoever waited because of them goes on."""
    await synced(world)
    copy = copied(world)
    world.source.make(person(10))
    await world.run()
    world.pass_by(SOON)
    world.source.make(person(11, email=None, phone=None))

    await put_back(world, copy)
    await world.run()
    world.pass_by(SOON)
    await world.run()

    assert [5, 5] == [len(world.system(side).live()) for side in Side]
    assert [] == await world.apart()
    await world.rest()
