"""What must be true of a world that has come to rest: the promises, checked slowly and plainly.

The oracle knows the full history of every field on both sides and nothing of how the engine
decides. It reads the engine's links, intents and logs only as what the engine claims.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from daemon.core.base import BaseField
from daemon.core.values import Side, Value
from state import intents, links, mirror
from state.intents import IntentRow
from state.links import LinkRow
from state.mirror import MirrorRow
from tests.simulation.history import NOBODYS, Effect, Event, Spot
from tests.simulation.profiles import FIELDS

if TYPE_CHECKING:
    from tests.simulation.world import World


from tests.simulation.claims import Claims, claims, could_be_held, same
from tests.simulation.merged import check_merges, is_of_merge
from tests.simulation.onesided import check_one_sided
from tests.simulation.removals import check_carried_over, check_removals


def check(world: "World") -> None:
    """Check everything; what is broken goes into the history."""
    known = claims(world)
    _check_intents(known)
    _check_creates(known)
    _check_links(known)
    _check_mirror(world)
    _check_reach(known)
    _check_converged(known)
    check_removals(known)
    check_carried_over(known)
    check_one_sided(known, mapped_fields(world))
    check_merges(known)
    for spot, events in sorted(world.history.events.items()):
        mine = [event for event in events if not event.is_ours]
        if mine and not is_kept(known, spot, mine[-1]):
            world.history.violate("I1", f"{spot} lost {mine[-1].value!r} (event {mine[-1].number})")


def _check_intents(known: Claims) -> None:
    """Every effect has its one intent, every settled intent its effect (I14)."""
    history = known.world.history
    effects = Counter(effect.token for effect in history.effects)
    by_id = {intent.id: intent for intent in known.intents}
    for effect in history.effects:
        _check_effect(known, effect, by_id.get(effect.token), effects[effect.token])
    for intent in known.intents:
        if (
            intent.state == intents.SETTLED
            and not effects[intent.id]
            and not _stands(known, intent)
        ):
            history.violate("I14", f"intent {intent.id} is settled and never took effect")
    for intent in known.present:
        if intent.state in intents.OPEN:
            history.violate("I5", f"intent {intent.id} is still open")


REMOVED = frozenset({"archive", "delete"})


def _check_effect(known: Claims, effect: Effect, intent: IntentRow | None, times: int) -> None:
    history = known.world.history
    is_there = (effect.side, effect.record) not in history.deaths
    is_back = (effect.side, effect.record) in history.restored  # then no look can tell
    if intent is None:
        history.violate("I14", f"{effect.verb} of {effect.record} without an intent")
    elif times > 1:
        history.violate("I11", f"the intent of {effect.record} was sent twice")
    elif intent.state in {intents.REFUSED, intents.MOVED}:
        history.violate("I14", f"{effect.record} was written and is said to be {intent.state}")
    elif intent.state == intents.SUPERSEDED and effect.verb == "create" and is_there:
        history.violate("I11", f"{effect.record} was created and is forgotten")
    elif intent.state == intents.SUPERSEDED and effect.verb in REMOVED and not is_back:
        history.violate("I14", f"{effect.record} was removed and that is forgotten")


def _stands(known: Claims, intent: IntentRow) -> bool:
    """Tell whether a person entered by chance just what we meant to write."""
    side = intent.operation.side
    made = [link.record(side) for link in known.links if link.id == intent.link]
    record = str(intent.operation.target_id or next(iter(made), ""))
    events = known.world.history.events
    return all(
        any(
            same(copy.field, e.value, known.world.profiles[side].normalise(copy.field, copy.value))
            for e in events.get((side, record, copy.field), [])
        )
        or copy.value is None
        for copy in intent.operation.copies
    )


def _check_creates(known: Claims) -> None:
    """No person gets two records from us (I11)."""
    history = known.world.history
    made: dict[tuple[int, Side, str], list[str]] = {}
    by_id = {intent.id: intent for intent in known.intents}
    for effect in history.effects:
        intent = by_id.get(effect.token)
        is_there = (effect.side, effect.record) not in history.deaths
        if intent is not None and effect.verb == "create" and is_there:
            key = (effect.epoch, effect.side, str(intent.operation.origin_id))
            made.setdefault(key, []).append(effect.record)
    for (_, side, origin), records in made.items():
        if len(records) > 1:
            history.violate("I11", f"{records} on {side.value} were all created for {origin}")


def _check_links(known: Claims) -> None:
    """Links are one-to-one and end only with a record (I6, I19)."""
    history = known.world.history
    for side in Side:
        counted = Counter(link.record(side) for link in known.active())
        for record, number in counted.items():
            if number > 1:
                history.violate("I19", f"{side.value} {record} has {number} links")
    for link in known.links:
        died = any((side, link.record(side)) in history.deaths for side in Side)
        if link.status == links.FOLDED and is_of_merge(known, link):
            continue
        if link.status != links.ACTIVE and not died:
            history.violate("I6", f"{link.source_id}-{link.crm_id} is {link.status} without proof")


def _check_mirror(world: "World") -> None:
    """The mirror shows what is there (I12)."""
    mapped = mapped_fields(world)
    for side, wire in world.wires.items():
        rows = world.state.read_now(_mirrored, (world.name(side), "people"))
        for record, stored in wire.system.records.items():
            row = rows.get(record)
            told = f"{side.value} {record} is shown"
            if stored.is_archived:
                if row is not None and row.is_live:
                    world.history.violate("I12", f"{told} as live")
            elif row is None or not row.is_live:
                world.history.violate("I12", f"{told} as {row.presence if row else 'unknown'}")
            elif any(row.values.get(name, ...) != stored.values[name] for name in mapped):
                world.history.violate("I12", f"{told} with old values")


def _mirrored(connection: Connection, end: mirror.End) -> dict[str, MirrorRow]:
    return {row.id: row for row in mirror.page(connection, end, "", 100_000)}


def mapped_fields(world: "World") -> list[str]:
    """Return the fields that the sync keeps the same."""
    rules = world.sync.pairs[0].fields
    return [name for name in FIELDS if rules.get(name, ...) is not None]


def _check_reach(known: Claims) -> None:
    """Everybody who is to have a partner has one, or somebody is told (I5)."""
    settings = known.world.sync
    held = {intent.id for intent in known.intents if intent.state == intents.HELD}
    disputed = {(e.side, e.record) for e in known.world.history.effects if e.token in held}
    for merge in known.world.history.merges:  # who it is now is as doubtful
        if (merge.side, merge.loser) in disputed:
            disputed.add((merge.side, merge.survivor))
    if settings.pairs[0].match.found.value == "skip":
        return
    for side in Side:
        may = settings.create.crm if side is Side.SOURCE else settings.create.source
        if not may or not settings.direction.writes_to(side.other):
            continue
        for stored in known.world.systems[side].live():
            is_linked = any(link.record(side) == stored.id for link in known.links)
            is_told = any(
                item.side is side and item.record == stored.id and item.status == "open"
                for item in known.apart
            )
            is_told = is_told or (side, stored.id) in disputed
            is_told = is_told or could_be_held(known, side, stored.values)
            is_told = is_told or any(
                _waits_for_other(known, side, key, stored.values[key]) for key in ("email", "phone")
            )
            is_told = is_told or any(
                _waits_for_other(known, side, "email", address) for address in stored.other_emails
            )
            if not is_linked and not is_told and any(stored.values.values()):
                known.world.history.violate("I5", f"{side.value} {stored.id} never got a partner")


def _waits_for_other(known: Claims, side: Side, key: str, value: Value) -> bool:
    """Tell whether a record on the other side with this address or number waits for a person."""
    return value is not None and any(
        same(key, stored.values[key], value) and known.is_apart(side.other, stored.id, key)
        for stored in known.world.systems[side.other].live()
    )


def _check_converged(known: Claims) -> None:
    """Linked fields mean the same, or somebody is told why not (I5)."""
    world = known.world
    for link in known.active():
        source = world.systems[Side.SOURCE].records.get(link.source_id)
        crm = world.systems[Side.CRM].records.get(link.crm_id)
        if source is None or crm is None or source.is_archived or crm.is_archived:
            continue
        for name in mapped_fields(world):
            values = {Side.SOURCE: source.values[name], Side.CRM: crm.values[name]}
            is_told = any(known.is_apart(side, link.record(side), name) for side in Side)
            if is_told or (link.id, name) in known.open_conflicts:
                continue
            if not means_same(world, name, values) and not _is_left(world, link, name, values):
                shown = f"{values[Side.SOURCE]!r} and {values[Side.CRM]!r}"
                world.history.violate(
                    "I5", f"{link.source_id}-{link.crm_id} differ in {name}: {shown}"
                )


def means_same(world: "World", name: str, values: dict[Side, Value]) -> bool:
    """Tell whether two sides agree, as far as each can hold what the other does."""
    return any(
        same(name, world.profiles[side].normalise(name, values[side.other]), values[side])
        for side in Side
    ) or same(name, values[Side.SOURCE], values[Side.CRM])


def _is_left(world: "World", link: LinkRow, name: str, values: dict[Side, Value]) -> bool:
    """Tell whether a difference was left alone on purpose."""
    known: BaseField | None = link.base.get(f"{name}→{name}")
    direction = world.sync.direction
    if not all(direction.writes_to(side) for side in Side):
        return True
    if world.sync.pairs[0].match.found.value != "merge" or known is None:
        return False
    return same(name, known.source, values[Side.SOURCE]) and same(name, known.crm, values[Side.CRM])


def is_kept(known: Claims, spot: Spot, event: Event) -> bool:
    """Tell whether what a person entered last is still there, logged, or rightly replaced (I1)."""
    world, (side, record, name) = known.world, spot
    stored = world.systems[side].records.get(record)
    if stored is None or stored.is_archived or same(name, stored.values[name], event.value):
        return True
    if event.number in world.history.in_window:
        return True
    if any(same(name, value, event.value) for value in known.logged.get(spot, [])):
        return True
    if event.entered == NOBODYS:
        return True
    event = replace(event, number=event.entered or event.number)
    if event.value is None and (
        any(event.number < loss for loss in world.history.losses)
        or _is_unknown_yet(world, event)
        or _is_of_new_merge(known, spot, event)
    ):
        return True
    if event.value is None and (
        not _was_written(known, spot, event) or _is_unconfirmed(known, spot)
    ):
        return True
    return any(
        _was_shared(world, spot, other, event)
        or _is_no_change(world, spot, other, event)
        or _was_ignored_in_window(world, spot, other, event)
        for other in sorted(known.partners(side, record))
    )


def _was_ignored_in_window(world: "World", spot: Spot, other: str, event: Event) -> bool:
    """Tell whether the other side ignored the value just as a person wrote another one there.

    The reply then shows neither what was sent nor what stood there: it looks as if ours had been
    stored and edited at once.
    """
    side, _, name = spot
    if name not in world.profiles[side.other].ignores:
        return False
    there = world.history.events.get((side.other, other, name), [])
    return any(one.number > event.number and one.number in world.history.in_window for one in there)


def _is_unknown_yet(world: "World", event: Event) -> bool:
    """Tell whether what both had agreed on was lost before, and not found out anew since."""
    rests = world.history.rests
    return any(
        loss < event.number and not any(loss < rest < event.number for rest in rests)
        for loss in world.history.losses
    )


def _is_of_new_merge(known: Claims, spot: Spot, event: Event) -> bool:
    """Tell whether the record, or its partner, took another one over that was not at rest since.

    A field in which the two had differed has no base any more, and emptying it is no change (R9).
    """
    history, (side, record, _) = known.world.history, spot
    places = {(side, record), *((side.other, other) for other in known.partners(side, record))}
    moments = [
        merge.number
        for merge in history.merges
        if {(merge.side, merge.survivor), (merge.side, merge.loser)} & places
    ]
    return any(
        event.number < moment or not any(moment < rest < event.number for rest in history.rests)
        for moment in moments
    )


def _was_written(known: Claims, spot: Spot, event: Event) -> bool:
    """Tell whether we had written the field before; else emptying it was no change yet."""
    side, record, name = spot
    spots = [spot, *((side.other, other, name) for other in known.partners(side, record))]
    events = known.world.history.events
    return any(e.is_ours and e.number < event.number for one in spots for e in events.get(one, []))


def _is_unconfirmed(known: Claims, spot: Spot) -> bool:
    """Tell whether a write landed unconfirmed: what was emptied after it is as before (I10)."""
    side, record, name = spot
    return any(
        intent.state == intents.SUPERSEDED
        and record
        == (
            intent.operation.target_id
            if intent.operation.side is side
            else intent.operation.origin_id
        )
        and name in intent.operation.values
        for intent in known.intents
    )


def _was_shared(world: "World", spot: Spot, other: str, event: Event) -> bool:
    """Tell whether the other side held the value too, and a person changed it there later."""
    side, _, name = spot
    there = world.history.events.get((side.other, other, name), [])
    normalise = world.profiles[side.other].normalise
    shared = [
        number
        for number, value in _moments(there, event.number)
        if same(name, value, event.value) or same(name, value, normalise(name, event.value))
    ]
    return bool(shared) and any(not later.is_ours and later.number > shared[0] for later in there)


def _moments(events: list[Event], since: int) -> Iterator[tuple[int, Value]]:
    """Yield (number, value) that a field held from *since* on."""
    held: Value = None
    for event in events:
        if event.number <= since:
            held = event.value
    yield since, held
    for event in events:
        if event.number > since:
            yield event.number, event.value


def _is_no_change(world: "World", spot: Spot, other: str, event: Event) -> bool:
    """Tell whether a value went away and came back between two looks: that is no change (R1)."""
    side, _, name = spot
    own, there = world.history.events[spot], world.history.events.get((side.other, other, name), [])
    agreed: Value = None
    for number in sorted(e.number for e in (*own, *there) if e.number < event.number):
        here, yonder = _at(own, number), _at(there, number)
        if same(name, here, yonder):
            agreed = here
    return same(name, agreed, event.value)


def _at(events: list[Event], number: int) -> Value:
    held: Value = None
    for event in events:
        if event.number <= number:
            held = event.value
    return held
