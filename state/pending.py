"""The records that wait for a decision (R1)."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, func, or_, select

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state.columns import table
from state.tables import Pending

_PENDING = table(Pending)


def page(
    connection: Connection, *, pair: str, side: Side, after: str, limit: int
) -> dict[str, int]:
    """Return pending record id → revision, in id order from *after* on."""
    where = and_(_PENDING.c.pair == pair, _PENDING.c.side == side.value, _PENDING.c.id > after)
    rows = connection.execute(
        select(_PENDING.c.id, _PENDING.c.revision).where(where).order_by(_PENDING.c.id).limit(limit)
    )
    return {str(record): int(revision) for record, revision in rows}


def among(connection: Connection, *, pair: str, side: Side, ids: Sequence[str]) -> dict[str, int]:
    """Return which of *ids* are pending, with their revisions."""
    found: dict[str, int] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        where = and_(
            _PENDING.c.pair == pair,
            _PENDING.c.side == side.value,
            _PENDING.c.id.in_(wanted[start : start + 500]),
        )
        rows = connection.execute(select(_PENDING.c.id, _PENDING.c.revision).where(where))
        found.update({str(record): int(revision) for record, revision in rows})
    return found


def clear(connection: Connection, *, pair: str, clearances: Sequence[Clearance]) -> None:
    """Take decided records off; one that moved on since the decision stays."""
    for start in range(0, len(clearances), 200):
        some = clearances[start : start + 200]
        each = [
            and_(
                _PENDING.c.side == item.side.value,
                _PENDING.c.id == item.id,
                _PENDING.c.revision <= item.revision,
            )
            for item in some
        ]
        connection.execute(delete(_PENDING).where(_PENDING.c.pair == pair, or_(*each)))


def count(connection: Connection, *, pair: str) -> int:
    """Return how many records of a pair wait."""
    where = _PENDING.c.pair == pair
    chosen = select(func.count()).select_from(_PENDING).where(where)
    return int(connection.execute(chosen).scalar_one())
