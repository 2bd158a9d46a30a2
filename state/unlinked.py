"""Records whose partner is gone and whose link ended: they stay alone until a person says so (R14)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from daemon.core.values import Side
from state import links, mirror, pairs
from state.bulk import chunks, unforeseen
from state.columns import table
from state.pairs import PairRow
from state.tables import Link

_LINK = table(Link)

ENDED = (links.DETACHED, *links.REMOVED.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlinked:
    """One record that stands alone, and the link it was in."""

    link: str
    pair: str
    side: Side
    """Where the record is."""
    record: str
    gone: str
    """The id its partner had on the other side."""
    linked_at: datetime


def unlinked(connection: Connection, *, pair: str) -> Iterator[Unlinked]:
    """Yield the records of a pair that stand alone because their partner is gone, by link."""
    known = pairs.find(connection, pair)
    if known is None:
        return
    where = and_(_LINK.c.pair == unforeseen(pair), _LINK.c.status.in_(ENDED))
    ids = [str(i) for (i,) in connection.execute(select(_LINK.c.id).where(where))]
    for some in chunks(sorted(ids)):
        rows = connection.execute(
            select(_LINK.c.id, _LINK.c.source_id, _LINK.c.crm_id, _LINK.c.linked_at).where(
                _LINK.c.id.in_(some)
            )
        ).all()
        for side in Side:
            there = {(row[1] if side is Side.SOURCE else row[2]): row for row in rows}
            for record in _alone(connection, known, side, sorted(there)):
                row = there[record]
                yield Unlinked(
                    link=row[0],
                    pair=pair,
                    side=side,
                    record=record,
                    gone=row[2] if side is Side.SOURCE else row[1],
                    linked_at=row[3],
                )


def _alone(connection: Connection, pair: PairRow, side: Side, ids: list[str]) -> list[str]:
    rows = mirror.get(connection, pair.end(side), ids)
    newest = links.of_records(connection, pair=pair.name, side=side, ids=ids)
    return [
        record
        for record in ids
        if record in rows and rows[record].is_live and newest[record].status in ENDED
    ]


def find(connection: Connection, link: str) -> Unlinked | None:
    """Return the record that stands alone since *link* ended, or None."""
    row = links.get(connection, [link]).get(link)
    if row is None:
        return None
    return next((one for one in unlinked(connection, pair=row.pair) if one.link == link), None)


def forget(connection: Connection, item: Unlinked) -> None:
    """Have a record matched or created as if it had never had a partner; the next run does it."""
    where = and_(
        _LINK.c.pair == unforeseen(item.pair),
        (_LINK.c.source_id if item.side is Side.SOURCE else _LINK.c.crm_id) == item.record,
        _LINK.c.status.in_(ENDED),
    )
    for (ended,) in connection.execute(select(_LINK.c.id).where(where)).all():
        links.set_status(connection, link=str(ended), status=links.FOLDED)
    known = pairs.find(connection, item.pair)
    if known is None:
        return
    rows = mirror.get(connection, known.end(item.side), [item.record])
    revisions = {row.id: row.revision for row in rows.values()}
    mirror.enter_pair(connection, pair=item.pair, side=item.side, ids=revisions)
