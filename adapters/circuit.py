"""The circuit of one connection (R6): a system that keeps failing is left alone for a while.

Takes the result of every attempt. Gives leave for the next one, or WaitUntil. Promises that a
connection which failed ``failures`` times in a row is asked at most once per pause, with pauses
that double up to a cap, until one attempt succeeds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.errors import WaitUntil
from daemon.clock import Clock


class CircuitState(StrEnum):
    """Where a circuit stands; the words appear in metrics."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True, kw_only=True, slots=True)
class CircuitSettings:
    """When a circuit opens and how patient it is."""

    failures: int = 5
    """Failed attempts in a row that open it."""
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=5)


class Circuit:
    """Closed → open after too many failures → one probe → closed, or open for twice as long."""

    def __init__(self, connection: str, settings: CircuitSettings, clock: Clock) -> None:
        """Start closed."""
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._pause = settings.first_pause
        self._reason = ""
        self._is_probe_out = False
        self.state = CircuitState.CLOSED
        self.since = clock.now()
        self.failures = 0
        self.next_probe: datetime | None = None

    def admit(self) -> None:
        """Let one attempt pass, or raise WaitUntil with the reason and the moment of the probe."""
        if self.state is CircuitState.CLOSED:
            return
        now = self._clock.now()
        if self._is_probe_out or (self.next_probe is not None and now < self.next_probe):
            raise WaitUntil(
                f"Connection {self._connection!r} is paused: it failed {self.failures} times in a "
                f"row, last with {self._reason}.",
                until=max(self.next_probe or now, now + timedelta(seconds=1)),
                code="circuit_open",
                status=503,
            )
        self._is_probe_out = True
        self._turn(CircuitState.PROBING)

    def succeeded(self) -> None:
        """Note an attempt that got a definite answer, whatever it said."""
        self.failures = 0
        self._is_probe_out = False
        self._pause = self._settings.first_pause
        self.next_probe = None
        self._turn(CircuitState.CLOSED)

    def failed(self, reason: str) -> None:
        """Note an attempt without a definite answer; *reason* is one word for the report."""
        self.failures += 1
        self._reason = reason
        if self.state is CircuitState.PROBING:
            self._pause = min(2 * self._pause, self._settings.longest_pause)
        self._is_probe_out = False
        if self.failures >= self._settings.failures:
            self.next_probe = self._clock.now() + self._pause
            self._turn(CircuitState.OPEN)

    def abandoned(self) -> None:
        """Note an attempt that was given up before its answer: the next one may probe."""
        self._is_probe_out = False

    def _turn(self, state: CircuitState) -> None:
        if state is not self.state:
            self.state = state
            self.since = self._clock.now()
