"""The regulations that ship with the product, read from ``config/compliance``.

One file each. Raises ConfigProblems with every problem of every file at its place.
"""

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from config.explain import explain
from config.positions import parse
from config.problems import ConfigProblems, Problem, Spot
from daemon.core.compliance.jurisdiction import Book
from daemon.core.compliance.regulation import Regulation

FOLDER = Path(__file__).resolve().parent / "compliance"
"""Where the files lie."""


@lru_cache(maxsize=1)
def regulations() -> Book:
    """Return the regulations of this release."""
    return read_regulations(FOLDER)


def read_regulations(folder: Path) -> Book:
    """Return the regulations in *folder*, in order of their ids. Raises ConfigProblems."""
    problems: list[Problem] = []
    found: list[Regulation] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append(_regulation(file))
        except ConfigProblems as error:
            problems += error.problems
    if not problems and not found:
        problems.append(_told(folder, "the folder holds no *.yaml file", "Install it anew."))
    if problems:
        raise ConfigProblems(problems)
    return Book(regulations=tuple(found))


def _regulation(file: Path) -> Regulation:
    tree = parse(file, file.read_bytes())
    try:
        found = Regulation.model_validate(tree.data)
    except ValidationError as error:
        raise ConfigProblems(explain(error, model=Regulation, tree=tree)) from None
    if found.id != file.stem:
        raise ConfigProblems(
            [_told(file, f'its id is "{found.id}"', "The file is named after its id.")]
        )
    return found


def _told(path: Path, message: str, hint: str) -> Problem:
    return Problem(spot=Spot(file=path), where="", message=message, hint=hint)
