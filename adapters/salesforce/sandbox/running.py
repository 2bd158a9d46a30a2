"""A running Salesforce sandbox: org, rules and server put together.

Takes settings. Gives an address, a token, and the org itself for tests that want to look behind the
wire. Promises the same records and the same luck for the same seed.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from adapters.salesforce.sandbox.acting import add_acting_routes
from adapters.salesforce.sandbox.assertions import Assertions
from adapters.salesforce.sandbox.keeping import load_state, save_state
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.pages import add_pages
from adapters.salesforce.sandbox.seeding import seed, username
from adapters.salesforce.sandbox.sessions import SessionBook
from adapters.salesforce.sandbox.settings import OrgSettings, SandboxSettings
from adapters.salesforce.sandbox.vendor import SalesforceVendor
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
        self.settings = settings
        self.clock = clock
        luck = random.Random(settings.seed)  # noqa: S311 - a seeded emulator, no secrets
        self.org = Org(settings.org, clock, luck)
        seed(self.org)
        tokens = random.Random(settings.seed)  # noqa: S311 - the same
        self.sessions = SessionBook(self.org.id, settings.org.limits, tokens)
        self.assertions = Assertions(username(self.org), settings.org.jwt_public_key)
        self.vendor = SalesforceVendor(
            self.org, self.sessions, self.assertions, self._add_own_routes
        )
        self.server = SandboxServer(self.vendor, clock)
        self.token = self.vendor.oauth.open_session().token

    @property
    def base_url(self) -> str:
        """Where it listens; token answers call it `instance_url`."""
        return self.vendor.oauth.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.vendor.oauth.base_url = url

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
        settings = self.org.settings
        people = (self.org.store(name).all_live() for name in ("Contact", "Lead"))
        return {
            "sandbox": "salesforce",
            "base_url": self.base_url,
            "instance_url": self.base_url,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "refresh_token": settings.refresh_token,
            "username": self.assertions.username,
            "token": self.token,
            "organization_id": self.org.id,
            "records": sum(1 for rows in people for _ in rows),
            "page": f"{self.base_url}/",
            "admin": f"{self.base_url}/_sandbox/",
        }

    def _add_own_routes(self, app: web.Application) -> None:
        add_acting_routes(app, self.org, self.sessions, self.assertions)
        add_pages(app, self.org, self.server)


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
        save_state(sandbox.org, state)


def _fill(sandbox: Sandbox, state: Path | None) -> None:
    if state is not None and state.exists():
        load_state(sandbox.org, state)


def serve(*, port: int, records: int, seed: int, state: Path | None = None) -> None:
    """Run a sandbox until SIGTERM or SIGINT, announced in one JSON line on standard output."""
    settings = SandboxSettings(org=OrgSettings(records=records), seed=seed, port=port)
    serve_until_signal(lambda: run_sandbox(settings, state=state))
