"""A Salesforce sandbox over HTTP, behind a net, on a clock that never waits, with a person at work.

Contacts here; `harness_salesforce_people.py` has leads and contacts as one object.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from adapters.contract import EXTERNAL_ID
from adapters.salesforce import codec
from adapters.salesforce.profile import CAPABILITIES, DELETED_KEPT
from adapters.salesforce.sandbox import OrgSettings, SandboxSettings, run_sandbox
from daemon.core.values import Values
from tests.conformance import wire
from tests.conformance.cases import Declaration
from tests.conformance.causes import Cause
from tests.conformance.wire import Exchange, Wire, wire_to
from tests.http.doubles import Around
from tests.salesforce.sandboxes import Bench, Shifted, adapter_on

CONTACT = "Contact"
COLLECTIONS = "/services/data/v62.0/composite/sobjects"
PAGE = 5
"""Records on a page: few, so that several pages are soon full."""
SHORT = 0.6
"""Seconds that the adapter waits for a reply where replies are late."""


class SalesforceHarness:
    """One object, and the sandbox's own endpoints for what people do there."""

    text_fields = ("FirstName", "Title")

    def __init__(
        self, on: Bench, net: Wire, theirs: Shifted, stack: AsyncExitStack, object_name: str
    ) -> None:
        self.on, self.net, self.theirs = on, net, theirs
        self.object_name = object_name
        self.adapter = on.adapter
        self.clock = on.around.clock
        self._stack = stack

    def sample(self, number: int) -> Values:
        return {
            "FirstName": f"Name {number}",
            "LastName": f"Family {number}",
            "Title": f"Title {number}",
            "Email": f"person{number}@example.com",
        }

    def unacceptable(self, number: int) -> Values:
        return {**self.sample(number), "Email": "no address"}

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return [await self.on.create(CONTACT, **_given(values)) for values in records]

    async def edit(self, id_: str, values: Values) -> None:
        # A person needs a moment: two changes in one second share their stamp.
        self.on.wait(seconds=1)
        await self.on.edit(of(id_), id_, **values)

    async def remove(self, id_: str) -> None:
        await self.on.admin(f"user/{of(id_)}/archive", id=id_)

    async def look(self, id_: str) -> Values | None:
        found = (await self.on.live(of(id_))).get(id_)
        return None if found is None else {name: found.get(name) for name in self.text_fields}

    async def count(self) -> int:
        leads = (await self.on.live("Lead")).values()
        people = await self.on.live(CONTACT)
        return len(people) + len([one for one in leads if not one.get("IsConverted")])

    async def settle(self) -> None:
        # What is deleted for good is looked for every quarter of an hour.
        self.on.wait(minutes=15)

    async def cause(self, what: Cause, *ids: str) -> None:
        if what in _FAULTS:
            await self.on.fault(**_FAULTS[what])
        else:
            await _HOW[what](self, *ids)

    async def restart(self, **settings: object) -> None:
        """Go on with a new adapter that has other settings."""
        given = {"page_size": PAGE, **settings}
        opened = adapter_on(self.net.base_url, self.on.around, given)
        self.adapter = self.on.adapter = await self._stack.enter_async_context(opened)


def of(id_: str) -> str:
    """Return the object of an id."""
    return "Lead" if id_.startswith("00Q") else CONTACT


def _given(values: Values) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def is_login(one: Exchange) -> bool:
    """Whether a request asks for a token."""
    return one.path.endswith("/token")


def _led_back(net: Wire) -> Callable[[Any], Any]:
    """Return what lets a log-in lead to the net, not past it."""
    return lambda told: {**told, "instance_url": net.base_url}


def is_write(one: Exchange) -> bool:
    """Whether a request changes records."""
    return one.path.startswith(COLLECTIONS)


def is_listing(one: Exchange) -> bool:
    """Whether a request reads a page of a listing."""
    return one.path.endswith("/query")


def is_feed(one: Exchange) -> bool:
    """Whether a request reads a page of the feed: alone, or several objects in one call."""
    return one.path.endswith(("/queryAll", "/composite"))


Rows = list[dict[str, Any]]


