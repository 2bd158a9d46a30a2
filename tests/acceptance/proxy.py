"""The net between daemon and CRM, on loopback: it loses, cuts, delays and distorts, and notes all.

Sends nothing twice and invents nothing: what arrives is what was sent, once or not at all. Runs in
a thread of its own, so that a test may stop the daemon while a request is on the wire. Chance is
seeded; which request meets which chance depends on the daemon's pace.
"""

import asyncio
import json
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp
from aiohttp import web

TIME_OUT = 1.5
"""Seconds that the daemon waits for a reply through the proxy."""
LATE = 2.0
"""Seconds of a delay: longer than that."""
HOP_BY_HOP = frozenset({"connection", "content-length", "host", "server", "transfer-encoding"})
READS = ("/batch/read", "/search")


class Fault(StrEnum):
    """What the net does to one exchange."""

    DROP_REQUEST = "drop_request"
    """Reset before the CRM heard of it."""
    DROP_REPLY = "drop_reply"
    """Reset after the CRM did it."""
    CUT_REPLY = "cut_reply"
    """Reset in the middle of the reply's body."""
    GATEWAY_502 = "gateway_502"
    """A gateway's page instead of the reply, after the CRM did it."""
    UNAVAILABLE_503 = "unavailable_503"
    """An excuse instead of the reply, after the CRM did it."""
    LATE_REPLY = "late_reply"
    """Done at once; told when nobody waits any more."""
    LATE_REQUEST = "late_request"
    """Under way for most of the client's patience; done, and told when nobody waits any more."""
    SHORT_REPLY = "short_reply"
    """Half of the results are missing from JSON that is whole."""
    HOLD_REQUEST = "hold_request"
    """Waits, before the CRM hears of it, until the test lets it go."""
    HOLD_REPLY = "hold_reply"
    """Waits, after the CRM did it, until the test lets it go."""


STORM = (
    Fault.DROP_REQUEST,
    Fault.DROP_REPLY,
    Fault.CUT_REPLY,
    Fault.GATEWAY_502,
    Fault.UNAVAILABLE_503,
    Fault.LATE_REPLY,
    Fault.LATE_REQUEST,
    Fault.SHORT_REPLY,
)
"""All that happens by itself."""


@dataclass(kw_only=True, slots=True)
class Rule:
    """Which exchanges meet which faults: the first rule that fits, by its luck, *times* times."""

    faults: Sequence[Fault]
    path: str = ""
    """A part of the path; ``writes`` are all that change a record."""
    chance: float = 1.0
    skip: int = 0
    times: int | None = None

    def fits(self, one: "Exchange") -> bool:
        if self.times == 0:
            return False
        return one.is_write if self.path == "writes" else self.path in one.path


@dataclass(kw_only=True, slots=True)
class Exchange:
    """One request as it was, and what became of it."""

    method: str
    path: str
    asked: Any
    """Body of the request."""
    fault: Fault | None = None
    is_arrived: bool = False
    status: int = 0
    """What the CRM answered; 0 while it has not."""
    answered: Any = None
    """Body of the CRM's answer to a write."""
    told: int = 0
    """The status that the daemon was told; 0 for none, or none in time."""
    is_write: bool = False
    """Whether it changes records."""


