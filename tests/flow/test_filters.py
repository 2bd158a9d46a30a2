"""Filters: who is out rests with its base, nobody is deleted for it, opt-outs pass (R4, R15)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.contract import Verb
from adapters.memory import people_fields
from daemon.core.values import Side
from tests.flow.world import FIELDS, SOON, World, person

NewWorld = Callable[..., World]
DEALS_ONLY = {"source": [{"field": "company", "in": ["ACME", "Initech"]}]}


def with_fields(world: World, *names: str) -> World:
    """Give both systems further fields."""
    for side in Side:
        world.system(side).fields = people_fields(*FIELDS, *names)
    return world


async def again(world: World) -> dict[str, int]:
    """Run, five minutes later; return why records were left alone."""
    world.pass_by(SOON)
    return (await world.run()).skipped


async def test_only_who_is_in_is_created(new_world: NewWorld) -> None:
    """Case does not count; who is out is told in the report and met again when it changes (R4)."""
    world = new_world(filters=DEALS_ONLY)
    world.source.make(person(1, company="acme"))
    world.source.make(person(2, company="Hooli"))

    report = await world.run()

    assert {"filtered": 1} == report.skipped
    assert ["person1@example.com"] == world.values(Side.CRM, "email")
    await world.rest()
    world.source.edit("s2", {"company": "Initech"})
    await again(world)
    assert {"s1": "c1", "s2": "c2"} == await world.linked()
    await world.rest()


async def test_who_leaves_rests_and_comes_back_with_its_base(new_world: NewWorld) -> None:
    """Nothing is written or deleted meanwhile; back in, it is no first contact (R4)."""
    world = new_world(filters=DEALS_ONLY, deletes={"source": "archive", "crm": "delete"})
    world.source.make(person(1, company="ACME"))
    await world.run()
    before = await world.base("s1", "last_name")

    world.source.edit("s1", {"company": "Hooli", "last_name": "Source"})
    assert {"filtered": 1} == await again(world)
    world.crm.edit("c1", {"first_name": "Crm"})
    assert {"filtered": 1} == await again(world)

    assert {"s1": "c1"} == await world.linked()
    assert before == await world.base("s1", "last_name")
    assert ["Family1"] == world.values(Side.CRM, "last_name")
    assert ["Name1"] == world.values(Side.SOURCE, "first_name")
    await world.rest()
    world.source.edit("s1", {"company": "ACME"})
    await again(world)
    assert ["Source"] == world.values(Side.CRM, "last_name")
    assert ["Crm"] == world.values(Side.SOURCE, "first_name")
    assert [] == await world.conflicts()
    await world.rest()


async def test_a_delete_of_who_rests_is_not_carried_over(new_world: NewWorld) -> None:
    """Neither of the one that left, nor of its partner (R4, R14)."""
    world = new_world(filters=DEALS_ONLY, deletes={"source": "archive", "crm": "delete"})
    for side in Side:
        world.able(side, removals=frozenset({Verb.ARCHIVE, Verb.DELETE}))
    world.source.make(person(1, company="ACME"))
    world.source.make(person(2, company="ACME"))
    await world.run()
    for record in ("s1", "s2"):
        world.source.edit(record, {"company": "Hooli"})
    await again(world)

    world.source.archive("s1")
    world.crm.archive("c2")
    await again(world)
    await again(world)

    assert ["c1"] == [record.id for record in world.crm.live()]
    assert ["s2"] == [record.id for record in world.source.live()]
    await world.rest()


@pytest.mark.parametrize("side", list(Side))
async def test_an_opt_out_passes_a_filter(new_world: NewWorld, side: Side) -> None:
    """From either side, with nothing else of the record (R15)."""
    world = with_fields(new_world(filters=DEALS_ONLY), "opt_out")
    world.source.make(person(1, company="ACME", opt_out="no"))
    await world.run()
    world.source.edit("s1", {"company": "Hooli"})
    await again(world)

    record = "s1" if side is Side.SOURCE else "c1"
    world.system(side).edit(record, {"opt_out": "yes", "last_name": "Changed"})
    await again(world)

    assert ["yes"] == world.values(side.other, "opt_out")
    assert ["Family1"] == world.values(side.other, "last_name")
    await again(world)
    await world.rest()


async def test_an_opt_out_of_a_stranger_who_is_out_reaches_who_has_the_address(
    new_world: NewWorld,
) -> None:
    """A row that a filter leaves out is never linked; its opt-out still counts (R15)."""
    world = with_fields(new_world(filters=DEALS_ONLY), "opt_out")
    world.source.make(person(1, company="ACME", opt_out="no"))
    await world.run()
    world.source.make(person(1, company="Hooli", opt_out="yes"))

    await again(world)

    assert ["yes"] == world.values(Side.CRM, "opt_out")


async def test_nobody_is_doubled_for_a_filter_of_the_other_side(new_world: NewWorld) -> None:
    """A match that the CRM's filter leaves out is neither linked nor copied (R4, I3)."""
    world = new_world(filters={"crm": [{"field": "company", "not": "Hooli"}]})
    world.crm.make(person(1, company="Hooli"))
    world.source.make(person(1, company="Hooli"))

    await world.run()

    assert {} == await world.linked()
    assert 1 == len(world.crm.live())
    await world.rest()
    world.crm.edit("c1", {"company": "ACME"})
    await again(world)
    assert {"s1": "c1"} == await world.linked()
    await world.rest()


async def test_time_alone_takes_records_in_and_out(new_world: NewWorld) -> None:
    """A relative day is looked at anew each day; the field need not be mapped (R4)."""
    world = new_world(
        filters={"source": [{"field": "joined", "after": "-7d"}]},
        fields={"joined": False},
    )
    with_fields(world, "joined")
    world.source.make(person(1, joined="2026-11-15"))
    world.source.make(person(2, joined="2026-11-01"))
    world.source.make(person(3, joined="soon"))
    report = await world.run()
    assert {"filtered": 1, "filter_unreadable": 1} == report.skipped
    assert {"s1": "c1"} == await world.linked()

    world.pass_by(timedelta(days=1))
    await again(world)
    world.source.edit("s1", {"last_name": "Early"})
    assert {} == await again(world)
    assert ["Early"] == world.values(Side.CRM, "last_name")
    world.pass_by(timedelta(days=3))
    await again(world)
    world.source.edit("s1", {"last_name": "Late"})
    await again(world)

    assert ["Early"] == world.values(Side.CRM, "last_name")
    assert {"s1": "c1"} == await world.linked()


async def test_a_new_filter_is_told_and_keeps_every_base(new_world: NewWorld) -> None:
    """A change of filters decides all again and makes nothing a first contact (R16)."""
    world = new_world()
    for number in range(3):
        world.source.make(person(number, company=f"Company{number}"))
    await world.run()
    before = await world.base("s1", "email")
    world.configure(filters={"source": [{"field": "company", "eq": "Company2"}]})

    assert {"filtered": 4} == {
        word: number for word, number in (await again(world)).items() if word == "filtered"
    }
    assert before == await world.base("s1", "email")
    await world.rest()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"field": "compny", "eq": "x"}, "no field 'compny'"),
        (
            {"field": "phone", "above": 3},
            "'phone' holds phone, and `above` compares number or text",
        ),
    ],
)
async def test_a_filter_that_cannot_be_asked_stops_the_run(
    new_world: NewWorld, written: dict[str, object], told: str
) -> None:
    """A field that is not there is named with the nearest one; nothing is read as empty."""
    world = new_world(filters={"source": [written]})
    world.source.make(person(1))

    report = await world.run()

    assert told in report.error
    assert [] == world.crm.live()
