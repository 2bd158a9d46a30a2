"""Intents: the stored promise of each remote write, and what came of it (I9, I11, I14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from daemon.core.operation import Operation, OperationKind, decode_operation, encode_operation
from daemon.core.values import Side
from state.columns import table
from state.journal import OPEN_INTENT, WAITING_WRITE, Intent, Quarantine, Run
from state.mirror import End

_INTENT = table(Intent)
_QUARANTINE = table(Quarantine)
_RUN = table(Run)

SENT, UNKNOWN = "sent", "unknown"
OPEN = (SENT, UNKNOWN)
SETTLED, REFUSED, MOVED, SUPERSEDED, HELD = "settled", "refused", "moved", "superseded", "held"

ACCEPTED_AS = "accepted as "
"""Begins the result of a write that happened, but must be read back to be settled (R45)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntentRow:
    """One promised write."""

    id: str
    run: int
    connection: str
    object: str
    verb: str
    link: str
    operation: Operation
    state: str
    carries_token: bool
    sent_at: datetime
    settled_at: datetime | None = None
    result: str = "{}"

    @property
    def end(self) -> End:
        """The end that is written to."""
        return (self.connection, self.object)

    @property
    def accepted_id(self) -> str:
        """The record of a write that was accepted without telling its values (R45), else ""."""
        is_silent = self.state == UNKNOWN and self.result.startswith(ACCEPTED_AS)
        return self.result.removeprefix(ACCEPTED_AS) if is_silent else ""


def open_all(connection: Connection, rows: Sequence[IntentRow]) -> None:
    """Store the intents of a batch; they must be committed before the request leaves (R26)."""
    connection.execute(
        insert(_INTENT),
        [
            {
                "id": row.id,
                "run": row.run,
                "pair": row.operation.pair,
                "connection": row.connection,
                "object": row.object,
                "side": row.operation.side.value,
                "verb": row.verb,
                "link": row.link,
                "source_id": row.operation.source_id,
                "crm_id": row.operation.crm_id,
                "payload": encode_operation(row.operation),
                "state": SENT,
                "carries_token": row.carries_token,
                "sent_at": row.sent_at,
            }
            for row in rows
        ],
    )


def finish(
    connection: Connection,
    *,
    intent: str,
    state: str,
    at: datetime,
    result: str = "{}",
    crm_id: str | None = None,
    source_id: str | None = None,
) -> None:
    """Write the outcome of an intent. Only an open one takes it, once (I13)."""
    facts: dict[str, Any] = {"state": state, "settled_at": at, "result": result}
    if crm_id is not None:
        facts["crm_id"] = crm_id
    if source_id is not None:
        facts["source_id"] = source_id
    where = and_(_INTENT.c.id == intent, _INTENT.c.state.in_(OPEN))
    connection.execute(update(_INTENT).where(where).values(**facts))


def settle_all(
    connection: Connection, done: Sequence[tuple[str, Operation, str]], *, at: datetime
) -> None:
    """Mark intents as settled: (intent, operation with the record it wrote, what is stored now).

    Only open ones take it, once (I13).
    """
    statement = (
        update(_INTENT)
        .where(_INTENT.c.id == bindparam("which"), OPEN_INTENT)
        .values(
            state=SETTLED,
            settled_at=at,
            result=bindparam("stored"),
            source_id=bindparam("source"),
            crm_id=bindparam("crm"),
        )
    )
    rows = [
        {"which": intent, "stored": stored, "source": op.source_id, "crm": op.crm_id}
        for intent, op, stored in done
    ]
    if rows:
        connection.execute(statement, rows)


def note_leaving(connection: Connection, ids: Sequence[str], *, at: datetime) -> None:
    """Move the moment from which a request can land to when it really leaves (R22)."""
    statement = update(_INTENT).where(_INTENT.c.id == bindparam("which"), OPEN_INTENT)
    if ids:
        connection.execute(statement.values(sent_at=at), [{"which": intent} for intent in ids])


def mark_unknown(connection: Connection, *, ids: Sequence[str], result: str) -> None:
    """Remember that no definite reply came."""
    statement = (
        update(_INTENT)
        .where(_INTENT.c.id == bindparam("which"), _INTENT.c.state == SENT)
        .values(state=UNKNOWN, result=result)
    )
    if ids:
        connection.execute(statement, [{"which": intent} for intent in ids])


