"""What came back is compared with what was sent, and nothing is taken for granted."""

from collections.abc import Callable

import pytest

from daemon.core.values import Side, Value
from tests.flow.world import SOON, World, person

NewWorld = Callable[..., World]


def rewriting(field: str, rewrite: Callable[[str], Value]) -> Callable[[str, Value], Value]:
    """Return a system's way to store one field."""

    def normalise(name: str, value: Value) -> Value:
        return rewrite(value) if name == field and isinstance(value, str) else value

    return normalise


async def edited(
    world: World, normalise: Callable[[str, Value], Value] | None = None, **values: Value
) -> None:
    """Have one person in sync, then edit them in the source and sync again.

    From the edit on the CRM stores what it is given as *normalise* says.
    """
    world.source.make(person(1))
    await world.run()
    world.pass_by(SOON)
    world.crm.normalise = normalise or world.crm.normalise
    world.source.edit("s1", values)
    await world.run()


async def test_an_ignored_write_is_told_and_not_repeated(world: World) -> None:
    """The old value came back: the base stays, the field goes to a person (R19)."""
    await edited(
        world, rewriting("company", lambda _text: "Company1"), company="New", last_name="Lee"
    )

    (item,) = await world.apart()
    assert ("ignored_write", "company→company") == (item.rule, item.field)
    base = await world.base("s1", "company")
    assert base is not None
    assert ("Company1", "Company1") == (base.source, base.crm)
    assert ["Lee"] == world.values(Side.CRM, "last_name")
    await world.rest()


async def test_a_known_rewriting_is_no_edit(world: World) -> None:
    """Each side keeps its own spelling, and the base holds both (R19, fault 44)."""
    await edited(
        world, rewriting("phone", lambda _text: "(0171) 123 45 67"), phone="+49 171 1234567"
    )

    base = await world.base("s1", "phone")
    assert base is not None
    assert ("+49 171 1234567", "(0171) 123 45 67") == (base.source, base.crm)
    assert ["+49 171 1234567"] == world.values(Side.SOURCE, "phone")
    await world.rest()


async def test_something_else_that_came_back_is_an_edit(world: World) -> None:
    """A rule of the CRM made another value of it: that goes to the source (R19, fault 45)."""
    await edited(
        world, rewriting("company", lambda text: f"{text.removesuffix(' Ltd')} Ltd"), company="New"
    )

    assert ["New Ltd"] == world.values(Side.CRM, "company")
    assert ["New Ltd"] == world.values(Side.SOURCE, "company")
    assert [] == await world.conflicts()
    await world.rest()


async def test_a_cut_text_leaves_the_fuller_one_alone(world: World) -> None:
    """The CRM keeps the beginning only: both halves are the base, nothing flows back (R37)."""
    await edited(world, rewriting("company", lambda text: text[:8]), company="Universal Exports")

    assert ["Universa"] == world.values(Side.CRM, "company")
    assert ["Universal Exports"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_an_edit_of_the_cut_text_is_told(world: World) -> None:
    """What overwrites the fuller text puts it into the conflict log first (R37, I1)."""
    await edited(world, rewriting("company", lambda text: text[:8]), company="Universal Exports")
    world.pass_by(SOON)
    world.crm.edit("c1", {"company": "Acme"})

    await world.run()

    (conflict,) = await world.conflicts()
    assert ("lossy", "Universal Exports") == (conflict.reason, conflict.source)
    assert ["Acme"] == world.values(Side.SOURCE, "company")
    await world.rest()


async def test_a_reply_without_values_is_read_back(world: World) -> None:
    """The base moves only once the stored values were seen (R45)."""
    world.able(Side.CRM, replies_with_values=False)
    await edited(
        world, rewriting("company", lambda text: text.upper()), last_name="Lee", phone=None
    )

    base = await world.base("s1", "last_name")
    assert base is not None
    assert ("Lee", "Lee", False) == (base.source, base.crm, base.is_unseen)
    world.pass_by(SOON)
    await world.run()
    assert world.values(Side.SOURCE, "company") == world.values(Side.CRM, "company")
    await world.rest()


async def test_an_old_value_that_was_copied_beats_no_newer_edit(world: World) -> None:
    """Our write carries the age of the value, not the moment of writing (R12)."""
    world.able(Side.SOURCE, has_field_times=False)
    await edited(world, company="New")
    assert {"company": True}.items() <= {
        name: time.is_ours for name, time in world.crm.records["c1"].times.items()
    }.items()
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "Newer"})

    await world.run()

    assert ["Newer"] == world.values(Side.CRM, "company")
    await world.rest()


@pytest.mark.parametrize(
    ("is_file", "value", "reasons"), [(True, "New", ["stale_save"]), (False, "Old", [])]
)
async def test_a_stale_save_undoes_nothing(
    world: World, value: str, reasons: list[str], *, is_file: bool
) -> None:
    """A file saved from an old window brings back what we had replaced; elsewhere it is an edit.

    Only where people save the whole thing at once can an old value come back unmeant (R11).
    """
    if is_file:
        world.able(Side.SOURCE, is_remote=False, is_saved_whole=True, has_external_id=False)
    world.source.make(person(1, company="Old"))
    await world.run()
    world.pass_by(SOON)
    world.crm.edit("c1", {"company": "New"})
    await world.run()
    world.pass_by(SOON)
    world.source.edit("s1", {"company": "Old"})

    await world.run()

    assert [value] == world.values(Side.CRM, "company") == world.values(Side.SOURCE, "company")
    assert reasons == [conflict.reason for conflict in await world.conflicts()]
    await world.rest()
