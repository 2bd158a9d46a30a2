"""The floor that calls are measured against."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.floor import (
    Work,
    hubspot_floor,
    hubspot_floor_by_purpose,
    hubspot_floor_seconds,
)


@pytest.mark.parametrize(
    ("work", "least"),
    [
        (Work(), 1),  # an idle poll is one search
        (Work(told=200), 1),
        (Work(told=201), 2),
        (Work(is_first=True), 5),  # an empty account: four to know it, one empty page
        (Work(is_first=True, contacts=100), 5),
        (Work(is_first=True, contacts=101), 6),
        (Work(told=100, read=100, updated=100, verified=5), 1 + 1 + 2 + 1),
        (Work(is_first=True, contacts=2_000, created=9_000, updated=1_000, verified=5), 225),
        (Work(timed=51), 1 + 2),
    ],
)
def test_the_least_calls(work: Work, least: int) -> None:
    """Full pages and full batches, one look before each batch of writes, one sample."""
    assert least == hubspot_floor(work)


GROWING: list[Callable[[int], Work]] = [
    lambda number: Work(told=number),
    lambda number: Work(read=number),
    lambda number: Work(created=number),
    lambda number: Work(updated=number),
    lambda number: Work(timed=number),
    lambda number: Work(verified=number),
]


@pytest.mark.parametrize("work", GROWING)
def test_more_work_never_costs_less(work: Callable[[int], Work]) -> None:
    """No count of work lowers the floor as it grows."""
    costs = [hubspot_floor(work(number)) for number in range(0, 1_000, 7)]
    assert sorted(costs) == costs


def test_a_first_run_lists_and_does_not_search() -> None:
    """Whoever has just read everything need not ask what changed."""
    least = hubspot_floor_by_purpose(Work(is_first=True, contacts=500))
    assert (5, 0) == (least["listing"], least["changes"])


def test_the_floor_knows_nothing_of_the_product() -> None:
    """A floor that asked the product for its batch sizes would measure nothing."""
    text = (Path(__file__).parents[2] / "benchmarks" / "floor.py").read_text(encoding="utf-8")
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert ["dataclasses"] == [node.module for node in imported]
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]


@pytest.mark.parametrize(("calls", "seconds"), [(1, 0), (100, 0), (101, 10), (201, 20)])
def test_the_least_time(calls: int, seconds: float) -> None:
    """A hundred calls leave at once, each further hundred ten seconds later."""
    assert seconds == hubspot_floor_seconds(calls)
