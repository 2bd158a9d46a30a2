"""A running HubSpot sandbox: accounts, rules and server put together.

Takes settings. Gives an address, a token, and the accounts themselves for tests that want to look
behind the wire. Promises the same records and the same luck for the same seed.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.acting import add_acting_routes
from adapters.hubspot.sandbox.keeping import load_state, save_state
from adapters.hubspot.sandbox.pages import add_pages
from adapters.hubspot.sandbox.seeding import seed_contacts
from adapters.hubspot.sandbox.settings import AccountSettings, SandboxSettings
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.vendor import HubSpotVendor
from adapters.sandbox.calls import CallCounter
from adapters.sandbox.clock import Clock
from adapters.sandbox.exchange import JsonObject
from adapters.sandbox.faults import FaultQueue
from adapters.sandbox.server import SandboxServer, listening
from adapters.sandbox.serving import serve_until_signal
from daemon.clock import SystemClock


class Sandbox:
    """A sandbox that answers at `base_url`."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self.base_url = ""
        self.settings = settings
        self.clock = clock
        luck = random.Random(settings.seed)  # noqa: S311 - a seeded emulator, no secrets
        self.accounts = [Account(each, clock, luck) for each in settings.accounts]
        self.vendor = HubSpotVendor(self.accounts, clock, self._add_own_routes)
        self.server = SandboxServer(self.vendor, clock)

    @property
    def account(self) -> Account:
        """The first account."""
        return self.accounts[0]

    @property
    def contacts(self) -> ObjectStore:
        """The contacts of the first account."""
        return self.account.contacts

    @property
    def token(self) -> str:
        """A token that opens the first account."""
        return self.account.settings.tokens[0].token

    @property
    def calls(self) -> CallCounter:
        """What has been asked so far."""
        return self.server.calls

    @property
    def faults(self) -> FaultQueue:
        """What is to go wrong."""
        return self.server.faults

    def announcement(self) -> JsonObject:
        """Return where the sandbox is and how to get in."""
        return {
            "sandbox": "hubspot",
            "base_url": self.base_url,
            "token": self.token,
            "portal_id": self.account.portal_id,
            "records": len(self.contacts.all_live()),
            "page": f"{self.base_url}/",
            "admin": f"{self.base_url}/_sandbox/",
        }

    def _add_own_routes(self, app: web.Application) -> None:
        add_acting_routes(app, self.account, self.vendor.tokens)
        add_pages(app, self.account, self.server)


@asynccontextmanager
async def run_sandbox(
    settings: SandboxSettings | None = None,
    *,
    clock: Clock | None = None,
    state: Path | None = None,
) -> AsyncIterator[Sandbox]:
    """Run a sandbox on loopback while the block lasts.

    With `state`, records come from that file where it exists, and go there at the end.
    """
    sandbox = Sandbox(settings or SandboxSettings(), clock or SystemClock())
    _fill(sandbox, state)
    async with listening(sandbox.server.application(), sandbox.settings.port) as base_url:
        sandbox.base_url = base_url
        yield sandbox
    if state is not None:
        save_state(sandbox.account, state)


def _fill(sandbox: Sandbox, state: Path | None) -> None:
    if state is not None and state.exists():
        load_state(sandbox.account, state)
        return
    for account in sandbox.accounts:
        seed_contacts(account, account.settings.records)


def serve(*, port: int, records: int, seed: int, state: Path | None = None) -> None:
    """Run a sandbox until SIGTERM or SIGINT, announced in one JSON line on standard output."""
    settings = SandboxSettings(accounts=(AccountSettings(records=records),), seed=seed, port=port)
    serve_until_signal(lambda: run_sandbox(settings, state=state))
