"""What only shows when all parts are seen together: references, doubles, rings.

Takes validated syncs and the names of connections; gives problems. R13: over all linked ends the
authority must be acyclic, so that a ring of systems settles.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from config.explain import did_you_mean, listed
from config.model import Sync
from config.pair import End, FieldOverride, Pair
from config.positions import Tree
from config.problems import KeyPath, Problem, spoken
from config.words import OneSidedDelete
from daemon.core.field_rules import Direction, Policy
from daemon.core.values import Side

_Place = tuple[str, str, str]
"""Connection, object and field; the field is "" for all that no rule names."""


_REFERENCES = (("source", "connection"), ("crm", "connection"))


class _Authority(NamedTuple):
    """*winner* overrides *loser* where both changed; *path* is the pair that says so."""

    winner: _Place
    loser: _Place
    path: KeyPath


@dataclass(frozen=True, kw_only=True, slots=True)
class PairPlace:
    """A pair and where it is written."""

    sync: Sync
    pair: Pair
    path: KeyPath
    """``("syncs", name)``, or with ``"pairs", index`` behind it."""


def pair_places(syncs: Mapping[str, Sync]) -> list[PairPlace]:
    """Return every pair of *syncs* with its place in the document."""
    return [
        PairPlace(
            sync=sync,
            pair=pair,
            path=("syncs", name) if sync.several is None else ("syncs", name, "pairs", index),
        )
        for name, sync in syncs.items()
        for index, pair in enumerate(sync.pairs)
    ]


def cross_check(syncs: Mapping[str, Sync], tree: Tree) -> Iterator[Problem]:
    """Give what is wrong between parts that are right by themselves."""
    places = pair_places(syncs)
    for place in places:
        yield from _same_end_twice(place, tree)
        yield from _same_target_twice(place, tree)
        yield from _two_policies(place, tree)
    yield from _deletes_against_direction(syncs, tree)
    yield from _pairs_written_twice(places, tree)
    yield from _former_names(syncs, tree)
    yield from _rings(places, tree)


def _former_names(syncs: Mapping[str, Sync], tree: Tree) -> Iterator[Problem]:
    """Give each ``was`` whose history two syncs would share."""
    heirs: dict[str, str] = {}
    for name, sync in syncs.items():
        if sync.was is None:
            continue
        place: KeyPath = ("syncs", name, "was")
        if sync.was in syncs:
            hint = "Delete `was`, or the sync of that name if it was renamed."
            yield _told(tree, place, "names a sync that is still configured", hint)
        elif sync.was in heirs:
            message = f'"{heirs[sync.was]}" was that sync too'
            yield _told(tree, place, message, "Only one sync can go on for another.")
        heirs.setdefault(sync.was, name)


def unused(
    connections: AbstractSet[str], syncs: Mapping[str, Sync], tree: Tree
) -> Iterator[Problem]:
    """Give a warning for each connection that no sync uses."""
    pairs = [place.pair for place in pair_places(syncs)]
    used = {end.connection for pair in pairs for end in (pair.source, pair.crm)}
    for name in connections - used:
        yield _told(
            tree, ("connections", name), "no sync uses this connection", "Delete it, or use it."
        )


def _told(tree: Tree, path: KeyPath, message: str, hint: str) -> Problem:
    return Problem(spot=tree.spot(path), where=spoken(path), message=message, hint=hint)


def unknown_connections(tree: Tree, connections: AbstractSet[str]) -> Iterator[Problem]:
    """Give every end that names no known connection, in syncs with other faults too."""
    for path in tree.values:
        is_reference = path[:1] == ("syncs",) and path[-2:] in _REFERENCES
        word = tree.value(path) if is_reference else None
        if isinstance(word, str) and word not in connections:
            known = (
                f"Known: {listed(sorted(connections))}." if connections else "None is written yet."
            )
            hint = did_you_mean(word, connections) or known
            yield _told(tree, path, f'there is no connection "{word}"', hint)


def _same_end_twice(place: PairPlace, tree: Tree) -> Iterator[Problem]:
    if _end(place.pair.source) == _end(place.pair.crm):
        yield _told(
            tree,
            (*place.path, "crm"),
            "source and crm are the same object of the same connection",
            "Name another connection or another object.",
        )


def _deletes_against_direction(syncs: Mapping[str, Sync], tree: Tree) -> Iterator[Problem]:
    for name, sync in syncs.items():
        for gone in Side:
            policy = sync.deletes.source if gone is Side.SOURCE else sync.deletes.crm
            removes = policy in {OneSidedDelete.ARCHIVE, OneSidedDelete.DELETE}
            if removes and not sync.direction.writes_to(gone.other):
                yield _told(
                    tree,
                    ("syncs", name, "deletes", gone.value),
                    f"`{policy.value}` would remove records on the {gone.other.value} side, which "
                    f"`direction: {sync.direction.value}` never writes to",
                    "Write `unlink`, or change `direction`.",
                )


def _same_target_twice(place: PairPlace, tree: Tree) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for column, rule in place.pair.fields.items():
        if rule is None:
            continue
        if rule.to in taken:
            yield _told(
                tree,
                (*place.path, "fields", column),
                f'the CRM field "{rule.to}" is taken by the column "{taken[rule.to]}"',
                "One field holds one column: leave one of the two out.",
            )
        taken.setdefault(rule.to, column)


def _two_policies(place: PairPlace, tree: Tree) -> Iterator[Problem]:
    for column, rule in place.pair.fields.items():
        if rule is None or rule.policy is None:
            continue
        named = {name: place.sync.conflicts.fields.get(name) for name in (column, rule.to)}
        for name, other in named.items():
            if other not in (None, rule.policy):
                yield _told(
                    tree,
                    (*place.path, "fields", column, "policy"),
                    f'"{name}" has the policy {other} under `conflicts` already',
                    "Keep one of the two.",
                )


def _pairs_written_twice(places: Sequence[PairPlace], tree: Tree) -> Iterator[Problem]:
    first_by_ends = {_ends(place): place for place in reversed(places)}
    for place in places:
        first = first_by_ends[_ends(place)]
        if first is not place:
            yield _told(
                tree,
                place.path,
                f"{place.pair.source} and {place.pair.crm} are kept the same by "
                f"{spoken(first.path)} already ({tree.spot(first.path)})",
                "Two syncs on the same two ends would undo each other: join them.",
            )


def _distinct(places: Sequence[PairPlace]) -> list[PairPlace]:
    """Return *places* without pairs that are told as wrong already."""
    first_by_ends = {_ends(place): place for place in reversed(places)}
    return [
        place
        for place in places
        if first_by_ends[_ends(place)] is place and _end(place.pair.source) != _end(place.pair.crm)
    ]


def _ends(place: PairPlace) -> frozenset[tuple[str, str]]:
    return frozenset({_end(place.pair.source), _end(place.pair.crm)})


def _end(end: End) -> tuple[str, str]:
    return (end.connection, end.object)


def _rings(places: Sequence[PairPlace], tree: Tree) -> Iterator[Problem]:
    """Give each pair that closes a ring of authority, in the order written (R13)."""
    beaten: dict[_Place, set[_Place]] = {}
    told: set[KeyPath] = set()
    for place in _distinct(places):
        for edge in _authorities(place):
            if edge.path not in told and _reaches(beaten, edge.loser, edge.winner):
                told.add(edge.path)
                yield _told(
                    tree,
                    edge.path,
                    f"{place.pair} closes a ring in which each end overrides the next"
                    + (f' (field "{edge.winner[2]}")' if edge.winner[2] else ""),
                    "Let one end win over all others: turn `direction`, `conflicts` or `tie`.",
                )
            else:
                beaten.setdefault(edge.winner, set()).add(edge.loser)


def _authorities(place: PairPlace) -> Iterator[_Authority]:
    pair, sync = place.pair, place.sync
    yield from _authority(place, "", "", sync.direction, Policy(sync.conflicts.default))
    for column, rule in pair.fields.items():
        if rule is not None:
            direction = rule.direction or sync.direction
            yield from _authority(place, column, rule.to, direction, _policy(sync, column, rule))


def _policy(sync: Sync, column: str, rule: FieldOverride) -> Policy:
    """Return how a field is decided: by its own policy, else by what ``conflicts`` says."""
    named = sync.conflicts.fields
    default = Policy(sync.conflicts.default)
    return rule.policy or named.get(column) or named.get(rule.to) or default


def _authority(
    place: PairPlace, column: str, crm_field: str, direction: Direction, policy: Policy
) -> Iterator[_Authority]:
    winner = _winner(place.sync, direction, policy)
    source: _Place = (*_end(place.pair.source), column)
    crm: _Place = (*_end(place.pair.crm), crm_field)
    if winner is Side.SOURCE:
        yield _Authority(source, crm, place.path)
    elif winner is Side.CRM:
        yield _Authority(crm, source, place.path)


def _winner(sync: Sync, direction: Direction, policy: Policy) -> Side | None:
    """Return the side that overrides the other in the end; None where values or people decide."""
    if direction is Direction.PUSH:
        return Side.SOURCE
    if direction is Direction.PULL:
        return Side.CRM
    if policy in (Policy.SOURCE, Policy.CRM):
        return Side(policy)
    if policy in (Policy.MOST_RECENT, Policy.NEVER_CLEAR):
        return sync.conflicts.tie
    return None


def _reaches(beaten: Mapping[_Place, set[_Place]], start: _Place, goal: _Place) -> bool:
    open_places, seen = [start], {start}
    while open_places:
        here = open_places.pop()
        if here == goal:
            return True
        fresh = beaten.get(here, set()) - seen
        seen |= fresh
        open_places += fresh
    return False
