"""The reference of all keys, written from the models so that it cannot go stale.

Takes the settings models by type; gives ``configuration.md`` and ``config.schema.json``. A test
compares the committed files with fresh ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter

from config.scalars import duration_text
from config.schema import json_schema, schema_bytes

SCHEMA_FILE = "config.schema.json"
REFERENCE_FILE = "configuration.md"

_Schema = Mapping[str, Any]

_FORMATS = {"date": "date", "path": "path", "password": "secret", "duration": "duration"}
_KINDS = {
    "boolean": "yes or no",
    "integer": "number",
    "number": "number",
    "object": "keys",
    "string": "text",
    "null": "nothing",
}
_QUOTE = '"'

_INTRODUCTION = """\
# Configuration

Every key, its type, its default and what it is for. Written from the models by
`config.reference`; do not edit.

A configuration is one YAML file or a folder of them. A sync needs two connections and its two ends;
everything else has a safe default. Ready files are in `config/examples/`.

- **Secrets**: `${env:NAME}` and `${file:PATH}` stand for an environment variable and for a file's
  content (relative to the configuration file; the last line end is dropped), anywhere in a value.
  In a connection `${stored:NAME}`, with its own name, stands for the secret that `crmsyncd connect`
  keeps encrypted ([connecting.md](connecting.md)).
  `$${` stands for the characters themselves.
- **Relative paths** start at the folder of the file that holds them.
- **Words**: YAML 1.2, so `no` is text wherever yes or no is not asked for: the country `NO` needs
  no quotes. Durations are `30s`, `5m`, `2h`, `7d`, `1w`, `hourly`, `daily` or `weekly`.
- **Editors** complete and check with `# yaml-language-server: $schema=` and the path of
  `config.schema.json` in the first line.
"""


def write_reference(folder: Path, settings_by_type: Mapping[str, type[BaseModel]]) -> list[Path]:
    """Write the JSON Schema and the reference of keys into *folder*; return the files."""
    schema, reference = folder / SCHEMA_FILE, folder / REFERENCE_FILE
    schema.write_bytes(schema_bytes(settings_by_type))
    reference.write_text(reference_text(settings_by_type), encoding="utf-8")
    return [schema, reference]


def reference_text(settings_by_type: Mapping[str, type[BaseModel]]) -> str:
    """Return the reference of all keys as Markdown."""
    schema = json_schema(settings_by_type)
    definitions = schema["$defs"]
    sections = [_INTRODUCTION, *_sections("", schema, definitions)]
    for word in sorted(settings_by_type):
        path = f"connections.NAME (type: {word})"
        sections += _sections(path, definitions[f"connection.{word}"], definitions)
    sections += _sections("syncs.NAME", definitions["Sync"], definitions)
    return "\n".join(sections)


def _sections(path: str, schema: _Schema, definitions: _Schema) -> Iterator[str]:
    """Give the section of *schema* and those of the keys inside it, each model once."""
    yield from _Reference(definitions=definitions).sections(path, schema)


@dataclass(kw_only=True)
class _Reference:
    """Writes sections, remembering which models were described already."""

    definitions: _Schema
    described: list[_Schema] = field(default_factory=list)

    def sections(self, path: str, schema: _Schema) -> Iterator[str]:
        """Give the section of *schema* at *path* and those of the keys inside it."""
        if any(schema is each for each in self.described):
            return
        self.described.append(schema)
        rows = [self._row(key, schema) for key in schema["properties"]]
        intro = [_line(schema["description"]), ""] if path and "description" in schema else []
        table = ["| key | type | default | meaning |", "|---|---|---|---|", *rows, ""]
        yield "\n".join([f"## `{path}`" if path else "## Top level", "", *intro, *table])
        below = [
            (suffix, f"{path}.{key}{suffix}".lstrip("."), inner)
            for key, written in schema["properties"].items()
            for suffix, inner in self._inner(written)
        ]
        for _, inner_path, inner in sorted(below, key=lambda entry: "[]" in entry[0]):
            yield from self.sections(inner_path, inner)

    def _row(self, key: str, schema: _Schema) -> str:
        written = schema["properties"][key]
        kind = self._kind(written)
        is_required = key in schema.get("required", [])
        default = "**required**" if is_required else _default(written, kind)
        meaning = written.get("description", "")
        return f"| `{key}` | {_line(kind)} | {default} | {_line(meaning)} |"

    def _inner(self, written: _Schema) -> Iterator[tuple[str, _Schema]]:
        """Give the models inside *written* with what their path ends in."""
        schema = self._resolved(written)
        if "properties" in schema and "allOf" not in schema:
            yield "", schema
        for option in schema.get("anyOf", []):
            yield from self._inner(option)
        for part, suffix in (("items", "[]"), ("additionalProperties", ".NAME")):
            if isinstance(schema.get(part), dict):
                for deeper, inner in self._inner(schema[part]):
                    yield suffix + deeper, inner

    def _resolved(self, schema: _Schema) -> _Schema:
        """Return what *schema* refers to; of alternatives the one that is not null, if single."""
        options = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
        if "$ref" in schema:
            return self._resolved(self.definitions[schema["$ref"].rpartition("/")[2]])
        return self._resolved(options[0]) if len(options) == 1 else schema

    def _kind(self, written: _Schema) -> str:
        schema = self._resolved(written)
        if "const" in schema:
            return f"`{orjson.dumps(schema['const']).decode().strip(_QUOTE)}`"
        if "enum" in schema:
            return ", ".join(f"`{word}`" for word in schema["enum"])
        if "anyOf" in schema:
            options = [each for each in schema["anyOf"] if each.get("type") != "null"]
            words = dict.fromkeys(self._kind(each) for each in options)
            return "yes or no" if "yes or no" in words else " or ".join(words)
        if schema.get("type") == "array":
            item = self._kind(schema.get("items", {}))
            return f"list of ({item})" if " or " in item else f"list of {item}"
        return _plain_kind(schema)


def _plain_kind(schema: _Schema) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "weekly" in schema.get("pattern", ""):
        return "duration"
    kind = _KINDS.get(schema.get("type", ""), "any")
    bounds = (schema.get("minimum"), schema.get("maximum"))
    return kind if None in bounds else f"{kind} {bounds[0]} to {bounds[1]}"


def _default(written: _Schema, kind: str) -> str:
    default = written.get("default")
    if default is None or isinstance(default, dict) or default in ("", []):
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if kind == "duration" and default.startswith("P"):
        return f"`{duration_text(TypeAdapter(timedelta).validate_python(default))}`"
    return f"`{default if isinstance(default, str) else orjson.dumps(default).decode()}`"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
