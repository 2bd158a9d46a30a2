"""What goes wrong between two runs: to our state, our configuration, an account or a schema.

Each accident takes a world and luck of its own. One that finds nothing to strike does not count.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any

from daemon.core.values import Side
from state import observations
from tests.simulation.drift import Drift

if TYPE_CHECKING:
    from tests.simulation.world import World


def restore_older(world: "World", luck: Random) -> None:
    """Put an older copy of the state back (fault 13)."""
    if world.copies:
        world.go_back(luck.choice(world.copies))
        world.mischief.happened(13, "state")


def lose_state(world: "World", _luck: Random) -> None:
    """Lose the whole state (fault 14)."""
    world.lose_state()
    world.mischief.happened(14, "state")


def change_settings(world: "World", luck: Random) -> None:
    """Start again with another configuration (fault 15)."""
    settings: dict[str, Any] = deepcopy(dict(world.settings))
    name = luck.choice(sorted(CHANGES))
    CHANGES[name](settings, luck)
    world.reconfigure(settings)
    world.mischief.happened(15, f"{name} {settings}")


def _policy(settings: dict[str, Any], luck: Random) -> None:
    words = ("most_recent", "source", "crm", "manual")
    settings["conflicts"] = {"default": luck.choice(words), "tie": luck.choice(("source", "crm"))}


def _direction(settings: dict[str, Any], luck: Random) -> None:
    settings["direction"] = luck.choice(("both", "push", "pull"))


def _field(settings: dict[str, Any], luck: Random) -> None:
    """Take a field out, put it back, or give it a rule of its own."""
    name = luck.choice(("first_name", "company", "note"))
    rules = dict(settings.get("fields", {}))
    if name in rules:
        del rules[name]
    else:
        own = {"to": name, "policy": luck.choice(("source", "crm", "never_clear", "manual"))}
        rules[name] = luck.choice((False, False, own))
    settings["fields"] = rules


def _match(settings: dict[str, Any], luck: Random) -> None:
    match = dict(settings.get("match", {}))
    match["on"] = luck.choice(([["email"], ["phone"]], [["email"]], [["phone"], ["email"]]))
    settings["match"] = match


def _creation(settings: dict[str, Any], luck: Random) -> None:
    settings["create"] = {"crm": luck.random() < 0.8, "source": luck.random() < 0.8}


CHANGES: Mapping[str, Callable[[dict[str, Any], Random], None]] = {
    "policy": _policy,
    "direction": _direction,
    "field": _field,
    "match": _match,
    "creation": _creation,
}


def lead_elsewhere(world: "World", luck: Random) -> None:
    """Let new credentials lead to somebody else's account: nothing may be written (fault 37)."""
    side = luck.choice(tuple(Side))
    if world.state.read_now(observations.account, world.name(side)) is None:
        return
    world.mischief.happened(37, side.value)
    stranger, report = world.run_elsewhere(side)
    if stranger.writes:
        world.history.violate("R6", f"{len(stranger.writes)} writes to a stranger's account")
    if report is not None and report.outcome != "failed":
        world.history.violate("R6", f"a stranger's account was taken for ours: {report.outcome}")


def change_schema(world: "World", luck: Random) -> None:
    """Rename, require, retype a field, or take an option away, on one side (fault 49)."""
    side = luck.choice(tuple(Side))
    drift = Drift(kind=luck.choice(("gone", "required", "retyped")), field=luck.choice(DRIFTING))
    world.wires[side].drift = drift
    if drift.kind == "gone":
        world.history.hidden.add(drift.field)
    world.mischief.happened(49, f"{side.value} {drift.field} {drift.kind}")


DRIFTING = ("first_name", "company", "note")

ACCIDENTS: Mapping[int, Callable[["World", Random], None]] = {
    13: restore_older,
    14: lose_state,
    15: change_settings,
    37: lead_elsewhere,
    49: change_schema,
}
