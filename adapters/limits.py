"""How fast requests may leave: exact rolling windows, corrected by what the system says.

Takes limits as data, and the remaining counts of replies. Gives a slot for each request, waiting
for one where there is none. Promises that no window of the limit's length holds more requests than
the limit allows, wherever the window starts and however slow the network is: a request occupies
its slot from before it leaves until one interval after its reply, so whenever the system counted
it, it counted it while we did. (A token bucket lets twice its burst through in one window.)
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.clock import Clock

SHORTEST_WAIT = 0.001
"""Seconds."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most ``count`` requests in any ``interval``. None = no count, only pauses."""

    name: str
    interval: timedelta
    count: int | None = None
    share: float = 1.0
    """Part of the system's own figure that we use once a reply has told it."""
    starts_at_midnight: bool = False
    """A day's limit that starts afresh at the account's midnight, not one by the last 24 hours."""

    @property
    def is_of_the_day(self) -> bool:
        """Whether this is the account's daily limit: what ``adapters.budget`` keeps."""
        return self.interval >= A_DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What one reply says of one limit."""

    name: str
    remaining: int
    """Requests the system would still take in its present window, ours and others' counted."""
    maximum: int | None = None
    """The limit's true size, where the reply tells it."""
    interval: timedelta | None = None
    """The limit's true window, where the reply tells it."""
    pause_until: datetime | None = None
    """When a limit that has nothing left starts afresh; None: within its interval."""


class TooLong(Exception):
    """No slot before the deadline; ``until`` is when one is expected."""

    def __init__(self, name: str, until: datetime) -> None:
        """Keep which limit it was and when to come back."""
        super().__init__(f"The limit {name!r} has no room before the deadline.")
        self.name = name
        self.until = until


class Limiter:
    """The windows of one connection, shared by everything that talks over it."""

    def __init__(self, limits: Iterable[Limit], clock: Clock) -> None:
        """Start with empty windows; nothing is known yet of what others use."""
        known = tuple(limits)
        self._windows = {limit.name: _Window(limit, clock) for limit in known}
        self._clock = clock
        self.daily = frozenset(limit.name for limit in known if limit.is_of_the_day)
        """Names of the limits that count by the day."""
        self.starts_at_midnight = any(limit.starts_at_midnight for limit in known)

    @asynccontextmanager
    async def slot(self, names: Iterable[str], deadline: float) -> AsyncIterator[None]:
        """Hold one slot of each named limit; waits until there is room.

        *deadline* is a moment of ``Clock.monotonic``. Raises TooLong as soon as it is clear that
        no slot will be free before it. Waiters are served in the order they came.
        """
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):
                await stack.enter_async_context(self._windows[name].slot(deadline))
            yield

    def observe(self, seen: Observation) -> None:
        """Correct one window by what a reply says; unknown names are ignored."""
        if window := self._windows.get(seen.name):
            window.observe(seen)

    def pause(self, name: str, until: datetime) -> None:
        """Let nothing of this limit leave before *until*; a shorter pause never ends a longer."""
        self._windows[name].pause(until)

    def pause_all(self, until: datetime) -> None:
        """Let nothing leave before *until*."""
        for window in self._windows.values():
            window.pause(until)

    def free(self, name: str) -> int | None:
        """Return how many requests may leave at once; None where the limit has no count."""
        return self._windows[name].free()

    def bursts(self) -> Mapping[str, tuple[int, timedelta, int]]:
        """Return each short limit: how many requests in which interval, and how many now."""
        return {
            name: (window.size, window.interval, window.free() or 0)
            for name, window in self._windows.items()
            if name not in self.daily and window.size is not None
        }

    def join(self, other: "Limiter") -> None:
        """Share the windows of *other*, another connection to the same account, from now on."""
        for name, window in other._windows.items():  # noqa: SLF001 - one of its own kind
            if name in self._windows and self._windows[name] is not window:
                window.absorb(self._windows[name])
                self._windows[name] = window


class _Window:
    """One rolling window: stamps of what left it, and what is still on its way."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._limit = limit
        self._count = limit.count
        self._interval = limit.interval.total_seconds()
        self._clock = clock
        self._stamps: deque[float] = deque()
        self._on_the_way = 0
        self._paused_until = -math.inf
        self._turn = asyncio.Lock()
        self._came_back = asyncio.Event()

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncIterator[None]:
        async with self._turn:
            await self._wait_for_room(deadline)
            self._on_the_way += 1
        try:
            yield
        finally:
            self._on_the_way -= 1
            if self._count is not None:
                self._stamps.append(self._clock.monotonic())
            self._came_back.set()

    async def _wait_for_room(self, deadline: float) -> None:
        while (wait := self._wait()) != 0:
            if wait is None:  # all slots are on their way: the first reply tells how long
                self._came_back.clear()
                await self._came_back.wait()
                continue
            if self._clock.monotonic() + wait > deadline:
                raise TooLong(self._limit.name, self._clock.now() + timedelta(seconds=wait))
            # Never a wait so short that rounding swallows it: the clock must move.
            await self._clock.sleep(max(wait, SHORTEST_WAIT))

    def _wait(self) -> float | None:
        """Return the seconds until a slot may be free, or None while only a reply can tell."""
        now = self._clock.monotonic()
        if self._paused_until > now:
            return self._paused_until - now
        self._forget(now)
        if self._count is None or self._on_the_way + len(self._stamps) < self._count:
            return 0
        return self._stamps[0] + self._interval - now if self._stamps else None

    def _forget(self, now: float) -> None:
        while self._stamps and self._stamps[0] + self._interval <= now:
            self._stamps.popleft()

    def observe(self, seen: Observation) -> None:
        if seen.maximum is not None and self._count is not None:
            self._count = max(1, math.floor(seen.maximum * self._limit.share))
        if seen.interval is not None:
            self._interval = seen.interval.total_seconds()
        if seen.remaining <= 0 and seen.pause_until is not None:
            self.pause(seen.pause_until)
        free = self.free()
        if free is not None and seen.remaining < free:
            # Others use the same limit: what they used occupies our window as if it were ours.
            now = self._clock.monotonic()
            self._stamps.extend([now] * (free - max(seen.remaining, 0)))

    def pause(self, until: datetime) -> None:
        seconds = (until - self._clock.now()).total_seconds()
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    @property
    def size(self) -> int | None:
        return self._count

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self._interval)

    def absorb(self, other: "_Window") -> None:
        """Count what left another window as if it had left this one."""
        self._stamps = deque(sorted([*self._stamps, *other._stamps]))  # noqa: SLF001 - of its own kind
        self._paused_until = max(self._paused_until, other._paused_until)  # noqa: SLF001 - likewise

    def free(self) -> int | None:
        if self._count is None:
            return None
        self._forget(self._clock.monotonic())
        return max(0, self._count - self._on_the_way - len(self._stamps))
