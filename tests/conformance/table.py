"""Adapters and cases: what is declared, and how it went, as a table for people and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_lowercase
from typing import Any

from tests.conformance.cases import Case, Declaration, obstacle

HOLDS = "✓"
FAILS = "✗"

Results = Mapping[tuple[str, str], str]
"""(adapter, case) → passed, failed or skipped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """How one case stands with one adapter."""

    result: str
    """passed, failed or not_applicable."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Cases as rows, adapters as columns."""

    adapters: Sequence[str]
    """Their names, in the order of the columns."""
    titles: Sequence[str]
    cases: Sequence[Case]
    cells: Mapping[tuple[str, str], Cell]

    def cell(self, adapter: str, case: Case) -> Cell:
        """Return one cell."""
        return self.cells[adapter, case.name]

    def reasons(self) -> dict[str, str]:
        """Return the letter of each reason why a case does not concern an adapter."""
        given = dict.fromkeys(
            self.cell(adapter, case).reason
            for case in self.cases
            for adapter in self.adapters
            if self.cell(adapter, case).result == "not_applicable"
        )
        return {reason: _letters(place) for place, reason in enumerate(given)}

    def counts(self) -> Counter[str]:
        """Return how many cells have each result."""
        return Counter(cell.result for cell in self.cells.values())


def table_of(
    declarations: Mapping[str, Declaration], cases: Sequence[Case], results: Results | None = None
) -> Table:
    """Return the table: without results it says where each case holds by what is declared."""
    return Table(
        adapters=list(declarations),
        titles=[declared.title for declared in declarations.values()],
        cases=cases,
        cells={
            (name, case.name): _cell(name, case, declared, results)
            for name, declared in declarations.items()
            for case in cases
        },
    )


def _cell(name: str, case: Case, declared: Declaration, results: Results | None) -> Cell:
    if why := obstacle(declared, case.needs):
        return Cell(result="not_applicable", reason=why)
    result = "passed" if results is None else results.get((name, case.name), "not run")
    if result == "passed":
        return Cell(result=result)
    # A case that is declared to hold and is passed by is as bad as one that fails.
    return Cell(result="failed", reason=result)


def _letters(place: int) -> str:
    letters = ascii_lowercase[place % 26]
    return letters if place < 26 else ascii_lowercase[place // 26 - 1] + letters


def _sign(cell: Cell, letters: Mapping[str, str]) -> str:
    if cell.result == "not_applicable":
        return letters[cell.reason]
    return HOLDS if cell.result == "passed" else FAILS


def as_text(table: Table) -> str:
    """Return the table for a terminal."""
    letters = table.reasons()
    width = max(len(case.name) for case in table.cases) + 2
    widths = [max(len(title), 2) + 2 for title in table.titles]
    columns = list(zip(table.adapters, widths, strict=True))
    titles = zip(table.titles, widths, strict=True)
    lines = [" " * width + "".join(title.center(room) for title, room in titles).rstrip()]
    for group, cases in groupby(table.cases, key=lambda case: case.group):
        lines += ["", group]
        for case in cases:
            signs = [(_sign(table.cell(name, case), letters), room) for name, room in columns]
            line = case.name.ljust(width) + "".join(sign.center(room) for sign, room in signs)
            lines.append(line.rstrip())
    lines += [
        "",
        *(f"{letter:>2}  {reason}" for reason, letter in letters.items()),
        "",
        sums(table),
    ]
    return "\n".join(lines)


def sums(table: Table) -> str:
    """Return the table in one line."""
    counts = table.counts()
    return (
        f"{len(table.cases)} cases on {len(table.adapters)} adapters: {counts['passed']} hold, "
        f"{counts['failed']} fail, {counts['not_applicable']} do not apply."
    )


def as_markdown(table: Table) -> str:
    """Return the table for a page."""
    letters = table.reasons()
    head = f"| | {' | '.join(table.titles)} |\n|---|{':-:|' * len(table.titles)}"
    lines = [head]
    for group, cases in groupby(table.cases, key=lambda case: case.group):
        lines.append(f"| **{group}** |{' |' * len(table.titles)}")
        for case in cases:
            signs = [_sign(table.cell(name, case), letters) for name in table.adapters]
            lines.append(f"| {case.name} | {' | '.join(signs)} |")
    legend = [f"| {letter} | {reason} |" for reason, letter in letters.items()]
    return "\n".join(
        [*lines, "", "| | why a case does not concern an adapter |", "|:-:|---|", *legend]
    )


def as_json(table: Table) -> dict[str, Any]:
    """Return the table for a program."""
    counts = table.counts()
    return {
        "adapters": list(table.titles),
        "passed": counts["passed"],
        "failed": counts["failed"],
        "not_applicable": counts["not_applicable"],
        "cases": [
            {
                "name": case.name,
                "group": case.group,
                "cells": {
                    title: {"result": cell.result, "reason": cell.reason}
                    for title, name in zip(table.titles, table.adapters, strict=True)
                    for cell in (table.cell(name, case),)
                },
            }
            for case in table.cases
        ],
    }
