"""Pause a sync and let it go on, beside the daemon, which obeys at the next batch (R16)."""

from datetime import datetime

from daemon.clock import Clock
from daemon.use_cases.attend import Answer, NotFound
from state import pairs
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
    at = clock.now()
    if not await state.write(pairs.pause, sync=sync, by=by, reason=reason, at=at):
        raise await _unknown(state, sync)
    stands = (await state.read(pairs.paused))[sync]
    return Paused(sync=sync, paused_at=stands.at, paused_by=stands.by, reason=stands.reason)


async def resume(state: State, *, sync: str) -> Resumed:
    """Let *sync* run again. Raises NotFound for a sync that never ran here."""
    ended = await state.write(pairs.resume, sync=sync)
    known = await state.read(pairs.all_pairs)
    if not any(pair.sync == sync for pair in known):
        raise await _unknown(state, sync)
    return Resumed(sync=sync, was_paused=bool(ended))


async def _unknown(state: State, sync: str) -> NotFound:
    known = sorted({pair.sync for pair in await state.read(pairs.all_pairs)})
    return NotFound(
        f"No sync {sync!r} has run on this state. It knows: {', '.join(known) or 'none'}. "
        "See: crmsyncd status"
    )
