"""Time inside a sandbox: taken from outside, so that a test decides what the hour is.

Takes nothing. Gives the two questions a sandbox asks of a clock, and a clock that only moves when
told to. Promises that no sandbox reads the machine's time by itself.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a sandbox needs to know about time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed on this clock."""
        ...


class ManualClock:
    """A clock that stands still until `advance` is called; sleepers wake when their time is past."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the moment this clock was last moved to."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move forward and wake everyone whose time has come."""
        self._now += step
        due = [wake for moment, wake in self._sleepers if moment <= self._now]
        self._sleepers = [pair for pair in self._sleepers if pair[0] > self._now]
        for wake in due:
            if not wake.done():
                wake.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved past so many seconds from now."""
        if seconds <= 0:
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), wake))
        await wake
