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
    and_,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from state import history, keys, lifetimes
from state.columns import table
from state.journal import ApiCall, Conflict, Intent, Plan, PlannedOperation, Quarantine, Run
from state.runs import APPLIED
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


Farewell = Callable[[Connection, Sequence[Any]], None]
Where = Callable[[datetime], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """Which rows end, and how they are taken."""

    table: Table
    where: Where
    farewell: Farewell = lambda _connection, _found: None
    """What else goes, just before the rows are deleted."""
    is_stripped: bool = False
    """The rows stay, without values."""
    is_told: bool = True


def take_batch(
    connection: Connection, kept: Kept, *, before: datetime, at: datetime, limit: int = BATCH
) -> Taken:
    """Take at most *limit* rows of a kind that ended before a moment."""
    for rule in _RULES[kept]:
        found = _keys(connection, rule.table, rule.where(before), limit)
        if found:
            _take(connection, rule, found, at)
            if kept is Kept.HISTORY:
                history.note_pruned(connection, before=before)
            return Taken(rows=len(found), told=len(found) if rule.is_told else 0)
    return Taken(rows=0, told=0)


def _take(connection: Connection, rule: _Rule, found: Sequence[Any], at: datetime) -> None:
    if rule.is_stripped:
        _strip(connection, found, at)
    else:
        rule.farewell(connection, found)
        _delete(connection, rule.table, found)


def drop_done(connection: Connection, *, sync: str, limit: int = BATCH) -> int:
    """Forget at most *limit* operations that *sync* carried out; return how many.

    What they did stands in the intents, values included.
    """
    applied = select(_PLAN.c.id).where(_PLAN.c.sync == sync, _PLAN.c.status == APPLIED)
    where = and_(_OPERATION.c.plan.in_(applied), _OPERATION.c.parked == "")
    found = _keys(connection, _OPERATION, where, limit)
    if found:
        _delete(connection, _OPERATION, found)
    return len(found)


def due(connection: Connection, limits: Limits) -> dict[Kept, int]:
    """Return how much of each kind :func:`take_batch` would take."""
    return {
        kept: sum(_count(connection, rule.table, rule.where(before)) for rule in _TOLD[kept])
        for kept, before in limits.items()
    }


def _count(connection: Connection, what: Table, where: ColumnElement[bool]) -> int:
    chosen = select(func.count()).select_from(what).where(where)
    return int(connection.execute(chosen).scalar_one())


def _keys(
    connection: Connection, what: Table, where: ColumnElement[bool], limit: int
) -> Sequence[tuple[Any, ...]]:
    columns = list(what.primary_key.columns)
    chosen = select(*columns).where(where).order_by(*columns).limit(limit)
    return [tuple(row) for row in connection.execute(chosen)]


def _delete(connection: Connection, what: Table, found: Sequence[Any]) -> None:
    columns = list(what.primary_key.columns)
    connection.execute(delete(what).where(tuple_(*columns).in_(found)))


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


def _forget_samples(connection: Connection, found: Sequence[Any]) -> None:
    """Empty what the reports of the plans' runs show of them; the figures stay."""
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


def _forget_keys(connection: Connection, found: Sequence[Any]) -> None:
    for end in {(name, kind) for name, kind, _ in found}:
        keys.drop(connection, end, [record for *place, record in found if tuple(place) == end])


_RULES: Mapping[Kept, tuple[_Rule, ...]] = {
    Kept.JOURNAL: (_Rule(table=_INTENT, where=lifetimes.ended_writes, is_stripped=True),),
    Kept.HISTORY: (_Rule(table=_HISTORY, where=lambda before: _HISTORY.c.at < before),),
    Kept.CALLS: (_Rule(table=_CALL, where=lambda before: _CALL.c.started_at < before),),
    Kept.PLANS: (
        _Rule(table=_OPERATION, where=lifetimes.needless_operations, is_told=False),
        _Rule(table=_PLAN, where=lifetimes.empty_plans, farewell=_forget_samples),
    ),
    Kept.CONFLICTS: (_Rule(table=_CONFLICT, where=lifetimes.ended_conflicts),),
    Kept.QUARANTINE: (
        _Rule(table=_QUARANTINE, where=lifetimes.ended_entries),
        _Rule(table=_TRIP, where=lifetimes.ended_trips),
    ),
    Kept.GONE: (_Rule(table=_MIRROR, where=lifetimes.gone_and_forgotten, farewell=_forget_keys),),
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
