"""Carrying a plan out: look, write, and find the one that spoils a batch."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from adapters.contract import Outcome, Verb, Write
from adapters.errors import RejectBatch, WaitUntil
from adapters.memory import MemoryAdapter, people_fields
from daemon.core.values import Side
from tests.flow.world import FIELDS, SOON, World, once, person, raising

NewWorld = Callable[..., World]
BAD = "Bad company"


class Strict(MemoryAdapter):
    """A system that refuses a whole batch for one record, without saying which."""

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        if any(write.values.get("company") == BAD for write in writes):
            raise RejectBatch("One of the records is invalid.", code="VALIDATION_ERROR")
        return await super().write(object_name, verb, writes)


async def synced(world: World, people: int = 1) -> None:
    """Have people on both sides, in sync."""
    for number in range(people):
        world.source.make(person(number))
    await world.run()
    world.pass_by(SOON)


@pytest.mark.parametrize("has_precondition", [False, True])
async def test_an_edit_after_the_look_at_the_feed_is_not_overwritten(
    world: World, *, has_precondition: bool
) -> None:
    """What moved since the plan is planned anew, whether we look or the system compares (R21, I16)."""
    world.able(Side.CRM, has_precondition=has_precondition)
    await synced(world)
    world.source.edit("s1", {"company": "Mine"})
    world.crm.faults.before = once(
        "update" if has_precondition else "read",
        lambda: world.crm.edit("c1", {"company": "Theirs"}),
    )

    report = await world.run()

    assert ["Theirs"] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    (conflict,) = await world.conflicts()
    assert ("Mine", "crm", "both_changed") == (conflict.source, conflict.winner, conflict.reason)
    assert "done" == report.outcome
    await world.rest()


@pytest.mark.parametrize("has_precondition", [False, True])
async def test_an_edit_of_another_field_does_not_matter(
    world: World, *, has_precondition: bool
) -> None:
    """Only the fields about to be overwritten are compared, not the version (R21, R35)."""
    world.able(Side.CRM, has_precondition=has_precondition)
    await synced(world)
    world.source.edit("s1", {"company": "Mine"})
    world.crm.faults.before = once(
        "update" if has_precondition else "read",
        lambda: world.crm.edit("c1", {"last_name": "Theirs"}),
    )

    await world.run()
    world.pass_by(SOON)
    await world.run()

    assert ["Mine"] == world.values(Side.CRM, "company")
    assert ["Theirs"] == world.values(Side.SOURCE, "last_name")
    assert [] == await world.conflicts()
    await world.rest()


@pytest.mark.parametrize("has_precondition", [False, True])
async def test_a_record_that_vanished_is_not_written(
    world: World, *, has_precondition: bool
) -> None:
    """Gone between plan and write: nothing is written, nothing is created again (R14)."""
    world.able(Side.CRM, has_precondition=has_precondition)
    await synced(world)
    world.source.edit("s1", {"company": "Mine"})
    world.crm.faults.before = once(
        "update" if has_precondition else "read", lambda: world.crm.archive("c1")
    )

    await world.run()
    world.pass_by(SOON)
    await world.run()

    assert ([], ["Mine"]) == (world.crm.live(), world.values(Side.SOURCE, "company"))
    await world.rest()


async def test_a_stranger_found_just_before_a_create_is_linked(world: World) -> None:
    """Somebody made the same person meanwhile: the next pass of the run links the two (R33)."""
    await synced(world)
    world.source.make(person(7))
    stranger = person(7, company=None)
    world.crm.faults.before = once("find", lambda: world.crm.make(stranger))

    await world.run()

    assert 2 == len(world.crm.live())
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    assert ["Company0", "Company7"] == world.values(Side.CRM, "company")
    await world.rest()


async def test_a_create_refused_for_an_existing_record_meets_it(world: World) -> None:
    """The system names who holds the key: that record is read and linked (correctness §4.5)."""
    world.able(Side.CRM, unique_keys=frozenset())
    await synced(world)
    world.source.make(person(7))
    stranger = person(7, company=None)
    world.crm.faults.before = once("create", lambda: world.crm.make(stranger))

    await world.run()

    assert 2 == len(world.crm.live())
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    assert ["Company0", "Company7"] == world.values(Side.CRM, "company")
    await world.rest()


async def test_a_key_of_somebody_else_is_for_a_person(world: World) -> None:
    """A unique field that is no match key stands in the way: nobody guesses (R33)."""
    unique = dict(people_fields(*FIELDS))
    unique["company"] = people_fields("email")["email"].__class__(
        name="company", label="company", kind=unique["company"].kind, is_unique=True
    )
    world.crm.fields = unique
    await synced(world)
    world.source.make(person(7, company="Company0"))
    world.source.make(person(8))

    report = await world.run()

    assert ["key_taken"] == [item.rule for item in await world.apart()]
    assert {"s1": "c1", "s3": "c2"} == await world.linked()
    assert "crmsyncd quarantine" in report.next_steps
    await world.rest()


async def test_a_known_record_with_the_key_is_for_a_person(world: World) -> None:
    """Looked up before a create: an old acquaintance that matching did not choose (R33)."""
    world.configure(match={"on": ["phone"]})
    world.crm.make(person(1, first_name="Somebody"))
    world.source.make(person(1))
    world.configure(create={"crm": True, "source": False})

    await world.run()

    assert ["key_taken"] == [item.rule for item in await world.apart()]
    assert (1, {}) == (len(world.crm.live()), await world.linked())
    await world.rest()


@pytest.mark.parametrize("culprit", [0, 4, 9])
async def test_halving_finds_the_record_that_spoils_a_batch(world: World, culprit: int) -> None:
    """One bad record never stops its neighbours: all others arrive, it is set apart (I22)."""
    world.adapters["crm"] = Strict
    for number in range(10):
        world.source.make(person(number, company=BAD if number == culprit else "Good"))

    report = await world.run()

    assert ["Good"] * 9 == world.values(Side.CRM, "company")
    (item,) = await world.apart()
    assert (f"s{culprit + 1}", "validation_error") == (item.record, item.rule)
    assert 1 == report.counts["failed"]
    await world.rest()


async def test_a_refused_record_comes_again_when_it_changed(world: World) -> None:
    """What was refused is tried anew once a person mended it, and its entry is gone."""
    world.crm.faults.refuses = lambda write: "bad" if write.values.get("company") == BAD else ""
    world.source.make(person(1, company=BAD))
    await world.run()
    assert ["bad"] == [item.rule for item in await world.apart()]
    await world.rest()
    world.source.edit("s1", {"company": "Good"})

    await world.run()

    assert (["Good"], []) == (world.values(Side.CRM, "company"), await world.apart())
    await world.rest()


async def test_known_records_are_written_before_new_ones(world: World) -> None:
    """An address that an update frees on the other side is free for a new person after it (I5)."""
    await synced(world)
    world.source.edit("s1", {"email": "new@example.com"})
    world.source.make(person(0, first_name="Another", phone=None))

    await world.run()
    world.pass_by(SOON)
    await world.run()

    assert [("create", "c1"), ("update", "c1"), ("create", "c2")] == world.crm.writes
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    await world.rest()


async def test_patience_asked_for_ends_the_run_and_loses_nothing(world: World) -> None:
    """Nothing was written, so no intent stays open; the next run does the work (R20)."""
    world.source.make(person(1))
    until = world.clock.now() + timedelta(minutes=1)
    error = WaitUntil("The system asks for patience.", until=until)
    world.crm.faults.before = once("create", raising(error))

    first = await world.run()
    world.pass_by(SOON)
    second = await world.run()

    assert ("failed", 0) == (first.outcome, first.open_intents)
    assert ("done", 1) == (second.outcome, len(world.crm.live()))
    await world.rest()


async def test_batches_are_as_small_as_asked(new_world: NewWorld) -> None:
    """``batch_size`` bounds what one call writes, and costs calls only (I3)."""
    world = new_world(batch_size=2)
    for number in range(5):
        world.source.make(person(number))

    report = await world.run()

    assert (3, 5) == (report.api.by_purpose["create"], len(world.crm.live()))
    await world.rest()
