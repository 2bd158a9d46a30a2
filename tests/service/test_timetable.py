"""A sync is woken when it is due, and what was missed is made up for or not (B3)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from config.schedule import ScheduleWritten
from daemon.service.schedule import DONE, fact_of, keep_time
from state import observations, runs
from state.database import State
from state.opening import open_state
from tests.http.doubles import NOON, LeapingClock

SYNC = "people"
WRITTEN: TypeAdapter[Any] = TypeAdapter(ScheduleWritten)

Woken = list[tuple[str, str]]
"""When, and why."""

Timing = Callable[..., Awaitable[Woken]]


@pytest.fixture
def state() -> Iterator[State]:
    """An empty state in memory."""
    opened = open_state("sqlite://")
    yield opened
    opened.close()


async def woken(
    state: State, written: Any, *, after: timedelta = timedelta(0), wakes: int = 3, **how: bool
) -> Woken:
    """Return the first wakes of a schedule whose daemon starts *after* noon of 20 November."""
    told: Woken = []
    clock = LeapingClock(NOON + after)
    enough = asyncio.Event()
    through = asyncio.Event()

    def wake(why: str) -> None:
        told.append((f"{clock.now():%m-%d %H:%M}", why))
        if wakes == len(told):
            enough.set()

    task = asyncio.create_task(
        keep_time(
            WRITTEN.validate_python(written), SYNC, state, clock, wake, through=through, **how
        )
    )
    leap = asyncio.create_task(enough.wait())
    await asyncio.wait({task, leap}, return_when=asyncio.FIRST_COMPLETED)
    for each in (task, leap):
        each.cancel()
    await asyncio.gather(task, leap, return_exceptions=True)
    return told[:wakes]


def remembered(state: State) -> str:
    return state.read_now(observations.known_fact, fact_of(SYNC))


async def test_a_distance_counts_from_the_start(state: State) -> None:
    """A sync with files runs at the start, for they may have changed, and remembers nothing."""
    assert [("11-20 12:00", "start"), ("11-20 12:05", "interval"), ("11-20 12:10", "interval")] == (
        await woken(state, "5m")
    )
    assert "" == remembered(state)
    assert [("11-20 12:05", "interval")] == (
        await woken(state, {"every": "5m", "missed": "skip"}, wakes=1)
    )


async def test_a_distance_without_files_goes_on_over_a_restart(state: State) -> None:
    """A restart neither repeats a run nor loses one that was due meanwhile."""
    hourly = {"every": "1h", "on_change": "no"}
    await woken(state, hourly, wakes=2)
    assert NOON + timedelta(hours=1) == datetime.fromisoformat(remembered(state))

    assert [("11-20 14:00", "interval")] == (
        await woken(state, hourly, after=timedelta(minutes=70), wakes=1)
    )
    assert [("11-21 00:00", "missed"), ("11-21 01:00", "interval")] == (
        await woken(state, hourly, after=timedelta(hours=12), wakes=2)
    )
    assert [("11-22 01:00", "interval")] == (
        await woken(
            state, hourly | {"missed": "skip"}, after=timedelta(hours=36, minutes=30), wakes=1
        )
    )


async def test_a_time_of_the_clock_is_waited_for(state: State) -> None:
    """The first start runs nothing: somebody chose six o'clock in Berlin."""
    daily = {"daily": "06:00", "time_zone": "Europe/Berlin"}

    assert [("11-21 05:00", "schedule"), ("11-22 05:00", "schedule")] == (
        await woken(state, daily, wakes=2)
    )


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ("run_once", [("11-24 12:00", "missed"), ("11-25 06:00", "schedule")]),
        ("skip", [("11-25 06:00", "schedule"), ("11-26 06:00", "schedule")]),
    ],
)
async def test_missed_runs_are_made_up_for_by_one_or_skipped(
    state: State, missed: str, expected: Woken
) -> None:
    """Four missed days make one run at the start, or none, as the schedule says."""
    schedule = {"cron": "0 6 * * *", "missed": missed}
    await woken(state, schedule, wakes=1)

    assert expected == await woken(state, schedule, after=timedelta(days=4), wakes=2)


async def test_a_run_that_was_cut_does_not_wait(state: State) -> None:
    """After a crash in the middle of a run the next start goes on, whatever the clock says."""
    await woken(state, "daily", wakes=1)
    state.write_now(runs.begin, sync=SYNC, trigger="test", at=NOON)

    assert [("11-21 12:00", "interrupted"), ("11-22 00:00", "schedule")] == (
        await woken(state, "daily", after=timedelta(days=1), wakes=2)
    )


async def test_a_run_that_was_put_off_does_not_wait(state: State) -> None:
    """Where a day's share of calls was spent, a start looks at once whether there is room again."""
    await woken(state, "daily", wakes=1)
    run = state.write_now(runs.begin, sync=SYNC, trigger="test", at=NOON)
    state.write_now(runs.end, run=run, outcome=runs.PUT_OFF, report="{}", at=NOON)

    assert [("11-21 12:00", "interrupted"), ("11-22 00:00", "schedule")] == (
        await woken(state, "daily", after=timedelta(days=1), wakes=2)
    )


async def test_a_changed_schedule_makes_up_for_nothing(state: State) -> None:
    """Planned anew while the daemon runs, it waits for its own next moment."""
    await woken(state, {"daily": "13:00"}, wakes=1)

    assert [("11-25 06:00", "schedule")] == (
        await woken(state, {"daily": "06:00"}, after=timedelta(days=4), wakes=1, is_changed=True)
    )


async def test_once_is_tried_until_it_got_through(state: State) -> None:
    """It runs again while it waits or fails; once it got through it never runs again."""
    assert [("11-20 12:00", "once"), ("11-20 12:05", "once"), ("11-20 12:10", "once")] == (
        await woken(state, "once")
    )
    through = asyncio.Event()
    told: list[str] = []

    def wake(why: str) -> None:
        told.append(why)
        through.set()

    for _ in range(2):
        once = WRITTEN.validate_python("once")
        await keep_time(once, SYNC, state, LeapingClock(), wake, through=through)

    assert (["once"], DONE) == (told, remembered(state))


async def test_only_files_wake_only_by_files(state: State) -> None:
    """It looks at its files once, at the start, and then nothing is due by time."""
    assert [("11-20 12:00", "start")] == await woken(state, "on_change")


async def test_a_schedule_after_once_begins_afresh(state: State) -> None:
    """That it once ran once is no moment to count from."""
    state.write_now(observations.set_fact, fact_of(SYNC), DONE)

    assert [("11-21 00:00", "schedule")] == await woken(state, "daily", wakes=1)
