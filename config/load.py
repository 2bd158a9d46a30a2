"""Files and environment to one immutable snapshot, or every problem at once with its place.

READ THIS FIRST to see how a configuration is read: find the files, parse each, fill in secrets,
join them, validate the document, check connections with their types' settings, and look at what
only shows when all parts are seen together. Nothing here knows a vendor: the settings models are
handed in.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ValidationError

from config.connections import ConnectionCheck
from config.crosscheck import cross_check, unknown_connections, unused
from config.explain import explain
from config.joining import Joined
from config.model import Document, Sync
from config.pair import End, Pair
from config.positions import MAX_BYTES, Tree
from config.problems import ConfigProblems, Problem, Spot
from config.secrets import Nowhere, Store
from config.snapshot import Config

_SUFFIXES = (".yaml", ".yml")
_SECRET_LENGTH = 4
"""Shortest secret blotted out of messages; shorter ones would blot out ordinary words."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def load(
    path: Path,
    settings_by_type: Mapping[str, type[BaseModel]],
    environment: Mapping[str, str],
    *,
    default_objects: Mapping[str, str] = _NOTHING,
    store: Store | None = None,
) -> Config:
    """Return the configuration in the file *path*, or in all YAML files of the folder *path*.

    *settings_by_type* holds the settings model behind each ``type:`` word, *default_objects* the
    object meant where an end names none, *store* what ``${stored:…}`` refers to. Raises
    ConfigProblems with everything that is wrong.
    """
    contents = {file: content_of(file) for file in config_files(path)}
    return load_contents(
        contents, settings_by_type, environment, default_objects=default_objects, store=store
    )


def config_files(path: Path) -> Sequence[Path]:
    """Return the files that make up the configuration at *path*. Raises ConfigProblems if none."""
    if path.is_dir():
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix in _SUFFIXES and not file.name.startswith(".") and file.is_file()
        )
        if not files:
            raise _refusal(path, "the folder holds no *.yaml file", "Write one into it.")
        return files
    if not path.exists():
        raise _refusal(path, "there is no such file or folder", "Name one with --config PATH.")
    return [path]


def load_contents(
    contents: Mapping[Path, bytes],
    settings_by_type: Mapping[str, type[BaseModel]],
    environment: Mapping[str, str],
    *,
    default_objects: Mapping[str, str] = _NOTHING,
    store: Store | None = None,
) -> Config:
    """Return the configuration whose files have these *contents*; see :func:`load`."""
    joined = Joined(environment=environment, store=store or Nowhere())
    for file, content in contents.items():
        joined.add(file, content)
    if joined.is_unreadable:
        raise ConfigProblems(joined.problems, secret_files=joined.secret_files)
    config, problems = _judged(joined, settings_by_type, default_objects)
    if problems:
        told = [_clean(problem, joined.secret_texts) for problem in problems]
        raise ConfigProblems(told, secret_files=joined.secret_files)
    return config


def _judged(
    joined: Joined,
    settings_by_type: Mapping[str, type[BaseModel]],
    default_objects: Mapping[str, str],
) -> tuple[Config, Sequence[Problem]]:
    """Return the configuration as far as it is right, and what is wrong with it."""
    tree = joined.tree
    document, problems = _document(tree)
    check = ConnectionCheck(
        tree=tree, settings_by_type=settings_by_type, secret_places=joined.secret_places
    )
    written = _section(tree, "connections")
    connections = check.checked(written)
    types = {name: connection.type for name, connection in connections.items()}
    objects = {name: default_objects.get(word, "") for name, word in types.items()}
    syncs = {name: _with_objects(sync, objects) for name, sync in _right_syncs(tree).items()}
    config = Config(
        connections=MappingProxyType(connections),
        syncs=MappingProxyType(syncs),
        service=document.service,
        retention=document.retention,
        warnings=tuple(sorted([*check.warnings, *unused(written.keys(), syncs, tree)])),
        files=tuple(joined.files),
        secret_files=tuple(sorted(joined.secret_files)),
        places={name: tree.key_spot(("syncs", name)) for name in syncs},
    )
    untold = {(problem.spot, problem.where) for problem in joined.problems}
    found = [
        *problems,
        *check.problems,
        *unknown_connections(tree, written.keys()),
        *cross_check(syncs, tree),
    ]
    fresh = [problem for problem in found if (problem.spot, problem.where) not in untold]
    return config, [*joined.problems, *fresh]


def _document(tree: Tree) -> tuple[Document, Sequence[Problem]]:
    try:
        return Document.model_validate(tree.data), ()
    except ValidationError as error:
        return Document(), tuple(explain(error, model=Document, tree=tree))


def _section(tree: Tree, name: str) -> Mapping[str, object]:
    section = tree.data.get(name) if isinstance(tree.data, dict) else None
    return section if isinstance(section, dict) else {}


def _right_syncs(tree: Tree) -> Mapping[str, Sync]:
    """Return the syncs that are right by themselves; the others were told with the document."""
    right: dict[str, Sync] = {}
    for name, written in _section(tree, "syncs").items():
        with suppress(ValidationError):
            right[name] = Sync.model_validate(written)
    return right


def _with_objects(sync: Sync, objects: Mapping[str, str]) -> Sync:
    """Return *sync* with the main object of its connection at every end that names none."""

    def named(end: End | None) -> End | None:
        if end is None or end.object:
            return end
        return end.model_copy(update={"object": objects.get(end.connection, "")})

    def both(pair: Pair) -> Pair:
        return pair.model_copy(update={"source": named(pair.source), "crm": named(pair.crm)})

    several = None if sync.several is None else tuple(both(pair) for pair in sync.several)
    ends = {"source": named(sync.source), "crm": named(sync.crm), "several": several}
    return sync.model_copy(update=ends)


def _clean(problem: Problem, secrets: AbstractSet[str]) -> Problem:
    """Return *problem* without any secret that a settings model may have put into its words."""
    message, hint = problem.message, problem.hint
    for secret in secrets:
        if len(secret) >= _SECRET_LENGTH:
            message, hint = message.replace(secret, "***"), hint.replace(secret, "***")
    return replace(problem, message=message, hint=hint)


def content_of(file: Path) -> bytes:
    """Return a file's bytes, up to one more than is allowed. Raises ConfigProblems."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise _refusal(file, f"cannot be read ({reason})", "Check its permissions.") from None


def _refusal(path: Path, message: str, hint: str) -> ConfigProblems:
    return ConfigProblems([Problem(spot=Spot(file=path), where="", message=message, hint=hint)])
