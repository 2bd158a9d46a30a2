"""Write the references of the configuration and of the regulations in docs/ anew.

``python -m tests.config.write_reference`` after a change of the models, of an adapter's settings or of a
regulation.
"""

from pathlib import Path

from adapters.registry import adapter_kinds
from config.reference import write_reference
from config.regulations import regulations
from config.regulations_page import write_regulations

DOCS = Path(__file__).resolve().parents[2] / "docs"

if __name__ == "__main__":
    write_reference(DOCS, {word: kind.settings for word, kind in adapter_kinds().items()})
    write_regulations(DOCS, regulations())
