"""Schema, reference and examples agree with the models and with the real adapters."""

import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from adapters.registry import adapter_kinds
from config.load import load
from config.model import Document
from config.positions import parse
from config.reference import REFERENCE_FILE, SCHEMA_FILE, write_reference
from config.schema import json_schema, schema_bytes
from tests.config.samples import MINIMAL, SETTINGS
from tests.config.write_reference import DOCS

EXAMPLES = sorted((DOCS.parent / "config" / "examples").glob("*.yaml"))
KINDS = adapter_kinds()
REAL = {word: kind.settings for word, kind in KINDS.items()}


@pytest.mark.parametrize("name", [SCHEMA_FILE, REFERENCE_FILE])
def test_the_committed_reference_is_fresh(tmp_path: Path, name: str) -> None:
    """If this fails: python -m tests.config.write_reference."""
    write_reference(tmp_path, REAL)

    assert (tmp_path / name).read_text(encoding="utf-8") == (DOCS / name).read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_loads_with_the_real_adapters(tmp_path: Path, example: Path) -> None:
    """What operators copy works, without a warning."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "hubspot-token").write_text("pat-1\n", encoding="utf-8")
    (tmp_path / "config").mkdir()
    file = Path(shutil.copy(example, tmp_path / "config"))
    objects = {word: kind.default_object for word, kind in KINDS.items()}

    config = load(file, REAL, {**os.environ, "HUBSPOT_TOKEN": "pat-1"}, default_objects=objects)

    assert () == config.warnings
    assert all(end.object for sync in config.syncs.values() for end in (sync.pairs[0].source,))


def validator(settings: Any = SETTINGS) -> Any:
    return jsonschema_rs.validator_for(json_schema(settings))


def document(text: str) -> object:
    return parse(Path("x"), text.encode()).data


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_satisfies_the_schema(example: Path) -> None:
    """The loader and an independent validator agree on what we ship."""
    assert validator(REAL).is_valid(document(example.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "more",
    [
        "directon: push",
        "direction: up",
        "schedule: {every: 5}",
        "match: {on: email}",
        "fields: {A: {policy: max}}",
        "pairs: []",
        "batch_size: 0",
    ],
)
def test_the_schema_finds_slips(more: str) -> None:
    """An editor marks what the loader would refuse."""
    assert validator().is_valid(document(MINIMAL))
    assert not validator().is_valid(document(f"{MINIMAL}    {more}\n"))


def test_the_schema_checks_a_connection_by_its_type() -> None:
    """A key of another type is unknown, and so is another type."""
    slips = [MINIMAL.replace("path:", "token:"), MINIMAL.replace("type: file", "type: fax")]

    assert [False, False] == [validator().is_valid(document(slip)) for slip in slips]


def test_the_schema_has_one_spelling() -> None:
    """The same models give the same bytes, in whatever order the types come."""
    turned = dict(reversed(list(SETTINGS.items())))

    assert schema_bytes(SETTINGS) == schema_bytes(turned)


def described(schema: Any, path: str = "") -> list[str]:
    """Return the keys of our own models that teach nothing."""
    if isinstance(schema, list):
        return [gap for each in schema for gap in described(each, path)]
    if not isinstance(schema, dict):
        return []
    gaps = [
        f"{path}.{key}"
        for key, written in schema.get("properties", {}).items()
        if "description" not in written
    ]
    return gaps + [gap for key, each in schema.items() for gap in described(each, f"{path}.{key}")]


def test_every_key_teaches() -> None:
    """Each key of the model has a description, which editors and the reference show."""
    assert [] == described(Document.model_json_schema())


def test_the_reference_names_every_key() -> None:
    """No key is left out of the page."""
    page = (DOCS / REFERENCE_FILE).read_text(encoding="utf-8")
    everything = yaml.safe_load((DOCS / SCHEMA_FILE).read_text(encoding="utf-8"))
    keys = {
        key
        for definition in everything["$defs"].values()
        for key in definition.get("properties", {})
    }

    assert [] == [key for key in sorted(keys) if f"| `{key}` |" not in page]
