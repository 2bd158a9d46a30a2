"""What people decide beside the daemon, in its state, wakes it: a resume, an approved plan."""

from datetime import timedelta

from sqlalchemy import Connection

from daemon.clock import Clock
from daemon.service.patience import when_possible
from daemon.service.roster import Roster
from state import pairs, runs
from state.database import State

LOOK_EVERY = timedelta(seconds=1)
"""Between two looks; each reads a few rows."""


async def follow_decisions(state: State, clock: Clock, roster: Roster) -> None:
    """Wake syncs whose pause ended or whose plan was approved; to be cancelled."""
    paused, approved = await when_possible(clock, state.read, _decided)
    while True:
        await clock.sleep(LOOK_EVERY.total_seconds())
        before, known = paused, approved
        paused, approved = await when_possible(clock, state.read, _decided)
        for sync in sorted(before - paused):
            roster.wake(sync, "resumed")
        for sync, _ in sorted(approved - known):
            roster.wake(sync, "approved")


def _decided(connection: Connection) -> tuple[frozenset[str], frozenset[tuple[str, int]]]:
    """Return the syncs that are paused, and the approved plans, each with its sync."""
    plans = runs.plans(connection, status=runs.APPROVED)
    return (
        frozenset(pairs.paused(connection)),
        frozenset((plan.sync, plan.id) for plan in plans),
    )
