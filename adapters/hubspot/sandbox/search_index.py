"""The search index: a copy of the records that lags behind them (hubspot.md 9, 23.7).

Takes a snapshot at each change. Gives the snapshots that have become visible by now. Promises that
an older snapshot never replaces a newer one, however unevenly the two were delayed.
"""

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.hubspot.sandbox.settings import SearchLag


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What the index knows of a record; `values` is None once it is gone from search."""

    id: str
    values: Mapping[str, str] | None


class SearchIndex:
    """Snapshots on their way, and those that have arrived."""

    def __init__(self, lag: SearchLag, random: random.Random) -> None:
        self.lag = lag
        self._random = random
        self._sequence = 0
        self._coming: list[tuple[datetime, int, Snapshot]] = []
        self._applied: dict[str, int] = {}
        self._visible: dict[str, Snapshot] = {}
        self._revision = 0
        self._kept: tuple[str, int, Sequence[Snapshot]] = ("", -1, ())

    def note(self, snapshot: Snapshot, at: datetime, *, is_immediate: bool = False) -> None:
        """Send a snapshot on its way."""
        self._sequence += 1
        delay = timedelta() if is_immediate else self._delay()
        heapq.heappush(self._coming, (at + delay, self._sequence, snapshot))

    def _delay(self) -> timedelta:
        is_straggler = self._random.random() < self.lag.straggler_share
        extra = self.lag.straggler if is_straggler else timedelta()
        return self.lag.usual + self.lag.jitter * self._random.random() + extra

    def visible(self, now: datetime) -> list[Snapshot]:
        """Return what can be found now, in no particular order."""
        self._arrive(now)
        return list(self._visible.values())

    def kept(
        self, key: str, now: datetime, find: Callable[[], Sequence[Snapshot]]
    ) -> Sequence[Snapshot]:
        """Return what `find` finds, without looking again while the index stays as it was."""
        self._arrive(now)
        if self._kept[:2] != (key, self._revision):
            self._kept = (key, self._revision, find())
        return self._kept[2]

    def _arrive(self, now: datetime) -> None:
        while self._coming and self._coming[0][0] <= now:
            _, sequence, snapshot = heapq.heappop(self._coming)
            if sequence > self._applied.get(snapshot.id, 0):
                self._apply(sequence, snapshot)

    def _apply(self, sequence: int, snapshot: Snapshot) -> None:
        self._applied[snapshot.id] = sequence
        self._revision += 1
        if snapshot.values is None:
            self._visible.pop(snapshot.id, None)
        else:
            self._visible[snapshot.id] = snapshot