def _with_rows(change: Callable[[Rows], Rows]) -> Callable[[Any], Any]:
    """Return what changes the rows of a page, or of each page of a composite reply."""

    def changed(body: Any) -> Any:
        if "compositeResponse" in body:
            parts = [{**one, "body": changed(one["body"])} for one in body["compositeResponse"]]
            return {**body, "compositeResponse": parts}
        rows = change(body["records"])
        return {**body, "records": rows, "totalSize": len(rows)}

    return changed


def _error(_: Any) -> Any:
    return [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred"}]


def _by(net_rule: Callable[[Wire], None]) -> Callable[..., Awaitable[None]]:
    async def how(on: SalesforceHarness) -> None:
        net_rule(on.net)

    return how


def _always_the_first(which: wire.Which) -> Callable[..., Awaitable[None]]:
    async def how(on: SalesforceHarness) -> None:
        first: list[wire.Reply] = []

        async def act(one: Exchange) -> wire.Reply:
            first.append(await one.answer())
            return first[0]

        on.net.on(which, act)

    return how


async def _repeat(on: SalesforceHarness) -> None:
    shown: Rows = []

    def with_repetition(rows: Rows) -> Rows:
        shown.extend(rows)
        return [*rows, *shown[:1]]

    on.net.on(is_listing, wire.told_otherwise(_with_rows(with_repetition)))


async def _touch(on: SalesforceHarness) -> None:
    await on.on.admin(f"user/{CONTACT}/touch")


async def _grow_old(on: SalesforceHarness) -> None:
    on.clock.elapsed += (DELETED_KEPT + timedelta(days=1)).total_seconds()


async def _be_late(on: SalesforceHarness) -> None:
    lag = on.adapter.capabilities.index_lag - timedelta(seconds=10)

    def committed(rows: Rows) -> Rows:
        until = on.clock.now() - lag
        return [row for row in rows if (codec.moment(row["SystemModstamp"]) or until) <= until]

    on.net.on(is_feed, wire.told_otherwise(_with_rows(committed)))


def _apart(minutes: int) -> Callable[..., Awaitable[None]]:
    async def how(on: SalesforceHarness) -> None:
        on.theirs.by = timedelta(minutes=minutes)
        await on.restart()

    return how


async def _be_slow(on: SalesforceHarness) -> None:
    await on.restart(request_time_out=SHORT)
    await on.adapter.schema(on.object_name)
    on.net.on(is_write, wire.slow(2 * SHORT), times=1)


async def _revoke(on: SalesforceHarness) -> None:
    refused = {"error": "invalid_grant", "error_description": "no valid app"}
    on.net.rules.clear()
    on.net.on(is_login, wire.answered(400, refused))
    await on.on.admin("tokens/expire")


async def _ignore(on: SalesforceHarness) -> None:
    async def act(one: Exchange) -> wire.Reply:
        asked = orjson.loads(one.body)
        there = await on.on.live(CONTACT)
        for record in asked["records"]:
            record["FirstName"] = there[record["Id"]]["FirstName"]
        return await one.pass_on(orjson.dumps(asked))

    on.net.on(is_write, act)


async def _answer(on: SalesforceHarness) -> None:
    async def act(one: Exchange) -> wire.Reply:
        reply = await one.answer()
        for record in orjson.loads(one.body)["records"]:
            on.on.wait(seconds=1)
            values = {"Title": "by a flow"}
            await on.on.admin(f"user/{CONTACT}/edit", id=record["Id"], properties=values)
        return reply

    on.net.on(is_write, act)


async def _merge(on: SalesforceHarness, kept: str, lost: str) -> None:
    await on.on.admin(f"user/{CONTACT}/merge", primary=kept, other=lost)


async def _restore(on: SalesforceHarness, id_: str) -> None:
    await on.on.admin(f"user/{CONTACT}/restore", id=id_)


async def _nothing(on: SalesforceHarness) -> None:
    del on


_MANY = 1_000
_ON_RECORDS = {"path_prefix": COLLECTIONS}

_FAULTS: Mapping[Cause, dict[str, Any]] = {
    Cause.FAILING_READS: {"kind": "unavailable_503", "times": _MANY},
    Cause.RATE_LIMIT: {"kind": "throttled_429", "times": 3, "retry_after": 2},
    Cause.RATE_LIMIT_SILENT: {"kind": "throttled_429", "times": 3},
    Cause.RATE_LIMIT_LONG: {"kind": "throttled_429", "times": _MANY, "retry_after": 86_400},
    Cause.TIME_OUT_AFTER_COMMIT: {"kind": "timeout_504_after_write", "match": _ON_RECORDS},
    Cause.HTML_REPLY: {"kind": "html_200", "times": _MANY},
    Cause.HTML_ERROR: {"kind": "gateway_html_502", "times": _MANY},
    Cause.CUT_REPLY: {"kind": "truncated_body", "times": _MANY},
    Cause.HIDDEN_FIELD: {"kind": "hidden_property", "times": _MANY, "value": "FirstName"},
    Cause.SWAPPED_ACCOUNT: {"kind": "account_swap", "times": _MANY},
}
"""What the sandbox does by itself."""

_DISABLED = [{"errorCode": "API_CURRENTLY_DISABLED", "message": "API is disabled for this User"}]

_HOW: Mapping[Cause, Callable[..., Awaitable[None]]] = {
    Cause.CUT_LISTING: _by(
        lambda net: net.on(is_listing, wire.told_otherwise(_with_rows(lambda rows: rows[:-1])))
    ),
    Cause.LOST_REQUEST: _by(lambda net: net.on(is_write, wire.lost_request, 1)),
    Cause.LOST_REPLY: _by(lambda net: net.on(is_write, wire.lost_reply, 1)),
    Cause.LOOPING_LISTING: _always_the_first(is_listing),
    Cause.REORDERED_ROWS: _by(
        lambda net: net.on(is_listing, wire.told_otherwise(_with_rows(lambda rows: rows[::-1])))
    ),
    Cause.DUPLICATED_ROWS: _repeat,
    Cause.EQUAL_TIMES: _touch,
    Cause.LOOPING_FEED: _always_the_first(is_feed),
    Cause.EXPIRED_CURSOR: _grow_old,
    Cause.LATE_INDEX: _be_late,
    Cause.CLOCK_AHEAD: _apart(20),
    Cause.CLOCK_BEHIND: _apart(-20),
    Cause.SLOW_REPLY: _be_slow,
    Cause.ERROR_IN_SUCCESS: _by(lambda net: net.on(wire.everything, wire.told_otherwise(_error))),
    Cause.SHORT_BATCH: _by(
        lambda net: net.on(is_write, wire.told_otherwise(lambda told: told[:-1]), 1)
    ),
    Cause.SHUFFLED_BATCH: _by(
        lambda net: net.on(is_write, wire.told_otherwise(lambda told: told[::-1]), 1)
    ),
    Cause.REFUSED_RECORD: _nothing,
    Cause.REVOKED: _revoke,
    Cause.FORBIDDEN: _by(lambda net: net.on(wire.everything, wire.answered(403, _DISABLED))),
    Cause.NORMALISED: _nothing,
    Cause.IGNORED: _ignore,
    Cause.ANSWERED: _answer,
    Cause.MERGED: _merge,
    Cause.RESTORED: _restore,
}

DECLARATION = Declaration(
    title="salesforce",
    word="salesforce",
    capabilities=CAPABILITIES,
    causes=frozenset(_FAULTS) | frozenset(_HOW),
    impossible={Cause.ID_REUSED: "Salesforce gives no id a second time"},
)
PEOPLE_DECLARATION = replace(DECLARATION, title="salesforce (leads and contacts)")


@asynccontextmanager
async def open_harness(
    folder: Path, object_name: str = "contact"
) -> AsyncIterator[SalesforceHarness]:
    del folder
    around = Around()
    theirs = Shifted(around.clock)
    async with AsyncExitStack() as stack:
        running = run_sandbox(SandboxSettings(org=OrgSettings()), clock=theirs)
        sandbox = await stack.enter_async_context(running)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        net = await stack.enter_async_context(wire_to(sandbox.base_url))
        net.on(is_login, wire.told_otherwise(_led_back(net)))
        opened = adapter_on(net.base_url, around, {"page_size": PAGE})
        adapter = await stack.enter_async_context(opened)
        assert await adapter.prepare(object_name), f"{EXTERNAL_ID} was not created"
        on = Bench(adapter=adapter, sandbox=sandbox, around=around, session=session)
        yield SalesforceHarness(on, net, theirs, stack, object_name)
