"""The whole engine in virtual time, with seeded people, faults and timing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.faults import HABITS, STRIKES
from tests.simulation.simulate import simulate
from tests.simulation.soak import Total, run

CHUNKS, SEEDS = 4, 50
FIRST = 1_000_000
"""Far from the seeds tried by hand."""

KINDS_SEEN = 20
"""Kinds of fault that happen in fifty seeds at the least, of 30."""

REGRESSIONS = [
    line.split()[0]
    for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_promise_is_broken_in_many_seeds(chunk: int) -> None:
    """Every promise the oracle knows holds, and most kinds of fault really happened."""
    total = Total()
    for seed in range(FIRST + chunk * SEEDS, FIRST + (chunk + 1) * SEEDS):
        total.take(run(str(seed)))

    assert {} == total.broken
    assert len({*STRIKES, *HABITS} & total.faults.keys()) >= KINDS_SEEN


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_a_seed_that_once_broke_a_promise_holds(seed: str) -> None:
    """Each seed's story stands in seeds.txt."""
    assert [] == run(seed).violations


@pytest.mark.parametrize("seed", ["7", "76", "133"])
def test_the_same_seed_gives_the_same_trace(seed: str) -> None:
    """Twice in one process, byte for byte."""
    assert simulate(seed).trace == simulate(seed).trace


def test_the_trace_does_not_depend_on_the_process() -> None:
    """Another process with another hash seed tells the same story."""
    traces = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation.soak", "--seed", "12", "--trace"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": number},
        ).stdout
        for number in ("1", "2")
    ]

    assert traces[0] == traces[1]
    assert len(traces[0].splitlines()) > 10


def test_another_timing_tells_another_story() -> None:
    """Workload, faults and timing have seeds of their own, so that a failure can be narrowed."""
    one, two = simulate("12"), simulate("12", timing="other")

    assert one.trace != two.trace
    assert [] == two.violations
