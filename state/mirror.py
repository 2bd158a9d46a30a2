"""The mirror: what each end was last seen to hold, and who must hear of a change (R1, R2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select, tuple_, update

from daemon.core.evidence import decode_evidence, encode_evidence, witness
from daemon.core.record import Evidence, Record
from daemon.core.values import Side, Value, Values, decode_values, digest, encode_values
from state.bulk import chunks, upsert
from state.columns import table
from state.pairs import at_end
from state.tables import ABSENT, HERE, RACY, Mirror, MirrorKey, Pending

_MIRROR = table(Mirror)
_KEY = table(MirrorKey)
_PENDING = table(Pending)

LIVE, ARCHIVED, MISSING, SUSPECT = "live", "archived", "missing", "suspect"

LONGEST_KEY = 300
"""Characters of a key that are indexed as they are; of a longer one, its hash is."""

End = tuple[str, str]
"""(connection, object)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One record as just seen, with its comparable keys."""

    record: Record
    keys: tuple[tuple[str, str], ...] = ()
    copied: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    """Evidence of values that we copied there ourselves (R12)."""
    is_partly: bool = False
    """Only some fields were seen; the others stand as known, and the version does not vouch for
    them: the record is read once more on the next poll (R30, R45)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MirrorRow:
    """One mirrored record."""

    id: str
    values: dict[str, Value]
    evidence: dict[str, Evidence]
    version: str
    modified_at: datetime | None
    external_id: str | None
    other_emails: tuple[str, ...]
    presence: str
    absences: int
    revision: int
    is_racy: bool
    first_seen_at: datetime
    seen_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether the record is there and may be source and target."""
        return self.presence == LIVE

    def as_record(self) -> Record:
        """Return the row as the record it was read from."""
        return Record(
            id=self.id,
            values=self.values,
            version=self.version,
            modified_at=self.modified_at,
            is_archived=self.presence != LIVE,
            external_id=self.external_id,
            other_emails=self.other_emails,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """When and how records were seen."""

    end: End
    seen_at: datetime
    unchanged_until: datetime | None = None
    """Moment up to which the previous state of the end is known, by our clock."""
    resolution: timedelta = timedelta(0)
    listing: int | None = None
    quiet: str = ""
    """The pair whose own write this is: its written fields do not enter its pending set."""


def put(connection: Connection, seen: Sequence[Seen], how: Sighting) -> list[str]:
    """Store records as seen; return the ids that changed. Changed ones enter pending (R1)."""
    known = get(connection, how.end, [item.record.id for item in seen])
    rows, changed = [], []
    for item in {item.record.id: item for item in seen}.values():
        row, is_changed = _merge(item, known.get(item.record.id), how)
        rows.append(row)
        if is_changed:
            changed.append((item, row))
    upsert(connection, _MIRROR, rows, keep=("first_seen_at",))
    _index(connection, how.end, [item for item, _ in changed])
    enter(connection, how.end, {row["id"]: row["revision"] for _, row in changed}, how.quiet)
    return [str(row["id"]) for _, row in changed]


def _merge(item: Seen, known: MirrorRow | None, how: Sighting) -> tuple[dict[str, Any], bool]:
    record = item.record
    before = known.values if known else None
    values = dict(record.values)
    evidence = witness(
        before=before,
        known=known.evidence if known else {},
        record=record,
        unchanged_until=how.unchanged_until or (known.seen_at if known else None),
        seen_at=how.seen_at,
        origin="/".join((*how.end, record.id)),
    )
    evidence = {**evidence, **item.copied}
    presence = ARCHIVED if record.is_archived else LIVE
    is_changed = (
        known is None
        or known.values != values
        or known.presence != presence
        or known.external_id != record.external_id
        or known.other_emails != record.other_emails
    )
    row = {
        "connection": how.end[0],
        "object": how.end[1],
        "id": record.id,
        "content": encode_values(values),
        "evidence": encode_evidence(evidence),
        "version": record.version,
        "modified_at": record.modified_at,
        "external_id": record.external_id,
        "other_emails": "\n".join(record.other_emails),
        "presence": presence,
        "absences": 0,
        "revision": (known.revision if known else 0) + is_changed,
        "is_racy": item.is_partly or _is_racy(record, how),
        "first_seen_at": how.seen_at,
        "seen_at": how.seen_at,
    }
    if how.listing is not None:
        row["listing"] = how.listing
    return row, is_changed


def _is_racy(record: Record, how: Sighting) -> bool:
    return record.modified_at is not None and how.seen_at - record.modified_at < how.resolution


def _index(connection: Connection, end: End, seen: Sequence[Seen]) -> None:
    for ids in chunks([item.record.id for item in seen]):
        connection.execute(delete(_KEY).where(_at(_KEY, end), _KEY.c.id.in_(ids)))
    rows = [
        {
            "connection": end[0],
            "object": end[1],
            "name": name,
            "value": _short(value),
            "id": item.record.id,
        }
        for item in seen
        if not item.record.is_archived
        for name, value in dict.fromkeys(item.keys)
    ]
    upsert(connection, _KEY, rows)


def _short(key: str) -> str:
    """Return a key as it is indexed: an index of Postgres takes no value of some thousand bytes."""
    return key if len(key) <= LONGEST_KEY else f"#{digest(key)}"


def enter(connection: Connection, end: End, ids: Mapping[str, int], quiet: str = "") -> None:
    """Enter records (id → revision) into the pending set of every pair on *end* but *quiet*."""
    rows = [
        {"pair": pair, "side": side.value, "id": record, "revision": revision}
        for pair, side in at_end(connection, end=end)
        if pair != quiet
        for record, revision in ids.items()
    ]
    upsert(connection, _PENDING, rows)


def enter_pair(connection: Connection, *, pair: str, side: Side, ids: Mapping[str, int]) -> None:
    """Enter records (id → revision) into the pending set of one pair."""
    rows = [
        {"pair": pair, "side": side.value, "id": record, "revision": revision}
        for record, revision in ids.items()
    ]
    upsert(connection, _PENDING, rows)


def get(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, MirrorRow]:
    """Return mirrored records by id; unknown ids are absent."""
    found: dict[str, MirrorRow] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        rows = connection.execute(
            select(_MIRROR).where(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
        ).mappings()
        found.update({row["id"]: _typed(row) for row in rows})
    return found


def _at(what: Any, end: End) -> Any:
    return and_(what.c.connection == end[0], what.c.object == end[1])


def _typed(row: Mapping[Any, Any]) -> MirrorRow:
    return MirrorRow(
        id=row["id"],
        values=decode_values(row["content"]),
        evidence=decode_evidence(row["evidence"]),
        version=row["version"],
        modified_at=row["modified_at"],
        external_id=row["external_id"],
        other_emails=tuple(filter(None, row["other_emails"].split("\n"))),
        presence=row["presence"],
        absences=row["absences"],
        revision=row["revision"],
        is_racy=row["is_racy"],
        first_seen_at=row["first_seen_at"],
        seen_at=row["seen_at"],
    )


def settled_versions(
    connection: Connection, end: End, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, str]:
    """Return id → version of records whose mirror is whole: live, not racy, all *fields* read.

    A hint with such a version is no news and needs no read.
    """
    wanted, found = set(fields), {}
    chosen = select(_MIRROR.c.id, _MIRROR.c.version, _MIRROR.c.content)
    for some in chunks(list(dict.fromkeys(ids))):
        where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some), _MIRROR.c.presence == LIVE)
        for record, version, content in connection.execute(
            chosen.where(where, _MIRROR.c.is_racy.is_(False))
        ):
            if wanted <= decode_values(content).keys():
                found[str(record)] = str(version)
    return found


def racy(connection: Connection, end: End) -> list[str]:
    """Return the records that must be read once more (R30)."""
    where = and_(_at(_MIRROR, end), RACY)
    return [str(i) for (i,) in connection.execute(select(_MIRROR.c.id).where(where))]


def unseen(connection: Connection, end: End, listing: int, after: str, limit: int) -> list[str]:
    """Return live ids that *listing* did not show, in id order from *after* on."""
    where = and_(
        _at(_MIRROR, end),
        _MIRROR.c.listing < listing,
        HERE,
        _MIRROR.c.id > after,
    )
    chosen = select(_MIRROR.c.id).where(where).order_by(_MIRROR.c.id).limit(limit)
    return [str(found) for (found,) in connection.execute(chosen)]


def newcomers(connection: Connection, end: End, since: datetime, limit: int) -> list[MirrorRow]:
    """Return live records first seen at or after *since*, in id order."""
    where = and_(_at(_MIRROR, end), _MIRROR.c.first_seen_at >= since, _MIRROR.c.presence == LIVE)
    chosen = select(_MIRROR).where(where).order_by(_MIRROR.c.id).limit(limit)
    return [_typed(row) for row in connection.execute(chosen).mappings()]


def note_absence(connection: Connection, end: End, ids: Sequence[str], *, needed: int) -> list[str]:
    """Count one more proven absence; from *needed* on a record is missing. Return those (I6)."""
    gone: list[str] = []
    for some in chunks(list(ids)):
        where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
        connection.execute(update(_MIRROR).where(where).values(absences=_MIRROR.c.absences + 1))
        rows = connection.execute(
            select(_MIRROR.c.id, _MIRROR.c.revision).where(
                where, _MIRROR.c.absences >= needed, _MIRROR.c.presence.in_([LIVE, SUSPECT])
            )
        ).all()
        _set_presence(connection, end, {str(i): int(r) for i, r in rows}, MISSING)
        gone += [str(i) for i, _ in rows]
    return gone


def has_unconfirmed_absence(connection: Connection, end: End) -> bool:
    """Return whether a record was lacking once and not yet often enough to be gone (I6)."""
    where = and_(_at(_MIRROR, end), ABSENT, _MIRROR.c.presence == LIVE)
    return connection.execute(select(_MIRROR.c.id).where(where).limit(1)).first() is not None


def suspect(connection: Connection, end: End, ids: Sequence[str], listing: int | None) -> None:
    """Mark records that are there but cannot be used: neither source nor target (R44)."""
    rows = {i: row.revision for i, row in get(connection, end, ids).items() if row.is_live}
    _set_presence(connection, end, rows, SUSPECT)
    if listing is None:
        return
    for some in chunks(list(ids)):
        where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
        connection.execute(update(_MIRROR).where(where).values(listing=listing, absences=0))


def _set_presence(connection: Connection, end: End, rows: Mapping[str, int], presence: str) -> None:
    if not rows:
        return
    statement = (
        update(_MIRROR)
        .where(_at(_MIRROR, end), _MIRROR.c.id == bindparam("which"))
        .values(presence=presence, revision=_MIRROR.c.revision + 1)
    )
    connection.execute(statement, [{"which": record} for record in rows])
    for some in chunks(list(rows)):
        connection.execute(delete(_KEY).where(_at(_KEY, end), _KEY.c.id.in_(some)))
    enter(connection, end, {record: revision + 1 for record, revision in rows.items()})


def holders(
    connection: Connection, end: End, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Return (key name, value) → ids of the live records that hold it, sorted."""
    found: dict[tuple[str, str], list[str]] = {}
    wanted = {(name, _short(value)): (name, value) for name, value in keys}
    for some in chunks(list(wanted)):
        rows = connection.execute(
            select(_KEY.c.name, _KEY.c.value, _KEY.c.id).where(
                _at(_KEY, end), tuple_(_KEY.c.name, _KEY.c.value).in_(some)
            )
        )
        for name, value, record in rows:
            found.setdefault(wanted[name, value], []).append(record)
    # Sorted here, because databases differ in how they sort text.
    return {key: sorted(found[key]) for key in wanted.values() if key in found}


