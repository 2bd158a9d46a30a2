"""The records that wait for a decision (R1)."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, select

from daemon.core.operation import Clearance
from daemon.core.values import Side
from state.bulk import chunks, unforeseen
from state.columns import table
from state.links import ACTIVE
from state.tables import Link, Pending

_PENDING = table(Pending)
_LINK = table(Link)


def page(
    connection: Connection, *, pair: str, side: Side, after: str, limit: int
) -> dict[str, int]:
    """Return pending record id → revision, in id order from *after* on."""
    return _page(connection, _of(pair, side), after, limit)


def linked_page(
    connection: Connection, *, pair: str, side: Side, after: str, limit: int
) -> dict[str, int]:
    """Return the same as :func:`page`, of linked records only: what people edit, not a load."""
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    is_linked = exists().where(
        _LINK.c.pair == unforeseen(pair), column == _PENDING.c.id, _LINK.c.status == ACTIVE
    )
    return _page(connection, and_(_of(pair, side), is_linked), after, limit)


def _of(pair: str, side: Side) -> ColumnElement[bool]:
    return and_(_PENDING.c.pair == unforeseen(pair), _PENDING.c.side == unforeseen(side.value))


def _page(
    connection: Connection, where: ColumnElement[bool], after: str, limit: int
) -> dict[str, int]:
    rows = connection.execute(
        select(_PENDING.c.id, _PENDING.c.revision)
        .where(where, _PENDING.c.id > after)
        .order_by(_PENDING.c.id)
        .limit(limit)
    )
    return {str(record): int(revision) for record, revision in rows}


def among(connection: Connection, *, pair: str, side: Side, ids: Sequence[str]) -> dict[str, int]:
    """Return which of *ids* are pending, with their revisions."""
    found: dict[str, int] = {}
    for some in chunks(list(ids)):
        where = and_(_of(pair, side), _PENDING.c.id.in_(some))
        rows = connection.execute(select(_PENDING.c.id, _PENDING.c.revision).where(where))
        found.update({str(record): int(revision) for record, revision in rows})
    return found


def clear(connection: Connection, *, pair: str, clearances: Sequence[Clearance]) -> None:
    """Take decided records off; one that moved on since the decision stays."""
    if not clearances:
        return
    statement = delete(_PENDING).where(
        _PENDING.c.pair == unforeseen(pair),
        _PENDING.c.side == bindparam("which_side"),
        _PENDING.c.id == bindparam("which"),
        _PENDING.c.revision <= bindparam("decided"),
    )
    rows = [
        {"which_side": item.side.value, "which": item.id, "decided": item.revision}
        for item in clearances
    ]
    connection.execute(statement, rows)


def count(connection: Connection, *, pair: str) -> int:
    """Return how many records of a pair wait."""
    where = _PENDING.c.pair == unforeseen(pair)
    chosen = select(func.count()).select_from(_PENDING).where(where)
    return int(connection.execute(chosen).scalar_one())
