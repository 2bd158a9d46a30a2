"""What a person decides: plans, conflicts, quarantine; and what is held meanwhile."""

from datetime import datetime
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from config.fingerprint import sync_fingerprint
from config.snapshot import Config
from daemon.clock import Clock
from daemon.core.values import Side, Value, encode_value
from daemon.flow.approve import envelope_for, put_approval
from daemon.flow.forecast import Budget
from daemon.use_cases.budgeting import costs_now
from state import attention, audit, guards, mirror, pairs, runs
from state.database import State
from state.pairs import PairRow


class Answer(BaseModel):
    """A typed result: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NotFound(Exception):
    """What was asked for is not there; the message names it and where to look."""


class OpenPlan(Answer):
    """A plan that waits for its approval."""

    digest: str
    sync: str
    run: int
    created_at: datetime
    summary: dict[str, object]
    budgets: list[Budget] = []
    """What it costs on each connection, beside what may still be used there today."""


class HeldSync(Answer):
    """Something a guard holds until its release."""

    sync: str
    pair: str
    guard: str
    scope: str
    """pair, creates, deletes, field or link: what of the pair is held."""
    why: str
    found_at: datetime


class StandingEnvelope(Answer):
    """What flows without asking."""

    sync: str
    per_run: int
    per_day: int
    until: datetime
    approved_by: str


class Approvals(Answer):
    """Everything that waits for a person's yes, and what has it."""

    plans: list[OpenPlan]
    held: list[HeldSync]
    envelopes: list[StandingEnvelope]


async def approvals(state: State, *, now: datetime | None = None) -> Approvals:
    """Return open plans, held syncs and standing envelopes; with *now*, what the plans cost."""
    plans = await state.read(runs.plans)
    known = await state.read(pairs.all_pairs)
    syncs = sorted({row.sync for row in known})
    envelopes = [await state.read(runs.envelope, sync) for sync in syncs]
    return Approvals(
        plans=[
            OpenPlan(
                digest=plan.digest,
                sync=plan.sync,
                run=plan.run,
                created_at=plan.created_at,
                summary=orjson.loads(plan.summary),
                budgets=await state.read(costs_now, plan.run, now) if now else [],
            )
            for plan in plans
            if orjson.loads(plan.summary).get("operations")
        ],
        held=[
            HeldSync(
                sync=row.sync,
                pair=row.trip.pair,
                guard=row.trip.guard,
                scope=row.trip.scope.value,
                why=row.trip.reason,
                found_at=row.found_at,
            )
            for row in await state.read(guards.open_trips)
        ],
        envelopes=[
            StandingEnvelope(
                sync=row.sync,
                per_run=row.per_run,
                per_day=row.per_day,
                until=row.until,
                approved_by=row.approved_by,
            )
            for row in envelopes
            if row is not None
        ],
    )


class Approved(Answer):
    """An approval that was written down."""

    digest: str
    sync: str
    by: str
    envelope_until: datetime


async def approve_plan(
    state: State, config: Config, clock: Clock, *, digest: str, by: str
) -> Approved:
    """Approve the open plan with *digest*; the next run carries it out.

    Raises NotFound where no open plan has that digest.
    """
    return await state.write(_approve, config=config, digest=digest, by=by, at=clock.now())


def _approve(
    connection: Connection, *, config: Config, digest: str, by: str, at: datetime
) -> Approved:
    """Find and approve as one: a running daemon makes its plan anew with every run."""
    plan = runs.plan_by_digest(connection, digest)
    if plan is None or plan.status != runs.OPEN or len(digest) < SHORTEST_DIGEST:
        raise NotFound(
            f"No open plan has the digest {digest!r}. See the open ones: crmsyncd approvals"
        )
    if plan.sync not in config.syncs:
        raise NotFound(f"The plan belongs to sync {plan.sync!r}, which is not configured any more.")
    fingerprint = sync_fingerprint(config, plan.sync)
    envelope = envelope_for(config.syncs[plan.sync], plan.sync, fingerprint, by=by, now=at)
    put_approval(connection, envelope, plan=plan.id, at=at)
    return Approved(digest=plan.digest, sync=plan.sync, by=by, envelope_until=envelope.until)


SHORTEST_DIGEST = 8
"""Hexadecimal digits of a digest that a person must give at least."""


class ConflictEntry(Answer):
    """Two values that could not both stay."""

    id: int
    pair: str
    source_id: str
    crm_id: str
    field: str
    source: object
    crm: object
    reason: str
    status: str
    winner: str
    run: int
    found_at: datetime
    resolved_by: str