def keys_of(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, set[str]]:
    """Return id → names of the keys that are indexed for it."""
    found: dict[str, set[str]] = {}
    for some in chunks(list(ids)):
        rows = connection.execute(
            select(_KEY.c.id, _KEY.c.name).where(_at(_KEY, end), _KEY.c.id.in_(some))
        )
        for record, name in rows:
            found.setdefault(record, set()).add(name)
    return found


def count_live(connection: Connection, end: End) -> int:
    """Return how many live records the mirror of *end* holds."""
    where = and_(_at(_MIRROR, end), _MIRROR.c.presence == LIVE)
    return int(
        connection.execute(select(func.count()).select_from(_MIRROR).where(where)).scalar_one()
    )


def page(connection: Connection, end: End, after: str, limit: int) -> list[MirrorRow]:
    """Return mirrored records of any presence, in id order from *after* on."""
    where = and_(_at(_MIRROR, end), _MIRROR.c.id > after)
    chosen = select(_MIRROR).where(where).order_by(_MIRROR.c.id).limit(limit)
    return [_typed(row) for row in connection.execute(chosen).mappings()]


def reindex(connection: Connection, end: End, rows: Sequence[Seen]) -> None:
    """Write the comparable keys of records anew (another key, another region)."""
    _index(connection, end, rows)


def values_of(rows: Mapping[str, MirrorRow], record: str | None) -> Values | None:
    """Return the values of a live record, or None."""
    row = rows.get(record) if record is not None else None
    return row.values if row is not None and row.is_live else None
