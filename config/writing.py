"""Adding connections and syncs to a configuration file, comments and all else kept.

Takes what to add as plain values; writes one file, atomically, after the whole configuration with
the addition was found right. Promises: nothing that stands there is changed or overwritten, and
after a crash the file is either the old or the new one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config.inserting import extended
from config.joining import Joined
from config.load import config_files, content_of, load_contents
from config.positions import Tree
from config.problems import ConfigProblems, KeyPath, Problem, Spot, spoken
from config.secrets import Store

_NEW_FILE_MODE = 0o600
"""A configuration may hold secrets."""

Keys = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """Named connections and syncs, as plain values that YAML can hold."""

    connections: Mapping[str, Keys]
    syncs: Mapping[str, Keys]


def append(
    path: Path,
    addition: Addition,
    settings_by_type: Mapping[str, type[BaseModel]],
    environment: Mapping[str, str],
    *,
    default_objects: Mapping[str, str],
    store: Store | None = None,
) -> Path:
    """Add *addition* to the configuration at *path*; return the file written.

    *path* is a file, which is made if need be, or a folder, in which the first sync gets a file of
    its name. A connection that stands there with the same keys is used as it is. Raises
    ConfigProblems where a name is taken or the result would not be right; nothing is written then.
    """
    name = next(iter([*addition.syncs, "connections"]))
    file = path / f"{name}.yaml" if path.is_dir() else path
    contents = _contents(path)
    fresh = _without_known(addition, contents, environment)
    before = contents.get(file, b"")
    after = extended(file, before, {"connections": fresh.connections, "syncs": fresh.syncs})
    load_contents(
        {**contents, file: after},
        settings_by_type,
        environment,
        default_objects=default_objects,
        store=store,
    )
    if file in contents and content_of(file) != before:
        raise _refusal(Spot(file=file), (), "was changed meanwhile", "Nothing was written: repeat.")
    try:
        _write(file, after)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        message = f"cannot be written ({reason})"
        raise _refusal(Spot(file=file), (), message, "Add the lines by hand.") from None
    return file


def written_connection(path: Path, name: str) -> Keys | None:
    """Return the keys of a connection as they stand, references and all; None where it is not.

    Raises ConfigProblems where the configuration cannot be read.
    """
    joined = Joined(environment={})
    for file, content in _contents(path).items():
        joined.add(file, content)
    if joined.is_unreadable:
        raise ConfigProblems(joined.problems)
    found = joined.written.get(("connections", name))
    return found if isinstance(found, dict) else None


def _contents(path: Path) -> dict[Path, bytes]:
    is_new = not path.exists() or (path.is_dir() and not any(path.glob("*.y*ml")))
    return {} if is_new else {file: content_of(file) for file in config_files(path)}


def _without_known(
    addition: Addition, contents: Mapping[Path, bytes], environment: Mapping[str, str]
) -> Addition:
    """Return *addition* without connections that are there already. Raises where names clash."""
    joined = Joined(environment=environment)
    for each, content in contents.items():
        joined.add(each, content)
    if joined.is_unreadable:
        raise ConfigProblems(joined.problems)
    tree = joined.tree
    for name in addition.syncs:
        _refuse_taken(tree, ("syncs", name))
    fresh: dict[str, Keys] = {}
    for name, keys in addition.connections.items():
        there = joined.written.get(("connections", name))
        if there is None:
            fresh[name] = keys
        elif there != dict(keys):
            _refuse_taken(tree, ("connections", name))
    return Addition(connections=fresh, syncs=addition.syncs)


def _refuse_taken(tree: Tree, path: KeyPath) -> None:
    if path in tree.values:
        raise _refusal(tree.spot(path), path, "exists already", "Choose another name.")


def _refusal(spot: Spot, path: KeyPath, message: str, hint: str) -> ConfigProblems:
    return ConfigProblems([Problem(spot=spot, where=spoken(path), message=message, hint=hint)])


def _write(file: Path, content: bytes) -> None:
    """Replace *file* as a whole: after a crash it is the old one or the new one."""
    mode = file.stat().st_mode & 0o777 if file.exists() else _NEW_FILE_MODE
    target = file.resolve()
    draft = target.with_name(f".{target.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as opened:
        os.fchmod(opened.fileno(), mode)
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(target)
