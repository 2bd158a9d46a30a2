"""Connections: each one's keys checked with the settings model that its type brings.

Takes the written connections and the settings models by type; gives validated settings. Tells
what is wrong as problems and what is unwise (a secret in plain text) as warnings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from config.explain import did_you_mean, explain, listed
from config.fingerprint import connection_fingerprint
from config.positions import Tree
from config.problems import KeyPath, Problem, spoken
from config.snapshot import Connection


@dataclass(kw_only=True)
class ConnectionCheck:
    """Validates connections, gathering problems and warnings."""

    tree: Tree
    settings_by_type: Mapping[str, type[BaseModel]]
    secret_places: set[KeyPath]
    """Values that came from a reference: not in plain text."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def checked(self, written: Mapping[str, object]) -> dict[str, Connection]:
        """Return those of the *written* connections that are right."""
        found = {name: self._connection(name, entry) for name, entry in written.items()}
        return {name: connection for name, connection in found.items() if connection is not None}

    def _connection(self, name: str, entry: object) -> Connection | None:
        if not isinstance(entry, dict):
            return None  # told when the document as a whole is validated
        model = self._model(name, entry)
        if model is None:
            return None
        prefix: KeyPath = ("connections", name)
        keys = {key: value for key, value in entry.items() if key != "type"}
        try:
            settings = model.model_validate(keys)
        except ValidationError as error:
            self.problems += explain(error, model=model, tree=self.tree, prefix=prefix)
            return None
        for path in _secrets(settings, prefix):
            self._warn_of_plain_text(path)
        folder = self.tree.spot(prefix).file.parent
        return Connection(
            name=name,
            type=entry["type"],
            settings=_anchored(settings, folder),
            fingerprint=connection_fingerprint(entry["type"], settings),
        )

    def _model(self, name: str, entry: Mapping[str, object]) -> type[BaseModel] | None:
        word = entry.get("type")
        if isinstance(word, str) and word in self.settings_by_type:
            return self.settings_by_type[word]
        known = sorted(self.settings_by_type)
        path: KeyPath = ("connections", name, "type")
        problem = Problem(
            spot=self.tree.spot(path),
            where=spoken(path),
            message="is missing" if word is None else f"expected {listed(known)}",
            hint=f"Write {listed(known)}." if word is None else did_you_mean(str(word), known),
        )
        self.problems.append(problem)
        return None

    def _warn_of_plain_text(self, path: KeyPath) -> None:
        if path in self.tree.values and path not in self.secret_places:
            warning = Problem(
                spot=self.tree.spot(path),
                where=spoken(path),
                message="a secret stands in the file in plain text",
                hint="Write ${env:NAME} or ${file:PATH} in its place.",
            )
            self.warnings.append(warning)


def _secrets(settings: BaseModel, prefix: KeyPath) -> Iterator[KeyPath]:
    for name, info in type(settings).model_fields.items():
        value, path = getattr(settings, name), (*prefix, info.alias or name)
        if isinstance(value, SecretStr):
            yield path
        elif isinstance(value, BaseModel):
            yield from _secrets(value, path)


def _anchored(settings: BaseModel, folder: Path) -> BaseModel:
    """Return *settings* with relative paths made relative to the configuration's folder."""
    changed: dict[str, object] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path) and not value.is_absolute():
            changed[name] = folder / value
        elif isinstance(value, BaseModel):
            changed[name] = _anchored(value, folder)
    return settings.model_copy(update=changed) if changed else settings
