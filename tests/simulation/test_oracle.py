"""The oracle can fail: each promise that is broken by hand is missed by name."""

from dataclasses import replace

from adapters.contract import Verb, Write
from daemon.core.values import Side
from tests.simulation.oracle import check
from tests.simulation.scenarios import BOTH_WAYS, come_to_rest, make, new_world, sync
from tests.simulation.simulate import database
from tests.simulation.steps import drive
from tests.simulation.world import Terms, World

REMOVING = Terms(settings={**BOTH_WAYS.settings, "deletes": {"source": "archive"}})


def linked() -> World:
    """Two people known on both sides, at rest."""
    world = new_world(database(), REMOVING)
    for number in (1, 2):
        make(world, Side.SOURCE, number, note="old")
    sync(world)
    sync(world)
    return world


def broken(world: World) -> set[str]:
    """Return the promises that the oracle finds broken."""
    world.history.violations.clear()
    check(world)
    return {told.split(":")[0] for told in world.history.violations}


def write_by_hand(world: World, verb: Verb, write: Write) -> None:
    """Write behind the engine's back."""
    drive(world.wires[Side.CRM].write("people", verb, [write]))


def test_a_world_at_rest_breaks_nothing() -> None:
    """Else nothing below would mean anything."""
    world = linked()

    come_to_rest(world)

    assert set() == broken(world)


def test_an_edit_that_we_overwrite_is_missed() -> None:
    """I1, I2: it is nowhere any more, and only one side had changed."""
    world = linked()
    world.people.edit(Side.CRM, "c1", {"note": "new"})
    drive(world.wires[Side.CRM].read("people", ["c1"], ["note"]))
    write_by_hand(world, Verb.UPDATE, Write(token="x", id="c1", values={"note": "old"}))

    assert {"I1", "I2", "I14"} <= broken(world)


def test_a_write_without_an_intent_and_one_that_changes_nothing_are_missed() -> None:
    """I14, I18: every write is told, and changes something."""
    world = linked()
    write_by_hand(world, Verb.UPDATE, Write(token="x", id="c1", values={"note": "old"}))

    assert any(told.startswith("I18") for told in world.history.violations)
    assert "I14" in broken(world)


def test_an_intent_that_is_sent_twice_is_missed() -> None:
    """I11: one record per intent."""
    world = linked()
    token = world.history.effects[0].token
    write_by_hand(world, Verb.CREATE, Write(token=token, values={"email": "p9@example.com"}))

    assert "I11" in broken(world)


def test_a_removal_without_proof_is_missed() -> None:
    """I6: the partner was not shown to be gone."""
    world = linked()
    world.people.archive(Side.SOURCE, "s1")
    sync(world)
    (removal,) = world.history.removals
    assert set() == broken(world)

    world.history.removals[:] = [replace(removal, is_proven={})]

    assert {"I6"} == broken(world)


def test_a_removal_that_takes_an_edit_along_is_missed() -> None:
    """I7: what somebody entered there is nowhere else."""
    world = linked()
    world.history.holds((Side.CRM, "c1", "note"), "only here", is_ours=False)
    world.people.archive(Side.SOURCE, "s1")
    sync(world)

    assert {"I7"} == broken(world)


def test_sides_that_differ_and_nobody_is_told_are_missed() -> None:
    """I5: two linked records come to mean the same."""
    world = linked()
    world.systems[Side.CRM].records["c1"].values["company"] = "differs"

    assert "I5" in broken(world)
