"""A HubSpot sandbox over HTTP, behind a net, on a clock that never waits, with a person at work."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from adapters.contract import EXTERNAL_ID
from adapters.hubspot.profile import ARCHIVE_KEPT, CAPABILITIES
from adapters.hubspot.sandbox import AccountSettings, SandboxSettings, SearchLag, run_sandbox
from adapters.hubspot.sandbox.settings import Limits
from daemon.core.values import Values
from tests.conformance import wire
from tests.conformance.cases import Declaration
from tests.conformance.causes import Cause
from tests.conformance.wire import Exchange, Wire, wire_to
from tests.http.doubles import Around, LeapingClock
from tests.hubspot.sandboxes import CONTACTS, Bench, adapter_on

OBJECTS = "/crm/objects"
WRITES = ("/batch/create", "/batch/update", "/batch/upsert", "/batch/archive")
SHORT = 0.6
"""Seconds that the adapter waits for a reply where replies are late."""
SEARCH_TOTAL = 300
"""Where a search ends: low, so that it is passed with few records."""


class _Apart:
    """HubSpot's clock: the adapter's, right or wrong by a fixed time."""

    def __init__(self, ours: LeapingClock) -> None:
        self._ours = ours
        self.by = timedelta(0)

    def now(self) -> datetime:
        return self._ours.now() + self.by

    async def sleep(self, seconds: float) -> None:
        await self._ours.sleep(seconds)


class HubSpotHarness:
    """Contacts, and the sandbox's own endpoints for what people do there."""

    object_name = CONTACTS
    text_fields = ("firstname", "lastname")

    def __init__(self, on: Bench, net: Wire, theirs: _Apart, stack: AsyncExitStack) -> None:
        self.on, self.net, self.theirs = on, net, theirs
        self.adapter = on.adapter
        self.clock = on.around.clock
        self._stack = stack

    def sample(self, number: int) -> Values:
        return {
            "firstname": f"Name {number}",
            "lastname": f"Family {number}",
            "email": f"person{number}@example.com",
        }

    def unacceptable(self, number: int) -> Values:
        return {**self.sample(number), "email": "no address"}

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return [await self.on.create(**_texts(values)) for values in records]

    async def edit(self, id_: str, values: Values) -> None:
        # A person needs a moment: two changes in one millisecond share their version.
        self.on.wait(seconds=1)
        await self.on.edit(id_, **_texts(values))

    async def remove(self, id_: str) -> None:
        await self.on.admin("user/contacts/archive", id=id_)

    async def look(self, id_: str) -> Values | None:
        record = self.on.sandbox.contacts.live(id_)
        if record is None:
            return None
        return {name: record.values.get(name) or None for name in self.text_fields}

    async def count(self) -> int:
        return len(self.on.sandbox.contacts.all_live())

    async def settle(self) -> None:
        # What is archived is looked for every quarter of an hour.
        self.on.wait(minutes=15)

    async def cause(self, what: Cause, *ids: str) -> None:
        if what in _FAULTS:
            await self.on.fault(**_FAULTS[what])
        else:
            await _HOW[what](self, *ids)

    async def restart(self, **settings: object) -> None:
        """Go on with a new adapter that has other settings."""
        sandbox, around = self.on.sandbox, self.on.around
        opened = adapter_on(self.net.base_url, sandbox.token, around, settings)
        self.adapter = self.on.adapter = await self._stack.enter_async_context(opened)


def _texts(values: Values) -> dict[str, str]:
    return {name: str(value or "") for name, value in values.items()}


def is_write(one: Exchange) -> bool:
    """Whether a request changes records."""
    return one.path.endswith(WRITES)


def is_listing(one: Exchange) -> bool:
    """Whether a request reads a page of a listing."""
    return one.method == "GET" and one.path.endswith(CONTACTS)


def is_search(one: Exchange) -> bool:
    """Whether a request reads a page of the feed."""
    return one.path.endswith("/search")


