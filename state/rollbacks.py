"""Rollbacks: what a run wrote, what was put back of it, and which fields are held since (R24)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from daemon.core.base import decode_base, encode_base
from daemon.core.operation import Operation, OperationKind, decode_operation
from daemon.core.values import Side, Value, decode_values
from state import audit, links, mirror, pairs, runs
from state.bulk import chunks, upsert
from state.columns import table
from state.journal import Conflict, Intent, Run
from state.safety import RollbackHold
from state.tables import Link

_HOLD, _INTENT, _CONFLICT = table(RollbackHold), table(Intent), table(Conflict)
_LINK, _RUN = table(Link), table(Run)

REVERSED = "reversed"
"""Status of a conflict whose loser a rollback put back."""


MATCH = ""
"""In the place of a field: the match itself was taken back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One settled write of a run."""

    id: str
    link: str
    operation: Operation
    """With the record that was written."""
    settled_at: datetime
    result: Mapping[str, Value]
    """What the system held afterwards; empty where nobody saw."""
    is_pruned: bool
    """Retention took its values away: nobody knows any more what stood there before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one write of a rollback."""

    state: str
    operation: Operation
    result: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    """A settled write; only those of a rollback matter here."""

    link: str
    operation: Operation
    fields: tuple[str, ...] = ()
    """Rule keys on which both sides agree with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldRow:
    """A field that stays as a rollback left it."""

    link: str
    field: str
    pair: str
    run: int
    at: datetime
    source_id: str
    crm_id: str


def begin(
    connection: Connection, *, sync: str, reverses: int, at: datetime, by: str, is_whole: bool
) -> int:
    """Open the run that rolls another back, and return its number.

    The rollback of a whole run pauses the sync: before its first write, so that no cycle works
    against one that was cut short.
    """
    trigger = f"rollback of run {reverses}"
    number = runs.begin(connection, sync=sync, trigger=trigger, at=at)
    connection.execute(update(_RUN).where(_RUN.c.id == number).values(reverses=reverses))
    if is_whole:
        pairs.pause(connection, sync=sync, by=by, reason=f"run {reverses} was rolled back", at=at)
    audit.note(
        connection,
        at=at,
        actor=by,
        action="rollback",
        subject=f"run {reverses}",
        detail={"run": number, "is_whole": is_whole},
    )
    return number


def written_links(connection: Connection, run: int, pair: str) -> dict[str, set[str]]:
    """Return link → the verbs of the settled writes of a run to its records."""
    where = and_(_INTENT.c.run == run, _INTENT.c.pair == pair, _INTENT.c.state == "settled")
    found: dict[str, set[str]] = {}
    for link, verb in connection.execute(select(_INTENT.c.link, _INTENT.c.verb).where(where)):
        found.setdefault(str(link), set()).add(str(verb))
    return found


def matched_links(connection: Connection, run: int, pair: str) -> list[str]:
    """Return the links that a run made by matching; those of its creates are told by its writes."""
    where = and_(_LINK.c.pair == pair, _is_matched_by(run))
    return [str(link) for (link,) in connection.execute(select(_LINK.c.id).where(where))]


