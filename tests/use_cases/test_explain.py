"""Explain: the story of a value, and a record at a past moment (F2)."""

from collections.abc import Iterator

import pytest
from sqlmodel import SQLModel

from daemon.core.values import Side
from daemon.use_cases.attend import NotFound
from daemon.use_cases.explain import Explanation
from daemon.use_cases.explain import explain as tell
from daemon.use_cases.life_writes import Event
from state.database import State, open_engine, state_url
from tests.flow.world import SOON, SYNC, World, person


@pytest.fixture
def world() -> Iterator[World]:
    """A world on an empty state."""
    engine = open_engine(state_url("sqlite://"))
    SQLModel.metadata.create_all(engine)
    state = State(engine)
    yield World(state)
    state.close()


async def explained(world: World, record: str, field: str = "", **asked: object) -> Explanation:
    return await tell(world.state, sync=SYNC, record=record, field=field, **asked)  # type: ignore[arg-type]  # told apart by name


def kinds(found: Explanation) -> list[tuple[str, str]]:
    return [(event.kind, event.side) for event in found.events]


def last(found: Explanation, kind: str) -> Event:
    return [event for event in found.events if event.kind == kind][-1]


async def test_a_value_is_followed_from_its_edit_to_its_copy(world: World) -> None:
    """Who changed it, between which looks, and what we wrote where because of it."""
    world.source.make(person(1))
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"phone": "+4930901899"})
    await world.run()

    found = await explained(world, "s1", "phone")

    expected = [("seen", "source"), ("linked", ""), ("wrote", "crm")]
    assert [*expected, ("changed", "source"), ("wrote", "crm")] == kinds(found)
    edit, copy = last(found, "changed"), last(found, "wrote")
    assert ("+49309018" + "0001", "+4930901899") == (edit.before, edit.after)
    assert edit.since is not None
    assert edit.since < edit.at < copy.at
    assert (2, "crmsyncd", "phone→phone") == (copy.run, copy.by, copy.field)
    assert "only the source side had something new" == copy.why
    assert "somebody changed source phone" in edit.told


async def test_the_loser_of_a_conflict_is_named_with_the_rule(world: World) -> None:
    """Over which competing value, and what let the other win."""
    world.source.make(person(1))
    world.crm.make(person(1, company="Old Ltd"))
    await world.run()

    wrote = last(await explained(world, "c1", "company"), "wrote")

    assert ("Company1", "Old Ltd", "Company1") == (wrote.before, wrote.after, wrote.over)
    assert "linked" in wrote.why
    assert "crm win" in wrote.why


async def test_an_approval_is_told_with_the_write(new_approved: World) -> None:
    """Whoever said yes to the plan stands with every write it led to."""
    wrote = last(await explained(new_approved, "s1", "email"), "wrote")

    assert "ana" == wrote.approved_by
    assert "approved by ana" in wrote.told


@pytest.fixture
async def new_approved(world: World) -> World:
    """A world whose first run waited for ana."""
    world.configure(approval={"first_run": "required"})
    world.source.make(person(1))
    waiting = await world.run()
    assert waiting.plan is not None
    await world.run(approve=waiting.plan.digest, by="ana")
    return world


async def test_both_records_are_shown_as_they_were_at_a_moment(world: World) -> None:
    """Later edits and later events are left out."""
    world.source.make(person(1))
    await world.run()
    then = world.clock.now()
    world.pass_by(SOON)
    world.crm.edit("c1", {"company": "New Ltd"})
    await world.run()

    found = await explained(world, "s1", at=then)

    assert found.source is not None
    assert found.crm is not None
    assert "Company1" == found.source.values["company"] == found.crm.values["company"]
    assert all(event.at <= then for event in found.events)
    now = await explained(world, "s1")
    assert now.source is not None
    assert "New Ltd" == now.source.values["company"]


@pytest.mark.parametrize("name", ["s1", "c1", "source:s1", "crm:c1", "person1@example.com"])
async def test_a_record_goes_by_many_names(world: World, name: str) -> None:
    """Either side's id, with its connection, or the address: the same story."""
    world.source.make(person(1))
    await world.run()

    found = await explained(world, name)

    assert found.source is not None
    assert found.crm is not None
    assert ("s1", "c1") == (found.source.record, found.crm.record)


async def test_who_is_not_known_is_said(world: World) -> None:
    """An unknown sync, record or field names what was expected."""
    world.source.make(person(1))
    await world.run()

    with pytest.raises(NotFound, match="No sync"):
        await tell(world.state, sync="other", record="s1")
    with pytest.raises(NotFound, match="No record 's9'"):
        await explained(world, "s9")
    with pytest.raises(NotFound, match="email→email"):
        await explained(world, "s1", "shoe_size")


async def test_quarantine_and_verdicts_are_part_of_the_story(world: World) -> None:
    """What was set apart and let in again, and what a person decided."""
    world.source.make(person(1, email="nobody"))
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"email": "person1@example.com"})
    await world.run()

    found = await explained(world, "s1")

    names = [kind for kind, _ in kinds(found)]
    assert {"quarantined", "readmitted"} <= set(names)
    assert names.index("quarantined") < names.index("readmitted")


async def test_a_record_that_was_archived_is_told_when(world: World) -> None:
    """Presence is part of the past too."""
    world.source.make(person(1))
    await world.run()
    then = world.clock.now()
    world.pass_by(SOON)
    world.system(Side.CRM).archive("c1")
    await world.run()

    event = last(await explained(world, "c1"), "presence")
    before = await explained(world, "c1", at=then)

    assert ("live", "archived") == (event.before, event.after)
    assert before.crm is not None
    assert "live" == before.crm.presence
