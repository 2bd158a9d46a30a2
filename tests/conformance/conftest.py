"""Finds every harness and runs the suite on each."""

import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.harness import Harness

_PREFIX = "harness_"
NAMES = sorted(
    path.stem.removeprefix(_PREFIX) for path in Path(__file__).parent.glob(f"{_PREFIX}*.py")
)


@pytest.fixture(params=NAMES)
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """One adapter on an empty end, and a person's hands on that end."""
    module = importlib.import_module(f"tests.conformance.{_PREFIX}{request.param}")
    async with module.open_harness(tmp_path) as opened:
        yield opened
