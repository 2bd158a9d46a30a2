"""Which operations of a plan are parked, and by what: a guard's name, or ``approval`` (R17, R18).

What is not parked is free to flow. The plan that stays open for a person holds only what is parked.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from daemon.core.operation import Operation, OperationKind, encode_operation
from state.bulk import chunks
from state.columns import table
from state.journal import Plan, PlannedOperation
from state.runs import APPROVED

_PLAN = table(Plan)
_OPERATION = table(PlannedOperation)

APPROVAL = "approval"

EVERY_KIND = tuple(OperationKind)
REMOVALS = tuple(kind for kind in OperationKind if kind.is_removal)
WRITES = tuple(kind for kind in OperationKind if kind.is_write)


def park(
    connection: Connection,
    *,
    plan: int,
    pair: str,
    why: str,
    kinds: Sequence[OperationKind] = EVERY_KIND,
    side: str = "",
) -> int:
    """Park the free operations of a pair, of these kinds, on this side; return how many."""
    where = and_(_free(plan, kinds), _OPERATION.c.pair == pair)
    if side:
        where = and_(where, _OPERATION.c.side == side)
    return connection.execute(update(_OPERATION).where(where).values(parked=why)).rowcount


def park_at(connection: Connection, *, plan: int, positions: Sequence[int], why: str) -> None:
    """Park single operations."""
    for some in chunks(list(positions)):
        where = and_(_free(plan, EVERY_KIND), _OPERATION.c.position.in_(some))
        connection.execute(update(_OPERATION).where(where).values(parked=why))


def unpark_at(connection: Connection, *, plan: int, positions: Sequence[int]) -> None:
    """Let single operations flow."""
    for some in chunks(list(positions)):
        where = and_(_OPERATION.c.plan == plan, _OPERATION.c.position.in_(some))
        connection.execute(update(_OPERATION).where(where).values(parked=""))


def part_at(
    connection: Connection,
    *,
    plan: int,
    position: int,
    flowing: Operation,
    parked: Operation,
    why: str,
) -> None:
    """Put two operations in the place of one: the first flows, the other is parked."""
    where = and_(_OPERATION.c.plan == plan, _OPERATION.c.position == position)
    connection.execute(update(_OPERATION).where(where).values(**_row(flowing), parked=""))
    newest = select(func.max(_OPERATION.c.position)).where(_OPERATION.c.plan == plan)
    last = int(connection.execute(newest).scalar_one())
    facts = {"plan": plan, "position": last + 1, "parked": why}
    connection.execute(insert(_OPERATION).values(**_row(parked), **facts))


def _row(operation: Operation) -> dict[str, str]:
    return {
        "pair": operation.pair,
        "kind": operation.kind.value,
        "side": operation.side.value,
        "digest": operation.digest,
        "payload": encode_operation(operation),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncovered:
    """The free operations of a plan that stand in no plan of its sync a person approved lately.

    An approved plan that a crash cut short goes on without being asked for again.
    """

    plan: int
    sync: str
    since: datetime

    def among(self, kinds: Sequence[OperationKind]) -> ColumnElement[bool]:
        """Return the condition, for operations of these kinds."""
        return and_(_free(self.plan, kinds), ~_covering(self.sync, self.since))


def uncovered(
    connection: Connection, where: Uncovered, kinds: Sequence[OperationKind] = WRITES
) -> int:
    """Return how many operations of a plan nobody approved."""
    chosen = select(func.count()).select_from(_OPERATION).where(where.among(kinds))
    return int(connection.execute(chosen).scalar_one())


def park_uncovered(
    connection: Connection, where: Uncovered, kinds: Sequence[OperationKind] = EVERY_KIND
) -> int:
    """Park operations of a plan that nobody approved; return how many."""
    changed = update(_OPERATION).where(where.among(kinds)).values(parked=APPROVAL)
    return connection.execute(changed).rowcount


def _free(plan: int, kinds: Sequence[OperationKind]) -> ColumnElement[bool]:
    return and_(
        _OPERATION.c.plan == plan,
        _OPERATION.c.parked == "",
        _OPERATION.c.kind.in_([kind.value for kind in kinds]),
    )


def _covering(sync: str, since: datetime) -> ColumnElement[bool]:
    """Say that an operation stands in an approved plan."""
    approved, approved_plan = _OPERATION.alias("approved"), _PLAN.alias("approved_plan")
    return exists().where(
        approved.c.digest == _OPERATION.c.digest,
        approved.c.plan == approved_plan.c.id,
        approved_plan.c.sync == sync,
        approved_plan.c.status == APPROVED,
        approved_plan.c.decided_at >= since,
    )


def counts(connection: Connection, plan: int) -> dict[str, Counter[str]]:
    """Return what parks them (empty = nothing) → ``side.kind`` → how many operations."""
    what = (_OPERATION.c.parked, _OPERATION.c.side, _OPERATION.c.kind)
    chosen = select(*what, func.count()).where(_OPERATION.c.plan == plan).group_by(*what)
    found: dict[str, Counter[str]] = {}
    for parked, side, kind, number in connection.execute(chosen.order_by(*what)):
        found.setdefault(str(parked), Counter())[f"{side}.{kind}"] = int(number)
    return found


def digest_of(connection: Connection, *, plan: int, told: bytes, is_parked: bool = False) -> str:
    """Return the digest of a plan, or of what is parked in it: the same set has the same digest."""
    made = hashlib.blake2b(told, digest_size=16, person=b"crmsyncd-plan")
    chosen = select(_OPERATION.c.digest).where(_OPERATION.c.plan == plan)
    if is_parked:
        chosen = chosen.where(_OPERATION.c.parked != "")
    for (digest,) in connection.execute(chosen.order_by(_OPERATION.c.digest)):
        made.update(str(digest).encode())
    return made.hexdigest()


def reseal(connection: Connection, *, plan: int, digest: str, summary: str) -> None:
    """Let a plan stand for what is parked in it."""
    where = _PLAN.c.id == plan
    connection.execute(update(_PLAN).where(where).values(digest=digest, summary=summary))


def drop_free(connection: Connection, *, plan: int) -> None:
    """Forget what was not parked: it was carried out, or is planned anew."""
    connection.execute(delete(_OPERATION).where(_free(plan, EVERY_KIND)))
