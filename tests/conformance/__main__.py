"""``python -m tests.conformance``: hold adapters to the contract, and print a table of both.

Ends with 1 where a case fails, and where one that is declared to hold was not run.
"""

import argparse
import os
import sys
from contextlib import redirect_stdout

import orjson
import pytest

from tests.conformance import table
from tests.conformance.cases import (
    CASES_PREFIX,
    CHOSEN,
    FOLDER,
    cases,
    declaration_of,
    names,
    undeclared,
)
from tests.conformance.page import PAGE, page


class Watching:
    """Notes how each case went on each adapter."""

    def __init__(self) -> None:
        self.results: dict[tuple[str, str], str] = {}
        self.failures: list[str] = []
        self._about: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which test is which cell."""
        for item in items:
            given = getattr(getattr(item, "callspec", None), "params", {})
            name = str(getattr(item, "originalname", "")).removeprefix("test_").replace("_", " ")
            self._about[item.nodeid] = (str(given.get("harness", "")), name)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test went: one failure among the variants of a case is a failure."""
        if report.failed:
            self.failures.append(f"{report.nodeid}\n{report.longreprtext}")
        elif report.when != "call" and not report.skipped:
            return
        cell = self._about[report.nodeid]
        rank = ["skipped", "passed", "failed"]
        self.results[cell] = max(self.results.get(cell, "skipped"), report.outcome, key=rank.index)


def main() -> int:
    """Run what is asked for; return how it went as an exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--adapter", action="append", default=[], metavar="NAME",
                        help="one of ours, or a module with DECLARATION and open_harness; "
                        "may be given more than once")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--declared", action="store_true", help="print what is declared; run nothing"
    )
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name} anew")
    given = parser.parse_args()
    if given.write:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    os.environ[CHOSEN] = " ".join(given.adapter)
    wrong = [f"{name}: {what}" for name in names() for what in undeclared(declaration_of(name))]
    watching = None if given.declared else run()
    shown = table.table_of(
        {name: declaration_of(name) for name in names()},
        cases(),
        None if watching is None else watching.results,
    )
    say(orjson.dumps(table.as_json(shown)).decode() if given.json else table.as_text(shown))
    failures = wrong if watching is None else watching.failures
    sys.stderr.write("".join(f"\n{failure}\n" for failure in failures))
    return 1 if failures or shown.counts()["failed"] else 0


def run() -> Watching:
    """Run the suite; its progress goes to standard error."""
    suite = [*sorted(FOLDER.glob(f"{CASES_PREFIX}*.py")), FOLDER / "test_declarations.py"]
    watching = Watching()
    with redirect_stdout(sys.stderr):
        words = ["-q", "-p", "no:cacheprovider", "--tb=short", "--no-header", "--no-summary"]
        pytest.main([*words, *map(str, suite)], plugins=[watching])
    return watching


def say(text: str) -> None:
    """Print a text."""
    print(text)  # noqa: T201 - this is a command


if __name__ == "__main__":
    sys.exit(main())
