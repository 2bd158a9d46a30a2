"""What the oracle asks of one-sided edits (I2): they end on both sides, or are told."""

from typing import TYPE_CHECKING

from daemon.core.values import Side, Value
from state.links import LinkRow
from tests.simulation.claims import Claims, same
from tests.simulation.history import Event

if TYPE_CHECKING:
    from tests.simulation.world import World


def check_one_sided(known: Claims, names: list[str]) -> None:
    """Where both sides had agreed and one person then changed one side, that change stands (I2)."""
    world = known.world
    for link in known.active():
        if any((side, link.record(side)) in world.history.deaths for side in Side):
            continue
        if any((merge.side, link.record(merge.side)) == (merge.side, merge.survivor)
               for merge in world.history.merges):  # fmt: skip
            continue  # what a merge brought together is compared as if for the first time (R9)
        for name in names:
            for side in Side:
                _check(known, link, name, side)


def _check(known: Claims, link: LinkRow, name: str, side: Side) -> None:
    world = known.world
    edit = _last_edit(known, link, name, side)
    if edit is None or edit.value is None or not _had_agreed(known, link, name, side, edit):
        return
    if _is_told(known, link, name) or edit.number in world.history.in_window:
        return
    here, there = (_value(world, one, link, name) for one in (side, side.other))
    told = f"{side.value} {link.record(side)} {name}"
    if not same(name, here, edit.value):
        world.history.violate("I2", f"{told} was set to {edit.value!r} and now is {here!r}")
    elif world.sync.direction.writes_to(side.other) and not _is_held(world, name, side):
        copied = world.profiles[side.other].normalise(name, here)
        if not same(name, there, here) and not same(name, there, copied):
            world.history.violate("I2", f"{told} is {here!r} and {there!r} on the other side")


def _last_edit(known: Claims, link: LinkRow, name: str, side: Side) -> Event | None:
    events = known.world.history.events.get((side, link.record(side), name), [])
    mine = [event for event in events if not event.is_ours]
    return mine[-1] if mine else None


def _had_agreed(known: Claims, link: LinkRow, name: str, side: Side, edit: Event) -> bool:
    """Tell whether both sides rested, equal by a write of ours, after the last edit elsewhere."""
    history = known.world.history
    own = history.events.get((side, link.record(side), name), [])
    others = history.events.get((side.other, link.record(side.other), name), [])
    later = [event for event in others if not event.is_ours and event.number > edit.number]
    before = [event for event in (*own, *others) if event.number < edit.number]
    if later or not before or any(loss > before[0].number for loss in history.losses):
        return False
    written = [event.number for event in before if event.is_ours]
    newest = max(event.number for event in before)
    rests = [rest for rest in history.rests if newest < rest < edit.number]
    return bool(written and rests) and same(name, _at(own, edit), _at(others, edit))


def _at(events: list[Event], edit: Event) -> Value:
    held = [event.value for event in events if event.number < edit.number]
    return held[-1] if held else None


def _is_told(known: Claims, link: LinkRow, name: str) -> bool:
    return (link.id, name) in known.open_conflicts or any(
        known.is_apart(side, link.record(side), name) for side in Side
    )


def _is_held(world: "World", name: str, side: Side) -> bool:
    """Tell whether a rule of this field keeps an edit where it is."""
    rule = world.sync.pairs[0].fields.get(name)
    return name in world.profiles[side.other].ignores or (rule is not None and bool(rule.policy))


def _value(world: "World", side: Side, link: LinkRow, name: str) -> Value:
    stored = world.systems[side].records.get(link.record(side))
    return stored.values.get(name) if stored else None
