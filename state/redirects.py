"""Redirects: records that live on under another id (R41)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select

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


def successors(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, str]:
    """Return record of *ids* → the live record that took its place (R41)."""
    found: dict[str, str] = {}
    for some in chunks(list(ids)):
        where = and_(
            _REDIRECT.c.connection == unforeseen(end[0]),
            _REDIRECT.c.object == unforeseen(end[1]),
            _REDIRECT.c.old_id.in_(some),
        )
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
