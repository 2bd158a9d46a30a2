"""Everything that is kept about one record and its partner, for telling their story (F2).

Reads only, and for one record that a person asked about: nothing here is frequent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from daemon.core.operation import Operation, decode_operation
from daemon.core.values import Side, Value, decode_value, decode_values
from state import history, mirror
from state.columns import table
from state.history import Change
from state.journal import Conflict, Intent, Plan, Quarantine, Run
from state.mirror import MirrorRow
from state.pairs import PairRow
from state.safety import Redirect, RollbackHold
from state.tables import Link, MirrorKey

_LINK, _KEY = table(Link), table(MirrorKey)
_INTENT, _CONFLICT, _QUARANTINE = table(Intent), table(Conflict), table(Quarantine)
_RUN, _PLAN = table(Run), table(Plan)
_HOLD, _REDIRECT = table(RollbackHold), table(Redirect)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bond:
    """A link with how it came to be."""

    id: str
    source_id: str
    crm_id: str
    status: str
    how: str
    run: int
    linked_at: datetime
    fields: tuple[str, ...]
    """Rule keys in its base."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """One write of ours and what came of it."""

    id: str
    run: int
    pair: str
    operation: Operation
    state: str
    sent_at: datetime
    settled_at: datetime | None
    result: dict[str, Value]
    """What the system held afterwards; empty where that is not known."""
    is_pruned: bool
    """Retention took the values away; the names of the fields are left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """Two values that could not both stay."""

    id: int
    field: str
    source: Value
    crm: Value
    reason: str
    status: str
    winner: str
    run: int
    found_at: datetime
    resolved_at: datetime | None
    resolved_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exile:
    """A time in quarantine."""

    id: int
    side: str
    record: str
    field: str
    rule: str
    message: str
    status: str
    run: int
    found_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A field that a rollback holds."""

    field: str
    run: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What bears on a run's writes."""

    sync: str
    trigger: str
    reverses: int | None
    approved_by: str
    """Who approved the plan it carried out, or the envelope that it flowed in."""
    policies: Mapping[str, str]
    """Rule key → policy in force."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """A record, its partner, and all that is kept about them."""

    pair: PairRow
    ids: Mapping[Side, str | None]
    rows: Mapping[Side, MirrorRow | None]
    changes: Mapping[Side, Sequence[Change]]
    bonds: Sequence[Bond]
    """Oldest first."""
    promises: Sequence[Promise]
    disputes: Sequence[Dispute]
    exiles: Sequence[Exile]
    holds: Sequence[Hold]
    redirects: Mapping[Side, Sequence[tuple[str, str, str, datetime]]]
    """(old id, new id, why, at)."""
    runs: Mapping[int, RunFacts]
    kept_from: datetime | None
    """Changes from before are not kept any more; None where none was dropped yet."""


def find(connection: Connection, pairs: Sequence[PairRow], text: str) -> list[tuple[PairRow, Side]]:
    """Return where a record with this id is known: in the mirror or in a link, on either side."""
    found = []
    for pair in pairs:
        for side in Side:
            column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
            linked = select(_LINK.c.id).where(_LINK.c.pair == pair.name, column == text).limit(1)
            is_known = bool(mirror.get(connection, pair.end(side), [text]))
            if is_known or connection.execute(linked).first() is not None:
                found.append((pair, side))
    return found


def holders(connection: Connection, end: tuple[str, str], text: str) -> list[str]:
    """Return the live records of an end that hold *text* as one of their keys (an address)."""
    where = and_(
        _KEY.c.connection == end[0],
        _KEY.c.object == end[1],
        _KEY.c.value.in_([text, text.casefold()]),
    )
    return sorted(set(connection.execute(select(_KEY.c.id).where(where)).scalars()))


def gather(connection: Connection, pair: PairRow, side: Side, record: str) -> Life:
    """Read everything about a record and the one it is or was linked to last."""
    bonds = _bonds(connection, pair, side, record)
    ids: dict[Side, str | None] = {side: record, side.other: None}
    if bonds:
        newest = next((bond for bond in reversed(bonds) if bond.status == "active"), bonds[-1])
        ids = {Side.SOURCE: newest.source_id, Side.CRM: newest.crm_id}
    names = [bond.id for bond in bonds]
    promises = _promises(connection, pair, ids, names)
    told = {promise.run for promise in promises} | {bond.run for bond in bonds}
    return Life(
        pair=pair,
        ids=ids,
        rows={one: _row(connection, pair, one, ids[one]) for one in Side},
        changes={one: _changes(connection, pair, one, ids[one]) for one in Side},
        bonds=bonds,
        promises=promises,
        disputes=_disputes(connection, names),
        exiles=_exiles(connection, pair, ids),
        holds=_holds(connection, names),
        redirects={one: _redirects(connection, pair, one, ids[one]) for one in Side},
        runs={run: _run_facts(connection, pair, run) for run in sorted(told)},
        kept_from=history.kept_from(connection),
    )


def _row(connection: Connection, pair: PairRow, side: Side, record: str | None) -> MirrorRow | None:
    return mirror.get(connection, pair.end(side), [record]).get(record) if record else None


def _changes(
    connection: Connection, pair: PairRow, side: Side, record: str | None
) -> Sequence[Change]:
    return history.of_record(connection, pair.end(side), record) if record else ()


def _bonds(connection: Connection, pair: PairRow, side: Side, record: str) -> list[Bond]:
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    rows = connection.execute(
        select(_LINK)
        .where(_LINK.c.pair == pair.name, column == record)
        .order_by(_LINK.c.linked_at, _LINK.c.id)
    ).mappings()
    return [
        Bond(
            id=row["id"],
            source_id=row["source_id"],
            crm_id=row["crm_id"],
            status=row["status"],
            how=row["how"],
            run=row["run"],
            linked_at=row["linked_at"],
            fields=tuple(orjson.loads(row["fields"])),
        )
        for row in rows
    ]


def _promises(
    connection: Connection, pair: PairRow, ids: Mapping[Side, str | None], links: Sequence[str]
) -> list[Promise]:
    """Return what was written to either record, by whatever sync."""
    each: list[ColumnElement[bool]] = [_INTENT.c.link.in_(links)]
    for side, record in ids.items():
        if record is not None:
            column = _INTENT.c.source_id if side is Side.SOURCE else _INTENT.c.crm_id
            connected = and_(
                _INTENT.c.connection == pair.end(side)[0], _INTENT.c.object == pair.end(side)[1]
            )
            each.append(and_(connected, _INTENT.c.side == side.value, column == record))
    rows = connection.execute(
        select(_INTENT).where(or_(*each)).order_by(_INTENT.c.sent_at, _INTENT.c.id)
    ).mappings()
    return [
        Promise(
            id=row["id"],
            run=row["run"],
            pair=row["pair"],
            operation=replace(
                decode_operation(row["payload"]), source_id=row["source_id"], crm_id=row["crm_id"]
            ),
            state=row["state"],
            sent_at=row["sent_at"],
            settled_at=row["settled_at"],
            result=_result(row),
            is_pruned=row["pruned_at"] is not None,
        )
        for row in rows
    ]


def _result(row: Mapping[Any, Any]) -> dict[str, Value]:
    is_told = row["state"] == "settled" and row["pruned_at"] is None
    return decode_values(row["result"]) if is_told else {}


def _disputes(connection: Connection, links: Sequence[str]) -> list[Dispute]:
    rows = connection.execute(
        select(_CONFLICT).where(_CONFLICT.c.link.in_(links)).order_by(_CONFLICT.c.id)
    ).mappings()
    return [
        Dispute(
            id=row["id"],
            field=row["field"],
            source=decode_value(row["source_value"]),
            crm=decode_value(row["crm_value"]),
            reason=row["reason"],
            status=row["status"],
            winner=row["winner"],
            run=row["run"],
            found_at=row["found_at"],
            resolved_at=row["resolved_at"],
            resolved_by=row["resolved_by"],
        )
        for row in rows
    ]


def _exiles(connection: Connection, pair: PairRow, ids: Mapping[Side, str | None]) -> list[Exile]:
    each = [
        and_(_QUARANTINE.c.side == side.value, _QUARANTINE.c.record == record)
        for side, record in ids.items()
        if record is not None
    ]
    rows = connection.execute(
        select(_QUARANTINE)
        .where(_QUARANTINE.c.pair == pair.name, or_(*each))
        .order_by(_QUARANTINE.c.id)
    ).mappings()
    names = Exile.__dataclass_fields__
    return [Exile(**{name: row[name] for name in names}) for row in rows]


def _holds(connection: Connection, links: Sequence[str]) -> list[Hold]:
    rows = connection.execute(
        select(_HOLD).where(_HOLD.c.link.in_(links), _HOLD.c.field != "")
    ).mappings()
    return [Hold(field=row["field"], run=row["run"], at=row["at"]) for row in rows]


def _redirects(
    connection: Connection, pair: PairRow, side: Side, record: str | None
) -> Sequence[tuple[str, str, str, datetime]]:
    end = pair.end(side)
    where = and_(
        _REDIRECT.c.connection == end[0],
        _REDIRECT.c.object == end[1],
        or_(_REDIRECT.c.old_id == record, _REDIRECT.c.new_id == record),
    )
    rows = connection.execute(select(_REDIRECT).where(where)).mappings()
    return [(row["old_id"], row["new_id"], row["why"], row["at"]) for row in rows]


def _run_facts(connection: Connection, pair: PairRow, run: int) -> RunFacts:
    row = connection.execute(select(_RUN).where(_RUN.c.id == run)).mappings().first()
    if row is None:
        return RunFacts(sync=pair.sync, trigger="", reverses=None, approved_by="", policies={})
    told = orjson.loads(row["report"])
    lines = told.get("mapping", {}).get(pair.name, [])
    return RunFacts(
        sync=row["sync"],
        trigger=row["trigger"],
        reverses=row["reverses"],
        approved_by=_approved_by(connection, row["sync"], run),
        policies={f"{line['source']}→{line['crm']}": line["policy"] for line in lines},
    )


def _approved_by(connection: Connection, sync: str, run: int) -> str:
    """Return who approved what *run* carried out: its own plan, else the last one before it."""
    where = and_(_PLAN.c.sync == sync, _PLAN.c.run <= run, _PLAN.c.decided_by != "")
    newest = select(_PLAN.c.decided_by).where(where).order_by(_PLAN.c.id.desc()).limit(1)
    return str(connection.execute(newest).scalar() or "")
