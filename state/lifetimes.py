"""Which rows have lived long enough: the conditions by which retention takes them (R27).

Each function takes the moment before which a thing must have ended and gives a condition on its
table. What these leave out is what anybody may still need.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from daemon.core.values import Side
from state.columns import table
from state.intents import OPEN as OPEN_STATES
from state.journal import (
    OPEN_INTENT,
    UNPRUNED,
    WAITING_WRITE,
    Conflict,
    Intent,
    Plan,
    PlannedOperation,
    Quarantine,
    Run,
)
from state.mirror import ARCHIVED, MISSING
from state.runs import APPLIED, OPEN, RUNNING, SUPERSEDED
from state.safety import GuardTrip
from state.tables import Link, Mirror, Pair, Pending

_INTENT, _RUN, _PLAN, _OPERATION = table(Intent), table(Run), table(Plan), table(PlannedOperation)
_CONFLICT, _QUARANTINE, _TRIP = table(Conflict), table(Quarantine), table(GuardTrip)
_MIRROR, _PENDING, _LINK, _PAIR = table(Mirror), table(Pending), table(Link), table(Pair)


def ended_writes(before: datetime) -> ColumnElement[bool]:
    """Say that a write has its outcome and that no person still has to judge it."""
    return and_(
        UNPRUNED,
        _INTENT.c.settled_at < before,
        _INTENT.c.state.not_in(OPEN_STATES),
        _INTENT.c.id.not_in(select(_QUARANTINE.c.intent).where(WAITING_WRITE)),
    )


def plan_ended(before: datetime) -> ColumnElement[bool]:
    """Say that a plan is not open and was decided, or replaced, before the moment."""
    age = func.coalesce(_PLAN.c.decided_at, _PLAN.c.created_at)
    return and_(_PLAN.c.status != OPEN, age < before)


def needless_operations(before: datetime) -> ColumnElement[bool]:
    """Say that an operation was carried out or replaced, or that its approval lapsed."""
    done = select(_PLAN.c.id).where(_PLAN.c.status.in_([APPLIED, SUPERSEDED]))
    ended = select(_PLAN.c.id).where(plan_ended(before))
    return or_(
        and_(_OPERATION.c.plan.in_(done), _OPERATION.c.parked == ""), _OPERATION.c.plan.in_(ended)
    )


def empty_plans(before: datetime) -> ColumnElement[bool]:
    """Say that a plan ended and its operations are gone already."""
    return and_(plan_ended(before), ~exists().where(_OPERATION.c.plan == _PLAN.c.id))


def gone_and_forgotten(before: datetime) -> ColumnElement[bool]:
    """Say that a record is gone, no link of any status remembers it (R34), and nothing waits."""
    waiting = and_(_QUARANTINE.c.status == "open", _QUARANTINE.c.record == _MIRROR.c.id)
    in_flight = or_(_INTENT.c.source_id == _MIRROR.c.id, _INTENT.c.crm_id == _MIRROR.c.id)
    return and_(
        _MIRROR.c.presence.in_([MISSING, ARCHIVED]),
        _MIRROR.c.seen_at < before,
        *(~_remembered(side) for side in Side),
        ~exists().where(waiting),
        ~exists().where(OPEN_INTENT, in_flight),
    )


def _remembered(side: Side) -> ColumnElement[bool]:
    """Say that a link, or the list of what waits for a decision, names a mirrored record."""
    is_source = side is Side.SOURCE
    ours = and_(
        (_PAIR.c.source_connection if is_source else _PAIR.c.crm_connection)
        == _MIRROR.c.connection,
        (_PAIR.c.source_object if is_source else _PAIR.c.crm_object) == _MIRROR.c.object,
    )
    record = _LINK.c.source_id if is_source else _LINK.c.crm_id
    linked = exists().where(ours, _LINK.c.pair == _PAIR.c.name, record == _MIRROR.c.id)
    waits = exists().where(
        ours,
        _PENDING.c.pair == _PAIR.c.name,
        _PENDING.c.side == side.value,
        _PENDING.c.id == _MIRROR.c.id,
    )
    return or_(linked, waits)


def _old_runs(before: datetime) -> ColumnElement[bool]:
    return and_(_RUN.c.outcome != RUNNING, _RUN.c.ended_at < before)


def remains(before: datetime) -> ColumnElement[bool]:
    """Say that a write is pruned and its run is to go: what is left of it goes too."""
    return and_(
        _INTENT.c.pruned_at.is_not(None),
        _INTENT.c.run.in_(select(_RUN.c.id).where(_old_runs(before))),
    )


def empty_runs(before: datetime) -> ColumnElement[bool]:
    """Say that a run is to go and nothing points to it any more."""
    return and_(
        _old_runs(before),
        ~exists().where(_INTENT.c.run == _RUN.c.id),
        ~exists().where(_PLAN.c.run == _RUN.c.id),
    )


def runs_nothing_waits_for(before: datetime) -> ColumnElement[bool]:
    """Say that a run is to go once what is left of its writes and plans went."""
    awaited = _INTENT.c.id.in_(select(_QUARANTINE.c.intent).where(WAITING_WRITE))
    return and_(
        _old_runs(before),
        ~exists().where(_INTENT.c.run == _RUN.c.id, or_(_INTENT.c.state.in_(OPEN_STATES), awaited)),
        ~exists().where(_PLAN.c.run == _RUN.c.id, _PLAN.c.status == OPEN),
    )


def ended_conflicts(before: datetime) -> ColumnElement[bool]:
    """Say that a conflict was decided, resolved or is over."""
    age = func.coalesce(_CONFLICT.c.resolved_at, _CONFLICT.c.found_at)
    return and_(_CONFLICT.c.status.in_(["decided", "resolved", "gone"]), age < before)


def ended_entries(before: datetime) -> ColumnElement[bool]:
    """Say that a quarantine entry was cleared, retried or dismissed."""
    age = func.coalesce(_QUARANTINE.c.ended_at, _QUARANTINE.c.found_at)
    return and_(_QUARANTINE.c.status != "open", age < before)


def ended_trips(before: datetime) -> ColumnElement[bool]:
    """Say that a trip is over, or was released: a release holds for a day."""
    return and_(_TRIP.c.status != "open", _TRIP.c.ended_at < before)
