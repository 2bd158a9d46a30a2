"""Write docs/config.schema.json and docs/configuration.md anew.

``python -m tests.config.write_reference`` after a change of the models or of an adapter's settings.
"""

from pathlib import Path

from adapters.registry import adapter_kinds
from config.reference import write_reference

DOCS = Path(__file__).resolve().parents[2] / "docs"

if __name__ == "__main__":
    write_reference(DOCS, {word: kind.settings for word, kind in adapter_kinds().items()})
