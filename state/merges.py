"""Merges that people make: links follow to the record that survived (R9, R42, I20).

Takes records as just seen and which of them took others over; gives the mirror, the redirects and
the links of every pair on that end, in one transaction. A merge is seen before anything is matched
or believed deleted, so that a record merged away is neither made again nor carried over as a delete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from daemon.core.base import BaseField
from daemon.core.values import Side, Value
from state import attention, links, mirror, pairs, redirects
from state.columns import table
from state.journal import Conflict
from state.links import ACTIVE, DETACHED, FOLDED, LinkRow
from state.mirror import ARCHIVED, End, MirrorRow, Seen, Sighting
from state.pairs import PairRow
from state.tables import Mirror

_CONFLICT, _MIRROR = table(Conflict), table(Mirror)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What seeing some records changed."""

    changed: list[str]
    """Records whose content or presence is another than before."""
    merged: dict[str, str]
    """Record that was merged away → the one that survived; only what was not known before."""


def keep(
    connection: Connection, seen: Sequence[Seen], how: Sighting, told: Mapping[str, str]
) -> Kept:
    """Store records as seen and follow the merges that were *told* (old id → surviving id).

    Every survivor is among what was seen, or known.
    """
    news = _news(connection, how.end, told)
    changed = mirror.put(connection, seen, how)
    _part(connection, how.end, [item.record.id for item in seen], changed)
    for old, new in news.items():
        redirects.note(connection, how.end, old=old, new=new, why=redirects.MERGED, at=how.seen_at)
    if news:
        alive = mirror.get(connection, how.end, list(news.values()))
        there = [record for record, row in alive.items() if row.is_live]
        redirects.forget_merges(connection, how.end, there)
    merged = {old: redirects.latest(connection, how.end, old) for old in news}
    for old, new in merged.items():
        if old != new:
            _follow(connection, how.end, old, new, how.seen_at)
    return Kept(changed=changed, merged=merged)


def _news(connection: Connection, end: End, told: Mapping[str, str]) -> dict[str, str]:
    """Return the merges of records we know that were not known, or were undone since."""
    known = mirror.get(connection, end, sorted(told)) if told else {}
    noted = redirects.merged(connection, end, list(known))
    here = {mirror.LIVE, mirror.SUSPECT}
    return {
        old: told[old]
        for old, row in sorted(known.items())
        if told[old] != old and (old not in noted or row.presence in here)
    }


def _follow(connection: Connection, end: End, old: str, new: str, at: datetime) -> None:
    """Let everything that knew a record as *old* know it as *new*, in every sync."""
    for pair in pairs.all_pairs(connection):
        for side in Side:
            if pair.end(side) == end:
                _follow_in(connection, pair, side, (old, new), at)
                attention.readmit(connection, pair=pair.name, side=side, records=[old], at=at)
    mirror.note_gone(connection, end, [old], presence=ARCHIVED)


def _follow_in(
    connection: Connection, pair: PairRow, side: Side, ids: tuple[str, str], at: datetime
) -> None:
    old, new = ids
    found = links.of_records(connection, pair=pair.name, side=side, ids=list(ids))
    if old not in found:
        return
    survivor = mirror.get(connection, pair.end(side), [new]).get(new)
    mine, own = found[old], found.get(new)
    if own is None:
        links.move(connection, link=mine.id, side=side, to=new)
        _forget_emptied(connection, mine, side, survivor)
    else:
        _fold(connection, pair, side, (mine, own), at)
    partners = [link.record(side.other) for link in (mine, own) if link is not None]
    _decide_again(connection, pair, {side: [new], side.other: partners})


def _fold(
    connection: Connection, pair: PairRow, side: Side, both: tuple[LinkRow, LinkRow], at: datetime
) -> None:
    """Make one link of two that meet on one record; the partner of the other belongs to it (R42)."""
    mine, own = both
    partners = mirror.get(
        connection, pair.end(side.other), [link.record(side.other) for link in both]
    )

    def rank(link: LinkRow) -> tuple[bool, bool, bool]:
        partner = partners.get(link.record(side.other))
        is_alive = partner is not None and partner.is_live
        return (is_alive, link.status == ACTIVE, link is own)

    kept, folded = (own, mine) if rank(own) > rank(mine) else (mine, own)
    links.change(connection, folded.id, status=FOLDED, into=kept.id)
    for link in links.folded_into(connection, [folded.id]).get(folded.id, ()):
        links.change(connection, link.id, into=kept.id)
    new = own.record(side)
    links.move(connection, link=kept.id, side=side, to=new)
    survivor = mirror.get(connection, pair.end(side), [new]).get(new)
    _forget_differing(connection, kept, side, survivor)
    _end_conflicts(connection, folded.id, at)


def _end_conflicts(connection: Connection, link: str, at: datetime) -> None:
    """Close what a person was asked about a link that is no more."""
    connection.execute(
        update(_CONFLICT)
        .where(_CONFLICT.c.link == link, _CONFLICT.c.status.in_(["open", "verdict"]))
        .values(status="gone", resolved_at=at, resolved_by="")
    )


def _half(known: BaseField, side: Side) -> Value:
    return known.source if side is Side.SOURCE else known.crm


def _held(rule: str, side: Side, row: MirrorRow) -> Value:
    """Return what a record holds in the field that a rule key names."""
    source, _, crm = rule.partition("→")
    return row.values.get(source if side is Side.SOURCE else crm)


