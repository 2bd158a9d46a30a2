"""The product as text and as syntax trees; what every rule of this folder reads.

A rule is a function from one :class:`Source` to a list of complaints, so that the same rule judges
the product and, in the tests beside it, a bad snippet that it must catch.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("daemon", "adapters", "state", "config")
GENERATED = "state/migrations/versions/"  # written by Alembic, read by nobody twice

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file: its path below the root, with ``/``, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError where the file is no Python."""
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """The dotted name this file is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """The package that a relative import of this file starts from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for: ``{"dt": "datetime.datetime"}``."""
        return {
            alias.asname or alias.name.partition(".")[0]: target
            for node in ast.walk(self.tree)
            for alias, target in _aliases(node)
        }

    def meaning(self, node: ast.AST) -> str:
        """The dotted name an expression stands for, imports resolved; "" for anything else.

        A bare name that was never imported stands for itself (a builtin), but nothing is known
        of its attributes: a local called ``requests`` is not the library.
        """
        if isinstance(node, ast.Attribute):
            owner = self._imported(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        return ""

    def _imported(self, node: ast.AST) -> str:
        return self.names.get(node.id, "") if isinstance(node, ast.Name) else self.meaning(node)

    def line(self, number: int) -> str:
        """The text of a line, counted from one."""
        return self.text.splitlines()[number - 1]

    def complain(self, node: ast.AST | int, what: str) -> str:
        """Word a complaint as ``path:line: what``."""
        return (
            f"{self.path}:{node if isinstance(node, int) else getattr(node, 'lineno', 1)}: {what}"
        )


Rule = Callable[[Source], list[str]]


def complaints(rule: Rule, sources: Iterable[Source]) -> list[str]:
    """Everything a rule has to say about these files."""
    return [complaint for source in sources for complaint in rule(source)]


def product() -> list[Source]:
    """Every Python file of the product."""
    return python_files(*PRODUCT)


def python_files(*folders: str) -> list[Source]:
    """Every Python file below these folders, in order."""
    return [source for source in texts(*folders) if source.path.endswith(".py")]


def texts(*folders: str) -> list[Source]:
    """Every text file below these folders, in order."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return _sources(path for path in found if "__pycache__" not in path.parts)


def texts_in(folder: Path) -> list[Source]:
    """Every text file of one folder, but none below it."""
    return _sources(sorted(folder.iterdir()))


def _sources(paths: Iterable[Path]) -> list[Source]:
    return [
        Source(path.relative_to(ROOT).as_posix(), text)
        for path in paths
        if path.is_file()
        if (text := _text(path)) is not None
    ]


def definitions(tree: ast.AST) -> Iterator[Definition]:
    """Every function of a file, methods and inner ones included."""
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            yield node


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None  # an image, or a sample in another encoding


def _aliases(node: ast.AST) -> Iterator[tuple[ast.alias, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias, alias.name if alias.asname else alias.name.partition(".")[0]
    if isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            yield alias, f"{node.module}.{alias.name}"
