"""The sandbox's document tells all there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from adapters.hubspot.sandbox import Switches
from adapters.hubspot.sandbox.acting import ACTS
from adapters.sandbox.faults import FaultKind

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "sandbox-hubspot.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [*FaultKind, *(each.name for each in fields(Switches)), *(f"contacts/{act}" for act in ACTS)],
)
def test_document_names(name: str) -> None:
    """Each fault, switch and act stands in the document."""
    assert name in DOCUMENT