def matched_among(connection: Connection, run: int, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these links the run made by matching."""
    found: set[str] = set()
    for some in chunks(list(ids)):
        where = and_(_LINK.c.id.in_(some), _is_matched_by(run))
        found |= {str(link) for (link,) in connection.execute(select(_LINK.c.id).where(where))}
    return frozenset(found)


def _is_matched_by(run: int) -> ColumnElement[bool]:
    """Tell whether a run made a link by matching, and no rollback took that back."""
    taken_back = exists().where(
        _HOLD.c.link == _LINK.c.id, _HOLD.c.field == MATCH, _HOLD.c.run == run
    )
    return and_(_LINK.c.run == run, _LINK.c.how != "created", ~taken_back)


def links_of(connection: Connection, pair: str, side: Side, record: str) -> set[str]:
    """Return every link, of any status, that a record has or had."""
    column = _LINK.c.source_id if side is Side.SOURCE else _LINK.c.crm_id
    where = and_(_LINK.c.pair == pair, column == record)
    return {str(link) for (link,) in connection.execute(select(_LINK.c.id).where(where))}


def writes(connection: Connection, run: int, ids: Sequence[str]) -> list[Written]:
    """Return the settled writes of a run to the records of these links, newest first."""
    found: list[Written] = []
    for some in chunks(list(ids)):
        where = and_(_INTENT.c.run == run, _INTENT.c.state == "settled", _INTENT.c.link.in_(some))
        found += [
            _written(row) for row in connection.execute(select(_INTENT).where(where)).mappings()
        ]
    return sorted(found, key=lambda one: (one.settled_at, one.id), reverse=True)


def _written(row: Mapping[Any, Any]) -> Written:
    operation = decode_operation(row["payload"])
    is_pruned = row["pruned_at"] is not None
    return Written(
        id=row["id"],
        link=row["link"],
        operation=replace(operation, source_id=row["source_id"], crm_id=row["crm_id"]),
        settled_at=row["settled_at"],
        result={} if is_pruned or operation.kind.is_removal else decode_values(row["result"]),
        is_pruned=is_pruned,
    )


def outcomes(connection: Connection, run: int, ids: Sequence[str]) -> list[Outcome]:
    """Return what came of the writes of a rollback to the records of these links."""
    found: list[Outcome] = []
    for some in chunks(list(ids)):
        made = _INTENT.c.verb == OperationKind.CREATE.value  # under the id of its own new link
        where = and_(_INTENT.c.run == run, or_(_INTENT.c.link.in_(some), made))
        for row in connection.execute(select(_INTENT).where(where)).mappings():
            operation = decode_operation(row["payload"])
            if (operation.replaces or row["link"]) in some:
                told = Outcome(state=row["state"], operation=operation, result=row["result"])
                found.append(told)
    return found


def later_writers(
    connection: Connection, run: int, ids: Collection[str]
) -> dict[tuple[str, str, str], tuple[int, Value]]:
    """Return (link, side, field) → the newest run after *run* that wrote it, and what it left."""
    found: dict[tuple[str, str, str], tuple[int, Value]] = {}
    for some in chunks(sorted(ids)):
        where = and_(_INTENT.c.run > run, _INTENT.c.state == "settled", _INTENT.c.link.in_(some))
        chosen = select(_INTENT).where(where).order_by(_INTENT.c.settled_at, _INTENT.c.id)
        for row in connection.execute(chosen).mappings():
            write = _written(row)
            for copy in write.operation.copies:
                left = write.result.get(copy.field, copy.value)
                found[write.link, row["side"], copy.field] = (int(row["run"]), left)
    return found


def settle(connection: Connection, done: Sequence[Undone], *, at: datetime) -> None:
    """Note what settled writes of a rollback leave, in the transaction that settles them (R24).

    A field that was put back is held. A record that was taken back, or made again without its
    partner, leaves a tombstone: nobody makes or removes it again (R14). Conflicts in which the run
    had let the value lose are over.
    """
    ours = [one for one in done if one.operation.reverses]
    rows = []
    for one in ours:
        operation = one.operation
        if operation.kind is OperationKind.UPDATE:
            rows += [
                {
                    "link": one.link,
                    "field": field,
                    "pair": operation.pair,
                    "run": operation.reverses,
                    "at": at,
                }
                for field in one.fields
            ]
            _reverse_conflicts(connection, one, at)
        elif operation.kind.is_removal or not _has_partner(connection, operation):
            links.set_status(connection, link=one.link, status=links.DETACHED)
    upsert(connection, _HOLD, rows)


def _reverse_conflicts(connection: Connection, one: Undone, at: datetime) -> None:
    where = and_(
        _CONFLICT.c.link == one.link,
        _CONFLICT.c.run == one.operation.reverses,
        _CONFLICT.c.field.in_(one.fields),
        _CONFLICT.c.status == "decided",
    )
    connection.execute(update(_CONFLICT).where(where).values(status=REVERSED, resolved_at=at))


def _has_partner(connection: Connection, operation: Operation) -> bool:
    pair = pairs.find(connection, operation.pair)
    if pair is None or operation.origin_id is None:
        return False
    rows = mirror.get(connection, pair.end(operation.side.other), [operation.origin_id])
    return any(row.is_live for row in rows.values())


def unlink(
    connection: Connection, *, pair: str, ids: Sequence[str], run: int, at: datetime
) -> None:
    """Take matches of *run* back, base kept: who is considered again is compared with it."""
    for link in ids:
        links.set_status(connection, link=link, status=links.DETACHED)
    rows = [{"link": link, "field": MATCH, "pair": pair, "run": run, "at": at} for link in ids]
    upsert(connection, _HOLD, rows)


def holds(connection: Connection, sync_pairs: Sequence[str] | None = None) -> list[HoldRow]:
    """Return the fields held by rollbacks, oldest first."""
    chosen = select(_HOLD, _LINK.c.source_id, _LINK.c.crm_id)
    chosen = chosen.join(_LINK, _LINK.c.id == _HOLD.c.link).where(_HOLD.c.field != MATCH)
    if sync_pairs is not None:
        chosen = chosen.where(_HOLD.c.pair.in_(list(sync_pairs)))
    rows = connection.execute(chosen.order_by(_HOLD.c.at, _HOLD.c.link, _HOLD.c.field)).mappings()
    return [HoldRow(**row) for row in rows]


def end_holds(connection: Connection, ended: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """Forget holds of fields that changed since: they agree again, or were written."""
    ids = [link for link, _ in ended]
    held: set[str] = set()
    for some in chunks(ids):
        rows = connection.execute(select(_HOLD.c.link).where(_HOLD.c.link.in_(some)))
        held |= {str(link) for (link,) in rows}
    over = [
        {"which": link, "rule": rule} for link, rules in ended if link in held for rule in rules
    ]
    if over:
        statement = delete(_HOLD).where(
            _HOLD.c.link == bindparam("which"), _HOLD.c.field == bindparam("rule")
        )
        connection.execute(statement, over)


def release(connection: Connection, rows: Sequence[HoldRow]) -> None:
    """Let held fields go: they are compared as on first contact, with the next run."""
    fields: dict[str, set[str]] = {}
    for row in rows:
        fields.setdefault(row.link, set()).add(row.field)
    for link, rules in fields.items():
        _forget(connection, link, rules)
        where = and_(_HOLD.c.link == link, _HOLD.c.field.in_(sorted(rules)))
        connection.execute(delete(_HOLD).where(where))
    for row in {row.link: row for row in rows}.values():
        _enter(connection, row)


def _forget(connection: Connection, link: str, rules: Collection[str]) -> None:
    where = _LINK.c.id == link
    text = connection.execute(select(_LINK.c.fields).where(where)).scalar_one()
    kept = {key: item for key, item in decode_base(text).items() if key not in rules}
    connection.execute(update(_LINK).where(where).values(fields=encode_base(kept)))


def _enter(connection: Connection, row: HoldRow) -> None:
    pair = pairs.find(connection, row.pair)
    if pair is None:
        return
    for side, record in ((Side.SOURCE, row.source_id), (Side.CRM, row.crm_id)):
        found = mirror.get(connection, pair.end(side), [record])
        ids = {one.id: one.revision for one in found.values()}
        mirror.enter_pair(connection, pair=row.pair, side=side, ids=ids)
