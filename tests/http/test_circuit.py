"""The circuit: closed, open, one probe, closed again."""

from datetime import timedelta

import pytest

from adapters.circuit import Circuit, CircuitSettings, CircuitState
from adapters.errors import WaitUntil
from tests.http.doubles import NOON, LeapingClock

SETTINGS = CircuitSettings(
    failures=3, first_pause=timedelta(seconds=10), longest_pause=timedelta(seconds=30)
)


def broken(clock: LeapingClock) -> Circuit:
    circuit = Circuit("crm", SETTINGS, clock)
    for _ in range(3):
        circuit.admit()
        circuit.failed("time_out")
    return circuit


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """Fewer failures, or a success in between, leave it closed (R6)."""
    clock = LeapingClock()
    circuit = Circuit("crm", SETTINGS, clock)
    for worked in (False, False, True, False, False):
        circuit.admit()
        circuit.succeeded() if worked else circuit.failed("time_out")
    assert CircuitState.CLOSED.value == circuit.state

    circuit.failed("time_out")

    assert CircuitState.OPEN.value == circuit.state
    assert NOON + timedelta(seconds=10) == circuit.next_probe
    with pytest.raises(
        WaitUntil, match=r"'crm' is paused: it failed 3 times .* time_out"
    ) as refused:
        circuit.admit()
    assert circuit.next_probe == refused.value.until


def test_one_probe_at_a_time() -> None:
    """After the pause one attempt passes; the others wait for its result."""
    clock = LeapingClock()
    circuit = broken(clock)
    clock.elapsed += 10

    circuit.admit()

    assert CircuitState.PROBING.value == circuit.state
    with pytest.raises(WaitUntil):
        circuit.admit()
    circuit.succeeded()
    circuit.admit()
    assert CircuitState.CLOSED.value == circuit.state
    assert 0 == circuit.failures


def test_pauses_double_up_to_a_cap() -> None:
    """Each failed probe doubles the pause, up to the longest; a success starts afresh."""
    clock = LeapingClock()
    circuit = broken(clock)
    pauses = []
    for _ in range(4):
        assert circuit.next_probe is not None
        pauses.append((circuit.next_probe - clock.now()).total_seconds())
        clock.elapsed += pauses[-1]
        circuit.admit()
        circuit.failed("http_503")

    assert [10, 20, 30, 30] == pauses
    circuit.succeeded()
    for _ in range(3):
        circuit.failed("http_503")
    assert clock.now() + timedelta(seconds=10) == circuit.next_probe


def test_an_abandoned_probe_lets_the_next_one_through() -> None:
    """A probe that was cancelled proves nothing and blocks nothing."""
    clock = LeapingClock()
    circuit = broken(clock)
    clock.elapsed += 10
    circuit.admit()

    circuit.abandoned()
    circuit.admit()
    circuit.succeeded()

    assert CircuitState.CLOSED.value == circuit.state
