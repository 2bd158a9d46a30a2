from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, TypeAlias

import aiohttp
import pytest

from adapters.hubspot.sandbox import AccountSettings, SandboxSettings, run_sandbox
from adapters.sandbox.clock import ManualClock
from tests.sandbox.wire import Wire

Start: TypeAlias = Callable[..., Awaitable[Wire]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))


@pytest.fixture
async def start(clock: ManualClock) -> AsyncIterator[Start]:
    """Start sandboxes with the account's settings given by name."""
    async with AsyncExitStack() as stack:

        async def start_one(*, seed: int = 1, **account: Any) -> Wire:
            settings = SandboxSettings(accounts=(AccountSettings(**account),), seed=seed)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            sandbox = await stack.enter_async_context(run_sandbox(settings, clock=clock))
            return Wire(session, sandbox)

        yield start_one


@pytest.fixture
async def wire(start: Start) -> Wire:
    """An empty account on a clock that stands still."""
    return await start()
