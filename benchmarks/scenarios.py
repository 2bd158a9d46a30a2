"""What is measured: first load, what a run makes of its own writes, a small change, nothing at all.

The sync runs in a process of its own (``benchmarks.syncing``) that stays, as the daemon does, against
a sandbox over HTTP. Each scenario counts calls where they arrive and the work by looking at the sandbox before
and after; the product's own figures stand beside, never in place of these.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from benchmarks.floor import (
    Work,
    hubspot_floor,
    hubspot_floor_by_purpose,
    hubspot_floor_seconds,
)
from benchmarks.stage import Stage, stage

OUT_OF_SIGHT = 9.0
"""Seconds after which the change feed tells no more of what was written: margin and overlap."""

MARGIN = 6.5
"""Seconds after which the change feed tells of everything that was written."""

IDLE_POLLS = 7
SMALL_ROWS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much there is to sync."""

    rows: int
    contacts: int

    def scaled_to(self, rows: int) -> "Sizes":
        """Return the same proportions at another size."""
        return Sizes(rows=rows, contacts=self.contacts * rows // self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One run of the sync, measured."""

    scenario: str
    rows: int
    calls: int
    """Counted by the sandbox."""
    calls_reported: int
    calls_by_purpose: Mapping[str, int]
    floor: int
    floor_by_purpose: Mapping[str, int]
    writes: int
    changed_outside: int
    """Rows and contacts that others had changed or made since the run before."""
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    state_bytes: int
    steps: Mapping[str, float]
    """Step → processor seconds."""

    @property
    def ratio(self) -> float:
        """Calls over the least possible ones."""
        return self.calls / self.floor

    @property
    def cpu_per_thousand(self) -> float:
        """Processor seconds for 1,000 records to be looked at; for the whole run if there are none."""
        return self.cpu_seconds * 1_000 / self.changed_outside if self.changed_outside else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Syncing:
    """The process that syncs when told to."""

    process: subprocess.Popen[bytes]
    profiles: Path | None
    rows: int

    def run(self, name: str = "") -> dict[str, Any]:
        """Run the sync once and return what the process tells of it."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the syncing process has no pipes")
        self.process.stdin.write(self._profile(name).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the syncing process ended; see its error above")
        told: dict[str, Any] = orjson.loads(line)
        return told

    def _profile(self, name: str) -> str:
        if self.profiles is None or not name:
            return ""
        words = name.replace(" ", "-").replace("%", "")
        return str((self.profiles / f"{words}-{self.rows}.prof").absolute())


@contextmanager
def syncing(folder: Path, profiles: Path | None, rows: int) -> Iterator[Syncing]:
    """Start the process; end it by closing its input."""
    command = [sys.executable, "-m", "benchmarks.syncing", str(folder)]
    command += ["--inline"] if profiles is not None else []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        try:
            yield Syncing(process=process, profiles=profiles, rows=rows)
        finally:
            if process.stdin is not None:
                process.stdin.close()


class Series:
    """The scenarios of one size, in order, on one sandbox, one state and one process."""

    def __init__(self, on: Stage, sizes: Sizes, process: Syncing) -> None:
        self._on = on
        self._sizes = sizes
        self._process = process
        self._echoes = Work()

    def first_load(self) -> Measured:
        """Load the file into an account the product has never seen."""
        contacts = self._on.contacts().size
        work = Work(is_first=True, contacts=contacts)
        return self._busy("first load", work, self._sizes.rows + contacts)

    def limited_load(self, milliseconds: int) -> Measured:
        """Load the file with the vendor's limits and so many milliseconds of latency."""
        contacts = self._on.contacts().size
        self._on.be_real(milliseconds)
        work = Work(is_first=True, contacts=contacts)
        return self._busy("limited load", work, self._sizes.rows + contacts)

    def own_echo(self) -> Measured:
        """Run again: the feed tells of what the first load wrote, and nothing is news."""
        time.sleep(MARGIN)
        return self._busy("own echo", self._echoes, 0)

    def small_change(self, share: float) -> Measured:
        """Change a share of the rows and as many contacts, and run."""
        time.sleep(OUT_OF_SIGHT)
        self._process.run()
        rows, contacts = self._on.edit_both(share)
        time.sleep(OUT_OF_SIGHT)
        work = Work(told=contacts, read=contacts)
        return self._busy(f"{share:.0%} changed", work, rows + contacts)

    def idle(self) -> Measured:
        """Poll with nothing to find; the median of some polls."""
        self._process.run()
        time.sleep(OUT_OF_SIGHT)
        self._process.run()
        polls = []
        for _ in range(IDLE_POLLS):
            self._on.count_anew()
            polls.append(self._measured("idle poll", self._process.run("idle"), Work(), 0))
        return sorted(polls, key=lambda poll: poll.cpu_seconds)[IDLE_POLLS // 2]

    def _busy(self, name: str, work: Work, outside: int) -> Measured:
        before = self._on.contacts()
        self._on.count_anew()
        run = self._process.run(name)
        after = self._on.contacts()
        created, updated = after.created_since(before), after.updated_since(before)
        self._echoes = Work(told=created + updated, read=updated + after.gaps_since(before))
        done = replace(
            work,
            created=created,
            updated=updated,
            timed=run["asked_for_times"],
            verified=min(int(run["sample"]), created + updated),
        )
        return self._measured(name, run, done, outside)

    def _measured(self, name: str, run: Mapping[str, Any], work: Work, outside: int) -> Measured:
        report = run["report"]
        if report["outcome"] not in {"done", "nothing"}:
            raise RuntimeError(f"{name}: the run ended as {report['outcome']}: {report['error']}")
        return Measured(
            scenario=name,
            rows=self._sizes.rows,
            calls=sum(self._on.calls().values()),
            calls_reported=report["api"]["calls"],
            calls_by_purpose=report["api"]["by_purpose"],
            floor=hubspot_floor(work),
            floor_by_purpose=hubspot_floor_by_purpose(work),
            writes=report["plan"]["writes"] if report["plan"] else 0,
            changed_outside=outside,
            cpu_seconds=run["cpu"],
            wall_seconds=run["wall"],
            peak_bytes=run["peak"],
            state_bytes=sum(file.stat().st_size for file in self._on.folder.glob("state.db*")),
            steps=run["steps"],
        )


@contextmanager
def series(sizes: Sizes, profiles: Path | None) -> Iterator[Series]:
    """Set a stage of these sizes up, and take it down."""
    with tempfile.TemporaryDirectory(prefix="crmsyncd-bench-") as name:
        folder = Path(name)
        with stage(folder, sizes.contacts) as on:
            on.write_file(sizes.rows)
            on.write_configuration()
            with syncing(folder, profiles, sizes.rows) as process:
                yield Series(on, sizes, process)


def measure(
    sizes: Sizes, share: float, profiles: Path | None, small_rows: int = SMALL_ROWS
) -> list[Measured]:
    """Run all scenarios at *sizes*, and an idle poll at a small size beside."""
    measured: list[Measured] = []
    with series(sizes, profiles) as full:
        measured += [full.first_load(), full.own_echo(), full.small_change(share), full.idle()]
    with series(sizes.scaled_to(small_rows), profiles) as small:
        small.first_load()
        measured.append(small.idle())
    return measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Limited:
    """A first load under the vendor's limits, from some way off."""

    rows: int
    calls: int
    floor: int
    wall_seconds: float
    floor_seconds: float
    """In which the limit would let the least calls pass."""
    steps: Mapping[str, float]

    @property
    def ratio(self) -> float:
        """Time over the least time the limit leaves."""
        return self.wall_seconds / self.floor_seconds


LATENCY = 150
"""Milliseconds from a call's leaving to its reply: an ordinary distance from a CRM."""


def measure_limited(rows: int) -> Limited:
    """Load a file under the limits of the smallest account, 150 ms away."""
    with series(Sizes(rows=rows, contacts=rows // 5), None) as limited:
        one = limited.limited_load(LATENCY)
    return Limited(
        rows=rows,
        calls=one.calls,
        floor=one.floor,
        wall_seconds=one.wall_seconds,
        floor_seconds=hubspot_floor_seconds(one.floor),
        steps=one.steps,
    )


def idle_ratio(measured: Sequence[Measured]) -> float:
    """Return the processor time of an idle poll at the large size over that at the small one."""
    large, small = (one.cpu_seconds for one in measured if one.scenario == "idle poll")
    return large / small
