"""The whole engine in virtual time, with seeded people, faults and timing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.accidents import ACCIDENTS
from tests.simulation.faults import HABITS, PROFILED, STRIKES, WORKED
from tests.simulation.kinds import ELSEWHERE, OPEN, TITLES, unstruck
from tests.simulation.mixes import MIXES
from tests.simulation.script import read_script
from tests.simulation.simulate import simulate
from tests.simulation.soak import SCENARIOS, Total, replay, run

CHUNKS, SEEDS = 3, 100
FIRST = 1_000_000
"""Far from the seeds tried by hand."""

REGRESSIONS = [
    line.split()[0]
    for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_promise_is_broken_in_many_seeds(chunk: int) -> None:
    """Every promise the oracle knows holds; hardly a kind of fault is lucky enough not to strike."""
    total = Total()
    for seed in range(FIRST + chunk * SEEDS, FIRST + (chunk + 1) * SEEDS):
        total.take(run(str(seed)))

    assert {} == total.broken
    assert len(unstruck(total.faults)) <= 1


def test_each_kind_of_fault_is_struck_held_elsewhere_or_open_with_a_reason() -> None:
    """Correctness, list of faults: none of the 52 is forgotten, and the tests named are there."""
    struck = {*STRIKES, *HABITS, *ACCIDENTS, *PROFILED, *WORKED} - {0}
    root = Path(__file__).parents[2]

    assert set(range(1, 53)) == set(TITLES)
    assert set(TITLES) == struck | ELSEWHERE.keys() | OPEN.keys()
    assert set() == struck & ELSEWHERE.keys()
    assert [] == [place for place in ELSEWHERE.values() if not (root / place).exists()]


@pytest.mark.parametrize("mix", sorted(MIXES))
def test_each_mix_of_faults_keeps_the_promises(mix: str) -> None:
    """A few seeds in each climate; a calm one has no fault but what people and systems do."""
    outcomes = [run(f"{mix} {number}", mix) for number in range(5)]

    assert [] == [told for outcome in outcomes for told in outcome.violations]


@pytest.mark.parametrize("name", sorted(path.name for path in SCENARIOS.glob("*.json")))
def test_a_scenario_that_once_broke_a_promise_holds(name: str) -> None:
    """Each scenario file is a seed made small; its story stands in it."""
    assert [] == replay(read_script(SCENARIOS / name), name).violations


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