def _reversed(body: Any) -> Any:
    return {**body, "results": body["results"][::-1]}


def _shortened(body: Any) -> Any:
    return {**body, "results": body["results"][:-1]}


def _error(_: Any) -> Any:
    return {"status": "error", "message": "internal error", "category": "INTERNAL_ERROR"}


def _by(net_rule: Callable[[Wire], None]) -> Callable[..., Awaitable[None]]:
    async def how(on: HubSpotHarness) -> None:
        net_rule(on.net)

    return how


async def _repeat(on: HubSpotHarness) -> None:
    shown: list[Any] = []

    def with_repetition(body: Any) -> Any:
        shown.extend(body["results"])
        return {**body, "results": [*body["results"], *shown[:1]]}

    on.net.on(is_listing, wire.told_otherwise(with_repetition))


async def _touch(on: HubSpotHarness) -> None:
    await on.on.admin("user/contacts/touch")


async def _loop_feed(on: HubSpotHarness) -> None:
    first: list[bytes] = []

    async def act(one: Exchange) -> wire.Reply:
        reply = await one.answer()
        first.append(reply.body)
        return wire.Reply(status=reply.status, body=first[0], headers=reply.headers)

    on.net.on(is_search, act)


async def _grow_old(on: HubSpotHarness) -> None:
    on.clock.elapsed += (ARCHIVE_KEPT + timedelta(days=1)).total_seconds()


async def _be_late(on: HubSpotHarness) -> None:
    lag = SearchLag(usual=on.adapter.capabilities.index_lag - timedelta(seconds=10))
    on.on.sandbox.contacts.index.lag = lag


def _apart(minutes: int) -> Callable[..., Awaitable[None]]:
    async def how(on: HubSpotHarness) -> None:
        on.theirs.by = timedelta(minutes=minutes)
        await on.restart()

    return how


async def _be_slow(on: HubSpotHarness) -> None:
    await on.restart(request_time_out=SHORT)
    await on.adapter.schema(CONTACTS)
    on.net.on(is_write, wire.slow(2 * SHORT), times=1)


async def _revoke(on: HubSpotHarness) -> None:
    await on.on.admin("tokens/expire")


async def _trim(on: HubSpotHarness) -> None:
    await on.on.admin("switches", switches={"is_text_trimmed": True})


async def _ignore(on: HubSpotHarness) -> None:
    def as_it_is(body: Any) -> Any:
        for one in body["inputs"]:
            record = on.on.sandbox.contacts.live(one["id"])
            assert record is not None
            one["properties"]["firstname"] = record.values["firstname"]
        return body

    on.net.on(is_write, wire.asked_otherwise(as_it_is))


async def _answer(on: HubSpotHarness) -> None:
    async def act(one: Exchange) -> wire.Reply:
        reply = await one.answer()
        for asked in orjson.loads(one.body)["inputs"]:
            if "firstname" in asked["properties"]:
                on.on.wait(seconds=1)
                values = {"lastname": "by a workflow"}
                await on.on.admin("user/contacts/plant", id=asked["id"], properties=values)
        return reply

    on.net.on(is_write, act)


async def _merge(on: HubSpotHarness, kept: str, lost: str) -> None:
    await on.on.admin("user/contacts/merge", primary=kept, other=lost)


async def _restore(on: HubSpotHarness, id_: str) -> None:
    await on.on.admin("user/contacts/restore", id=id_)


async def _nothing(on: HubSpotHarness) -> None:
    del on


_MANY = 1_000
_ON_OBJECTS = {"path_prefix": OBJECTS}

