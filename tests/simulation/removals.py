"""What the oracle asks of removals: proof, no lost edits, and that none is left half done."""

from collections.abc import Mapping

from config.words import Found, OneSidedDelete
from daemon.core.values import Side
from tests.simulation.claims import Claims, same
from tests.simulation.history import Event, Removal

REMOVING = {OneSidedDelete.ARCHIVE, OneSidedDelete.DELETE}


def check_removals(known: Claims) -> None:
    """No record is removed without proof or with an edit nobody else has (I6, I7, I14)."""
    by_id = {intent.id: intent for intent in known.intents}
    for removal in known.world.history.removals:
        intent = by_id.get(removal.token)
        if intent is None:
            continue  # told by the check of effects
        partner = (removal.side.other, str(intent.operation.origin_id))
        if not removal.is_proven.get(partner, False):
            told = f"{removal.record} was removed though {partner[1]} was not proven gone"
            known.world.history.violate("I6", told)
        for name, event in sorted(removal.last.items()):
            if not _is_safe(known, removal, partner, name, event):
                told = f"{removal.record} was removed with {name}={event.value!r}"
                known.world.history.violate("I7", told)


def _is_safe(
    known: Claims, removal: Removal, partner: tuple[Side, str], name: str, event: Event
) -> bool:
    """Tell whether a field of a removed record held nothing that is now nowhere."""
    world = known.world
    spot = (removal.side, removal.record, name)
    if event.is_ours or event.value is None or event.number in world.history.in_window:
        return True
    if any(event.number < loss < removal.number for loss in world.history.losses):
        return True  # what both had agreed on was forgotten
    if name in world.history.hidden and not _was_mapped(known, removal, name):
        return True  # a field of the other system by that name was never there while both lived
    is_one_way = not all(world.sync.direction.writes_to(side) for side in Side)
    if is_one_way and _is_agreed(known, removal, name, event):
        return True  # it may differ there for ever
    if world.sync.pairs[0].match.found is Found.MERGE and (
        any(event.number < rest < removal.number for rest in world.history.rests)
        or _is_agreed(known, removal, name, event)
    ):
        return True  # both agreed to differ, so it is no edit
    if any(same(name, value, event.value) for value in known.logged.get(spot, [])):
        return True
    profile = world.profiles[removal.side.other]
    there = world.history.events.get((*partner, name), [])
    return any(
        same(name, one.value, event.value)
        or same(name, one.value, profile.normalise(name, event.value))
        or same(name, world.profiles[removal.side].normalise(name, one.value), event.value)
        for one in there
        if one.number < removal.number
    )


def _was_mapped(known: Claims, removal: Removal, name: str) -> bool:
    """Tell whether the two sides of the record ever agreed on a field."""
    return any(
        f"{name}→{name}" in link.base
        for link in [*known.links, *known.former_links]
        if link.record(removal.side) == removal.record
    )


def _is_agreed(known: Claims, removal: Removal, name: str, event: Event) -> bool:
    """Tell whether the value is the record's half of a base."""
    bases = [
        link.base.get(f"{name}→{name}")
        for link in [*known.links, *known.former_links]
        if link.record(removal.side) == removal.record
    ]
    return any(
        same(name, base.source if removal.side is Side.SOURCE else base.crm, event.value)
        for base in bases
        if base is not None
    )


def check_carried_over(known: Claims) -> None:
    """A record deleted on one side is gone on the other too, where that is wanted (I5, R14)."""
    world = known.world
    for link in known.active():
        live = {side: _is_live(known, side, link.record(side)) for side in Side}
        if live[Side.SOURCE] == live[Side.CRM]:
            continue
        left = Side.SOURCE if live[Side.SOURCE] else Side.CRM
        is_told = any(
            item.record == link.record(item.side) and item.status == "open" for item in known.apart
        )
        if not is_told and _removes(known, left) and not world.profiles[left.other].listing_cap:
            gone = link.record(left.other)
            world.history.violate("I5", f"{link.record(left)} outlives {gone}, which was deleted")


def _removes(known: Claims, left: Side) -> bool:
    settings = known.world.sync
    policy: Mapping[Side, OneSidedDelete] = {
        Side.SOURCE: settings.deletes.source,
        Side.CRM: settings.deletes.crm,
    }
    return policy[left.other] in REMOVING and settings.direction.writes_to(left)


def _is_live(known: Claims, side: Side, record: str) -> bool:
    stored = known.world.systems[side].records.get(record)
    return stored is not None and not stored.is_archived
