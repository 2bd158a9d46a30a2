"""What is compared when duplicates of a sync are looked for: live records, and who is linked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from daemon.core.values import Value, decode_values
from state import links
from state.bulk import unforeseen
from state.columns import table
from state.mirror import LIVE, End
from state.tables import Link, Mirror

_MIRROR, _LINK = table(Mirror), table(Link)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alive:
    """One live record."""

    id: str
    values: Mapping[str, Value]
    other_emails: tuple[str, ...]


def live_records(connection: Connection, end: End) -> Iterator[Alive]:
    """Yield the live records of an end as last seen, in id order."""
    where = and_(
        _MIRROR.c.connection == unforeseen(end[0]),
        _MIRROR.c.object == unforeseen(end[1]),
        _MIRROR.c.presence == LIVE,
    )
    chosen = select(_MIRROR.c.id, _MIRROR.c.content, _MIRROR.c.other_emails).where(where)
    for record, content, others in connection.execute(chosen.order_by(_MIRROR.c.id)):
        emails = tuple(filter(None, others.split("\n")))
        yield Alive(id=str(record), values=decode_values(content), other_emails=emails)


def partners(connection: Connection, pair: str) -> dict[str, str]:
    """Return source record → CRM record of each active link of a pair."""
    where = and_(_LINK.c.pair == unforeseen(pair), _LINK.c.status == links.ACTIVE)
    rows = connection.execute(select(_LINK.c.source_id, _LINK.c.crm_id).where(where))
    return {str(source): str(crm) for source, crm in rows}
