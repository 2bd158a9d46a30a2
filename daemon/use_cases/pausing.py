"""Pause a sync and let it go on, beside the daemon, which obeys at the next batch (R16)."""

from datetime import datetime

from sqlalchemy import Connection

from daemon.clock import Clock
from daemon.use_cases.attend import Answer, NotFound
from state import audit, pairs
from state.database import State


class Paused(Answer):
    """A sync that rests."""

    sync: str
    paused_at: datetime
    paused_by: str
    reason: str


class Resumed(Answer):
    """A sync that goes on."""

    sync: str
    was_paused: bool


async def pause(state: State, clock: Clock, *, sync: str, by: str, reason: str) -> Paused:
    """Have *sync* write nothing from the next batch on; a pause that stands stays.

    Raises NotFound for a sync that never ran here.
    """
    stands = await state.write(_pause, sync=sync, by=by, reason=reason, at=clock.now())
    if stands is None:
        raise await _unknown(state, sync)
    return Paused(sync=sync, paused_at=stands.at, paused_by=stands.by, reason=stands.reason)


def _pause(
    connection: Connection, *, sync: str, by: str, reason: str, at: datetime
) -> pairs.Pause | None:
    if pairs.pause(connection, sync=sync, by=by, reason=reason, at=at):
        detail = {"reason": reason}
        audit.note(connection, at=at, actor=by, action="pause", subject=sync, detail=detail)
    return pairs.paused(connection).get(sync)


async def resume(state: State, clock: Clock, *, sync: str, by: str) -> Resumed:
    """Let *sync* run again. Raises NotFound for a sync that never ran here."""
    ended = await state.write(_resume, sync=sync, by=by, at=clock.now())
    known = await state.read(pairs.all_pairs)
    if not any(pair.sync == sync for pair in known):
        raise await _unknown(state, sync)
    return Resumed(sync=sync, was_paused=ended)


def _resume(connection: Connection, *, sync: str, by: str, at: datetime) -> bool:
    ended = bool(pairs.resume(connection, sync=sync))
    if ended:
        audit.note(connection, at=at, actor=by, action="resume", subject=sync)
    return ended


async def _unknown(state: State, sync: str) -> NotFound:
    known = sorted({pair.sync for pair in await state.read(pairs.all_pairs)})
    return NotFound(
        f"No sync {sync!r} has run on this state. It knows: {', '.join(known) or 'none'}. "
        "See: crmsyncd status"
    )
