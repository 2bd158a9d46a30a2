"""Pitfalls that users of a system's integrations reported, each named by the tests that cover it.

A system's list is a file ``pitfalls.py`` in the folder of its tests, with ``SYSTEM`` and
``PITFALLS``. A test covers a pitfall by naming it in its docstring: "HubSpot pitfall 7",
"Salesforce pitfalls 2 and 3". ``python -m tests.pitfalls`` prints who covers what.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Pitfall:
    """One way in which integrations of a system were seen to fail."""

    number: int
    """Its number in the system's reference."""
    title: str
    """What goes wrong, in a few words."""
    not_here: str = ""
    """Why nothing of ours could fall into it; where this is empty, a test names the pitfall."""


def lists() -> list[ModuleType]:
    """Return every system's list of pitfalls, by its folder."""
    paths = sorted(TESTS.rglob("*/pitfalls.py"))
    names = [".".join(path.relative_to(TESTS.parent).with_suffix("").parts) for path in paths]
    return [importlib.import_module(name) for name in names]


def covering(system: str) -> dict[int, list[str]]:
    """Return, by number, the tests that name a pitfall of a system."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if f"{system} pitfall" not in text:
            continue
        for name, told in _docstrings(text):
            for number in _numbers(system, told):
                place = f"{path.relative_to(TESTS)}::{name}"
                found.setdefault(number, []).append(place)
    return found


def _docstrings(text: str) -> Iterator[tuple[str, str]]:
    """Yield each function's name and docstring."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, " ".join((ast.get_docstring(node) or "").split())
            case _:
                pass


def _numbers(system: str, told: str) -> set[int]:
    """Return the numbers in "HubSpot pitfalls 2, 3 and 14"."""
    lists = re.findall(rf"\b{system} pitfalls? (\d+(?:(?:, | and |, and )\d+)*)", told)
    return {int(number) for some in lists for number in re.findall(r"\d+", some)}


def main() -> None:
    """Print each system's pitfalls, and who covers them."""
    for listed in lists():
        covered = covering(listed.SYSTEM)
        say(f"{listed.SYSTEM}: {len(listed.PITFALLS)} reported pitfalls")
        for pitfall in listed.PITFALLS:
            say(f"{pitfall.number:>3}  {pitfall.title}")
            by = covered.get(pitfall.number) or [f"no test: {pitfall.not_here or 'MISSING'}"]
            say("\n".join(f"     {place}" for place in by))


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
