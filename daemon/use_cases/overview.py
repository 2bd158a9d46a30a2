"""What there is to know: status of every sync, the report of a run, the calls it made."""

from datetime import datetime

import orjson
from sqlalchemy import Connection

from daemon.core.operation import OperationKind
from daemon.core.values import Side
from daemon.flow.forecast import Budget
from daemon.flow.report import Api, PlannedWrite, RunReport, Verified, planned_write
from daemon.flow.send import DONE
from daemon.flow.tally import COUNTS
from daemon.use_cases.attend import Answer, NotFound
from daemon.use_cases.budgeting import budgets_now
from daemon.use_cases.standing import Standing, standing
from state import attention, guards, intents, links, pairs, pending, runs
from state.database import State


class RunLine(Answer):
    """One run in a list."""

    run: int
    sync: str
    trigger: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None
    created: int = 0
    updated: int = 0
    failed: int = 0
    error: str = ""
    put_off_until: datetime | None = None
    """When its rest goes on by itself, where an account's day had no room for it."""


class SyncStatus(Answer):
    """How one sync stands."""

    sync: str
    status: str
    """active or dormant (not in the configuration any more)."""
    links: int
    pending: int
    conflicts: int
    quarantined: int
    hold: str
    paused: str
    """Since when, by whom and why it is paused; empty while it is not."""
    waiting_plan: str
    """Digest of the plan that waits for approval."""
    last: RunLine | None


class Status(Answer):
    """How everything stands."""

    syncs: list[SyncStatus]
    runs: list[RunLine]
    configuration: Standing = Standing()
    """How far the daemon follows its configuration (R16)."""
    budgets: tuple[Budget, ...] = ()
    """How the days of accounts stand that count API calls by the day."""


async def status(state: State, *, limit: int = 10, now: datetime | None = None) -> Status:
    """Return the state of every sync and the newest runs; with *now*, the accounts' days too."""
    return await state.read(_status, limit, now)


def _status(connection: Connection, limit: int, now: datetime | None) -> Status:
    known = pairs.all_pairs(connection)
    waiting = {
        plan.sync: plan.digest
        for plan in runs.plans(connection)
        if orjson.loads(plan.summary).get("operations")
    }
    syncs = []
    for name in sorted({pair.sync for pair in known}):
        mine = [pair for pair in known if pair.sync == name]
        open_now = attention.totals(connection, pairs=[pair.name for pair in mine])
        newest = runs.latest(connection, sync=name, limit=1)
        syncs.append(
            SyncStatus(
                sync=name,
                status=mine[0].status,
                links=sum(links.count(connection, pair=pair.name) for pair in mine),
                pending=sum(pending.count(connection, pair=pair.name) for pair in mine),
                conflicts=open_now["conflicts"],
                quarantined=open_now["quarantined"],
                hold="; ".join(row.trip.reason for row in guards.open_trips(connection, sync=name)),
                paused=next((_told(pair.pause) for pair in mine if pair.pause), ""),
                waiting_plan=waiting.get(name, ""),
                last=_line(newest[0]) if newest else None,
            )
        )
    return Status(
        syncs=syncs,
        runs=[_line(row) for row in runs.latest(connection, limit=limit)],
        configuration=standing(connection),
        budgets=tuple(budgets_now(connection, now)) if now else (),
    )


def _told(pause: pairs.Pause) -> str:
    why = f": {pause.reason}" if pause.reason else ""
    return f"{pause.at:%Y-%m-%d %H:%M} UTC by {pause.by or 'somebody'}{why}"


def _line(row: runs.RunRow) -> RunLine:
    told = orjson.loads(row.report)
    counts = told.get("counts", {})
    return RunLine(
        run=row.id,
        sync=row.sync,
        trigger=row.trigger,
        outcome=row.outcome,
        started_at=row.started_at,
        ended_at=row.ended_at,
        created=counts.get("created", 0),
        updated=counts.get("updated", 0),
        failed=counts.get("failed", 0),
        error=told.get("error", ""),
        put_off_until=told.get("put_off_until"),
    )


class CallLine(Answer):
    """One API call of a run."""

    connection: str
    method: str
    endpoint: str
    purpose: str
    status: int | None
    started_at: datetime
    milliseconds: int
    attempt: int
    note: str


class FullReport(Answer):
    """The report of a run with its execution log."""

    report: RunReport
    calls: list[CallLine]


async def run_report(state: State, run: int) -> RunReport:
    """Return the report of a run. Raises NotFound for an unknown run or one still under way."""
    row = await state.read(runs.get, run)
    if row is None:
        raise NotFound(f"There is no run {run} here. See the runs: crmsyncd status")
    if row.outcome == runs.RUNNING:
        raise NotFound(f"Run {run} of {row.sync!r} is under way; its report comes when it ends.")
    if row.report == "{}":
        return await state.read(_cut_short, row)
    return RunReport.model_validate_json(row.report)


def _cut_short(connection: Connection, row: runs.RunRow) -> RunReport:
    """Return what is known of a run that a crash cut short: its calls and settled writes."""
    tally = intents.tally(connection, row.id)
    by_purpose = runs.calls_by_purpose(connection, row.id)
    by_side: dict[str, dict[str, int]] = {side.value: dict.fromkeys(COUNTS, 0) for side in Side}
    for (side, verb, state), number in tally.items():
        if state == intents.SETTLED:
            by_side[side][DONE[OperationKind(verb)]] += number
    return RunReport(
        run=row.id,
        sync=row.sync,
        trigger=row.trigger,
        outcome=row.outcome,
        started_at=row.started_at,
        ended_at=row.ended_at or row.started_at,
        counts={what: sum(side[what] for side in by_side.values()) for what in COUNTS},
        by_side=by_side,
        api=Api(calls=sum(by_purpose.values()), minimum=0, by_purpose=by_purpose),
        verified=Verified(checked=0, mismatched=0),
        notes=["cut short: only its API calls and settled writes are known"],
    )


async def planned_writes(state: State, digest: str) -> list[PlannedWrite]:
    """Return every operation of the newest plan with *digest*. Raises NotFound."""
    plan = await state.read(runs.plan_by_digest, digest)
    if plan is None:
        raise NotFound(f"No plan has the digest {digest!r}. See: crmsyncd approvals")

    def all_of(connection: Connection, number: int) -> list[PlannedWrite]:
        return [planned_write(one) for one in runs.every_operation(connection, number)]

    return await state.read(all_of, plan.id)


async def full_report(state: State, run: int) -> FullReport:
    """Return the report of a run with every API call it made."""
    told = await run_report(state, run)
    calls = await state.read(runs.calls, run)
    return FullReport(
        report=told,
        calls=[
            CallLine(**{name: getattr(call, name) for name in CallLine.model_fields})
            for call in calls
        ],
    )
