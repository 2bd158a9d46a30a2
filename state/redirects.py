"""Redirects: records that live on under another id, made again or merged (R41, I20)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from state import mirror
from state.bulk import chunks, unforeseen, upsert
from state.columns import table
from state.mirror import End
from state.safety import Redirect

_REDIRECT = table(Redirect)

RECREATED, MERGED = "recreated", "merged"


def note(connection: Connection, end: End, *, old: str, new: str, why: str, at: datetime) -> None:
    """Remember that the record *old* of *end* lives on as *new*."""
    row = {"connection": end[0], "object": end[1], "old_id": old, "new_id": new, "why": why}
    upsert(connection, _REDIRECT, [{**row, "at": at}])


def merged(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, str]:
    """Return record of *ids* → the one it was merged into, as far as that was noted (I20)."""
    found: dict[str, str] = {}
    for some in chunks(list(ids)):
        where = and_(_at(end), _REDIRECT.c.old_id.in_(some), _REDIRECT.c.why == MERGED)
        rows = connection.execute(select(_REDIRECT.c.old_id, _REDIRECT.c.new_id).where(where))
        found.update({str(old): str(new) for old, new in rows})
    return found


def forget_merges(connection: Connection, end: End, ids: Sequence[str]) -> None:
    """Forget that records were merged into others: they stand by themselves again."""
    for some in chunks(list(ids)):
        where = and_(_at(end), _REDIRECT.c.old_id.in_(some), _REDIRECT.c.why == MERGED)
        connection.execute(delete(_REDIRECT).where(where))


def _at(end: End) -> ColumnElement[bool]:
    return and_(
        _REDIRECT.c.connection == unforeseen(end[0]), _REDIRECT.c.object == unforeseen(end[1])
    )


def successors(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, str]:
    """Return record of *ids* → the live record that took its place (R41)."""
    found: dict[str, str] = {}
    for some in chunks(list(ids)):
        where = and_(_at(end), _REDIRECT.c.old_id.in_(some))
        rows = connection.execute(select(_REDIRECT.c.old_id).where(where))
        found.update({str(old): latest(connection, end, str(old)) for (old,) in rows})
    there = mirror.get(connection, end, list(found.values()))
    return {old: new for old, new in found.items() if new in there and there[new].is_live}


def latest(connection: Connection, end: End, record: str) -> str:
    """Return the id under which *record* lives now; its own where it never moved."""
    seen = {record}
    while True:
        where = and_(
            _REDIRECT.c.connection == end[0],
            _REDIRECT.c.object == end[1],
            _REDIRECT.c.old_id == record,
        )
        found = connection.execute(select(_REDIRECT.c.new_id).where(where)).scalar_one_or_none()
        if found is None or found in seen:
            return record
        record = str(found)
        seen.add(record)
