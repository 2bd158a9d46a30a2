"""Take away what has been kept long enough, a bounded batch at a time (R27).

Each kind of thing has its own end of life. Never taken: a write whose outcome is open or waits for
a person, what an open plan, conflict or quarantine entry stands on, links, redirects, the audit
chain. Each batch is one transaction, and a batch that was lost in a crash is simply taken later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from state import keys, lifetimes
from state.columns import table
from state.journal import ApiCall, Conflict, Intent, Plan, PlannedOperation, Quarantine, Run
from state.safety import GuardTrip, History
from state.skeleton import without_values
from state.tables import Mirror

_INTENT, _RUN, _PLAN, _OPERATION = table(Intent), table(Run), table(Plan), table(PlannedOperation)
_CALL, _HISTORY, _MIRROR = table(ApiCall), table(History), table(Mirror)
_CONFLICT, _QUARANTINE, _TRIP = table(Conflict), table(Quarantine), table(GuardTrip)

BATCH = 500
"""Rows taken in one transaction: a fraction of a second, so that a run beside it hardly waits."""


class Kept(StrEnum):
    """What has an end of life; the words of ``retention`` in the configuration."""

    JOURNAL = "journal"
    """Values of writes that ended; the rest of the write stays until its run goes."""
    HISTORY = "history"
    CALLS = "calls"
    PLANS = "plans"
    """Plans that are not open any more, and the values that reports show of them."""
    CONFLICTS = "conflicts"
    QUARANTINE = "quarantine"
    """Ended entries, and guards that tripped and are over."""
    GONE = "gone"
    """Mirrored records that are gone and that no link remembers."""
    RUNS = "runs"
    """Runs with their reports, and what is left of their writes."""


Limits = Mapping[Kept, datetime]
"""Kind → the moment before which it is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What one batch took."""

    rows: int
    """0: there is nothing left of the kind."""
    told: int
    """Those of them that people count: no operations of plans, no remains of writes."""


Take = Callable[[Connection, Sequence[Any], datetime], None]
Where = Callable[[datetime], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """Which rows end, and how they are taken."""

    table: Table
    where: Where
    take: Take | None = None
    """None: the rows are deleted."""
    is_told: bool = True


def take_batch(
    connection: Connection, kept: Kept, *, before: datetime, at: datetime, limit: int = BATCH
) -> Taken:
    """Take at most *limit* rows of a kind that ended before a moment."""
    for rule in _RULES[kept]:
        found = _keys_of(connection, rule, before, limit)
        if found:
            (rule.take or _deleting(rule.table))(connection, found, at)
            return Taken(rows=len(found), told=len(found) if rule.is_told else 0)
    return Taken(rows=0, told=0)


def due(connection: Connection, limits: Limits) -> dict[Kept, int]:
    """Return how much of each kind :func:`take_batch` would take."""
    return {
        kept: sum(_count(connection, rule.table, rule.where(before)) for rule in _TOLD[kept])
        for kept, before in limits.items()
    }


def _count(connection: Connection, what: Table, where: ColumnElement[bool]) -> int:
    chosen = select(func.count()).select_from(what).where(where)
    return int(connection.execute(chosen).scalar_one())


def _keys_of(
    connection: Connection, rule: _Rule, before: datetime, limit: int
) -> Sequence[tuple[Any, ...]]:
    columns = list(rule.table.primary_key.columns)
    chosen = select(*columns).where(rule.where(before)).order_by(*columns).limit(limit)
    return [tuple(row) for row in connection.execute(chosen)]


def _deleting(what: Table) -> Take:
    def take(connection: Connection, found: Sequence[Any], at: datetime) -> None:
        del at
        columns = list(what.primary_key.columns)
        connection.execute(delete(what).where(tuple_(*columns).in_(found)))

    return take


def _strip(connection: Connection, found: Sequence[Any], at: datetime) -> None:
    ids = [intent for (intent,) in found]
    chosen = select(_INTENT.c.id, _INTENT.c.payload).where(_INTENT.c.id.in_(ids))
    rows = [
        {"which": intent, "left": without_values(intent, payload, at)}
        for intent, payload in connection.execute(chosen)
    ]
    facts = {"payload": bindparam("left"), "result": "{}", "pruned_at": at}
    connection.execute(
        update(_INTENT).where(_INTENT.c.id == bindparam("which")).values(**facts), rows
    )


def _forget_plans(connection: Connection, found: Sequence[Any], at: datetime) -> None:
    """Delete plans, and the samples that the reports of their runs show."""
    ids = [plan for (plan,) in found]
    runs_of = select(_PLAN.c.run).where(_PLAN.c.id.in_(ids))
    reports = connection.execute(
        select(_RUN.c.id, _RUN.c.report).where(_RUN.c.id.in_(runs_of))
    ).all()
    for run, report in reports:
        told = orjson.loads(report)
        if (told.get("plan") or {}).get("samples"):
            told["plan"]["samples"] = []
            changed = update(_RUN).where(_RUN.c.id == run)
            connection.execute(changed.values(report=orjson.dumps(told).decode()))
    _deleting(_PLAN)(connection, found, at)


def _forget_records(connection: Connection, found: Sequence[Any], at: datetime) -> None:
    for end in {(name, kind) for name, kind, _ in found}:
        keys.drop(connection, end, [record for *place, record in found if tuple(place) == end])
    _deleting(_MIRROR)(connection, found, at)


_RULES: Mapping[Kept, tuple[_Rule, ...]] = {
    Kept.JOURNAL: (_Rule(table=_INTENT, where=lifetimes.ended_writes, take=_strip),),
    Kept.HISTORY: (_Rule(table=_HISTORY, where=lambda before: _HISTORY.c.at < before),),
    Kept.CALLS: (_Rule(table=_CALL, where=lambda before: _CALL.c.started_at < before),),
    Kept.PLANS: (
        _Rule(table=_OPERATION, where=lifetimes.needless_operations, is_told=False),
        _Rule(table=_PLAN, where=lifetimes.empty_plans, take=_forget_plans),
    ),
    Kept.CONFLICTS: (_Rule(table=_CONFLICT, where=lifetimes.ended_conflicts),),
    Kept.QUARANTINE: (
        _Rule(table=_QUARANTINE, where=lifetimes.ended_entries),
        _Rule(table=_TRIP, where=lifetimes.ended_trips),
    ),
    Kept.GONE: (_Rule(table=_MIRROR, where=lifetimes.gone_and_forgotten, take=_forget_records),),
    Kept.RUNS: (
        _Rule(table=_INTENT, where=lifetimes.remains, is_told=False),
        _Rule(table=_RUN, where=lifetimes.empty_runs),
    ),
}
"""In the order of the kinds: what stands on something goes before it."""

_TOLD: Mapping[Kept, tuple[_Rule, ...]] = {
    **_RULES,
    Kept.PLANS: (_Rule(table=_PLAN, where=lifetimes.plan_ended),),
    Kept.RUNS: (_Rule(table=_RUN, where=lifetimes.runs_nothing_waits_for),),
}