_FAULTS: Mapping[Cause, dict[str, Any]] = {
    Cause.CUT_LISTING: {"kind": "listing_cut", "times": _MANY, "match": {"method": "GET"}},
    Cause.LOOPING_LISTING: {"kind": "cursor_loop", "times": 9, "match": {"method": "GET"}},
    Cause.FAILING_READS: {"kind": "unavailable_503", "times": _MANY},
    Cause.RATE_LIMIT: {"kind": "throttled_429", "times": 3, "retry_after": 2},
    Cause.RATE_LIMIT_SILENT: {"kind": "throttled_429", "times": 3},
    Cause.RATE_LIMIT_LONG: {"kind": "throttled_429", "times": _MANY, "retry_after": 86_400},
    Cause.LOST_REQUEST: {"kind": "reset_before", "match": _ON_OBJECTS},
    Cause.LOST_REPLY: {"kind": "reset_after", "match": _ON_OBJECTS},
    Cause.TIME_OUT_AFTER_COMMIT: {"kind": "timeout_504_after_write", "match": _ON_OBJECTS},
    Cause.HTML_REPLY: {"kind": "html_200", "times": _MANY},
    Cause.HTML_ERROR: {"kind": "gateway_html_502", "times": _MANY},
    Cause.CUT_REPLY: {"kind": "truncated_body", "times": _MANY},
    Cause.HIDDEN_FIELD: {"kind": "hidden_property", "times": _MANY, "value": "firstname"},
    Cause.SWAPPED_ACCOUNT: {"kind": "account_swap", "times": _MANY},
}
"""What the sandbox does by itself."""

_NO_SCOPE = {
    "status": "error",
    "message": "This app hasn't been granted all required scopes",
    "category": "MISSING_SCOPES",
    "errors": [{"context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}],
}

_HOW: Mapping[Cause, Callable[..., Awaitable[None]]] = {
    Cause.REORDERED_ROWS: _by(lambda net: net.on(is_listing, wire.told_otherwise(_reversed))),
    Cause.DUPLICATED_ROWS: _repeat,
    Cause.EQUAL_TIMES: _touch,
    Cause.LOOPING_FEED: _loop_feed,
    Cause.EXPIRED_CURSOR: _grow_old,
    Cause.LATE_INDEX: _be_late,
    Cause.CLOCK_AHEAD: _apart(20),
    Cause.CLOCK_BEHIND: _apart(-20),
    Cause.SLOW_REPLY: _be_slow,
    Cause.ERROR_IN_SUCCESS: _by(lambda net: net.on(wire.everything, wire.told_otherwise(_error))),
    Cause.SHORT_BATCH: _by(lambda net: net.on(is_write, wire.told_otherwise(_shortened), 1)),
    Cause.SHUFFLED_BATCH: _by(lambda net: net.on(is_write, wire.told_otherwise(_reversed), 1)),
    Cause.REFUSED_RECORD: _nothing,
    Cause.REVOKED: _revoke,
    Cause.FORBIDDEN: _by(lambda net: net.on(wire.everything, wire.answered(403, _NO_SCOPE))),
    Cause.NORMALISED: _trim,
    Cause.IGNORED: _ignore,
    Cause.ANSWERED: _answer,
    Cause.MERGED: _merge,
    Cause.RESTORED: _restore,
}

DECLARATION = Declaration(
    title="hubspot",
    word="hubspot",
    capabilities=CAPABILITIES,
    causes=frozenset(_FAULTS) | frozenset(_HOW),
    impossible={Cause.ID_REUSED: "HubSpot gives no id a second time"},
)


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[HubSpotHarness]:
    del folder
    around = Around()
    theirs = _Apart(around.clock)
    account = AccountSettings(limits=Limits(search_total=SEARCH_TOTAL))
    async with AsyncExitStack() as stack:
        running = run_sandbox(SandboxSettings(accounts=(account,)), clock=theirs)
        sandbox = await stack.enter_async_context(running)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        net = await stack.enter_async_context(wire_to(sandbox.base_url))
        opened = adapter_on(net.base_url, sandbox.token, around)
        adapter = await stack.enter_async_context(opened)
        assert await adapter.prepare(CONTACTS), f"{EXTERNAL_ID} was not created"
        on = Bench(adapter=adapter, sandbox=sandbox, around=around, session=session)
        yield HubSpotHarness(on, net, theirs, stack)
