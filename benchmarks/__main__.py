"""``make bench``: measure calls, processor time, memory and state, and print a table.

All figures that are judged are ratios within this one run: calls over the least possible calls, the
idle poll at a large mirror over the one at a small mirror.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.scenarios import (
    SMALL_ROWS,
    Limited,
    Measured,
    Sizes,
    idle_ratio,
    measure,
    measure_limited,
)

MEBIBYTE = 1024 * 1024


def main() -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the file")
    parser.add_argument("--contacts", type=int, default=None, help="contacts before; a fifth")
    parser.add_argument("--share", type=float, default=0.01, help="part changed on each side")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of tables")
    parser.add_argument("--small", type=int, default=SMALL_ROWS,
                        help="rows of the idle poll that the large one is compared with")  # fmt: skip
    parser.add_argument("--limited", type=int, default=0, metavar="ROWS",
                        help="also load ROWS under the vendor's limits, 150 ms away")  # fmt: skip
    parser.add_argument("--profile", type=Path, default=None, help="folder for cProfile files")
    given = parser.parse_args()
    sizes = Sizes(rows=given.rows, contacts=given.contacts or given.rows // 5)
    if given.profile is not None:
        given.profile.mkdir(parents=True, exist_ok=True)
    measured = measure(sizes, given.share, given.profile, given.small)
    limited = measure_limited(given.limited) if given.limited else None
    if given.json:
        told = {**_told(measured), "limited": _limited(limited)}
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
    else:
        _show(measured)
        if limited is not None:
            _show_limited(limited)
    return 0


def _limited(limited: Limited | None) -> dict[str, object] | None:
    return {**asdict(limited), "ratio": limited.ratio} if limited else None


def _show_limited(limited: Limited) -> None:
    Console(width=140).print(
        f"Under the vendor's limits, 150 ms away: {limited.rows:,} rows in "
        f"{limited.wall_seconds:,.0f} s, {limited.calls} calls ({limited.floor} at least), "
        f"{limited.ratio:.2f} times the {limited.floor_seconds:,.0f} s the limit itself takes"
    )


def _told(measured: Sequence[Measured]) -> dict[str, object]:
    rows = [
        {**asdict(one), "ratio": one.ratio, "cpu_per_thousand": one.cpu_per_thousand}
        for one in measured
    ]
    return {"scenarios": rows, "idle_cpu_ratio": idle_ratio(measured)}


def _show(measured: Sequence[Measured]) -> None:
    console = Console(width=140)
    console.print(_figures(measured))
    console.print(_purposes(measured))
    console.print(_steps(measured))
    console.print(
        f"Idle poll, processor time at {measured[-2].rows:,} rows over {measured[-1].rows:,}: "
        f"{idle_ratio(measured):.2f}"
    )


def _figures(measured: Sequence[Measured]) -> Table:
    table = Table(title="What it costs")
    table.add_column("scenario")
    for name in (
        "rows", "calls", "reported", "floor", "ratio", "changed outside", "writes",
        "CPU s", "CPU s per 1,000", "peak MiB", "state MiB",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for one in measured:
        table.add_row(
            one.scenario, f"{one.rows:,}", str(one.calls), str(one.calls_reported),
            str(one.floor), f"{one.ratio:.2f}", f"{one.changed_outside:,}", f"{one.writes:,}",
            f"{one.cpu_seconds:.3f}", f"{one.cpu_per_thousand:.2f}" if one.changed_outside else "",
            f"{one.peak_bytes / MEBIBYTE:.0f}", f"{one.state_bytes / MEBIBYTE:.1f}",
        )  # fmt: skip
    return table


def _purposes(measured: Sequence[Measured]) -> Table:
    table = Table(title="Calls by purpose, as reported, and the least possible")
    for name in ("scenario", "rows", "calls", "floor"):
        table.add_column(name)
    for one in measured:
        floor = {name: number for name, number in one.floor_by_purpose.items() if number}
        table.add_row(one.scenario, f"{one.rows:,}", _listed(one.calls_by_purpose), _listed(floor))
    return table


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def _steps(measured: Sequence[Measured]) -> Table:
    table = Table(title="Processor seconds by step")
    table.add_column("scenario")
    names = list(measured[0].steps)
    for name in ("rows", *names):
        table.add_column(name, justify="right")
    for one in measured:
        spent = [f"{one.steps.get(name, 0):.3f}" for name in names]
        table.add_row(one.scenario, f"{one.rows:,}", *spent)
    return table


if __name__ == "__main__":
    sys.exit(main())
