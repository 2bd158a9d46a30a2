from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, TypeAlias

import aiohttp
import pytest

from adapters.salesforce.sandbox import OrgSettings, SandboxSettings, run_sandbox
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.wire import Wire

Start: TypeAlias = Callable[..., Awaitable[Wire]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC))


@pytest.fixture
async def start(clock: ManualClock) -> AsyncIterator[Start]:
    """Start sandboxes with the org's settings given by name."""
    async with AsyncExitStack() as stack:

        async def start_one(*, seed: int = 1, **org: Any) -> Wire:
            settings = SandboxSettings(org=OrgSettings(**org), seed=seed)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            sandbox = await stack.enter_async_context(run_sandbox(settings, clock=clock))
            return Wire(session, sandbox)

        yield start_one


@pytest.fixture
async def wire(start: Start) -> Wire:
    """An org without people, on a clock that stands still."""
    return await start()
