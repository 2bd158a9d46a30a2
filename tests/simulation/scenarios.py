"""Small worlds with a script instead of luck: for crashes at every step and for stories.

A scenario is prepared, something is done in it, and then one run is disturbed. Whatever disturbs
it, the world must come to the same end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from adapters.memory import CAPABILITIES
from daemon.core.values import Side, Value
from tests.simulation.claims import claims
from tests.simulation.faults import STRIKES
from tests.simulation.oracle import check
from tests.simulation.profiles import Profile
from tests.simulation.simulate import run_quietly
from tests.simulation.steps import Killed
from tests.simulation.world import Terms, World

QUIET_RUNS = 2
"""Runs that a killed one may need behind it: one that recovers, one that catches up."""

SOURCE = Profile(
    capabilities=replace(
        CAPABILITIES, has_external_id=True, has_precondition=True, full_listing_every=None
    ),
    rewriting="as_is",
    carries_external_id=True,
    is_unique=True,
)
CRM = Profile(
    capabilities=replace(CAPABILITIES, full_listing_every=timedelta(minutes=10)),
    rewriting="tidy",
    carries_external_id=True,
    is_unique=True,
)

BOTH_WAYS = Terms(settings={"create": {"source": True}, "guards": {"verify_sample": 1}})

KEEPS_MERGED = replace(CRM, answers_for_merged=False)

Script = Callable[[World], None]


SMALL_BATCHES = replace(
    CRM, capabilities=replace(CRM.capabilities, write_batch=3, read_batch=2, page_size=2)
)


def new_world(engine: Engine, terms: Terms = BOTH_WAYS, **profiles: Profile) -> World:
    """Return an undisturbed world: a source that keeps values as they are, a CRM that tidies."""
    sides = {side: profiles.get(side.value, CRM if side is Side.CRM else SOURCE) for side in Side}
    return World(engine, sides, terms)


def make(world: World, side: Side, number: int, **values: Value) -> str:
    """Enter a person by hand."""
    person = {"email": f"p{number}@example.com", "first_name": f"Name{number}", **values}
    return world.people.create(side, person)


def sync(world: World) -> None:
    """Run once, undisturbed, five minutes later."""
    world.pass_by(300)
    world.run()


def end_state(world: World) -> Mapping[str, object]:
    """Return all that matters of a world at rest, whatever the ids are."""
    known = claims(world)
    return {
        **{side.value: _people(world, side) for side in Side},
        "links": len(known.active()),
        "open": sorted(item.rule for item in known.apart if item.status == "open"),
        "logged": sorted({repr(value) for values in known.logged.values() for value in values}),
    }


def _people(world: World, side: Side) -> list[list[tuple[str, str]]]:
    live = world.systems[side].live()
    return sorted(
        sorted((name, repr(value)) for name, value in stored.values.items()) for stored in live
    )


def come_to_rest(world: World) -> Mapping[str, object]:
    """Run until nothing is left to do; a second run does nothing; the promises hold."""
    for _ in range(QUIET_RUNS):
        sync(world)
    run_quietly(world)
    check(world)
    assert [] == world.history.violations, "\n".join(world.history.lines)
    return end_state(world)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What is so, and what is done before the run that is disturbed."""

    prepare: Script
    act: Script
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the sync, beside the usual ones."""
    crm: Profile = CRM


def prepared(engine: Engine, scenario: Scenario, **profiles: Profile) -> World:
    """Return a world in which a scenario's run is about to begin."""
    terms = Terms(settings={**BOTH_WAYS.settings, **scenario.settings})
    world = new_world(engine, terms, **{"crm": scenario.crm, **profiles})
    scenario.prepare(world)
    scenario.act(world)
    world.steps.count = 0
    world.steps.names.clear()
    return world


def undisturbed(
    engine: Engine, scenario: Scenario, **profiles: Profile
) -> tuple[list[str], Mapping[str, object]]:
    """Return the steps of the scenario's run and the end it comes to."""
    world = prepared(engine, scenario, **profiles)
    sync(world)
    steps = list(world.steps.names)
    return steps, come_to_rest(world)


def killed_at(
    engine: Engine, scenario: Scenario, step: int, **profiles: Profile
) -> Mapping[str, object]:
    """Kill the scenario's run at one step, restart, and return the end it comes to."""
    world = prepared(engine, scenario, **profiles)

    def strike(_name: str) -> None:
        if world.steps.count == step:
            raise Killed

    world.steps.strike = strike
    sync(world)
    return come_to_rest(world)


def _nothing(_world: World) -> None:
    """Begin with empty systems."""


def _nothing_more(_world: World) -> None:
    """Let the run alone be what happens."""


