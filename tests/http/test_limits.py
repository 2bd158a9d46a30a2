"""The limiter: never more than N in any window, whatever the timing."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.limits import Limit, Limiter, Observation, TooLong
from tests.http.doubles import NOON, LeapingClock

TEN = Limit(name="burst", interval=timedelta(seconds=10), count=10, share=0.8)


def most_in_a_window(stamps: list[float], interval: float) -> int:
    """Return the largest number of stamps in any half-open window of that length."""
    return max(
        (sum(1 for other in stamps if start <= other < start + interval) for start in stamps),
        default=0,
    )


@given(
    count=st.integers(1, 7),
    interval=st.floats(0.5, 20),
    gaps=st.lists(st.floats(0, 8), min_size=1, max_size=60),
    latencies=st.lists(st.floats(0, 5), min_size=60, max_size=60),
    arrivals=st.lists(st.floats(0, 1), min_size=60, max_size=60),
)
def test_never_more_than_the_limit_in_any_window(
    count: int, interval: float, gaps: list[float], latencies: list[float], arrivals: list[float]
) -> None:
    """No window holds more than the limit, whenever the system counts between sending and reply."""
    clock = LeapingClock()
    limit = Limit(name="burst", interval=timedelta(seconds=interval), count=count)
    limiter = Limiter([limit], clock)
    counted: list[float] = []

    async def run() -> None:
        for gap, latency, arrival in zip(gaps, latencies, arrivals, strict=False):
            clock.elapsed += gap
            async with limiter.slot(["burst"], deadline=1e9):
                counted.append(clock.elapsed + latency * arrival)
                clock.elapsed += latency

    asyncio.run(run())

    assert len(gaps) == len(counted)
    assert most_in_a_window(counted, limit.interval.total_seconds() * (1 - 1e-9)) <= count


@given(tasks=st.integers(1, 40), latency=st.floats(0, 3))
def test_concurrent_requests_share_one_window(tasks: int, latency: float) -> None:
    """Forty workers together obey what one would: the limit belongs to the connection."""
    clock = LeapingClock()
    limiter = Limiter([TEN], clock)
    left: list[float] = []

    async def one() -> None:
        async with limiter.slot(["burst"], deadline=1e9):
            left.append(clock.elapsed)
            await clock.sleep(latency)

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(tasks)))

    asyncio.run(all_of_them())

    assert tasks == len(left)
    assert most_in_a_window(left, 10 * (1 - 1e-9)) <= 10


async def test_a_full_window_gives_up_at_once_when_the_deadline_is_nearer() -> None:
    """No request waits for a slot that cannot come in time."""
    clock = LeapingClock()
    limiter = Limiter([TEN], clock)
    for _ in range(10):
        async with limiter.slot(["burst"], deadline=5):
            pass

    with pytest.raises(TooLong) as full:
        async with limiter.slot(["burst"], deadline=5):
            pass

    assert [] == clock.slept
    assert NOON + timedelta(seconds=10) == full.value.until


async def test_what_others_use_counts_against_us() -> None:
    """A remaining count below our own room takes room away, a larger one gives none back."""
    clock = LeapingClock()
    limiter = Limiter([TEN], clock)

    limiter.observe(Observation(name="burst", remaining=3))
    assert 3 == limiter.free("burst")

    limiter.observe(Observation(name="burst", remaining=9))
    assert 3 == limiter.free("burst")

    clock.elapsed += 10
    assert 10 == limiter.free("burst")


async def test_the_true_limit_is_learnt_and_used_in_part() -> None:
    """A reply that tells the limit's size replaces the cautious first guess; we take our share."""
    limiter = Limiter([TEN], LeapingClock())

    limiter.observe(Observation(name="burst", remaining=189, maximum=190))

    assert 152 == limiter.free("burst")


async def test_a_used_up_day_pauses_until_it_starts_afresh() -> None:
    """A limit without a count only pauses, until the moment its reply names."""
    clock = LeapingClock()
    day = Limit(name="daily", interval=timedelta(days=1))
    limiter = Limiter([TEN, day], clock)
    midnight = NOON + timedelta(hours=12)

    limiter.observe(Observation(name="daily", remaining=5, pause_until=midnight))
    async with limiter.slot(["burst", "daily"], deadline=100):
        pass
    limiter.observe(Observation(name="daily", remaining=0, pause_until=midnight))
    with pytest.raises(TooLong) as used_up:
        async with limiter.slot(["burst", "daily"], deadline=100):
            pass

    assert midnight == used_up.value.until
    assert limiter.free("daily") is None


async def test_a_shorter_pause_never_ends_a_longer_one() -> None:
    """Two replies may ask for different patience; the longer one holds."""
    clock = LeapingClock()
    limiter = Limiter([TEN], clock)

    limiter.pause("burst", NOON + timedelta(seconds=60))
    limiter.pause_all(NOON + timedelta(seconds=5))
    async with limiter.slot(["burst"], deadline=100):
        pass

    assert 60.0 == clock.elapsed


async def test_a_cancelled_waiter_frees_the_queue() -> None:
    """Who stops waiting holds up nobody behind."""
    clock = LeapingClock()
    limiter = Limiter([Limit(name="burst", interval=timedelta(seconds=1), count=1)], clock)
    gate = asyncio.Event()

    async def holder() -> None:
        async with limiter.slot(["burst"], deadline=1e9):
            await gate.wait()

    async def waiter() -> float:
        async with limiter.slot(["burst"], deadline=1e9):
            return clock.elapsed

    first = asyncio.create_task(holder())
    await asyncio.sleep(0)
    impatient, patient = asyncio.create_task(waiter()), asyncio.create_task(waiter())
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()

    assert 1.0 == await patient
    await first
