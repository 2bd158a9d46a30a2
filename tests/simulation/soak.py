"""Many seeds, or one to look at: ``python -m tests.simulation.soak --seeds 1000 --jobs 2``.

Prints one line of JSON; on standard error how often each kind of fault struck. Exits 1 where a promise
was broken, with the seeds and how to replay them. ``--seed K --trace`` replays one seed and shows all
that happened, ``--shrink K`` makes it small, ``--scenario FILE --trace`` replays what came of that.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path

from tests.simulation.kinds import table, unstruck
from tests.simulation.mixes import MIXES
from tests.simulation.script import Script, draw, read_script, write_script
from tests.simulation.shrink import shrink
from tests.simulation.simulate import Outcome, play

SCENARIOS = Path(__file__).parent / "scenarios"

SHOWN = 20
"""Failing seeds listed at most."""

CHUNK = 20
"""Seeds a process takes at a time."""


@dataclass(kw_only=True)
class Total:
    """What all seeds came to."""

    seeds: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    faults: Counter[int] = field(default_factory=Counter)
    quiet_runs: Counter[int] = field(default_factory=Counter)
    in_window: int = 0
    guarded: int = 0

    def take(self, outcome: Outcome) -> None:
        """Add one seed."""
        self.seeds += 1
        self.faults += outcome.faults
        self.quiet_runs[outcome.quiet_runs] += 1
        self.in_window += outcome.in_window
        self.guarded += outcome.is_guarded
        if outcome.violations:
            self.broken[outcome.seed] = outcome.violations

    def told(self) -> str:
        """Return the one line of JSON."""
        return json.dumps(
            {
                "edits_in_the_window_without_precondition": self.in_window,
                "faults": {str(kind): number for kind, number in sorted(self.faults.items())},
                "kinds_that_never_struck": unstruck(self.faults),
                "runs_until_quiet": {str(n): self.quiet_runs[n] for n in sorted(self.quiet_runs)},
                "seeds": self.seeds,
                "stopped_by_the_empty_side_guard": self.guarded,
                "violations": sum(len(found) for found in self.broken.values()),
            },
            sort_keys=True,
        )


def run(seed: str, mix: str = "") -> Outcome:
    """Run one seed; what the engine raises breaks a promise too."""
    return replay(draw(seed, mix=mix), seed)


def replay(script: Script, name: str) -> Outcome:
    """Run a script; what the engine raises breaks a promise too."""
    try:
        return play(script, name)
    except Exception as error:  # noqa: BLE001 - the edge of a seed
        told = f"raised: {type(error).__name__}: {error}"
        return Outcome(seed=name, violations=[told], faults=Counter(), trace=[])


def _run_some(first: int, number: int, mix: str) -> list[Outcome]:
    gc.freeze()
    gc.disable()
    found = [_without_trace(run(str(seed), mix)) for seed in range(first, first + number)]
    gc.enable()
    gc.collect()
    return found


def _without_trace(outcome: Outcome) -> Outcome:
    outcome.trace.clear()
    return outcome


def outcomes(first: int, seeds: int, jobs: int, mix: str = "") -> Iterator[Outcome]:
    """Run seeds in several processes; yield what became of each, in order."""
    starts = range(first, first + seeds, CHUNK)
    sizes = [min(CHUNK, first + seeds - start) for start in starts]
    if jobs == 1:
        for start, size in zip(starts, sizes, strict=True):
            yield from _run_some(start, size, mix)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(_run_some, starts, sizes, repeat(mix)):
            yield from found


def main() -> int:
    """Run what the command line asks for."""
    asked = _arguments()
    if asked.scenario:
        return _show(replay(read_script(asked.scenario), asked.scenario.stem), asked.trace)
    if asked.shrink:
        return _shrink(asked.shrink, asked.mix, asked.within)
    if asked.seed is not None:
        return _show(run(asked.seed, asked.mix), asked.trace)
    return _soak(asked)


def _soak(asked: argparse.Namespace) -> int:
    total, began = Total(), time.perf_counter()
    for outcome in outcomes(asked.first, asked.seeds, asked.jobs, asked.mix):
        total.take(outcome)
        if outcome.violations and len(total.broken) <= SHOWN:
            sys.stderr.write(
                f"seed {outcome.seed}: {outcome.violations[0]}\n"
                f"  python -m tests.simulation.soak --seed {outcome.seed} --trace\n"
            )
        if asked.seconds and time.perf_counter() - began > asked.seconds:
            break
    rate = total.seeds / max(0.001, time.perf_counter() - began)
    sys.stderr.write(f"{table(total.faults)}\n{rate:.1f} seeds a second\n")
    sys.stdout.write(total.told() + "\n")
    return 1 if total.broken else 0


def _show(outcome: Outcome, shows_trace: bool) -> int:
    lines = outcome.trace if shows_trace else outcome.violations
    sys.stdout.write("\n".join([*lines, f"{len(outcome.violations)} violations", ""]))
    return 1 if outcome.violations else 0


def _shrink(seed: str, mix: str, seconds: float) -> int:
    """Write the smallest script found that breaks the same promise as a seed."""
    broken = run(seed, mix).violations
    if not broken:
        sys.stderr.write(f"seed {seed} breaks no promise\n")
        return 0
    rule, until = broken[0].split(":")[0], time.perf_counter() + seconds

    def fails(script: Script) -> bool:
        found = replay(script, seed).violations if time.perf_counter() < until else []
        return bool(found) and found[0].split(":")[0] == rule

    small = shrink(draw(seed, mix=mix), fails)
    path = SCENARIOS / f"{rule.lower()}-{seed}.json"
    write_script(replace(small, story=f"seed {seed}: {replay(small, seed).violations[0]}"), path)
    sys.stdout.write(f"{path.name}\n")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seconds", type=float, help="stop after so long, however many are left")
    parser.add_argument(
        "--mix", choices=sorted(MIXES), default="", help="which faults come together"
    )
    parser.add_argument("--seed", help="one seed only")
    parser.add_argument("--scenario", type=Path, help="one kept scenario only")
    parser.add_argument("--trace", action="store_true", help="show all that happened")
    parser.add_argument("--shrink", metavar="SEED", help="make a failing seed small, as a scenario")
    parser.add_argument("--within", type=float, default=120.0, help="seconds to shrink for")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
