"""A Salesforce sandbox and an adapter that talks to it over HTTP, on one clock that never waits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from adapters.contract import Covered, Hint, Hints
from adapters.salesforce.adapter import SalesforceAdapter
from adapters.salesforce.kind import KIND
from adapters.salesforce.sandbox import OrgSettings, Sandbox, SandboxSettings, run_sandbox
from tests.conformance.wire import Wire, wire_to
from tests.http.doubles import Around, LeapingClock

PEOPLE = "lead+contact"
VERSION = "/services/data/v62.0"


class Shifted:
    """Salesforce's clock: the adapter's, right or wrong by a fixed time."""

    def __init__(self, ours: LeapingClock) -> None:
        self._ours = ours
        self.by = timedelta(0)

    def now(self) -> datetime:
        return self._ours.now() + self.by

    async def sleep(self, seconds: float) -> None:
        await self._ours.sleep(seconds)


@dataclass
class Bench:
    """One adapter on one sandbox, and what a person at Salesforce's screen may do."""

    adapter: SalesforceAdapter
    sandbox: Sandbox
    around: Around
    session: aiohttp.ClientSession
    settings: Mapping[str, object] = field(default_factory=dict)

    async def admin(self, path: str, **body: object) -> Any:
        url = f"{self.sandbox.base_url}/_sandbox/{path}"
        async with self.session.post(url, json=body) as response:
            assert response.ok, await response.text()
            return await response.json()

    async def fault(self, kind: str, **rule: object) -> None:
        await self.admin("faults", kind=kind, **rule)

    async def create(self, of: str, **fields: object) -> str:
        made = await self.admin(f"user/{of}/create", properties=fields)
        return str(made["id"])

    async def edit(self, of: str, record_id: str, **fields: object) -> None:
        await self.admin(f"user/{of}/edit", id=record_id, properties=fields)

    async def live(self, of: str) -> dict[str, dict[str, Any]]:
        """What a person sees of an object: the fields of what is there, by id."""
        url = f"{self.sandbox.base_url}/_sandbox/state"
        async with self.session.get(url) as response:
            told = (await response.json())["types"].get(of, {"records": []})
        shown = [one for one in told["records"] if not one["values"].get("IsDeleted")]
        return {one["id"]: one["values"] for one in shown}

    def wait(self, **duration: float) -> None:
        self.around.clock.elapsed += timedelta(**duration).total_seconds()

    def calls(self, purpose: str | None = None) -> list[str]:
        """The endpoints called so far, by the adapter's own log."""
        return [
            call.endpoint.removeprefix(VERSION)
            for call in self.around.calls
            if purpose in (None, call.purpose)
        ]

    async def hints(self, of: str, cursor: str) -> tuple[list[Hint], Covered]:
        """One poll of the change feed."""
        told: list[Hint] = []
        async for item in self.adapter.changes(of, cursor):
            if isinstance(item, Hints):
                told.extend(item.hints)
            else:
                return told, item
        raise AssertionError("the feed ended without Covered")


@asynccontextmanager
async def adapter_on(
    base_url: str, around: Around, settings: Mapping[str, object] | None = None
) -> AsyncIterator[SalesforceAdapter]:
    """Yield an open adapter on any server."""
    app = OrgSettings()
    given = {
        "base_url": base_url,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        **(settings or {}),
    }
    adapter = KIND.create(KIND.settings.model_validate(given), around.surroundings())
    assert isinstance(adapter, SalesforceAdapter)
    await adapter.open()
    try:
        yield adapter
    finally:
        await adapter.close()


@asynccontextmanager
async def bench(settings: Mapping[str, object] | None = None, **org: Any) -> AsyncIterator[Bench]:
    """Yield an adapter on a sandbox of its own; *org* are the sandbox org's settings."""
    around = Around()
    async with (
        run_sandbox(SandboxSettings(org=OrgSettings(**org)), clock=around.clock) as sandbox,
        aiohttp.ClientSession() as session,
        adapter_on(sandbox.base_url, around, settings) as adapter,
    ):
        yield Bench(adapter, sandbox, around, session, settings or {})


@asynccontextmanager
async def wire_at(on: Bench) -> AsyncIterator[Wire]:
    """Put a net between the adapter and the sandbox; the adapter goes on behind it."""
    async with wire_to(on.sandbox.base_url) as net:
        given = {**on.settings, "token": on.sandbox.announcement()["token"]}
        given |= {"client_id": "", "client_secret": None}
        async with adapter_on(net.base_url, on.around, given) as adapter:
            on.adapter = adapter
            yield net
