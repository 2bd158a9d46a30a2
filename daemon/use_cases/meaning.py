"""How everything stands at one moment, in figures: what ``/metrics`` shows of the state."""

from dataclasses import dataclass
from datetime import datetime

from daemon.clock import Clock
from daemon.use_cases.overview import Status, status
from state.database import State
from state.meaning import Meaning, meaning


@dataclass(frozen=True, kw_only=True, slots=True)
class Now:
    """How everything stands."""

    at: datetime
    status: Status
    meaning: Meaning


async def standing_now(state: State, clock: Clock) -> Now:
    """Return how everything stands. Raises StateUnavailable."""
    now = clock.now()
    return Now(
        at=now,
        status=await status(state, limit=0, now=now),
        meaning=await state.read(meaning),
    )