def _forget_differing(
    connection: Connection, link: LinkRow, side: Side, row: MirrorRow | None
) -> None:
    """Take fields out of the base in which a record is not what the link knew it as (R9)."""
    if row is not None:
        kept = {
            rule: known
            for rule, known in link.base.items()
            if _held(rule, side, row) == _half(known, side)
        }
        links.change(connection, link.id, base=kept)


def _forget_emptied(
    connection: Connection, link: LinkRow, side: Side, row: MirrorRow | None
) -> None:
    """Take fields out of the base that the survivor lacks: a merge empties nothing elsewhere."""
    if row is not None:
        kept = {
            rule: known
            for rule, known in link.base.items()
            if _held(rule, side, row) is not None or _half(known, side) is None
        }
        links.change(connection, link.id, base=kept)


def _decide_again(
    connection: Connection, pair: PairRow, records: Mapping[Side, Sequence[str]]
) -> None:
    for side, ids in records.items():
        rows = mirror.get(connection, pair.end(side), ids)
        revisions = {record: row.revision for record, row in rows.items()}
        mirror.enter_pair(connection, pair=pair.name, side=side, ids=revisions)


def follow_known(connection: Connection, end: End, record: str, *, at: datetime) -> None:
    """Let what is linked to a record follow a merge that was noted before it was linked."""
    new = redirects.latest(connection, end, record)
    if new != record:
        _follow(connection, end, record, new, at)


def placed(connection: Connection, made: Sequence[LinkRow]) -> list[LinkRow]:
    """Return new links; one whose record got a partner by a merge meanwhile is folded into that."""
    if not made:
        return []
    pair = made[0].pair
    taken = {
        side: links.of_records(
            connection, pair=pair, side=side, ids=[link.record(side) for link in made]
        )
        for side in Side
    }
    found = []
    for link in made:
        rivals = [taken[side].get(link.record(side)) for side in Side]
        active = [one.id for one in rivals if one is not None and one.status == ACTIVE]
        found.append(replace(link, status=FOLDED, into=active[0]) if active else link)
    return found


def decide_folded(connection: Connection, made: Sequence[LinkRow]) -> None:
    """Have the records of new links decided that were folded at once: a person is told (R42)."""
    for link in made:
        pair = pairs.find(connection, link.pair) if link.status == FOLDED else None
        if pair is not None:
            _decide_again(connection, pair, {side: [link.record(side)] for side in Side})


def take_over(connection: Connection, *, link: str, heir: str, side: Side) -> None:
    """Let the record of the folded link *heir* take the place of the one that is gone (R42).

    Nothing happens where one of the two is linked otherwise by now.
    """
    found = links.get(connection, [link, heir])
    kept, folded = found[link], found[heir]
    pair = pairs.find(connection, kept.pair)
    column = "source_id" if side is Side.SOURCE else "crm_id"
    gone, next_one = kept.record(side), folded.record(side)
    if _is_taken(connection, kept, {side: next_one, side.other: kept.record(side.other)}):
        return
    links.change(connection, folded.id, **{column: gone})
    links.change(connection, kept.id, status=ACTIVE, **{column: next_one})
    if pair is not None:
        row = mirror.get(connection, pair.end(side), [next_one]).get(next_one)
        _forget_differing(connection, kept, side, row)
        other = [kept.record(side.other)]
        _decide_again(connection, pair, {side: [next_one], side.other: other})


def _is_taken(connection: Connection, link: LinkRow, records: Mapping[Side, str]) -> bool:
    """Tell whether one of these records has an active link but *link*."""
    active = [
        found
        for side, record in records.items()
        for found in links.of_records(connection, pair=link.pair, side=side, ids=[record]).values()
        if found.status == ACTIVE and found.id != link.id
    ]
    return bool(active)


def _part(connection: Connection, end: End, seen: Sequence[str], changed: Sequence[str]) -> None:
    """Give records their own links back that were merged away and stand by themselves again."""
    back = redirects.merged(connection, end, changed) if changed else {}
    alive = mirror.get(connection, end, [record for record in back if record in seen])
    for record, row in alive.items():
        if row.is_live and _unfold(connection, end, record):
            redirects.forget_merges(connection, end, [record])


def _unfold(connection: Connection, end: End, record: str) -> bool:
    """Revive the folded links of a record whose partner is free too; tell whether there were any."""
    is_revived = False
    for pair in pairs.all_pairs(connection):
        for side in Side:
            if pair.end(side) != end:
                continue
            found = links.keepers(connection, pair=pair.name, side=side, ids=[record])
            if record not in found:
                continue
            folded, _ = found[record]
            partner = folded.record(side.other)
            if not _is_taken(connection, folded, {side: record, side.other: partner}):
                links.change(connection, folded.id, status=DETACHED, into="")
                _decide_again(connection, pair, {side: [record], side.other: [partner]})
                is_revived = True
    return is_revived


def doubt(connection: Connection, end: End, ids: Sequence[str]) -> None:
    """Have survivors read that were not read yet, and leave them alone until then (R44)."""
    mirror.suspect(connection, end, ids, None)
    where = (_MIRROR.c.connection == end[0], _MIRROR.c.object == end[1], _MIRROR.c.id.in_(ids))
    connection.execute(update(_MIRROR).where(*where).values(is_racy=True))
