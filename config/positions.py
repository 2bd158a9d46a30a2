"""YAML text to plain values, with the place of every key and value.

Takes one file's bytes; gives a :class:`Tree`. Scalars follow the YAML 1.2 core schema, so that the
country ``NO`` and the word ``off`` stay text; numbers with leading zeros (``01067``) and dates stay
text too. Refuses what has no place in a configuration: duplicate keys, tags, several documents,
text that is not UTF-8, and files built to exhaust memory or the stack.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml

from config.problems import ConfigProblems, KeyPath, Problem, Spot, spoken

MAX_BYTES = 1024 * 1024
"""Largest file read: a thousand syncs take a quarter of this."""
MAX_DEPTH = 40
"""Deepest nesting: ours needs 8, and the C parser overruns its stack at some ten thousand."""
MAX_NODES = 100_000
"""Most values in one file once aliases are followed, so that a few lines cannot become billions."""

_CORE = "tag:yaml.org,2002:"
RESOLVED: Mapping[str, tuple[str, str]] = {
    "null": (r"^(?:~|null|Null|NULL|)$", "~nN"),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "int": (r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
    "float": (
        r"^[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,17})?(?:[eE][-+]?[0-9]{1,3})?$",
        "-+0123456789",
    ),
}

_PLAIN: Mapping[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
}


class CoreLoader(yaml.CSafeLoader):
    """The C parser with the YAML 1.2 core schema in place of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in the base


for _word, (_pattern, _first) in RESOLVED.items():
    _firsts = [*_first, ""] if _word == "null" else list(_first)
    CoreLoader.add_implicit_resolver(_CORE + _word, re.compile(_pattern), _firsts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """A document as plain values, and where each of them was written."""

    data: object
    values: Mapping[KeyPath, Spot]
    keys: Mapping[KeyPath, Spot]

    def value(self, path: KeyPath) -> object:
        """Return the value at *path*, or None where nothing stands there."""
        found = self.data
        for part in path:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int):
                found = found[part] if part < len(found) else None
            else:
                return None
        return found

    def spot(self, path: KeyPath) -> Spot:
        """Return the place of the value at *path*: its key where the value spans lines.

        Parts at the end that were not written are left off, so a missing key is shown where the
        mapping that lacks it begins.
        """
        for length in range(len(path), -1, -1):
            found = self.values.get(path[:length])
            if found is not None:
                return found
        raise KeyError(path)

    def key_spot(self, path: KeyPath) -> Spot:
        """Return the place of the key at *path*, or of its value where it has none."""
        return self.keys.get(path) or self.spot(path)


def parse(file: Path, content: bytes) -> Tree:
    """Return the tree of a file's *content*.

    Raises ConfigProblems for what cannot be read at all, and for everything that a walk over the
    whole document finds amiss.
    """
    text = _decoded(file, content)
    root = _composed(file, text)
    if root is None:
        raise _refusal(Spot(file=file), "the file is empty", "Write connections: and syncs: in it.")
    walk = _Walk(file=file)
    data = walk.value(root, ())
    if walk.problems:
        raise ConfigProblems(walk.problems)
    return Tree(data=data, values=walk.values, keys=walk.keys)


def _refusal(spot: Spot, message: str, hint: str) -> ConfigProblems:
    return ConfigProblems([Problem(spot=spot, where="", message=message, hint=hint)])


