"""A HubSpot sandbox and an adapter that talks to it over HTTP, on one clock that never waits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from adapters.contract import Covered, Hint, Hints
from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.kind import KIND
from adapters.hubspot.sandbox import AccountSettings, Sandbox, SandboxSettings, run_sandbox
from tests.http.doubles import Around

CONTACTS = "contacts"
NAMES = ("email", "firstname", "lastname")


@dataclass
class Bench:
    """One adapter on one sandbox, and what a person at HubSpot's screen may do."""

    adapter: HubSpotAdapter
    sandbox: Sandbox
    around: Around
    session: aiohttp.ClientSession

    async def admin(self, path: str, **body: object) -> Any:
        url = f"{self.sandbox.base_url}/_sandbox/{path}"
        async with self.session.post(url, json=body) as response:
            assert response.ok, await response.text()
            return await response.json()

    async def fault(self, kind: str, **rule: object) -> None:
        await self.admin("faults", kind=kind, **rule)

    async def create(self, **properties: str) -> str:
        made = await self.admin("user/contacts/create", properties=properties)
        return str(made["id"])

    async def people(self, count: int) -> list[str]:
        return [
            await self.create(email=f"person{number}@example.com", firstname=f"P{number}")
            for number in range(count)
        ]

    async def edit(self, record_id: str, **properties: str) -> None:
        await self.admin("user/contacts/edit", id=record_id, properties=properties)

    async def property(self, name: str) -> None:
        """Add a plain text property, as an administrator would."""
        url = f"{self.sandbox.base_url}/crm/properties/2026-09/contacts"
        body = {
            "name": name,
            "label": name,
            "groupName": "contactinformation",
            "type": "string",
            "fieldType": "text",
        }
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        async with self.session.post(url, json=body, headers=headers) as response:
            assert 201 == response.status

    def wait(self, **duration: float) -> None:
        self.around.clock.elapsed += timedelta(**duration).total_seconds()

    def calls(self, purpose: str | None = None) -> list[str]:
        """The endpoints called so far, by the adapter's own log."""
        return [
            call.endpoint.rpartition("2026-09/")[2]
            for call in self.around.calls
            if purpose in (None, call.purpose)
        ]

    async def hints(self, cursor: str) -> tuple[list[Hint], Covered]:
        """One poll of the change feed."""
        told: list[Hint] = []
        async for item in self.adapter.changes(CONTACTS, cursor):
            if isinstance(item, Hints):
                told.extend(item.hints)
            else:
                return told, item
        raise AssertionError("the feed ended without Covered")


@asynccontextmanager
async def adapter_on(
    base_url: str, token: str, around: Around, settings: Mapping[str, object] | None = None
) -> AsyncIterator[HubSpotAdapter]:
    """Yield an open adapter on any server."""
    given = {"token": token, "base_url": base_url, **(settings or {})}
    adapter = KIND.create(KIND.settings.model_validate(given), around.surroundings())
    assert isinstance(adapter, HubSpotAdapter)
    await adapter.open()
    try:
        yield adapter
    finally:
        await adapter.close()


@asynccontextmanager
async def bench(
    settings: Mapping[str, object] | None = None, **account: Any
) -> AsyncIterator[Bench]:
    """Yield an adapter on a sandbox of its own; *account* are the sandbox account's settings."""
    around = Around()
    chosen = SandboxSettings(accounts=(AccountSettings(**account),))
    async with (
        run_sandbox(chosen, clock=around.clock) as sandbox,
        aiohttp.ClientSession() as session,
        adapter_on(sandbox.base_url, sandbox.token, around, settings) as adapter,
    ):
        yield Bench(adapter=adapter, sandbox=sandbox, around=around, session=session)
