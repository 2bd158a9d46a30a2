"""Finds every harness and runs the suite on each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.cases import declaration_of, module_of, names, needs_of, obstacle
from tests.conformance.harness import Harness


@pytest.fixture(params=names())
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """One adapter on an empty end, and a person's hands on that end."""
    if why := obstacle(declaration_of(request.param), needs_of(request.function)):
        pytest.skip(why)
    async with module_of(request.param).open_harness(tmp_path) as opened:
        yield opened
