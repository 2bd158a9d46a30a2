"""The JSON Schema that editors use is the one the product would print, and our examples keep it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "docs" / "config.schema.json"
EXAMPLES = sorted((ROOT / "config" / "examples").rglob("*.y*ml"))


def test_the_committed_schema_is_fresh() -> None:
    """After a change of the model: python -m tests.config.write_reference."""
    command = Path(sys.executable).with_name("crmsyncd")
    printed = subprocess.run(
        [command, "config", "schema"], capture_output=True, text=True, check=False
    )
    if printed.returncode:
        pytest.fail(printed.stderr, pytrace=False)

    assert json.loads(printed.stdout) == json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_there_are_examples() -> None:
    """An operator finds something to start from."""
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_satisfies_the_schema(example: Path) -> None:
    """An independent validator accepts what we ship as an example."""
    answer = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--schemafile", SCHEMA, example],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == answer.returncode, answer.stdout
