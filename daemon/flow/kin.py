"""Who shares the keys of an unlinked record, on either side, and whose claim is stronger (R8, R9)."""

from collections.abc import Collection, Mapping, Sequence

from daemon.core.facts import rule_key
from daemon.core.match import EXTERNAL, Candidate, Key, KeyHits
from daemon.core.values import Side
from daemon.flow.parts import PairPart
from state import links
from state.gathering import Kin
from state.links import LinkRow
from state.mirror import MirrorRow

Holders = Mapping[tuple[str, str], Sequence[str]]
"""(key name, value) → records that hold it."""

Keys = Sequence[tuple[str, str]]
"""(key name, value) of one record."""

_OWN_ID = Key(word=EXTERNAL, rules=())
_BY_LINKS = Key(word="links in other syncs", rules=())


def across(pair: PairPart, side: Side, key: tuple[str, str]) -> tuple[str, str]:
    """Return the other side's name for the same key value."""
    for one in pair.keys:
        if one.name(side, pair.region) == key[0]:
            return (one.name(side.other, pair.region), key[1])
    return (EXTERNAL, key[1])


def hits_of(
    pair: PairPart,
    side: Side,
    known: tuple[str, Keys],
    kin: Kin,
    partners: Collection[str] = (),
) -> Sequence[KeyHits]:
    """Return who holds each key of a record, strongest key first; our own id is the strongest.

    *known* is the record's id with its keys, *partners* whom other syncs link it to.
    """
    own, keys = known
    by_name = {EXTERNAL: _OWN_ID, **{key.name(side, pair.region): key for key in pair.keys}}
    hits = _by_links(side, kin, partners)
    for name, value in keys:
        holders = kin.other.get(across(pair, side, (name, value)), ())
        twins = [record for record in kin.own.get((name, value), ()) if record != own]
        candidates = tuple(_candidate(side, kin, record) for record in holders)
        hits.append(KeyHits(key=by_name[name], candidates=candidates, twins=len(twins)))
    return sorted(hits, key=lambda hit: _rank(pair, hit.key.word))


def _by_links(side: Side, kin: Kin, partners: Collection[str]) -> list[KeyHits]:
    """Return whom other syncs link the record to: the strongest key of all (R8)."""
    there = [one for one in partners if one in kin.rows and kin.rows[one].is_live]
    candidates = tuple(_candidate(side, kin, record) for record in sorted(there))
    return [KeyHits(key=_BY_LINKS, candidates=candidates, twins=0)] if candidates else []


def _candidate(side: Side, kin: Kin, record: str) -> Candidate:
    link = kin.links.get(record)
    taken = link.record(side) if link and link.status == links.ACTIVE else None
    return Candidate(id=record, values=kin.rows[record].values, linked_to=taken)


def _rank(pair: PairPart, word: str) -> int:
    return next((rank for rank, key in enumerate(pair.keys) if key.word == word), -1)


def rival_keys(pair: PairPart, side: Side, kin: Kin) -> list[tuple[str, str]]:
    """Return the keys of the candidates, by the names they have on *side*."""
    found = {
        across(pair, side.other, key)
        for row in kin.rows.values()
        for key in pair.index(side.other, row.as_record())
    }
    return sorted(found)


def has_stronger_rival(
    pair: PairPart, side: Side, record: str, candidate: MirrorRow, how: str, rivals: Holders
) -> bool:
    """Tell whether another record of *side* shares a stronger key with the candidate.

    Then the weaker match is not believed, whichever of the two is looked at first (I3).
    """
    for name, value in pair.index(side.other, candidate.as_record()):
        own = across(pair, side.other, (name, value))
        word = next((k.word for k in pair.keys if k.name(side, pair.region) == own[0]), EXTERNAL)
        is_stronger = _rank(pair, word) < _rank(pair, how)
        if is_stronger and any(other != record for other in rivals.get(own, ())):
            return True
    return False


def is_another(pair: PairPart, side: Side, row: MirrorRow, link: LinkRow) -> bool:
    """Tell whether a record is somebody else than when its link ended: a key of it changed (R14)."""
    for key in pair.keys:
        before = {
            rule.name(side): known.source if side is Side.SOURCE else known.crm
            for rule in key.rules
            if (known := link.base.get(rule_key(rule))) is not None
        }
        region = pair.region
        was = key.values(side, before, region)
        now = key.values(side, row.values, region)
        if was is not None and now is not None:
            return was != now  # the strongest key that both have tells
    return False
