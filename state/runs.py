"""Runs, their plans and approvals, and the API calls they cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from daemon.core.operation import Operation, OperationKind, decode_operation, encode_operation
from state.bulk import upsert
from state.columns import table
from state.journal import RUNNING as IS_RUNNING
from state.journal import ApiCall, Envelope, Plan, PlannedOperation, Run

_RUN = table(Run)
_PLAN = table(Plan)
_OPERATION = table(PlannedOperation)
_ENVELOPE = table(Envelope)
_CALL = table(ApiCall)

RUNNING = "running"
PUT_OFF = "put_off"
"""An account's day had no room: what is left goes on when it starts afresh."""
OPEN, APPROVED, APPLIED, SUPERSEDED = "open", "approved", "applied", "superseded"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """One execution of a sync."""

    id: int
    sync: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    report: str
    reverses: int | None = None
    """The run it rolls back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """One plan."""

    id: int
    run: int
    sync: str
    digest: str
    status: str
    summary: str
    created_at: datetime
    decided_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvelopeRow:
    """An approved way of working."""

    sync: str
    fingerprint: str
    per_run: int
    per_day: int
    until: datetime
    approved_by: str
    approved_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRow:
    """One API call, as the log keeps it."""

    connection: str
    method: str
    endpoint: str
    purpose: str
    status: int | None
    started_at: datetime
    milliseconds: int
    attempt: int
    correlation_id: str
    note: str


def begin(connection: Connection, *, sync: str, trigger: str, at: datetime) -> int:
    """Open a run and return its number. Runs left open by a crash become ``interrupted``."""
    where = and_(_RUN.c.sync == sync, IS_RUNNING)
    connection.execute(update(_RUN).where(where).values(outcome="interrupted", ended_at=at))
    row = {"sync": sync, "trigger": trigger, "started_at": at, "outcome": RUNNING, "report": "{}"}
    return int(connection.execute(insert(_RUN).values(**row).returning(_RUN.c.id)).scalar_one())


def end(connection: Connection, *, run: int, outcome: str, report: str, at: datetime) -> None:
    """Close a run with its report."""
    connection.execute(
        update(_RUN).where(_RUN.c.id == run).values(outcome=outcome, report=report, ended_at=at)
    )


def drop(connection: Connection, *, run: int) -> None:
    """Forget a run in which nothing happened at all, and its plan."""
    plans = select(_PLAN.c.id).where(_PLAN.c.run == run)
    connection.execute(delete(_OPERATION).where(_OPERATION.c.plan.in_(plans)))
    connection.execute(delete(_PLAN).where(_PLAN.c.run == run))
    connection.execute(delete(_CALL).where(_CALL.c.run == run))
    connection.execute(delete(_RUN).where(_RUN.c.id == run))


def get(connection: Connection, run: int) -> RunRow | None:
    """Return a run by its number."""
    row = connection.execute(select(_RUN).where(_RUN.c.id == run)).mappings().first()
    return RunRow(**row) if row else None


def latest(connection: Connection, *, sync: str = "", limit: int = 20) -> list[RunRow]:
    """Return runs, newest first."""
    chosen = select(_RUN).order_by(_RUN.c.id.desc()).limit(limit)
    if sync:
        chosen = chosen.where(_RUN.c.sync == sync)
    return [RunRow(**row) for row in connection.execute(chosen).mappings()]


def note_calls(connection: Connection, *, run: int, calls: Sequence[CallRow]) -> None:
    """Append API calls to the log."""
    if calls:
        rows = [{"run": run, **_plain(call)} for call in calls]
        connection.execute(insert(_CALL), rows)


def _plain(call: CallRow) -> dict[str, Any]:
    return {name: getattr(call, name) for name in CallRow.__dataclass_fields__}


def calls(connection: Connection, run: int, limit: int = 10_000) -> list[CallRow]:
    """Return the API calls of a run, in order."""
    chosen = select(_CALL).where(_CALL.c.run == run).order_by(_CALL.c.id).limit(limit)
    rows = connection.execute(chosen).mappings()
    return [CallRow(**{name: row[name] for name in CallRow.__dataclass_fields__}) for row in rows]


def calls_by_purpose(connection: Connection, run: int) -> dict[str, int]:
    """Return purpose → number of API calls of a run."""
    chosen = select(_CALL.c.purpose, func.count()).where(_CALL.c.run == run)
    rows = connection.execute(chosen.group_by(_CALL.c.purpose).order_by(_CALL.c.purpose))
    return {str(purpose): int(number) for purpose, number in rows}


def begin_plan(connection: Connection, *, run: int, sync: str, at: datetime) -> int:
    """Begin a plan of a sync; what a crash left of one is superseded.

    The open plan before it stays open, for a person to approve, until the new one is sealed.
    """
    _supersede(connection, and_(_PLAN.c.sync == sync, _PLAN.c.digest == ""))
    row = {"run": run, "sync": sync, "created_at": at, "status": OPEN}
    return int(connection.execute(insert(_PLAN).values(**row).returning(_PLAN.c.id)).scalar_one())


def _supersede(connection: Connection, where: ColumnElement[bool]) -> None:
    where = and_(where, _PLAN.c.status == OPEN)
    old = [int(number) for (number,) in connection.execute(select(_PLAN.c.id).where(where))]
    connection.execute(update(_PLAN).where(where).values(status=SUPERSEDED))
    connection.execute(delete(_OPERATION).where(_OPERATION.c.plan.in_(old)))


def supersede(connection: Connection, *, plan: int) -> None:
    """Take an open plan back; its operations go."""
    _supersede(connection, _PLAN.c.id == plan)


def add_operations(
    connection: Connection, *, plan: int, first: int, operations: Sequence[Operation]
) -> None:
    """Append operations to a plan; *first* is the position of the first of them."""
    if operations:
        rows = [
            {
                "plan": plan,
                "position": first + offset,
                "pair": operation.pair,
                "kind": operation.kind.value,
                "side": operation.side.value,
                "digest": operation.digest,
                "payload": encode_operation(operation),
            }
            for offset, operation in enumerate(operations)
        ]
        connection.execute(insert(_OPERATION), rows)


def seal_plan(
    connection: Connection, *, plan: int, digest: str, summary: str, beside: int | None = None
) -> None:
    """Write the digest and summary of a plan whose operations are all there.

    It takes the place of the sync's open plan, but not of the one it is made *beside*.
    """
    sync = select(_PLAN.c.sync).where(_PLAN.c.id == plan).scalar_subquery()
    others = [plan] if beside is None else [plan, beside]
    _supersede(connection, and_(_PLAN.c.sync == sync, _PLAN.c.id.not_in(others)))
    where = _PLAN.c.id == plan
    connection.execute(update(_PLAN).where(where).values(digest=digest, summary=summary))


def decide_plan(connection: Connection, *, plan: int, status: str, by: str, at: datetime) -> None:
    """Approve a plan, or mark it applied or superseded."""
    facts = {"status": status, "decided_at": at}
    if by:
        facts["decided_by"] = by
    connection.execute(update(_PLAN).where(_PLAN.c.id == plan).values(**facts))


def finish_approved(connection: Connection, *, sync: str, at: datetime) -> None:
    """Mark the approved plans of *sync* applied: everything in them was carried out."""
    where = and_(_PLAN.c.sync == sync, _PLAN.c.status == APPROVED)
    connection.execute(update(_PLAN).where(where).values(status=APPLIED, decided_at=at))


def plans(connection: Connection, *, sync: str = "", status: str = OPEN) -> list[PlanRow]:
    """Return sealed plans, newest first."""
    chosen = select(_PLAN).where(_PLAN.c.digest != "").order_by(_PLAN.c.id.desc())
    if status:
        chosen = chosen.where(_PLAN.c.status == status)
    if sync:
        chosen = chosen.where(_PLAN.c.sync == sync)
    return [_plan(row) for row in connection.execute(chosen).mappings()]


def digest_of(connection: Connection, plan: int) -> str:
    """Return the digest of a plan; empty while it is being made."""
    chosen = select(_PLAN.c.digest).where(_PLAN.c.id == plan)
    return str(connection.execute(chosen).scalar() or "")


def plan_by_digest(connection: Connection, digest: str) -> PlanRow | None:
    """Return the newest plan whose digest is or begins with *digest*."""
    chosen = (
        select(_PLAN)
        .where(_PLAN.c.digest.startswith(digest, autoescape=True), _PLAN.c.digest != "")
        .order_by(_PLAN.c.id.desc())
    )
    row = connection.execute(chosen).mappings().first()
    return _plan(row) if row else None


def _plan(row: Mapping[Any, Any]) -> PlanRow:
    return PlanRow(**{name: row[name] for name in PlanRow.__dataclass_fields__})


def operations(
    connection: Connection,
    *,
    plan: int,
    pair: str = "",
    kinds: Sequence[OperationKind] = tuple(OperationKind),
    side: str = "",
    after: int = -1,
    limit: int = 500,
    parked: str | None = None,
) -> list[tuple[int, Operation]]:
    """Return (position, operation) of a plan, in order from *after* on.

    *parked*: only those parked for this reason; "" for those that may flow.
    """
    where = and_(
        _OPERATION.c.plan == plan,
        _OPERATION.c.position > after,
        _OPERATION.c.kind.in_([kind.value for kind in kinds]),
    )
    chosen = select(_OPERATION.c.position, _OPERATION.c.payload).where(where)
    if pair:
        chosen = chosen.where(_OPERATION.c.pair == pair)
    if side:
        chosen = chosen.where(_OPERATION.c.side == side)
    if parked is not None:
        chosen = chosen.where(_OPERATION.c.parked == parked)
    rows = connection.execute(chosen.order_by(_OPERATION.c.position).limit(limit))
    return [(int(position), decode_operation(payload)) for position, payload in rows]


def envelope(connection: Connection, sync: str) -> EnvelopeRow | None:
    """Return the standing envelope of a sync."""
    row = connection.execute(select(_ENVELOPE).where(_ENVELOPE.c.sync == sync)).mappings().first()
    return EnvelopeRow(**row) if row else None


def put_envelope(connection: Connection, row: EnvelopeRow) -> None:
    """Store the envelope a person confirmed, replacing the one before."""
    facts = {name: getattr(row, name) for name in EnvelopeRow.__dataclass_fields__}
    upsert(connection, _ENVELOPE, [facts])


def every_operation(connection: Connection, plan: int) -> Iterator[Operation]:
    """Yield the operations of a plan in order, a page at a time."""
    after = -1
    while rows := operations(connection, plan=plan, after=after):
        yield from (operation for _, operation in rows)
        after = rows[-1][0]