def _three_people(world: World) -> None:
    for number in range(3):
        make(world, Side.SOURCE, number, phone=f"030 12345{number}0", note="old")
    sync(world)
    sync(world)


def _new_people(world: World) -> None:
    make(world, Side.SOURCE, 1, phone="030 1234567")
    make(world, Side.SOURCE, 2)
    make(world, Side.CRM, 3, company="Acme")


def _edits(world: World) -> None:
    world.people.edit(Side.SOURCE, "s1", {"note": "new", "company": "Acme"})
    world.people.edit(Side.CRM, "c2", {"phone": "030 7654321"})


def _edits_with_refusal(world: World) -> None:
    world.systems[Side.CRM].faults.refuses = lambda write: (
        "not_today" if write.values.get("note") == "refuse" else ""
    )
    for number, note in enumerate(("fine", "refuse", "good")):
        world.people.edit(Side.SOURCE, f"s{number + 1}", {"note": note})
    make(world, Side.SOURCE, 8, note="refuse")


def _edits_on_both_sides(world: World) -> None:
    world.people.edit(Side.SOURCE, "s1", {"note": "left", "company": "Left"})
    world.people.edit(Side.CRM, "c1", {"note": "right"})


def _killed_while_writing(world: World) -> None:
    """Leave a run behind that died after its creates took effect."""
    _new_people(world)
    (killed,) = STRIKES[2]
    writes = iter(range(10))

    def strike(name: str) -> None:
        if any(end in name for end in killed.ends) and next(writes) == 0:
            raise killed.error(world.clock)

    world.steps.strike = strike
    sync(world)
    world.steps.strike = lambda _name: None


def _seven_people(world: World) -> None:
    for number in range(7):
        make(world, Side.SOURCE, number)


def _delete(world: World) -> None:
    world.people.archive(Side.SOURCE, "s1")


def _absent_once(world: World) -> None:
    """Let somebody be erased, and missed by one listing."""
    _three_people(world)
    world.people.erase(Side.CRM, "c1")
    world.pass_by(600)
    sync(world)


def _edit_what_is_deleted(world: World) -> None:
    world.people.archive(Side.SOURCE, "s1")
    world.people.edit(Side.CRM, "c1", {"note": "still needed"})


def _plan_waits(world: World) -> None:
    """Show the first plan; its approval comes with the next run."""
    _new_people(world)
    sync(world)


def _new_rules(world: World) -> None:
    """Edit on both sides and start again with other rules."""
    _edits_on_both_sides(world)
    rules = {"note": {"to": "note", "policy": "source"}, "company": False}
    world.reconfigure({**world.settings, "fields": rules})


def _merge_two(world: World) -> None:
    """Merge two people who are both linked, and edit the partner of the one that goes."""
    world.people.merge(Side.CRM, "c1", "c2", {"company": "Acme"})
    world.people.edit(Side.SOURCE, "s2", {"note": "too late"})


def _merge_away(world: World) -> None:
    """Merge somebody who is linked into somebody who is not."""
    make(world, Side.CRM, 8, company="Acme")
    world.people.merge(Side.CRM, "c4", "c2", {"note": "old"})
    world.people.edit(Side.SOURCE, "s2", {"company": "Left"})


_REMOVING = {"deletes": {"source": "archive", "crm": "delete"}}

SCENARIOS: Mapping[str, Scenario] = {
    "create": Scenario(prepare=_nothing, act=_new_people),
    "update": Scenario(prepare=_three_people, act=_edits),
    "batch": Scenario(prepare=_nothing, act=_seven_people, crm=SMALL_BATCHES),
    "batch_with_refusals": Scenario(prepare=_three_people, act=_edits_with_refusal),
    "conflict": Scenario(prepare=_three_people, act=_edits_on_both_sides),
    "recovery": Scenario(prepare=_nothing, act=_killed_while_writing),
    "delete": Scenario(prepare=_three_people, act=_delete, settings=_REMOVING),
    "delete_of_what_is_absent": Scenario(
        prepare=_absent_once, act=_nothing_more, settings=_REMOVING
    ),
    "delete_against_edit": Scenario(
        prepare=_three_people, act=_edit_what_is_deleted, settings=_REMOVING
    ),
    "approval": Scenario(
        prepare=_plan_waits, act=_nothing_more, settings={"approval": {"first_run": "required"}}
    ),
    "merge": Scenario(prepare=_three_people, act=_merge_two, settings=_REMOVING),
    "merge_into_a_stranger": Scenario(
        prepare=_three_people, act=_merge_away, settings={**_REMOVING, "create": {"source": False}}
    ),
    "merge_left_in_the_bin": Scenario(
        prepare=_three_people, act=_merge_two, settings=_REMOVING, crm=KEEPS_MERGED
    ),
    "reload": Scenario(prepare=_three_people, act=_new_rules),
}
