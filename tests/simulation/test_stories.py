"""What the simulation once found, told as stories: each ends with a second run that does nothing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapters.contract import Reading
from adapters.errors import RetryLater, UnknownOutcome
from daemon.core.values import Side
from tests.simulation.claims import claims
from tests.simulation.scenarios import CRM, come_to_rest, make, new_world, sync
from tests.simulation.simulate import database
from tests.simulation.world import World

SILENT = replace(
    CRM, capabilities=replace(CRM.capabilities, replies_with_values=False), rewriting="cut"
)


def lose_next_reply(world: World, side: Side) -> None:
    """Let the next write take effect and its reply be lost."""

    def strike(name: str) -> None:
        if name == f"{side.value}.write.after":
            world.steps.strike = lambda _name: None
            raise UnknownOutcome("No reply came.")

    world.steps.strike = strike


def test_a_system_that_cuts_and_tells_nothing_is_written_once() -> None:
    """R45, R37: the accepted write is read back, and what was cut is agreed, not written for ever."""
    world = new_world(database(), crm=SILENT)
    make(world, Side.SOURCE, 1, company="A company with a long name")
    sync(world)
    sync(world)

    end = come_to_rest(world)

    assert 1 == len(world.history.effects)
    assert 1 == end["links"]


def test_the_loser_of_a_conflict_is_logged_though_its_write_is_never_confirmed() -> None:
    """I1: the write landed, its reply was lost, a workflow changed what would have shown it."""
    world = new_world(database())
    make(world, Side.SOURCE, 1, company="Old", note="old")
    sync(world)
    sync(world)
    world.people.edit(Side.CRM, "c1", {"company": "Right"})
    world.pass_by(10)
    world.people.edit(Side.SOURCE, "s1", {"company": "Left", "note": "new"})
    lose_next_reply(world, Side.CRM)
    sync(world)
    world.people.edit(Side.CRM, "c1", {"note": "workflow"})

    come_to_rest(world)

    assert "Left" == world.systems[Side.CRM].records["c1"].values["company"]
    assert "Right" in claims(world).logged[Side.CRM, "c1", "company"]


def test_an_id_left_out_of_a_reply_is_read_before_anything_is_created(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R3, I6: somebody entered on both sides is not created again for want of an answer."""
    world = new_world(database(), source=replace(CRM, is_unique=False))
    make(world, Side.SOURCE, 1)
    sync(world)
    make(world, Side.SOURCE, 2)
    make(world, Side.CRM, 2)
    wire = world.wires[Side.SOURCE]
    read = wire.read

    async def short(object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        reading = await read(object_name, ids, fields)
        return replace(reading, records=[r for r in reading.records if r.id != "s2"])

    monkeypatch.setattr(wire, "read", short)
    sync(world)
    monkeypatch.undo()

    end = come_to_rest(world)

    assert 2 == end["links"] == len(world.systems[Side.SOURCE].live())


def test_everything_in_the_bin_is_believed_because_every_read_proves_it() -> None:
    """R39: the empty-side guard has an exit; nothing is deleted on the other side."""
    world = new_world(database())
    for number in range(3):
        make(world, Side.SOURCE, number)
    sync(world)
    for stored in world.systems[Side.CRM].live():
        world.people.archive(Side.CRM, stored.id)
    world.pass_by(3600)
    sync(world)

    end = come_to_rest(world)

    assert 0 == end["links"]
    assert 3 == len(world.systems[Side.SOURCE].live())


def test_an_edit_beside_our_write_is_seen_though_the_reply_did_not_show_it() -> None:
    """R30, R45: a reply with the written fields alone does not vouch for the others."""
    world = new_world(database())
    make(world, Side.SOURCE, 1, note="old")
    sync(world)
    sync(world)
    world.people.edit(Side.SOURCE, "s1", {"company": "Acme"})

    def strike(name: str) -> None:
        if name == "crm.write.before":
            world.steps.strike = lambda _name: None
            world.people.edit(Side.CRM, "c1", {"note": "beside"})

    world.steps.strike = strike
    sync(world)

    come_to_rest(world)

    assert "beside" == world.systems[Side.SOURCE].records["s1"].values["note"]


def test_a_write_to_each_side_is_finished_though_only_the_first_was_sent() -> None:
    """R1: one record led to two writes; the first alone does not take it off the list."""
    world = new_world(database())
    make(world, Side.SOURCE, 1, note="old", company="Old")
    sync(world)
    sync(world)
    world.people.edit(Side.SOURCE, "s1", {"note": "new", "company": "Left"})
    world.people.edit(Side.CRM, "c1", {"first_name": "Right"})

    def strike(name: str) -> None:
        if name == "source.write.before":
            world.steps.strike = lambda _name: None
            raise RetryLater("The connection broke.")

    world.steps.strike = strike
    sync(world)

    come_to_rest(world)

    assert "new" == world.systems[Side.CRM].records["c1"].values["note"]
    assert "Right" == world.systems[Side.SOURCE].records["s1"].values["first_name"]


def test_a_field_emptied_in_a_record_we_made_is_emptied_on_the_other_side() -> None:
    """R11, I2: only a file saved whole over our write-back can be a stale save."""
    world = new_world(database())
    make(world, Side.CRM, 1, note="filled")
    sync(world)
    sync(world)
    world.people.edit(Side.SOURCE, "s1", {"note": None})
    sync(world)

    come_to_rest(world)

    assert world.systems[Side.CRM].records["c1"].values["note"] is None
