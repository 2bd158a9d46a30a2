"""Records that we made in a time which a restored state has forgotten (fault 13).

They bear an entity id of ours (R7) and no link knows them. Most are recognised by their keys; one
without keys may be anybody's, and a second one must not be made for the same person.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, and_, exists, or_, select

from daemon.core.values import Side
from state.backup import restored_at
from state.columns import table
from state.mirror import LIVE, End
from state.tables import Link, Mirror, Pair

_MIRROR, _LINK, _PAIR = table(Mirror), table(Link), table(Pair)


def forgotten(
    connection: Connection, *, ends: Mapping[Side, End], instance: str
) -> dict[Side, frozenset[str]]:
    """Return the forgotten records of each end; none where the state was never restored."""
    if restored_at(connection) is None:
        return {side: frozenset() for side in Side}
    return {side: _at(connection, end, instance) for side, end in ends.items()}


def _at(connection: Connection, end: End, instance: str) -> frozenset[str]:
    source = and_(
        _PAIR.c.source_connection == end[0],
        _PAIR.c.source_object == end[1],
        _LINK.c.source_id == _MIRROR.c.id,
    )
    crm = and_(
        _PAIR.c.crm_connection == end[0],
        _PAIR.c.crm_object == end[1],
        _LINK.c.crm_id == _MIRROR.c.id,
    )
    chosen = select(_MIRROR.c.id).where(
        _MIRROR.c.connection == end[0],
        _MIRROR.c.object == end[1],
        _MIRROR.c.presence == LIVE,
        _MIRROR.c.external_id.startswith(f"{instance}-", autoescape=True),
        ~exists().where(_LINK.c.pair == _PAIR.c.name, or_(source, crm)),
    )
    return frozenset(str(record) for (record,) in connection.execute(chosen))
