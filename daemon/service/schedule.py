"""When syncs are due: by distance or by the clock, over restarts too (B3).

APScheduler says which moments a schedule means; waiting for them is done here, on the injected
clock. The machine may sleep or have its clock set: every moment that passed meanwhile together
makes one run.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from config.schedule import Missed, Schedule
from daemon.clock import Clock
from daemon.service.patience import when_possible
from state import observations, runs
from state.database import State

NAP = timedelta(seconds=30)
"""Longest sleep in one go: a clock that was set is noticed after it."""

RETRY_ONCE = timedelta(minutes=5)
"""Between attempts of a sync that runs once and did not get through yet."""

DONE = "done"
"""In place of a moment: a sync that runs once has run."""

Wake = Callable[[str], None]


def fact_of(sync: str) -> str:
    """Return the key of what is remembered of a sync's schedule."""
    return f"schedule:{sync}"


async def keep_time(
    schedule: Schedule,
    sync: str,
    state: State,
    clock: Clock,
    wake: Wake,
    *,
    through: asyncio.Event,
    is_changed: bool = False,
) -> None:
    """Wake a sync whenever it is due; to be cancelled.

    *through* is set once a run got through. *is_changed*: the schedule replaces another one of a
    sync that works already, so that nothing is made up for.
    """
    known = "" if is_changed else await _known(state, clock, sync)
    if schedule.once:
        if known != DONE:
            await _until_through(clock, wake, through)
            await _note(state, clock, sync, DONE)
        return
    timetable, now = Timetable(schedule), clock.now()
    last = datetime.fromisoformat(known) if known and known != DONE else None
    reason = "" if is_changed else timetable.reason_to_begin(last, now)
    if not (is_changed or reason) and await when_possible(clock, state.read, _was_cut, sync):
        wake("interrupted")
    if reason:
        wake(reason)
    if reason or last is None:
        last = now
        await _remember(state, clock, timetable, sync, now)
    while (due := timetable.next_after(last, clock.now())) is not None:
        await sleep_until(clock, due)
        wake(timetable.word)
        await _remember(state, clock, timetable, sync, due)
        last = due


async def _until_through(clock: Clock, wake: Wake, through: asyncio.Event) -> None:
    """Wake again and again until a run got through: it may wait for an approval, or fail."""
    getting = asyncio.create_task(through.wait())
    try:
        while not through.is_set():
            wake("once")
            pause = asyncio.create_task(clock.sleep(RETRY_ONCE.total_seconds()))
            await asyncio.wait({getting, pause}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
    finally:
        getting.cancel()


def _was_cut(connection: Connection, sync: str) -> bool:
    """Tell whether the last run never ended, or was put off: the next must not wait for long."""
    last = runs.latest(connection, sync=sync, limit=1)
    return bool(last) and last[0].outcome in {runs.RUNNING, runs.PUT_OFF}


async def _known(state: State, clock: Clock, sync: str) -> str:
    return await when_possible(clock, state.read, observations.known_fact, fact_of(sync))


async def _note(state: State, clock: Clock, sync: str, what: str) -> None:
    await when_possible(clock, state.write, observations.set_fact, fact_of(sync), what)


async def _remember(
    state: State, clock: Clock, timetable: "Timetable", sync: str, due: datetime
) -> None:
    if timetable.is_remembered:
        await _note(state, clock, sync, due.isoformat())


async def sleep_until(clock: Clock, due: datetime) -> None:
    """Sleep until a moment of the clock, which may be set meanwhile."""
    while (left := (due - clock.now()).total_seconds()) > 0:
        await clock.sleep(min(left, NAP.total_seconds()))


class Timetable:
    """What a schedule means, moment by moment; knows no clock."""

    def __init__(self, schedule: Schedule) -> None:
        """Take a schedule."""
        self._moments = schedule.moments()
        self._distance = schedule.distance
        self._is_skipping = schedule.missed is Missed.SKIP
        self.is_remembered = self._moments is not None or not schedule.is_woken_by_files
        """Whether the last due moment is kept: not where every start has files to look at."""
        self.word = "interval" if self._distance else "schedule"
        """What a run says it was started by."""

    def reason_to_begin(self, last: datetime | None, now: datetime) -> str:
        """Return why a run is due at the start, or ""; *last* is the last due moment known."""
        if not self.is_remembered:
            return "" if self._is_skipping else "start"
        if last is None:
            return "" if self._moments is not None else "start"
        due = last + self._distance if self._distance else None
        if self._moments is not None:
            due = self._moments.next_after(last)
        return "missed" if due is not None and due <= now and not self._is_skipping else ""

    def next_after(self, last: datetime, now: datetime) -> datetime | None:
        """Return the first due moment later than *now*, counted from *last* by distance."""
        if self._moments is not None:
            return self._moments.next_after(max(last, now))
        if self._distance is None:
            return None
        passed = max(now - last, timedelta(0))
        return last + (passed // self._distance + 1) * self._distance
