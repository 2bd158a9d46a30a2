"""What can be wrong with a configuration: every problem at once, each with its place.

Promise: no message holds a secret, nor any value written under ``connections``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of the document: ``("syncs", "news", "pairs", 0)``."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Spot:
    """A place in a file as editors count: line and column begin at 1."""

    file: Path
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Problem:
    """One thing to put right: where it stands, what is expected and what to do next."""

    spot: Spot
    where: str
    """The key as a person says it, ``syncs.news.direction``; empty for the file as a whole."""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        subject = f"{self.where}: " if self.where else ""
        advice = f" {self.hint}" if self.hint else ""
        return f"{self.spot}: {subject}{self.message}.{advice}"


class ConfigProblems(ValueError):
    """The configuration cannot be used; ``problems`` tells all reasons in order of place."""

    def __init__(self, problems: Iterable[Problem], *, secret_files: Iterable[Path] = ()) -> None:
        self.problems: Sequence[Problem] = tuple(sorted(set(problems)))
        self.secret_files: Sequence[Path] = tuple(sorted(secret_files))
        """Files that secrets were looked for in: a change of one may put things right."""
        super().__init__("\n".join(str(problem) for problem in self.problems))


def spoken(path: KeyPath) -> str:
    """Return *path* as text: ``syncs.news.fields."Company Name".to``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        is_plain = part != "" and all(letter.isalnum() or letter in "_-" for letter in part)
        word = part if is_plain else f'"{part}"'
        text += f".{word}" if text else word
    return text
