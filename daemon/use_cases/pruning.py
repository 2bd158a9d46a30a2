"""Prune: take away what has been kept long enough, beside whatever runs (R27)."""

import asyncio
from datetime import datetime

from sqlalchemy import Connection

from config.retention import Retention
from daemon.clock import Clock
from daemon.use_cases.attend import Answer
from state import audit, observations
from state.database import State
from state.retention import Kept, Limits, due, take_batch
from state.size import give_back

PRUNED_AT = "pruned_at"
"""Fact of a state: when it was last pruned to the end."""


class Pruned(Answer):
    """What was, or would be, taken."""

    taken: dict[str, int]
    """Kind (the words of ``retention``) → how many."""
    is_dry_run: bool


def limits(retention: Retention, clock: Clock) -> Limits:
    """Return for each kind the moment before which it goes."""
    now = clock.now()
    return {kept: now - getattr(retention, kept.value) for kept in Kept}


def last_pruned(connection: Connection) -> datetime | None:
    """Return when the state was last pruned to the end; None where it never was."""
    told = observations.known_fact(connection, PRUNED_AT)
    return datetime.fromisoformat(told) if told else None


async def what_is_due(state: State, retention: Retention, clock: Clock) -> Pruned:
    """Return what pruning would take now; takes nothing."""
    found = await state.read(due, limits(retention, clock))
    return Pruned(taken={kept.value: number for kept, number in found.items()}, is_dry_run=True)


async def prune(state: State, retention: Retention, clock: Clock, *, by: str = "") -> Pruned:
    """Take what is due, batch by batch; cut short, it goes on the next time.

    *by* is the person who asked, for the audit chain; empty for the daily job.
    """
    taken = {
        kept.value: await _take_all(state, kept, retention, clock)
        for kept in limits(retention, clock)
    }
    left = 1
    while left:
        left = await state.write(give_back)
    await state.write(observations.set_fact, PRUNED_AT, clock.now().isoformat())
    if by:
        await state.write(
            audit.note, at=clock.now(), actor=by, action="prune", subject="state", detail=taken
        )
    return Pruned(taken=taken, is_dry_run=False)


async def _take_all(state: State, kept: Kept, retention: Retention, clock: Clock) -> int:
    before, told = limits(retention, clock)[kept], 0
    while True:
        batch = await state.write(take_batch, kept, before=before, at=clock.now())
        if not batch.rows:
            return told
        told += batch.told
        await asyncio.sleep(0)  # a state in this thread lets others run between batches