async def conflicts(state: State, *, status: str = "open") -> list[ConflictEntry]:
    """Return conflicts of a status (``all`` for every one), newest first."""
    rows = await state.read(attention.conflicts, status="" if status == "all" else status)
    return [
        ConflictEntry(
            id=row.id,
            pair=row.pair,
            source_id=row.source_id,
            crm_id=row.crm_id,
            field=row.field,
            source=_shown(row.source),
            crm=_shown(row.crm),
            reason=row.reason,
            status=row.status,
            winner=row.winner,
            run=row.run,
            found_at=row.found_at,
            resolved_by=row.resolved_by,
        )
        for row in rows
    ]


def _shown(value: Value) -> object:
    return value if value is None or isinstance(value, (str, bool)) else encode_value(value)


async def resolve_conflict(
    state: State, clock: Clock, *, number: int, winner: Literal["source", "crm"], by: str
) -> ConflictEntry:
    """Write a person's verdict on an open conflict; the next run carries it to both sides."""
    row = await state.read(attention.conflict, number)
    if row is None or row.status != "open":
        raise NotFound(f"No open conflict has the number {number}. See: crmsyncd conflicts")
    await state.write(
        _give_verdict, number=number, winner=Side(winner), by=by, at=clock.now(), pair=row.pair,
        records={Side.SOURCE: row.source_id, Side.CRM: row.crm_id},
    )  # fmt: skip
    return next(entry for entry in await conflicts(state, status="all") if entry.id == number)


def _give_verdict(
    connection: Connection,
    *,
    number: int,
    winner: Side,
    by: str,
    at: datetime,
    pair: str,
    records: dict[Side, str],
) -> None:
    attention.resolve(connection, number=number, winner=winner, by=by, at=at)
    detail = {"pair": pair, "winner": winner.value}
    audit.note(
        connection, at=at, actor=by, action="resolve", subject=f"conflict {number}", detail=detail
    )
    found = pairs.find(connection, pair)
    for side, record in records.items():
        _enter_again(connection, found, side, record)


def _enter_again(connection: Connection, pair: PairRow | None, side: Side, record: str) -> None:
    """Have a record decided anew in the next run."""
    if pair is None:
        return
    rows = mirror.get(connection, pair.end(side), [record])
    ids = {row.id: row.revision for row in rows.values()}
    mirror.enter_pair(connection, pair=pair.name, side=side, ids=ids)


class QuarantineEntry(Answer):
    """A record or field that was set apart."""

    id: int
    pair: str
    side: str
    record: str
    field: str
    rule: str
    message: str
    suggestion: str
    value_class: str
    status: str
    run: int
    found_at: datetime


async def quarantine(state: State, *, status: str = "open") -> list[QuarantineEntry]:
    """Return quarantine entries of a status (``all`` for every one), newest first."""
    rows = await state.read(attention.quarantined, status="" if status == "all" else status)
    return [
        QuarantineEntry(
            id=row.id,
            pair=row.pair,
            side=row.side.value,
            record=row.record,
            field=row.field,
            rule=row.rule,
            message=row.message,
            suggestion=row.suggestion,
            value_class=row.value_class,
            status=row.status,
            run=row.run,
            found_at=row.found_at,
        )
        for row in rows
    ]


async def end_quarantine(
    state: State, clock: Clock, *, number: int, is_retried: bool, by: str
) -> QuarantineEntry:
    """Retry (decide the record anew in the next run) or dismiss an entry."""
    row = await state.read(attention.quarantine_item, number)
    if row is None or row.status != "open":
        raise NotFound(f"No open entry has the number {number}. See: crmsyncd quarantine")
    await state.write(
        _end_entry, number=number, at=clock.now(), is_retried=is_retried, by=by,
        place=(row.pair, row.side, row.record),
    )  # fmt: skip
    return next(item for item in await quarantine(state, status="all") if item.id == number)


def _end_entry(
    connection: Connection,
    *,
    number: int,
    at: datetime,
    is_retried: bool,
    by: str,
    place: tuple[str, Side, str],
) -> None:
    status = "retried" if is_retried else "dismissed"
    attention.end_quarantine(connection, number=number, status=status, at=at)
    action = "retry" if is_retried else "dismiss"
    audit.note(
        connection, at=at, actor=by, action=action, subject=f"quarantine {number}",
        detail={"pair": place[0]},
    )  # fmt: skip
    if is_retried:
        _enter_again(connection, pairs.find(connection, place[0]), place[1], place[2])
