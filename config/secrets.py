"""References to secrets: ``${env:NAME}``, ``${file:PATH}``, and ``${stored:NAME}`` in a connection.

Takes a parsed file; gives its values with every reference filled in, and the list of places and
files they came from. What is stored is asked of whoever keeps it, with the place of the reference:
a stored secret serves the connection, the type and the key it was given for, and no other. ``$${env:NAME}`` stays as the text ``${env:NAME}``. No message ever holds a
secret's content.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.explain import did_you_mean
from config.positions import Tree
from config.problems import KeyPath, Problem, spoken

MAX_SECRET_BYTES = 64 * 1024
"""Largest secret file read: keys and certificates are far smaller."""

_REFERENCE = re.compile(r"\$?\$\{([^{}]*)\}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


STORED = "stored"
"""The word before the connection's name in a reference to a stored secret."""


class Unavailable(Exception):
    """A reference leads nowhere; the arguments are the message and the hint."""


class Store(Protocol):
    """Keeps secrets of connections."""

    @property
    def files(self) -> Collection[Path]:
        """Files that what it gives depends on, to be watched."""
        ...

    def secret(self, connection: str, kind: str, setting: str) -> str:
        """Return the secret of a connection's key. Raises Unavailable."""
        ...


class Nowhere:
    """Keeps nothing: where a configuration is read without a state."""

    files: Collection[Path] = ()

    def secret(self, connection: str, kind: str, setting: str) -> str:
        """Raise Unavailable."""
        del kind, setting
        raise Unavailable(
            f"no state is at hand that could hold the secret of {connection}",
            "Name it with --state.",
        )


@dataclass(kw_only=True)
class Filling:
    """Fills in one file's references, gathering problems instead of raising them."""

    tree: Tree
    folder: Path
    """Where relative secret files are looked for."""
    environment: Mapping[str, str]
    store: Store = field(default_factory=Nowhere)
    places: set[KeyPath] = field(default_factory=set)
    """Values that hold a reference, filled in or not."""
    texts: set[str] = field(default_factory=set)
    """The secrets themselves, so that messages can be kept clean of them."""
    files: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def filled(self) -> object:
        """Return the tree's values with all references replaced."""
        return self._value(self.tree.data, ())

    def _value(self, value: object, path: KeyPath) -> object:
        if isinstance(value, dict):
            return {key: self._value(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner, (*path, index)) for index, inner in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return _REFERENCE.sub(lambda found: self._text(found, path), value)
        return value

    def _text(self, found: re.Match[str], path: KeyPath) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        self.places.add(path)
        try:
            text = self._looked_up(found[1], path)
        except Unavailable as reason:
            message, hint = reason.args
            spot = self.tree.spot(path)
            problem = Problem(spot=spot, where=spoken(path), message=message, hint=hint)
            self.problems.append(problem)
            return ""
        self.texts.add(text)
        return text

    def _looked_up(self, reference: str, path: KeyPath) -> str:
        word, colon, rest = reference.partition(":")
        if word == "env" and _ENVIRONMENT_NAME.fullmatch(rest):
            return self._from_environment(rest)
        if word == "file" and rest.strip():
            return self._from_file(rest.strip())
        if word == STORED:
            return self._from_store(rest.strip(), path)
        if not colon and _ENVIRONMENT_NAME.fullmatch(word):
            raise Unavailable(
                "a reference does not say where to look", f"Write ${{env:{word}}} for a variable."
            )
        raise Unavailable(
            "not a reference this release knows",
            "Write ${env:NAME}, ${file:PATH} or ${stored:CONNECTION}, or $${ for the characters.",
        )

    def _from_store(self, name: str, path: KeyPath) -> str:
        section, owner, *rest = (*path, "", "")
        if section != "connections" or not rest[0]:
            raise Unavailable(
                "a stored secret serves the connection it was given for, and stands only there",
                "Write ${env:NAME} or ${file:PATH} here.",
            )
        if name != owner:
            raise Unavailable(
                f"a secret stored for {name!r} does not serve {owner!r}",
                f"Give one for it: crmsyncd connect TYPE {owner}",
            )
        kind = self.tree.value(("connections", owner, "type"))
        setting = ".".join(str(part) for part in rest if part != "")
        try:
            return self.store.secret(str(owner), str(kind), setting)
        finally:
            self.files.update(self.store.files)

    def _from_environment(self, name: str) -> str:
        text = self.environment.get(name)
        if text is None:
            hint = did_you_mean(name, self.environment) or "Set it where the daemon runs."
            raise Unavailable(f"the environment variable {name} is not set", hint)
        if not text.strip():
            raise Unavailable(f"the environment variable {name} is empty", "Give it its value.")
        return text

    def _from_file(self, name: str) -> str:
        file = self.folder / name
        self.files.add(file)
        text = _file_text(file).removesuffix("\n").removesuffix("\r")
        if not text.strip():
            raise Unavailable(f"the secret file {file} is empty", "Write the secret into it.")
        return text


def _file_text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Unavailable(
            f"the secret file {file} cannot be read ({reason})",
            "Paths are relative to the configuration file; check its name and its permissions.",
        ) from None
    if len(content) > MAX_SECRET_BYTES:
        raise Unavailable(f"the secret file {file} is too large", "Is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unavailable(f"the secret file {file} is not UTF-8", "Is it the right one?") from None
