"""The JSON Schema of a configuration, for editors and for checks outside the product.

Takes the settings models by type; gives one schema in which ``type`` decides a connection's keys.
The same models give the same bytes.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from config.model import Document

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(settings_by_type: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Return the schema of a configuration whose connections may have these types."""
    models: list[type[BaseModel]] = [Document, *dict.fromkeys(settings_by_type.values())]
    names, shared = models_json_schema([(model, "validation") for model in models])
    definitions = shared["$defs"]
    own = {model: names[model, "validation"]["$ref"].rpartition("/")[2] for model in models}
    document = definitions[own[Document]]
    for word, model in sorted(settings_by_type.items()):
        definitions[_definition(word)] = _typed(definitions[own[model]], word)
    for name in own.values():
        del definitions[name]
    connections = document["properties"]["connections"]["patternProperties"]
    connections.update(dict.fromkeys(connections, _by_type(settings_by_type)))
    for section in ("connections", "syncs"):
        document["properties"][section]["additionalProperties"] = False
    return {
        "$schema": _DIALECT,
        **_portable(document),
        "title": "crmsyncd configuration",
        "$defs": _portable(dict(sorted(definitions.items()))),
    }


def schema_bytes(settings_by_type: Mapping[str, type[BaseModel]]) -> bytes:
    """Return the schema as a file holds it."""
    schema = json_schema(settings_by_type)
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _definition(word: str) -> str:
    return f"connection.{word}"


def _typed(settings: Mapping[str, Any], word: str) -> dict[str, Any]:
    """Return a settings schema with the key ``type`` that chose it."""
    return {
        **settings,
        "title": f"Connection of type {word}",
        "properties": {"type": {"const": word}, **settings.get("properties", {})},
        "required": ["type", *settings.get("required", [])],
    }


def _by_type(settings_by_type: Mapping[str, object]) -> dict[str, Any]:
    """Return a schema whose errors speak of the chosen type only, unlike those of ``oneOf``."""
    words = sorted(settings_by_type)
    kind = {"enum": words, "description": "Which system or file it is; decides the other keys."}
    return {
        "type": "object",
        "properties": {"type": kind},
        "required": ["type"],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": word}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/{_definition(word)}"},
            }
            for word in words
        ],
    }


def _portable(schema: Any) -> Any:
    """Leave out what means something else outside pydantic: our durations are not ISO 8601."""
    if isinstance(schema, list):
        return [_portable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_duration = schema.get("format") == "duration"
    foreign = {"format", "ge", "gt", "le", "lt"} if is_duration else {"ge", "gt", "le", "lt"}
    foreign &= {key for key, value in schema.items() if isinstance(value, str)}
    return {key: _portable(value) for key, value in schema.items() if key not in foreign}
