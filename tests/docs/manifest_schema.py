"""docs/rollback-manifest.schema.json, written from the model of a manifest.

``python -m tests.docs.manifest_schema`` after a change of the model.
"""

from pathlib import Path

import orjson

from daemon.use_cases.manifest import manifest_schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rollback-manifest.schema.json"


def page() -> str:
    """Return the schema as it is to stand there."""
    return orjson.dumps(manifest_schema(), option=orjson.OPT_INDENT_2).decode() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
