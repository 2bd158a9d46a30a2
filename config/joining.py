"""Several files joined into one document, secrets filled in, every place still known.

Takes the files' contents one after the other; gives one :class:`Tree`. Names must be unique across
files: which of two would win is nothing an operator should have to know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.positions import Tree, parse
from config.problems import ConfigProblems, KeyPath, Problem, Spot, spoken
from config.secrets import Filling, Nowhere, Store

_BY_NAME = ("connections", "syncs")
"""Sections that several files can add to."""


@dataclass(kw_only=True)
class Joined:
    """What the files added so far say together."""

    environment: Mapping[str, str]
    store: Store = field(default_factory=Nowhere)
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_unreadable: bool = False
    """A file could not be parsed, so that what it holds is unknown: nothing more can be judged."""
    secret_places: set[KeyPath] = field(default_factory=set)
    secret_texts: set[str] = field(default_factory=set)
    secret_files: set[Path] = field(default_factory=set)
    _data: dict[str, object] = field(default_factory=dict)
    _values: dict[KeyPath, Spot] = field(default_factory=dict)
    _keys: dict[KeyPath, Spot] = field(default_factory=dict)

    written: dict[KeyPath, object] = field(default_factory=dict)
    """Connections as written, references not filled in."""

    @property
    def tree(self) -> Tree:
        """The joined document."""
        return Tree(data=self._data, values=self._values, keys=self._keys)

    def add(self, file: Path, content: bytes) -> None:
        """Parse one more file and join it to those before."""
        self.files.append(file)
        try:
            tree = parse(file, content)
        except ConfigProblems as error:
            self.problems += error.problems
            self.is_unreadable = True
            return
        filling = Filling(
            tree=tree, folder=file.parent, environment=self.environment, store=self.store
        )
        data = filling.filled()
        self.problems += filling.problems
        self.secret_places |= filling.places
        self.secret_texts |= filling.texts
        self.secret_files |= filling.files
        self._join(tree, data)

    def _join(self, tree: Tree, data: object) -> None:
        for path in tree.values:
            if path[:1] == ("connections",) and len(path) == len(("connections", "NAME")):
                self.written[path] = tree.value(path)
        if not isinstance(data, dict):
            self._tell(tree.spot(()), (), "expected keys with values", "Write connections: first.")
            return
        for path, spot in tree.values.items():
            self._values.setdefault(path, spot)
        for path, spot in tree.keys.items():
            self._keys.setdefault(path, spot)
        for section, content in data.items():
            if content is not None:
                self._join_section(tree, section, content)

    def _join_section(self, tree: Tree, section: str, content: object) -> None:
        present = self._data.get(section)
        if present is None:
            self._data[section] = content
            return
        if not (section in _BY_NAME and isinstance(present, dict) and isinstance(content, dict)):
            self._tell_double(tree, (section,))
            return
        for name in content.keys() & present.keys():
            self._tell_double(tree, (section, name))
        self._data[section] = content | present

    def _tell_double(self, tree: Tree, path: KeyPath) -> None:
        self._tell(
            tree.key_spot(path),
            path,
            "stands in two files",
            f"The other is {self._keys[path]}: keep one, or rename one.",
        )

    def _tell(self, spot: Spot, path: KeyPath, message: str, hint: str) -> None:
        self.problems.append(Problem(spot=spot, where=spoken(path), message=message, hint=hint))