@dataclass(kw_only=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class Proxy:
    """The net: what it is to do, and what it has seen."""

    target: str
    luck: random.Random
    tells_write: Callable[[Exchange], bool]
    base_url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    held: int = 0
    """Exchanges that wait to be let go."""
    _rules: list[Rule] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _gate: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, *faults: Fault, path: str = "", chance: float = 1.0, skip: int = 0,
            times: int | None = 1) -> None:  # fmt: skip
        """From now on, let what fits meet one of *faults*."""
        rule = Rule(faults=faults, path=path, chance=chance, skip=skip, times=times)
        self._rules = [*self._rules, rule]

    def storm(self, chance: float) -> None:
        """Let every exchange meet one of the faults of a bad net with that chance."""
        self.add(*STORM, chance=chance, times=None)

    def heal(self) -> None:
        """Let everything pass, what is held included."""
        self._rules = []
        self.release()

    def hold(self, fault: Fault, path: str) -> None:
        """Keep the next exchange that fits until :meth:`release`."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._gate.clear)
        self.add(fault, path=path)

    def release(self) -> None:
        """Let go what is held."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._gate.set)

    def writes(self) -> list[Exchange]:
        """Every request that changes a record, in the order in which the daemon sent them."""
        return [one for one in self.exchanges if one.is_write]

    def hits(self) -> set[Fault]:
        """The faults that were met so far."""
        return {one.fault for one in self.exchanges if one.fault is not None}

    async def run(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serve until *stop*."""
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._exchange)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        async with aiohttp.ClientSession(auto_decompress=False) as self._session:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            ready.set()
            await stop.wait()
            self._gate.set()
            await runner.cleanup()

    def _fault(self, one: Exchange) -> Fault | None:
        for rule in self._rules:
            if not rule.fits(one) or self.luck.random() >= rule.chance:
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            if rule.times is not None:
                rule.times -= 1
            return self.luck.choice(rule.faults)
        return None

    async def _exchange(self, raw: web.Request) -> web.StreamResponse:
        body = await raw.read()
        asked = json.loads(body) if body else None
        one = Exchange(method=raw.method, path=raw.path, asked=asked)
        one.is_write = self.tells_write(one)
        one.fault = self._fault(one)
        self.exchanges.append(one)
        if one.fault is Fault.DROP_REQUEST:
            return _reset(raw)
        await self._wait(one.fault, Fault.HOLD_REQUEST, Fault.LATE_REQUEST, LATE * 0.7)
        reply = await self._forwarded(raw, body, one)
        await self._wait(one.fault, Fault.HOLD_REPLY, Fault.LATE_REPLY, LATE)
        if one.fault is Fault.LATE_REQUEST:
            await asyncio.sleep(LATE * 0.3)
        return await self._answer(raw, reply, one)

    async def _wait(self, fault: Fault | None, held: Fault, late: Fault, seconds: float) -> None:
        if fault is late:
            await asyncio.sleep(seconds)
        if fault is held:
            self.held += 1
            await self._gate.wait()
            self.held -= 1

    async def _forwarded(self, raw: web.Request, body: bytes, one: Exchange) -> _Reply:
        assert self._session is not None
        headers = {
            name: value
            for name, value in raw.headers.items()
            if name.lower() not in HOP_BY_HOP | {"accept-encoding"}
        }
        url = f"{self.target}{raw.path_qs}"
        one.is_arrived = True
        async with self._session.request(raw.method, url, data=body, headers=headers) as reply:
            told = await reply.read()
            kept = {k: v for k, v in reply.headers.items() if k.lower() not in HOP_BY_HOP}
            if one.is_write and told:
                one.answered = _read(told)
            one.status = reply.status
            return _Reply(status=reply.status, headers=kept, body=told)

    async def _answer(self, raw: web.Request, reply: _Reply, one: Exchange) -> web.StreamResponse:
        match one.fault:
            case Fault.DROP_REPLY | Fault.LATE_REPLY | Fault.LATE_REQUEST:
                return _reset(raw)
            case Fault.CUT_REPLY:
                return await _cut(raw, reply)
            case Fault.GATEWAY_502:
                one.told = 502
                return web.Response(
                    status=502, text="<h1>Bad gateway</h1>", content_type="text/html"
                )
            case Fault.UNAVAILABLE_503:
                one.told = 503
                return web.json_response({"message": "Service unavailable"}, status=503)
            case Fault.SHORT_REPLY:
                reply.body = _shortened(reply.body)
            case _:
                pass
        one.told = reply.status
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)


def is_write(method: str, path: str) -> bool:
    """Tell whether a request changes records."""
    return "objects/" in path and method != "GET" and not path.endswith(READS)


def changes_objects(one: Exchange) -> bool:
    """Tell the same of an exchange."""
    return is_write(one.method, one.path)


@contextmanager
def proxy(
    target: str, seed: int = 1, tells_write: Callable[[Exchange], bool] = changes_objects
) -> Iterator[Proxy]:
    """A net in front of *target* as long as this context lives."""
    ready, stops = threading.Event(), asyncio.Event()
    made = Proxy(target=target, luck=random.Random(seed), tells_write=tells_write)
    thread = threading.Thread(target=lambda: asyncio.run(made.run(ready, stops)), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield made
    finally:
        assert made._loop is not None
        made._loop.call_soon_threadsafe(stops.set)
        thread.join(10)


def _reset(raw: web.Request) -> web.Response:
    """Break the connection with RST; nobody is told anything."""
    if raw.transport is not None:
        wire = raw.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.transport.abort()
    return web.Response()


async def _cut(raw: web.Request, reply: _Reply) -> web.StreamResponse:
    """Promise the whole body, send half of it, reset."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = max(2, len(reply.body))
    await response.prepare(raw)
    await response.write(reply.body[: len(reply.body) // 2])
    _reset(raw)
    return response


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _shortened(body: bytes) -> bytes:
    """Return a reply without the second half of its results; one without results as it is."""
    told = _read(body)
    if not isinstance(told, dict) or not isinstance(told.get("results"), list):
        return body
    told["results"] = told["results"][: len(told["results"]) // 2]
    return json.dumps(told).encode()
