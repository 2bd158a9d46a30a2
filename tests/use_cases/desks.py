"""A sandbox of each system with a person at its screen: what the tests of ``check`` need of one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from adapters.hubspot import sandbox as hubspot
from adapters.salesforce import sandbox as salesforce
from tests.http.doubles import LeapingClock


class Desk(Protocol):
    """One sandbox that is running."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Return the connection's keys."""
        ...

    async def people(self) -> list[str]:
        """Return the ids of all live people."""
        ...

    async def fault(self, **rule: Any) -> None:
        """Have something go wrong."""
        ...


async def ask(method: str, url: str, body: Any = None, token: str = "") -> Any:
    """Ask a sandbox something."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=body, headers=headers) as reply,
    ):
        assert reply.ok, await reply.text()
        return await reply.json()


@dataclass
class HubSpotDesk:
    """HubSpot's."""

    base_url: str
    token: str

    @property
    def keys(self) -> Mapping[str, str]:
        return {"type": "hubspot", "token": self.token, "base_url": self.base_url}

    async def people(self) -> list[str]:
        url = f"{self.base_url}/crm/objects/2026-09/contacts?limit=100"
        told = await ask("GET", url, token=self.token)
        return [one["id"] for one in told["results"]]

    async def fault(self, **rule: Any) -> None:
        await ask("POST", f"{self.base_url}/_sandbox/faults", rule)


@asynccontextmanager
async def hubspot_desk(clock: LeapingClock, **account: Any) -> AsyncIterator[Desk]:
    """Yield a sandbox; *account* are its account's settings."""
    chosen = hubspot.SandboxSettings(accounts=(hubspot.AccountSettings(**account),))
    async with hubspot.run_sandbox(chosen, clock=clock) as made:
        yield HubSpotDesk(base_url=made.base_url, token=made.token)


@dataclass
class SalesforceDesk:
    """Salesforce's."""

    base_url: str

    @property
    def keys(self) -> Mapping[str, str]:
        app = salesforce.OrgSettings()
        return {
            "type": "salesforce",
            "base_url": self.base_url,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
        }

    async def people(self) -> list[str]:
        types = (await ask("GET", f"{self.base_url}/_sandbox/state"))["types"]
        return [
            one["id"]
            for name in ("Lead", "Contact")
            for one in types.get(name, {"records": []})["records"]
            if not one["values"].get("IsDeleted")
        ]

    async def fault(self, **rule: Any) -> None:
        await ask("POST", f"{self.base_url}/_sandbox/faults", rule)


@asynccontextmanager
async def salesforce_desk(clock: LeapingClock, **org: Any) -> AsyncIterator[Desk]:
    """Yield a sandbox; *org* are its org's settings."""
    chosen = salesforce.SandboxSettings(org=salesforce.OrgSettings(**org))
    async with salesforce.run_sandbox(chosen, clock=clock) as made:
        yield SalesforceDesk(base_url=made.base_url)


class OpenDesk(Protocol):
    """Starts a sandbox."""

    def __call__(self, clock: LeapingClock, **settings: Any) -> AbstractAsyncContextManager[Desk]:
        """Yield its desk."""
        ...