def _decoded(file: Path, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refusal(
            Spot(file=file),
            f"the file is larger than {MAX_BYTES // 1024} KiB",
            "Split it into several files in a folder, and check that it is a configuration.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        spot = Spot(
            file=file,
            line=before.count(b"\n") + 1,
            column=len(before.rpartition(b"\n")[2].decode("utf-8-sig", "replace")) + 1,
        )
        raise _refusal(spot, "the file is not UTF-8", "Save it with the encoding UTF-8.") from None


def _composed(file: Path, text: str) -> yaml.Node | None:
    try:
        deep = _too_deep(file, text)
        if deep is not None:
            raise _refusal(
                deep,
                f"nested more than {MAX_DEPTH} levels deep",
                "A configuration needs no more than 8: look for stray brackets.",
            )
        return yaml.compose(text, Loader=CoreLoader)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        spot = Spot(
            file=file,
            line=before.count("\n") + 1,
            column=len(before.rpartition("\n")[2]) + 1,
        )
        raise _refusal(spot, "a control character is not allowed here", "Delete it.") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_problem(file, text, error) from None


def _too_deep(file: Path, text: str) -> Spot | None:
    """Return where nesting passes the limit; events are read without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=CoreLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return _spot(file, event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _syntax_problem(file: Path, text: str, error: yaml.MarkedYAMLError) -> ConfigProblems:
    is_unclosed = "end of stream" in (error.problem or "")
    mark = error.context_mark if is_unclosed else error.problem_mark
    spot = _spot(file, mark or error.problem_mark)
    lines = text.splitlines()
    line = lines[spot.line - 1] if spot.line <= len(lines) else ""
    reason = ", ".join(word for word in (error.context, error.problem) if word)
    if "\t" in line[: spot.column]:
        return _refusal(spot, "a tab stands where spaces are needed", "Indent with spaces.")
    if error.context == "expected a single document in the stream":
        return _refusal(spot, "a second document begins here", "Put it into a file of its own.")
    return _refusal(spot, f"not valid YAML: {reason}", _syntax_hint(reason))


def _syntax_hint(reason: str) -> str:
    if "mapping values are not allowed" in reason:
        return 'Check the indentation, and put text that holds ": " in quotes.'
    if "cannot start any token" in reason:
        return "Put text that begins with a special character in quotes."
    if "alias" in reason:
        return 'Put text that begins with "*" in quotes.'
    return "Check brackets, quotes and indentation at this place and just above."


class _Mark(Protocol):
    """A parser's mark, counting from 0."""

    line: int
    column: int


def _spot(file: Path, mark: _Mark | None) -> Spot:
    if mark is None:  # the parser marks everything it reads
        return Spot(file=file)
    return Spot(file=file, line=mark.line + 1, column=mark.column + 1)


@dataclass(kw_only=True)
class _Walk:
    """Turns nodes into plain values, gathering places and problems on the way."""

    file: Path
    values: dict[KeyPath, Spot] = field(default_factory=dict)
    keys: dict[KeyPath, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    open_nodes: set[int] = field(default_factory=set)
    count: int = 0

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        """Return the plain value of *node*, noting the place of everything in it."""
        here = _spot(self.file, node.start_mark)
        self.count += 1
        if self.count > MAX_NODES:
            raise _refusal(here, f"more than {MAX_NODES} values", "Use fewer aliases.")
        if id(node) in self.open_nodes:
            raise _refusal(here, "an alias stands inside its own anchor", "Write it out.")
        is_collection = isinstance(node, yaml.CollectionNode)
        self.values[path] = self.keys.get(path, here) if is_collection else here
        self.open_nodes.add(id(node))
        try:
            return self._content(node, path)
        finally:
            self.open_nodes.discard(id(node))

    def _content(self, node: yaml.Node, path: KeyPath) -> object:
        if isinstance(node, yaml.MappingNode) and node.tag == _CORE + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _CORE + "seq":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._tell(node, path, "YAML tags are not used here", "Delete the word after the '!'.")
        return None

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        entries: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._tell(key, path, "a key must be a single word or text", "")
                continue
            inner = (*path, key.value)
            if key.value in entries:
                first = self.keys[inner]
                hint = f"It stands on line {first.line} already: keep one of the two."
                self._tell(key, inner, "the same key twice", hint)
                continue
            self.keys[inner] = _spot(self.file, key.start_mark)
            entries[key.value] = self.value(value, inner)
        return entries

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> object:
        text: str = node.value
        word = node.tag.removeprefix(_CORE)
        if word == "str":
            return text
        if word not in RESOLVED or not re.match(RESOLVED[word][0], text):
            self._tell(node, path, "YAML tags are not used here", "Delete the word after the '!'.")
            return None
        return _PLAIN[word](text)

    def _tell(self, node: yaml.Node, path: KeyPath, message: str, hint: str) -> None:
        spot = _spot(self.file, node.start_mark)
        self.problems.append(Problem(spot=spot, where=spoken(path), message=message, hint=hint))
