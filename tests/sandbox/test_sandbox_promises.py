"""The sandbox is a judge of its own, and its document tells all there is."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from adapters.hubspot.sandbox import Switches
from adapters.hubspot.sandbox.acting import ACTS
from adapters.sandbox.faults import FaultKind

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "sandbox-hubspot.md").read_text(encoding="utf-8")
SANDBOX = "adapters.hubspot.sandbox"


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                yield str(path.relative_to(ROOT)), node.module or ""
            if isinstance(node, ast.Import):
                yield from ((str(path.relative_to(ROOT)), alias.name) for alias in node.names)


def test_judge_and_judged_share_nothing() -> None:
    """The sandbox imports no line of the adapter, and the adapter none of the sandbox."""
    allowed = (SANDBOX, "adapters.sandbox")
    for path, name in imported(ROOT / "adapters"):
        is_sandbox = "/sandbox/" in path
        if is_sandbox and name.startswith("adapters."):
            assert name.startswith(allowed), path
        if not is_sandbox:
            assert not name.startswith(allowed), path


@pytest.mark.parametrize(
    "name",
    [*FaultKind, *(each.name for each in fields(Switches)), *(f"contacts/{act}" for act in ACTS)],
)
def test_document_names(name: str) -> None:
    """Each fault, switch and act stands in the document."""
    assert name in DOCUMENT
