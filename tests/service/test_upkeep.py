"""The daemon prunes once a day and measures once an hour, after the first runs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from config.model import Service
from config.snapshot import Config
from daemon.clock import SeededLuck
from daemon.service.live import Live
from daemon.service.logs import configure_logs
from daemon.service.upkeep import FIRST_RUNS, Kept, Upkeep
from daemon.use_cases.pruning import last_pruned, prune
from state import runs
from state.database import State
from state.opening import open_state
from state.runs import CallRow
from tests.http.doubles import LeapingClock

NOTHING = Config(connections={}, syncs={}, service=Service())


class SteppingClock(LeapingClock):
    """Time that passes only when a test lets the sleepers go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        await self.go.acquire()
        self.elapsed += seconds


@pytest.fixture
def state() -> Iterator[State]:
    opened = open_state("sqlite://")
    yield opened
    opened.close()


@asynccontextmanager
async def at_work(state: State, clock: SteppingClock) -> AsyncIterator[tuple[Upkeep, list[Kept]]]:
    looks: list[Kept] = []
    live = Live(NOTHING, state, clock, SeededLuck(1), lambda _: None)
    upkeep = Upkeep(live, looks.append)
    task = asyncio.create_task(upkeep.work())
    try:
        yield upkeep, looks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_first_look_comes_after_the_first_runs(state: State) -> None:
    """What waited while nobody ran is synced first."""
    async with at_work(state, SteppingClock()) as (upkeep, looks):
        for _ in range(FIRST_RUNS - 1):
            upkeep.run_ended()
        await settled()
        assert [] == looks

        upkeep.run_ended()
        await settled()
        assert 1 == len(looks)
        assert looks[0].size.rows["run"] == 0


async def test_without_runs_the_first_look_comes_after_a_while(state: State) -> None:
    """A sync that runs once a week does not put it off."""
    clock = SteppingClock()
    async with at_work(state, clock) as (_, looks):
        clock.go.release()
        await settled()
        assert 1 == len(looks)


async def test_it_measures_every_hour_and_prunes_every_day(state: State) -> None:
    """A restart within the day prunes nothing anew."""
    clock = SteppingClock()
    async with at_work(state, clock) as (_, looks):
        for _ in range(30):
            clock.go.release()
            await settled()
    moments = [look.pruned_at for look in looks]
    assert 30 == len(moments)
    assert [1, 25] == [moments.index(each) + 1 for each in dict.fromkeys(moments)]

    async with at_work(state, clock) as (_, again):
        clock.go.release()
        await settled()
    assert moments[-1] == again[0].pruned_at == state.read_now(last_pruned)


async def test_a_state_that_fails_is_looked_after_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The runs go on; it is logged, and the next hour brings another try."""
    configure_logs("info")
    open_state(tmp_path).close()
    broken = open_state(tmp_path, read_only=True, inline=True)
    clock = SteppingClock()
    async with at_work(broken, clock) as (_, looks):
        for _ in range(3):
            clock.go.release()
            await settled()
    broken.close()

    assert [] == looks
    assert "upkeep_failed" in capsys.readouterr().err


async def test_pruning_takes_what_retention_says(state: State) -> None:
    """Calls older than thirty days go, younger ones stay."""
    clock = LeapingClock()
    ages = (29, 31, 32)
    calls = [
        CallRow(connection="crm", method="GET", endpoint="/", purpose="read", status=200,
                started_at=clock.now() - timedelta(days=age), milliseconds=1, attempt=1,
                correlation_id="", note="")
        for age in ages
    ]  # fmt: skip
    state.write_now(runs.note_calls, run=1, calls=calls)

    done = await prune(state, NOTHING.retention, clock)

    assert (2, 0) == (done.taken["calls"], done.taken["journal"])
    assert 1 == len(state.read_now(runs.calls, 1))
