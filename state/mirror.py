"""The mirror: what each end was last seen to hold, and who must hear of a change (R1, R2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from daemon.core.evidence import decode_evidence, encode_evidence, witness
from daemon.core.record import Evidence, Record
from daemon.core.values import Side, Value, decode_values, encode_values
from state import history, keys
from state.bulk import chunks, unforeseen, upsert
from state.columns import table
from state.pairs import at_end
from state.tables import ABSENT, HERE, RACY, UNPROVEN, Mirror, Pending

_MIRROR = table(Mirror)
_PENDING = table(Pending)

LIVE, ARCHIVED, MISSING, SUSPECT = "live", "archived", "missing", "suspect"

ABSENCES_NEEDED = 2
"""Complete listings that must lack a record before it counts as gone (I6)."""

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

    @property
    def is_proven_gone(self) -> bool:
        """Whether it is certainly gone: seen in the bin, or absent often enough (I6)."""
        return self.presence == ARCHIVED or (not self.is_live and self.absences >= ABSENCES_NEEDED)

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
    newest = {item.record.id: item for item in seen}
    known = _rows(connection, how.end, list(newest))
    rows, changed, same = [], [], []
    for item in newest.values():
        before = known.get(item.record.id)
        if before is not None and _is_same(item, before):
            same.append(_again(item, how))
            continue
        row, is_changed = _merge(item, _typed(before) if before else None, how)
        rows.append(row)
        if is_changed:
            changed.append((item, row))
    _touch(connection, how, same)
    history.keep(connection, known, rows, how.unchanged_until)
    upsert(connection, _MIRROR, rows, keep=("first_seen_at",))
    reindex(connection, how.end, [item for item, _ in changed])
    enter(connection, how.end, {row["id"]: row["revision"] for _, row in changed}, how.quiet)
    return [str(row["id"]) for _, row in changed]


def _is_same(item: Seen, known: Mapping[Any, Any]) -> bool:
    """Tell at a glance, without reading what is stored, that a record is as it was.

    Equal text is equal content; of unequal text the values must be compared (1.0 and 1.00).
    """
    record = item.record
    return (
        not item.copied
        and known["presence"] == (ARCHIVED if record.is_archived else LIVE)
        and known["external_id"] == record.external_id
        and known["other_emails"] == "\n".join(record.other_emails)
        and known["content"] == encode_values(record.values)
    )


def _again(item: Seen, how: Sighting) -> dict[str, Any]:
    """Return what a sighting changes of a record that is as it was."""
    facts: dict[str, Any] = {
        "version": item.record.version,
        "modified_at": item.record.modified_at,
        "absences": 0,
        "is_racy": item.is_partly or _is_racy(item.record, how),
        "seen_at": how.seen_at,
    }
    if how.listing is not None:
        facts["listing"] = how.listing
    return {"which": item.record.id, **facts}


def _touch(connection: Connection, how: Sighting, facts: Sequence[dict[str, Any]]) -> None:
    if facts:
        names = [name for name in facts[0] if name != "which"]
        statement = update(_MIRROR).where(_at(_MIRROR, how.end), _MIRROR.c.id == bindparam("which"))
        connection.execute(statement.values({name: bindparam(name) for name in names}), facts)


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


def enter(connection: Connection, end: End, ids: Mapping[str, int], quiet: str = "") -> None:
    """Enter records (id → revision) into the pending set of every pair on *end* but *quiet*."""
    for pair, side in at_end(connection, end=end):
        if pair != quiet:
            enter_pair(connection, pair=pair, side=side, ids=ids)


def enter_pair(connection: Connection, *, pair: str, side: Side, ids: Mapping[str, int]) -> None:
    """Enter records (id → revision) into the pending set of one pair."""
    rows = [
        {"pair": pair, "side": side.value, "id": record, "revision": revision}
        for record, revision in ids.items()
    ]
    upsert(connection, _PENDING, rows)


def get(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, MirrorRow]:
    """Return mirrored records by id; unknown ids are absent."""
    return {name: _typed(row) for name, row in _rows(connection, end, ids).items()}


def _rows(connection: Connection, end: End, ids: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
    found: dict[str, Mapping[Any, Any]] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
        for row in connection.execute(select(_MIRROR).where(where)).mappings():
            found[row["id"]] = row
    return found


def _at(what: Any, end: End) -> Any:
    return and_(what.c.connection == unforeseen(end[0]), what.c.object == unforeseen(end[1]))


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
    # By the index of what is there: few records have an old listing. A bare id would have SQLite
    # walk all records in id order instead.
    record = _MIRROR.c.id.concat("")
    where = and_(_at(_MIRROR, end), HERE, _MIRROR.c.listing < listing, record > after)
    chosen = select(_MIRROR.c.id).where(where).order_by(record).limit(limit)
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


def note_gone(
    connection: Connection,
    end: End,
    ids: Sequence[str],
    *,
    presence: str = MISSING,
    quiet: str = "",
    is_proven: bool = False,
) -> None:
    """Believe one direct read, or our own removal (*is_proven*): the records are not there.

    One read is enough to leave them alone; to remove their partners takes more (I6).
    """
    rows = {
        i: row.revision
        for i, row in get(connection, end, ids).items()
        if row.presence in {LIVE, SUSPECT}
    }
    _set_presence(connection, end, rows, presence, quiet)
    if is_proven:
        for some in chunks(list(rows)):
            where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
            connection.execute(update(_MIRROR).where(where).values(absences=ABSENCES_NEEDED))


def has_unconfirmed_absence(connection: Connection, end: End) -> bool:
    """Return whether a record was lacking once and not yet often enough to be gone (I6)."""
    where = and_(_at(_MIRROR, end), ABSENT, _MIRROR.c.presence.in_([LIVE, SUSPECT]))
    return connection.execute(select(_MIRROR.c.id).where(where).limit(1)).first() is not None


def unproven(connection: Connection, end: End, after: str, limit: int) -> list[str]:
    """Return missing ids that too few Complete listings lacked, in id order from *after* on (I6)."""
    record = _MIRROR.c.id.concat("")
    where = and_(_at(_MIRROR, end), UNPROVEN, record > after)
    chosen = select(_MIRROR.c.id).where(where).order_by(record).limit(limit)
    return [str(found) for (found,) in connection.execute(chosen)]


def suspect(connection: Connection, end: End, ids: Sequence[str], listing: int | None) -> None:
    """Mark records that are there but cannot be used: neither source nor target (R44)."""
    rows = {i: row.revision for i, row in get(connection, end, ids).items() if row.is_live}
    _set_presence(connection, end, rows, SUSPECT)
    if listing is None:
        return
    for some in chunks(list(ids)):
        where = and_(_at(_MIRROR, end), _MIRROR.c.id.in_(some))
        connection.execute(update(_MIRROR).where(where).values(listing=listing, absences=0))


def _set_presence(
    connection: Connection, end: End, rows: Mapping[str, int], presence: str, quiet: str = ""
) -> None:
    if not rows:
        return
    statement = (
        update(_MIRROR)
        .where(_at(_MIRROR, end), _MIRROR.c.id == bindparam("which"))
        .values(presence=presence, revision=_MIRROR.c.revision + 1)
    )
    connection.execute(statement, [{"which": record} for record in rows])
    keys.drop(connection, end, list(rows))
    enter(connection, end, {record: revision + 1 for record, revision in rows.items()}, quiet)


def count_live(connection: Connection, end: End) -> int:
    """Return how many live records the mirror of *end* holds."""
    where = and_(_at(_MIRROR, end), _MIRROR.c.presence == LIVE)
    chosen = select(func.count()).select_from(_MIRROR).where(where)
    return int(connection.execute(chosen).scalar_one())


def page(connection: Connection, end: End, after: str, limit: int) -> list[MirrorRow]:
    """Return mirrored records of any presence, in id order from *after* on."""
    where = and_(_at(_MIRROR, end), _MIRROR.c.id > after)
    chosen = select(_MIRROR).where(where).order_by(_MIRROR.c.id).limit(limit)
    return [_typed(row) for row in connection.execute(chosen).mappings()]


def reindex(connection: Connection, end: End, rows: Sequence[Seen]) -> None:
    """Write the comparable keys of records anew; an archived record holds none."""
    keys.put(
        connection,
        end,
        {item.record.id: () if item.record.is_archived else item.keys for item in rows},
    )
