"""What guards hold, and a person's word that lets it pass (R18)."""

from datetime import datetime

from sqlalchemy import Connection

from daemon.clock import Clock
from daemon.use_cases.attend import Answer, NotFound
from state import audit, guards, pairs
from state.database import State
from state.guards import TripRow


class NoReason(Exception):
    """A release without a reason; the message asks for one."""


class ReleasedTrip(Answer):
    """One trip that may pass now."""

    pair: str
    guard: str
    subject: str
    reason: str
    """Why it tripped."""
    up_to: float
    """The measure a person accepted: a larger one trips the guard again."""


class Released(Answer):
    """What a person let pass."""

    sync: str
    by: str
    reason: str
    """Why it may pass."""
    until: datetime
    """How long the accepted measures count."""
    trips: list[ReleasedTrip]


async def release(
    state: State, clock: Clock, *, sync: str, guard: str = "", by: str, reason: str
) -> Released:
    """Let pass what guards hold of a sync, up to the measure it has now, for a day.

    Raises NoReason without a reason, and NotFound where nothing of the sync is held, or not by
    *guard*.
    """
    if not reason.strip():
        raise NoReason(
            "A release needs a reason, for whoever asks later who let this pass and why: "
            f'crmsyncd approvals release {sync} --reason "…"'
        )
    return await state.write(_release, sync, guard, by, reason.strip(), clock.now())


def _release(
    connection: Connection, sync: str, guard: str, by: str, reason: str, at: datetime
) -> Released:
    rows = guards.release(connection, sync=sync, guard=guard, by=by, reason=reason, at=at)
    if not guard:
        pairs.release(connection, sync=sync)
    if not rows:
        by_it = f" by {guard!r}" if guard else ""
        raise NotFound(f"Sync {sync!r} is not held{by_it}. See what is: crmsyncd approvals")
    for row in rows:
        _tell(connection, row, by, reason, at)
    return Released(
        sync=sync,
        by=by,
        reason=reason,
        until=at + guards.RELEASE_LASTS,
        trips=[
            ReleasedTrip(
                pair=row.trip.pair,
                guard=row.trip.guard,
                subject=row.trip.subject,
                reason=row.trip.reason,
                up_to=row.trip.measured,
            )
            for row in rows
        ],
    )


def _tell(connection: Connection, row: TripRow, by: str, reason: str, at: datetime) -> None:
    trip = row.trip
    audit.note(
        connection,
        at=at,
        actor=by,
        action="release",
        subject=f"{row.sync}/{trip.guard}",
        detail={
            "pair": trip.pair,
            "subject": trip.subject,
            "up_to": str(trip.measured),
            "reason": reason,
        },
    )
