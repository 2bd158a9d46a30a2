"""Records that are one by way of other syncs: links lead from system to system (R7, R8).

Where syncs form a ring, a record of one end may be linked already, through records of a third, to
one of the other end. That is the strongest match there is, and keeps the ring from making a second
record for the same person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from daemon.core.values import Side
from state import intents, links, mirror, pairs
from state.intents import IntentRow
from state.mirror import End
from state.pairs import PairRow

HOPS = 6
"""Links followed from one record: a ring of more systems is matched by keys alone."""

Place = tuple[End, str]
"""(end, record)."""


@dataclass(kw_only=True, slots=True)
class Circle:
    """Whom a record is linked to by way of other syncs."""

    partners: set[str] = field(default_factory=set)
    """Records of the end asked for."""
    members: set[Place] = field(default_factory=set)
    """The record itself and every other that links lead to on the way."""
    is_awaited: bool = False
    """A partner is being made, and nobody knows yet whether it was: it is too early to say (R40)."""


def circles(
    connection: Connection,
    *,
    pair: str,
    side: Side,
    ids: Sequence[str],
    waiting: Sequence[IntentRow] = (),
) -> dict[str, Circle]:
    """Return record of *side* → its circle, over the links of all pairs but *pair*.

    *waiting* are the writes on the other end that are open or held. Empty where no other syncs
    lead from the one end to the other: that costs one look at the pairs.
    """
    known = {row.name: row for row in pairs.all_pairs(connection)}
    if pair not in known or not ids:
        return {}
    start, goal = known[pair].end(side), known[pair].end(side.other)
    others = [row for row in known.values() if row.name != pair and row.status == "active"]
    if not _leads(others, start, goal):
        return {}
    found = {record: Circle(members={(start, record)}) for record in ids}
    level: dict[Place, set[str]] = {(start, record): {record} for record in ids}
    for _ in range(HOPS):
        level = _step(connection, others, level, goal, found)
    for circle in found.values():
        circle.is_awaited = any(_origin(known, row) in circle.members for row in waiting)
    return found


def made_elsewhere(
    connection: Connection, *, pair: str, side: Side, ids: Sequence[str]
) -> set[str]:
    """Return the records of *side* that another sync gave a partner meanwhile, or is giving one."""
    found = circles(connection, pair=pair, side=side, ids=ids)
    row = pairs.find(connection, pair) if found else None
    if row is None:
        return set()
    goal = row.end(side.other)
    waiting = [*intents.open_at(connection, [goal]), *intents.held_at(connection, [goal])]
    found = circles(connection, pair=pair, side=side, ids=ids, waiting=waiting)
    partners = sorted({record for circle in found.values() for record in circle.partners})
    there = {
        record for record, seen in mirror.get(connection, goal, partners).items() if seen.is_live
    }
    return {one for one, circle in found.items() if circle.partners & there or circle.is_awaited}


def _leads(others: Sequence[PairRow], start: End, goal: End) -> bool:
    seen, grown = {start}, True
    while grown:
        new = {
            row.end(side.other) for row in others for side in Side if row.end(side) in seen
        } - seen
        seen |= new
        grown = bool(new)
    return goal in seen


def _step(
    connection: Connection,
    others: Sequence[PairRow],
    level: Mapping[Place, set[str]],
    goal: End,
    found: Mapping[str, Circle],
) -> dict[Place, set[str]]:
    """Follow the links of some records; return the records that were new, with whose circle."""
    reached: dict[Place, set[str]] = {}
    for row in others if level else ():
        for side in Side:
            here = [record for end, record in level if end == row.end(side)]
            linked = links.of_records(connection, pair=row.name, side=side, ids=here)
            for record, link in linked.items():
                if link.status == links.ACTIVE:
                    place = (row.end(side.other), link.record(side.other))
                    owners = level[row.end(side), record]
                    new = {one for one in owners if place not in found[one].members}
                    _join(found, new, place, goal)
                    if new and place[0] != goal:
                        reached.setdefault(place, set()).update(new)
    return reached


def _join(found: Mapping[str, Circle], owners: set[str], place: Place, goal: End) -> None:
    for one in owners:
        found[one].members.add(place)
        if place[0] == goal:
            found[one].partners.add(place[1])


def _origin(known: Mapping[str, PairRow], intent: IntentRow) -> Place | None:
    """Return whom a record is being made for."""
    operation = intent.operation
    row = known.get(operation.pair)
    if row is None or operation.target_id is not None or operation.origin_id is None:
        return None
    return (row.end(operation.side.other), operation.origin_id)
