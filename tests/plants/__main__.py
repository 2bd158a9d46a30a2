"""``python -m tests.plants``: plant each bug in a copy, and see which suite finds it.

Each copy is tested suite by suite, quickest first, until one fails. Prints a table; ends with 1
where a bug was missed. ``--only WORD`` plants those whose part or text has the word.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.plants.adapter_plants import ADAPTER_PLANTS
from tests.plants.plants import PLANTS, Plant

ROOT = Path(__file__).parents[2]
FOLDERS = ("adapters", "benchmarks", "config", "daemon", "deploy", "docs", "state", "tests")
FILES = ("pyproject.toml", "README.md", "Makefile", "CHANGELOG.md")

SUITES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("unit", ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", "tests/core")),
    ("flow", ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", "tests/flow")),
    ("state", ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", "-k",
               "not postgres", "tests/state/test_intents.py", "tests/state/test_mirror.py")),
    ("simulation", ("-m", "tests.simulation.soak", "--seeds", "150", "--jobs", "2")),
    ("stories", ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider",
                 "tests/simulation")),
    ("conformance", ("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", "-k",
                     "hubspot or csv_file or memory", "--timeout", "60",
                     *sorted(str(path.relative_to(ROOT))
                             for path in (ROOT / "tests/conformance").glob("test_adapter_*.py")))),
)  # fmt: skip
"""(name, arguments for Python), the quick ones first."""

LONGEST = 600
"""Seconds after which a suite that does not end counts as having noticed."""


def main() -> int:
    """Plant what was asked for; return how it went as an exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.plants", description=__doc__)
    parser.add_argument("--only", default="", help="a word of the part or of the text")
    parser.add_argument("--all-suites", action="store_true", help="see all that find it")
    parser.add_argument("--sound", action="store_true",
                        help="the suites are known to pass without a plant: do not try")  # fmt: skip
    given = parser.parse_args()
    if not given.sound and not is_sound():
        say("The suites fail without any plant; what they find would mean nothing.")
        return 1
    missed = 0
    say("| part | planted | found by |")
    say("|---|---|---|")
    for plant in (*PLANTS, *ADAPTER_PLANTS):
        if given.only not in f"{plant.part} {plant.what}":
            continue
        finders = found_by(plant, is_thorough=given.all_suites)
        missed += not finders
        say(f"| {plant.part} | {plant.what} | {', '.join(finders) or '**nobody**'} |")
    return 1 if missed else 0


def is_sound() -> bool:
    """Tell whether the suites pass in a copy without a bug."""
    with copied() as copy:
        return not any(fails(copy, arguments) for _, arguments in SUITES)


@contextmanager
def copied() -> Iterator[Path]:
    """Give a copy of the tree, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="crmsyncd-plant-") as name:
        copy = Path(name)
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, copy / folder,
                            ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        for file in FILES:
            shutil.copy2(ROOT / file, copy / file)
        yield copy


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def found_by(plant: Plant, *, is_thorough: bool) -> list[str]:
    """Plant a bug in a copy and return the suites that fail there."""
    with copied() as copy:
        put(plant, copy)
        finders = []
        for suite, arguments in SUITES:
            if suite in plant.suites and fails(copy, arguments):
                finders.append(suite)
                if not is_thorough:
                    break
        return finders


def put(plant: Plant, root: Path) -> None:
    """Write the bug into the tree at *root*. Raises ValueError where its place is not there."""
    path = root / plant.file
    text = path.read_text("utf-8")
    if text.count(plant.before) != 1:
        raise ValueError(f"{plant.file} does not hold once what is to be spoiled: {plant.what}")
    path.write_text(text.replace(plant.before, plant.after), "utf-8")


def fails(root: Path, arguments: tuple[str, ...]) -> bool:
    """Run a suite in *root*; tell whether it notices."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=root,
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
