"""What goes wrong, by its number in the list of faults (``kinds``), each with luck of its own.

A *strike* raises at a named step; a *habit* bends what one system answers during one run. Each is
counted when it really happens, not when it is armed. Number 0 is a kill at any other step.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from adapters.errors import (
    Reauthenticate,
    RejectBatch,
    RetryLater,
    UnknownOutcome,
    Unreadable,
    WaitUntil,
)
from daemon.core.values import Side
from state.database import StateUnavailable
from tests.simulation.steps import Killed, VirtualClock

READS = ("read", "find", "listing", "changes", "times", "schema", "account", "prepare")


@dataclass(frozen=True, kw_only=True, slots=True)
class Strike:
    """An error at a step."""

    ends: tuple[str, ...]
    """What the step's name must contain one of; () = any step."""
    error: Callable[[VirtualClock], BaseException]
    reach: int = 2
    """It strikes at the n-th such step, n drawn up to here."""


def _killed(_clock: VirtualClock) -> BaseException:
    return Killed()


def _cancelled(_clock: VirtualClock) -> BaseException:
    return asyncio.CancelledError()


def _lost(_clock: VirtualClock) -> BaseException:
    return UnknownOutcome("No reply came.", code="lost_reply")


def _later(_clock: VirtualClock) -> BaseException:
    return RetryLater("The connection broke.")


def _wait(clock: VirtualClock) -> BaseException:
    return WaitUntil("Too many requests.", until=clock.now() + timedelta(seconds=60))


def _locked_out(_clock: VirtualClock) -> BaseException:
    return Reauthenticate("The token is refused.")


def _garbled(_clock: VirtualClock) -> BaseException:
    return Unreadable("The reply is cut off.")


def _full(_clock: VirtualClock) -> BaseException:
    return StateUnavailable("The state cannot be used: its disk is full.")


def _locked(_clock: VirtualClock) -> BaseException:
    return StateUnavailable("The state cannot be used: another process keeps it locked.")


def _whole_batch(_clock: VirtualClock) -> BaseException:
    return RejectBatch("The batch is refused.", code="bad_batch")


_READ_AFTER = tuple(f".{name}.after" for name in READS)
_READ = tuple(f".{name}." for name in READS)

STRIKES: Mapping[int, tuple[Strike, ...]] = {
    0: (Strike(ends=(), error=_killed, reach=70),),
    1: (Strike(ends=("state.after.open_all",), error=_killed),),
    2: (Strike(ends=(".write.after",), error=_killed),),
    3: (Strike(ends=("state.before._settle_all",), error=_killed),),
    4: (Strike(ends=("state.after._settle_all",), error=_killed),),
    5: (Strike(ends=("state.before.note",), error=_killed),),
    7: (Strike(ends=(".write.before", ".write.after"), error=_cancelled),),
    8: (Strike(ends=(), error=_cancelled, reach=70),),
    11: (Strike(ends=("state.before.",), error=_full, reach=25),),
    12: (Strike(ends=("state.before.",), error=_locked, reach=25),),
    16: (
        Strike(ends=(".write.before",), error=_lost),
        Strike(ends=(".write.after",), error=_lost),
        Strike(ends=_READ, error=_later, reach=8),
    ),
    17: (
        Strike(ends=(".write.after",), error=_lost),
        Strike(ends=_READ_AFTER, error=_later, reach=8),
    ),
    18: (Strike(ends=(".write.after",), error=_lost, reach=3),),
    19: (Strike(ends=(*_READ, ".write.before"), error=_wait, reach=8),),
    20: (Strike(ends=(*_READ, ".write.before"), error=_locked_out, reach=8),),
    23: (Strike(ends=(".write.before",), error=_whole_batch),),
    25: (Strike(ends=_READ_AFTER, error=_garbled, reach=8),),
}

HABITS = (21, 22, 24, 26, 27, 28, 29, 30, 31, 34, 35, 36, 38, 41, 43, 45)
"""Field unreadable, refusals, short and reordered replies, late landing, listings cut, with an empty
page, looping, lacking one, capped, halved, miscounted; shown yet not readable; edits between look
and write; merges in mid-run; hints twice, shuffled and unknown; a workflow that answers our write."""

PROFILED = (33, 44, 46)
"""Manners of a system (``profiles``): lag, rewriting, clocks apart."""

WORKED = (32, 39, 40, 41, 42, 47, 48, 52)
"""What people do (``people``)."""


@dataclass(kw_only=True)
class _Armed:
    kind: int
    strike: Strike
    left: int


class Mischief:
    """Decides what goes wrong in each run."""

    def __init__(self, clock: VirtualClock, tell: Callable[[str], None]) -> None:
        """Say in the trace what happened."""
        self.luck = Random(0)
        self.counts: Counter[int] = Counter()
        self._clock = clock
        self._tell = tell
        self._armed: list[_Armed] = []
        self._habits: set[tuple[int, Side]] = set()

    @property
    def is_armed(self) -> bool:
        """Whether anything may go wrong in the next run."""
        return bool(self._armed or self._habits)

    def disarm(self) -> None:
        """Let the next run be undisturbed."""
        self._armed, self._habits = [], set()

    def arm(self, kind: int, luck: int) -> None:
        """Let one kind of fault strike in the next run."""
        self.luck = draw = Random(luck)
        if kind in STRIKES:
            strike = draw.choice(STRIKES[kind])
            left = draw.randint(1, strike.reach)
            self._armed.append(_Armed(kind=kind, strike=strike, left=left))
        else:
            sides = draw.choice(((Side.SOURCE,), (Side.CRM,), tuple(Side)))
            self._habits |= {(kind, side) for side in sides}

    def has(self, kind: int, side: Side) -> bool:
        """Tell whether a system has a habit in this run; asking counts as happening."""
        if (kind, side) not in self._habits:
            return False
        self.happened(kind, side.value)
        return True

    def might(self, kind: int, side: Side) -> bool:
        """Tell whether a system has a habit, without counting it."""
        return (kind, side) in self._habits

    def once(self, kind: int, side: Side) -> bool:
        """Tell whether a habit shows now; it does not show again in this run."""
        if not self.has(kind, side):
            return False
        self._habits.discard((kind, side))
        return True

    def happened(self, kind: int, where: str) -> None:
        """Count a fault."""
        self.counts[kind] += 1
        self._tell(f"fault {kind} {where}")

    def strike(self, step: str) -> None:
        """Raise what is armed for this step."""
        for armed in self._armed:
            if armed.strike.ends and not any(end in step for end in armed.strike.ends):
                continue
            armed.left -= 1
            if armed.left == 0:
                self.happened(armed.kind, step)
                raise armed.strike.error(self._clock)
