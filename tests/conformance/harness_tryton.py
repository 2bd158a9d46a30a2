"""A real Tryton server behind a net, emptied for each test, and another user's hands on it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.tryton.object_types import PARTIES
from adapters.tryton.profile import CAPABILITIES
from daemon.core.values import Values
from tests.conformance import wire
from tests.conformance.cases import Declaration
from tests.conformance.causes import Cause
from tests.conformance.wire import Exchange, Wire
from tests.tryton.bench import Bench, adapter_on, bench
from tests.tryton.person import PARTY, Person

SHORT = 1.0
"""Seconds that the adapter waits for a reply where replies are late."""


class TrytonHarness:
    """Parties, one text of which stands in their address."""

    object_name = PARTIES.name
    text_fields = ("name", "city")

    def __init__(self, on: Bench, stack: AsyncExitStack) -> None:
        self.on, self.net, self.stack = on, on.net, stack
        self.adapter = on.adapter
        self.clock = on.clock

    def sample(self, number: int) -> Values:
        return {
            "name": f"Name {number}",
            "city": f"City {number}",
            "email": f"person{number}@example.com",
        }

    def unacceptable(self, number: int) -> Values:
        return {**self.sample(number), "phone": "0815"}

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return self.on.person.create_all([_texts(values) for values in records])

    async def edit(self, id_: str, values: Values) -> None:
        self.on.person.edit(id_, **_texts(values))

    async def remove(self, id_: str) -> None:
        self.on.person.archive(id_)

    async def look(self, id_: str) -> Values | None:
        seen = self.on.person.look(id_)
        return None if seen is None else {name: seen.get(name) for name in self.text_fields}

    async def count(self) -> int:
        return len(self.on.person.everybody())

    async def settle(self) -> None:
        """A committed transaction is seen by the next."""

    async def cause(self, what: Cause, *ids: str) -> None:
        await _HOW[what](self, *ids)

    async def restart(self, **settings: object) -> None:
        """Go on with a new adapter that has other settings."""
        around = self.on.surroundings()
        opened = adapter_on(self.on.server, self.net.base_url, around, settings)
        self.adapter = self.on.adapter = await self.stack.enter_async_context(opened)
        await self.adapter.account()

    def admin(self) -> Person:
        """Return an administrator of the server."""
        return Person(self.on.server, "admin")


def _texts(values: Values) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in values.items()}


def _method(one: Exchange) -> str:
    return str(json.loads(one.body)["method"])


def _domain(one: Exchange) -> Any:
    return json.loads(one.body)["params"][0]


def is_write(one: Exchange) -> bool:
    """Whether a request changes parties."""
    return _method(one) in {f"{PARTY}.{verb}" for verb in ("create", "write", "delete")}


def is_listing(one: Exchange) -> bool:
    """Whether a request reads a page of a listing."""
    return _method(one) == f"{PARTY}.search_read" and _clauses(one) == ["id"] and _limit(one) > 1


def is_feed(one: Exchange) -> bool:
    """Whether a request reads a page of the feed."""
    return _method(one) == f"{PARTY}.search_read" and _clauses(one) == ["id", "OR"]


def _limit(one: Exchange) -> int:
    return json.loads(one.body)["params"][2] or 0


def _clauses(one: Exchange) -> list[str]:
    return [clause[0] for clause in _domain(one)]


def _rows(change: Callable[[list[Any]], list[Any]]) -> wire.Act:
    return wire.told_otherwise(lambda body: {**body, "result": change(body["result"])})


def _named(change: Callable[[Any, dict[str, Any]], None]) -> wire.Act:
    """Let something happen to each name that is written."""

    def changed(body: Any) -> Any:
        if body["method"] == f"{PARTY}.write":
            *pairs, _context = body["params"]
            for ids, values in zip(pairs[::2], pairs[1::2], strict=True):
                if "name" in values:
                    change(ids, values)
        return body

    return wire.asked_otherwise(changed)


def _by(net_rule: Callable[[Wire], None]) -> Callable[..., Awaitable[None]]:
    async def how(on: TrytonHarness) -> None:
        net_rule(on.net)

    return how


def _always_first() -> wire.Act:
    """Answer every page with the first one."""
    first: list[bytes] = []

    async def act(one: Exchange) -> wire.Reply:
        reply = await one.answer()
        first.append(reply.body)
        return wire.Reply(status=reply.status, body=first[0], headers=reply.headers)

    return act


async def _touch(on: TrytonHarness) -> None:
    ids = on.on.person.call(f"{PARTY}.search", [], 0, None, None)
    on.on.person.call(f"{PARTY}.write", ids, {"lang": None})


def _apart(minutes: int) -> Callable[..., Awaitable[None]]:
    async def how(on: TrytonHarness) -> None:
        on.clock.ahead -= timedelta(minutes=minutes)
        await on.restart()

    return how


async def _be_slow(on: TrytonHarness) -> None:
    await on.restart(request_time_out=SHORT)
    await on.adapter.schema(PARTIES.name)
    on.net.on(is_write, wire.slow(2 * SHORT), times=1)


async def _hide(on: TrytonHarness) -> None:
    admin = on.admin()
    (made,) = admin.call(
        "model.ir.model.field.access.create",
        [{"model": "party.party", "field": "name", "group": None, "perm_read": False,
          "perm_write": False, "perm_create": False, "perm_delete": False}],
    )  # fmt: skip
    on.stack.callback(admin.call, "model.ir.model.field.access.delete", [made])


async def _forbid(on: TrytonHarness) -> None:
    admin = on.admin()
    (made,) = admin.call(
        "model.ir.model.access.create",
        [{"model": "party.party", "group": None, "perm_read": True,
          "perm_write": False, "perm_create": False, "perm_delete": False}],
    )  # fmt: skip
    on.stack.callback(admin.call, "model.ir.model.access.delete", [made])


async def _revoke(on: TrytonHarness) -> None:
    admin = on.admin()
    users = admin.call("model.res.user.search", [["login", "=", on.on.server.user]], 0, 1, None)
    admin.call("model.res.user.write", users, {"password": "another-password-by-hand"})
    old = {"password": on.on.server.password}
    on.stack.callback(admin.call, "model.res.user.write", users, old)


async def _swap(on: TrytonHarness) -> None:
    def another(body: Any) -> Any:
        for one in body["result"]:
            one["create_date"]["microsecond"] = 7
        return body

    on.net.on(lambda one: "ir.lang" in _method(one), wire.told_otherwise(another))


async def _trim(on: TrytonHarness) -> None:
    on.net.on(is_write, _named(lambda _, values: values.update(name=values["name"].strip())))


async def _ignore(on: TrytonHarness) -> None:
    def as_it_is(ids: Any, values: dict[str, Any]) -> None:
        values["name"] = on.on.person.row(str(ids[0]))["name"]

    on.net.on(is_write, _named(as_it_is))


async def _answer(on: TrytonHarness) -> None:
    async def act(one: Exchange) -> wire.Reply:
        reply = await one.answer()
        on.on.person.edit(str(_domain(one)[0]), city="by a workflow")
        return reply

    on.net.on(is_write, act)


async def _merge(on: TrytonHarness, kept: str, lost: str) -> None:
    on.on.person.merge(lost, kept)


async def _restore(on: TrytonHarness, id_: str) -> None:
    on.on.person.call(f"{PARTY}.write", [int(id_)], {"active": True})


async def _nothing(on: TrytonHarness) -> None:
    del on


_WAIT = {"Retry-After": "2"}
_LONG = {"Retry-After": "86400"}
_SERVER_ERROR = {"id": 0, "error": ["an exception that nobody foresaw", ""]}

_HOW: Mapping[Cause, Callable[..., Awaitable[None]]] = {
    Cause.CUT_LISTING: _by(lambda net: net.on(is_listing, _rows(lambda rows: rows[::2]))),
    Cause.LOOPING_LISTING: _by(lambda net: net.on(is_listing, _always_first())),
    Cause.DUPLICATED_ROWS: _by(
        lambda net: net.on(is_listing, _rows(lambda rows: [*rows[:1], *rows]))
    ),
    Cause.REORDERED_ROWS: _by(lambda net: net.on(is_listing, _rows(lambda rows: rows[::-1]))),
    Cause.FAILING_READS: _by(lambda net: net.on(wire.everything, wire.answered(503, {}))),
    Cause.EQUAL_TIMES: _touch,
    Cause.LOOPING_FEED: _by(lambda net: net.on(is_feed, _always_first())),
    Cause.LATE_INDEX: _by(lambda net: net.on(is_feed, _rows(lambda _: []), times=1)),
    Cause.CLOCK_AHEAD: _apart(20),
    Cause.CLOCK_BEHIND: _apart(-20),
    Cause.RATE_LIMIT: _by(
        lambda net: net.on(wire.everything, wire.answered(429, {}, _WAIT), times=3)
    ),
    Cause.RATE_LIMIT_SILENT: _by(
        lambda net: net.on(wire.everything, wire.answered(429, {}), times=3)
    ),
    Cause.RATE_LIMIT_LONG: _by(lambda net: net.on(wire.everything, wire.answered(429, {}, _LONG))),
    Cause.LOST_REQUEST: _by(lambda net: net.on(is_write, wire.lost_request, times=1)),
    Cause.LOST_REPLY: _by(lambda net: net.on(is_write, wire.lost_reply, times=1)),
    Cause.TIME_OUT_AFTER_COMMIT: _by(
        lambda net: net.on(is_write, wire.page(504, is_done=True), times=1)
    ),
    Cause.SLOW_REPLY: _be_slow,
    Cause.HTML_REPLY: _by(lambda net: net.on(wire.everything, wire.page(200))),
    Cause.HTML_ERROR: _by(lambda net: net.on(wire.everything, wire.page(502))),
    Cause.CUT_REPLY: _by(lambda net: net.on(wire.everything, wire.cut)),
    Cause.ERROR_IN_SUCCESS: _by(
        lambda net: net.on(wire.everything, wire.answered(200, _SERVER_ERROR))
    ),
    Cause.REFUSED_RECORD: _nothing,
    Cause.HIDDEN_FIELD: _hide,
    Cause.SWAPPED_ACCOUNT: _swap,
    Cause.REVOKED: _revoke,
    Cause.FORBIDDEN: _forbid,
    Cause.NORMALISED: _trim,
    Cause.IGNORED: _ignore,
    Cause.ANSWERED: _answer,
    Cause.MERGED: _merge,
    Cause.RESTORED: _restore,
}

_ONE_TRANSACTION = "a batch is one transaction; its reply names no record"

DECLARATION = Declaration(
    title="tryton",
    word="tryton",
    capabilities=CAPABILITIES,
    causes=frozenset(_HOW),
    impossible={
        Cause.EXPIRED_CURSOR: "the tables tell of every last change as long as a record lives",
        Cause.SHORT_BATCH: _ONE_TRANSACTION,
        Cause.SHUFFLED_BATCH: _ONE_TRANSACTION,
        Cause.ID_REUSED: "Tryton gives no id a second time",
    },
)


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[TrytonHarness]:
    del folder
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(bench())
        assert await on.adapter.prepare(PARTIES.name)
        yield TrytonHarness(on, stack)
