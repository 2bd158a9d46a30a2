"""Whether this daemon does its work: what stands behind ``/readyz`` (F6).

Ready means that something can be synced: the state takes a write, the lock is ours, everybody who
should work does, and not every remote system is out of reach. What a person has to decide, a held
or paused sync, a failing run, is told and does not make the daemon unready: no restart mends it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from daemon.clock import Clock
from daemon.use_cases.overview import Status, status
from state import observations
from state.database import State, StateUnavailable

LASTS = timedelta(seconds=5)
"""How long an answer is given again without looking: asking often costs nothing."""

PATIENCE = timedelta(seconds=5)
"""How long a tiny write may take."""

PROBED_AT = "probed_at"
"""Fact of a state: what the tiny write writes."""

Answer = tuple[bool, dict[str, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """Signs of life of the process's parts, asked at each look."""

    idle: Callable[[], list[str]]
    """Syncs whose worker or timer has ended although they are configured."""
    failed: Callable[[], bool]
    """Whether a part of the process has failed, so that it stops."""
    is_stopping: Callable[[], bool]
    is_lock_held: Callable[[], bool]
    """May wait for a database; asked in a thread."""
    circuits: Callable[[], Mapping[str, str]]
    """Remote connection that is in use → how its circuit stands."""


class Readiness:
    """Answers whether the daemon is ready, from one look every few seconds."""

    def __init__(self, state: State, clock: Clock, signs: Signs) -> None:
        """Have looked at nothing yet."""
        self._state = state
        self._clock = clock
        self._signs = signs
        self._answer: Answer | None = None
        self._looked = 0.0
        self._turn = asyncio.Lock()
        self._probe: asyncio.Task[str] | None = None

    async def ask(self) -> Answer:
        """Return whether it is ready, and what is told with that."""
        async with self._turn:
            age = self._clock.monotonic() - self._looked
            if self._answer is None or age >= LASTS.total_seconds():
                self._answer = await self._look()
                self._looked = self._clock.monotonic()
            return self._answer

    async def _look(self) -> Answer:
        reasons = {**self._of_the_process(), **await self._of_the_state()}
        told: dict[str, object] = {"status": "not ready" if reasons else "ready"}
        if reasons:
            told["reasons"] = reasons
        if "state" not in reasons:
            told |= _told(await status(self._state, limit=0))
        cut_off = self._cut_off()
        if cut_off:
            told["connections_paused"] = cut_off
        return not reasons, told

    def _of_the_process(self) -> dict[str, str]:
        found = {}
        if self._signs.is_stopping():
            found["process"] = "it is stopping"
        if self._signs.failed():
            found["process"] = "a part of it has failed; it stops"
        idle = self._signs.idle()
        if idle:
            found["workers"] = f"nobody works on {', '.join(idle)}; start it again"
        circuits = self._signs.circuits()
        if circuits and len(self._cut_off()) == len(circuits):
            found["connections"] = "every remote system fails; calls are paused and tried again"
        return found

    def _cut_off(self) -> list[str]:
        return sorted(name for name, word in self._signs.circuits().items() if word != "closed")

    async def _of_the_state(self) -> dict[str, str]:
        problem = await self._probed()
        if problem:
            return {"state": problem}
        try:
            held = await asyncio.wait_for(
                asyncio.to_thread(self._signs.is_lock_held), PATIENCE.total_seconds()
            )
        except TimeoutError:
            held = False
        return {} if held else {"lock": "the state's lock is not ours; another daemon may run"}

    async def _probed(self) -> str:
        """Write something; return why that did not work. One probe at a time, however slow."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._write())
        done, _ = await asyncio.wait([self._probe], timeout=PATIENCE.total_seconds())
        if not done:
            return f"a tiny write takes longer than {PATIENCE.total_seconds():.0f} s"
        return self._probe.result()

    async def _write(self) -> str:
        try:
            now = self._clock.now().isoformat()
            await self._state.write(observations.set_fact, PROBED_AT, now)
        except StateUnavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """Wait for a probe under way."""
        if self._probe is not None:
            await asyncio.wait([self._probe])


def _told(found: Status) -> dict[str, object]:
    return {
        "held": [sync.sync for sync in found.syncs if sync.hold],
        "paused": [sync.sync for sync in found.syncs if sync.paused],
        "failing": [one.sync for one in found.syncs if one.last and one.last.outcome == "failed"],
    }
