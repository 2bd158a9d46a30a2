"""Ready means: the state takes a write, the lock is ours, and everybody works (F6)."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.core.guards import Scope, Trip
from daemon.service.readiness import LASTS, Readiness, Signs
from state import guards, observations, runs
from state.database import State
from state.opening import open_state
from tests.http.doubles import LeapingClock
from tests.state.samples import NOON, PAIR, register

WELL = Signs(
    idle=list,
    failed=lambda: False,
    is_stopping=lambda: False,
    is_lock_held=lambda: True,
    circuits=dict,
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path / "state")
    yield opened
    opened.close()


def circuits(**words: str) -> Mapping[str, str]:
    return words


async def test_a_daemon_whose_parts_all_work_is_ready(state: State) -> None:
    """The write really happened."""
    is_ready, told = await Readiness(state, LeapingClock(), WELL).ask()

    assert (True, "ready") == (is_ready, told["status"])
    assert state.read_now(observations.known_fact, "probed_at")


@pytest.mark.parametrize(
    ("signs", "part", "words"),
    [
        (replace(WELL, idle=lambda: ["people", "leads"]), "workers", "people, leads"),
        (replace(WELL, failed=lambda: True), "process", "has failed"),
        (replace(WELL, is_stopping=lambda: True), "process", "stopping"),
        (replace(WELL, is_lock_held=lambda: False), "lock", "not ours"),
        (replace(WELL, circuits=lambda: circuits(a="open", b="probing")), "connections", "fails"),
    ],
)
async def test_what_is_not_well_is_named(state: State, signs: Signs, part: str, words: str) -> None:
    """One part is enough, and no other is blamed."""
    is_ready, told = await Readiness(state, LeapingClock(), signs).ask()

    assert (False, "not ready") == (is_ready, told["status"])
    reasons = told["reasons"]
    assert isinstance(reasons, dict)
    assert [part] == list(reasons)
    assert words in reasons[part]


async def test_one_system_out_of_reach_is_told_and_no_more(state: State) -> None:
    """The others are synced (R6)."""
    signs = replace(WELL, circuits=lambda: circuits(crm="open", ads="closed"))

    is_ready, told = await Readiness(state, LeapingClock(), signs).ask()

    assert (True, ["crm"]) == (is_ready, told["connections_paused"])


async def test_what_waits_for_a_person_is_told_and_no_more(state: State) -> None:
    """No restart would release a held sync or mend a failing run."""
    state.write_now(register)
    trip = Trip(pair=PAIR, guard="sample_check", scope=Scope.PAIR, reason="look at it",
                measured=1, allowed=0)  # fmt: skip
    state.write_now(guards.note, [trip], sync=PAIR, run=1, at=NOON)
    run = state.write_now(runs.begin, sync=PAIR, trigger="test", at=NOON)
    state.write_now(runs.end, run=run, outcome="failed", report="{}", at=NOON)

    is_ready, told = await Readiness(state, LeapingClock(), WELL).ask()

    assert (True, [PAIR], [PAIR]) == (is_ready, told["held"], told["failing"])


async def test_a_state_that_cannot_be_written_is_named(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process keeps it locked: the answer comes in bounded time, one probe at a time."""
    monkeypatch.setattr("daemon.service.readiness.PATIENCE", LASTS / 10)
    clock = LeapingClock()
    readiness = Readiness(state, clock, WELL)
    other = open_state(tmp_path / "state", inline=True)
    with other.engine.begin():
        for _ in range(2):
            began = time.monotonic()
            is_ready, told = await readiness.ask()
            assert time.monotonic() - began < 5
            assert not is_ready
            assert "state" in str(told["reasons"])
            clock.elapsed += 60
    other.close()
    await readiness.close()

    assert (await readiness.ask())[0]


async def test_a_closed_disk_is_named_with_the_next_step(tmp_path: Path) -> None:
    """What the state says is what is told."""
    open_state(tmp_path / "state").close()
    state = open_state(tmp_path / "state", read_only=True)

    is_ready, told = await Readiness(state, LeapingClock(), WELL).ask()

    state.close()
    assert not is_ready
    assert "cannot be written to; let this account write" in str(told["reasons"])


async def test_an_answer_lasts_some_seconds(state: State) -> None:
    """Asking often costs no writes; a change shows soon."""
    clock = LeapingClock()
    words: dict[str, str] = {}
    readiness = Readiness(state, clock, replace(WELL, circuits=lambda: words))
    assert (await readiness.ask())[0]
    words["crm"] = "open"

    assert (await readiness.ask())[0]
    clock.elapsed += LASTS.total_seconds()
    assert not (await readiness.ask())[0]
