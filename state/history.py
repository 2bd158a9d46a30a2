"""What mirrored records held before they changed: the way back through time (F2).

Nothing is kept of a first sight: a record that was never seen otherwise has no past here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, insert, select

from daemon.core.values import Value, decode_values, encode_values
from state.bulk import chunks, upsert
from state.columns import table
from state.safety import History
from state.tables import Meta

_HISTORY, _META = table(History), table(Meta)

KEPT_FROM = "history_kept_from"
"""The fact that tells from when on changes are kept."""

LIVE, NOWHERE = "live", "unknown"
"""Presence of a record that is there, and of one before its first sight."""

UNDATED = frozenset({"missing", "suspect"})
"""Presences of which only their end is seen: they began after the record was last seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of one record, as seen."""

    since: datetime | None
    """Up to then the record was known to be as before; None where nobody knows."""
    at: datetime
    """When the change was seen, by our clock."""
    presence: str
    """Presence before."""
    before: dict[str, Value]
    """Changed field → value before."""
    added: frozenset[str]
    """Fields that were read for the first time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A record as it was at some moment."""

    presence: str
    values: dict[str, Value]
    """Fields as far as they had been read."""


def keep(
    connection: Connection,
    known: Mapping[str, Mapping[Any, Any]],
    rows: Sequence[Mapping[str, Any]],
    since: datetime | None,
) -> None:
    """Store what the mirror rows *known* by id held where *rows* differ; first sights leave nothing.

    *since*: up to then the records were known to be unchanged; by default since they were seen.
    """
    changes = [
        change
        for row in rows
        if (before := known.get(row["id"])) is not None
        and (change := _difference(before, row, since)) is not None
    ]
    if changes:
        connection.execute(insert(_HISTORY), changes)


def _difference(
    before: Mapping[Any, Any], row: Mapping[str, Any], since: datetime | None
) -> dict[str, Any] | None:
    is_same = before["content"] == row["content"]
    is_moved = before["presence"] != row["presence"]
    if is_same and not is_moved:
        return None
    old = {} if is_same else decode_values(before["content"])
    new = {} if is_same else decode_values(row["content"])
    changed = {name: value for name, value in old.items() if name not in new or new[name] != value}
    added = sorted(new.keys() - old.keys())
    if not changed and not added and not is_moved:
        return None
    return {
        "connection": row["connection"],
        "object": row["object"],
        "record": row["id"],
        "since": before["seen_at"] if is_moved else since or before["seen_at"],
        "at": row["seen_at"],
        "presence": before["presence"],
        "before": encode_values(changed),
        "added": orjson.dumps(added).decode(),
    }


def of_record(connection: Connection, end: tuple[str, str], record: str) -> list[Change]:
    """Return the changes of a record, oldest first."""
    where = and_(
        _HISTORY.c.connection == end[0], _HISTORY.c.object == end[1], _HISTORY.c.record == record
    )
    rows = connection.execute(select(_HISTORY).where(where).order_by(_HISTORY.c.id)).mappings()
    return [
        Change(
            since=row["since"],
            at=row["at"],
            presence=row["presence"],
            before=decode_values(row["before"]),
            added=frozenset(orjson.loads(row["added"])),
        )
        for row in rows
    ]


def changed_since(
    connection: Connection, end: tuple[str, str], moments: Mapping[str, datetime]
) -> dict[str, frozenset[str]]:
    """Return record → its fields that changed, or were read for the first time, after its moment."""
    found: dict[str, set[str]] = {}
    for some in chunks(list(moments)):
        where = and_(
            _HISTORY.c.connection == end[0],
            _HISTORY.c.object == end[1],
            _HISTORY.c.record.in_(some),
        )
        columns = (_HISTORY.c.record, _HISTORY.c.at, _HISTORY.c.before, _HISTORY.c.added)
        for record, at, before, added in connection.execute(select(*columns).where(where)):
            if at > moments[record]:
                names = decode_values(before).keys() | set(orjson.loads(added))
                found.setdefault(record, set()).update(names)
    return {record: frozenset(names) for record, names in found.items()}


def note_pruned(connection: Connection, *, before: datetime) -> None:
    """Remember that changes seen before a moment were dropped (R27)."""
    told = {"key": KEPT_FROM, "value": before.astimezone(UTC).isoformat()}
    upsert(connection, _META, [told])


def kept_from(connection: Connection) -> datetime | None:
    """Return the moment from which changes are kept; None where none was dropped yet."""
    chosen = select(_META.c.value).where(_META.c.key == KEPT_FROM)
    found = connection.execute(chosen).scalar()
    return datetime.fromisoformat(str(found)) if found else None


def as_of(
    moment: datetime,
    now: Past,
    changes: Sequence[Change],
    *,
    first_seen_at: datetime,
    last_seen_at: datetime | None = None,
) -> Past:
    """Return a record as it was at *moment*: as it is *now*, with every later change undone.

    *last_seen_at*: of a record that is not there now, when it still was.
    """
    if moment < first_seen_at:
        return Past(presence=NOWHERE, values={})
    values = dict(now.values)
    was_there = last_seen_at is not None and moment <= last_seen_at
    presence = LIVE if was_there else now.presence
    for change in reversed(changes):
        if change.at <= moment:
            break
        for name in change.added:
            values.pop(name, None)
        values.update(change.before)
        was_there = change.since is not None and moment <= change.since
        presence = LIVE if was_there and change.presence in UNDATED else change.presence
    return Past(presence=presence, values=values)