def open_at(connection: Connection, ends: Sequence[End]) -> list[IntentRow]:
    """Return the open intents on *ends*, oldest first."""
    if not ends:
        return []
    each = [and_(_INTENT.c.connection == c, _INTENT.c.object == o) for c, o in ends]
    rows = connection.execute(
        select(_INTENT).where(OPEN_INTENT, or_(*each)).order_by(_INTENT.c.sent_at, _INTENT.c.id)
    ).mappings()
    return [_typed(row) for row in rows]


def held_at(connection: Connection, ends: Sequence[End]) -> list[IntentRow]:
    """Return the creates on *ends* that wait for a person's word whether they happened (R7)."""
    if not ends:
        return []
    each = [and_(_INTENT.c.connection == c, _INTENT.c.object == o) for c, o in ends]
    waiting = select(_QUARANTINE.c.intent).where(WAITING_WRITE)
    rows = connection.execute(
        select(_INTENT)
        .where(_INTENT.c.id.in_(waiting), _INTENT.c.state == HELD, or_(*each))
        .order_by(_INTENT.c.sent_at, _INTENT.c.id)
    ).mappings()
    return [_typed(row) for row in rows]


def of_run(connection: Connection, run: int, after: str = "", limit: int = 500) -> list[IntentRow]:
    """Return the intents of a run, in id order from *after* on."""
    where = and_(_INTENT.c.run == run, _INTENT.c.id > after)
    rows = connection.execute(select(_INTENT).where(where).order_by(_INTENT.c.id).limit(limit))
    return [_typed(row) for row in rows.mappings()]


def tally(connection: Connection, run: int) -> dict[tuple[str, str, str], int]:
    """Return (side, verb, state) → how many intents of a run."""
    rows = connection.execute(
        select(_INTENT.c.side, _INTENT.c.verb, _INTENT.c.state, func.count())
        .where(_INTENT.c.run == run)
        .group_by(_INTENT.c.side, _INTENT.c.verb, _INTENT.c.state)
    )
    return {(side, verb, state): int(number) for side, verb, state, number in rows}


def settled_ids(connection: Connection, run: int, side: Side) -> list[str]:
    """Return the records that a run created or changed on *side*, sorted."""
    column, where = _settled_at(run, side)
    rows = connection.execute(select(column).where(where).distinct().order_by(column))
    return [str(record) for (record,) in rows if record is not None]


def settled_fields(
    connection: Connection, run: int, side: Side, ids: Sequence[str]
) -> dict[str, set[str]]:
    """Return record of *ids* → the fields that a run wrote there."""
    column, where = _settled_at(run, side)
    chosen = select(column, _INTENT.c.payload).where(where, column.in_(list(ids)))
    found: dict[str, set[str]] = {}
    for record, payload in connection.execute(chosen):
        names = {copy.field for copy in decode_operation(payload).copies}
        found.setdefault(str(record), set()).update(names)
    return found


def _settled_at(run: int, side: Side) -> tuple[Any, Any]:
    column = _INTENT.c.source_id if side is Side.SOURCE else _INTENT.c.crm_id
    return column, and_(
        _INTENT.c.run == run,
        _INTENT.c.side == side.value,
        _INTENT.c.state == SETTLED,
        _INTENT.c.verb.in_([OperationKind.CREATE.value, OperationKind.UPDATE.value]),
    )


def count_since(connection: Connection, *, sync_pairs: Sequence[str], since: datetime) -> int:
    """Return how many writes of these pairs were sent since a moment (the envelope's day).

    A rollback is a person's command: its writes are in no envelope.
    """
    where = and_(_INTENT.c.pair.in_(list(sync_pairs)), _INTENT.c.sent_at >= since)
    of_runs = _INTENT.outerjoin(_RUN, _RUN.c.id == _INTENT.c.run)
    chosen = select(func.count()).select_from(of_runs).where(where, _RUN.c.reverses.is_(None))
    return int(connection.execute(chosen).scalar_one())


def held(connection: Connection, intent: str) -> IntentRow | None:
    """Return an intent by its id."""
    row = connection.execute(select(_INTENT).where(_INTENT.c.id == intent)).mappings().first()
    return _typed(row) if row else None


def _typed(row: Mapping[Any, Any]) -> IntentRow:
    return IntentRow(
        id=row["id"],
        run=row["run"],
        connection=row["connection"],
        object=row["object"],
        verb=row["verb"],
        link=row["link"],
        operation=decode_operation(row["payload"]),
        state=row["state"],
        carries_token=row["carries_token"],
        sent_at=row["sent_at"],
        settled_at=row["settled_at"],
        result=row["result"],
    )
