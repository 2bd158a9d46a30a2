"""The net between an adapter and a system that speaks HTTP: it loses, delays and rewrites.

Everything passes unless :meth:`Wire.on` says otherwise. A rule is *which* requests, an *act*, and
how often. Acts are the functions below; a harness may add its own. Nothing is ever sent twice.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp import web

HOP_BY_HOP = frozenset({"connection", "content-length", "host", "server", "transfer-encoding"})
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body></body></html>"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes back to the adapter."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """Half of the body is sent, then the connection ends."""


@dataclass(kw_only=True)
class Exchange:
    """One request, and the way on to the system."""

    method: str
    path: str
    body: bytes
    pass_on: Callable[[bytes], Awaitable[Reply]]

    async def answer(self) -> Reply:
        """Let the system answer."""
        return await self.pass_on(self.body)


Which = Callable[[Exchange], bool]
Act = Callable[[Exchange], Awaitable[Reply | None]]
"""Returns the reply, or None to break the connection off."""


def everything(_: Exchange) -> bool:
    """Let a rule be about every request."""
    return True


@dataclass(kw_only=True)
class _Rule:
    which: Which
    act: Act
    times: int | None


@dataclass(kw_only=True)
class Wire:
    """The net, as a server that passes requests on to ``target``."""

    target: str
    session: aiohttp.ClientSession
    base_url: str = ""
    rules: list[_Rule] = field(default_factory=list)

    def on(self, which: Which, act: Act, times: int | None = None) -> None:
        """Let *act* happen to the requests that fit, *times* times; None: from now on."""
        self.rules.append(_Rule(which=which, act=act, times=times))

    async def exchange(self, raw: web.Request) -> web.StreamResponse:
        """Pass one request on, or let happen to it what the first rule that fits says."""

        async def pass_on(body: bytes) -> Reply:
            return await self._forwarded(raw, body)

        one = Exchange(method=raw.method, path=raw.path, body=await raw.read(), pass_on=pass_on)
        reply = await self._act(one)(one)
        if reply is None:
            return _broken_off(raw)
        return await _cut(raw, reply) if reply.is_cut else _whole(reply)

    def _act(self, one: Exchange) -> Act:
        for rule in self.rules:
            if rule.times == 0 or not rule.which(one):
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule.act
        return pass_through

    async def _forwarded(self, raw: web.Request, body: bytes) -> Reply:
        headers = {
            name: raw.headers[name] for name in raw.headers if name.lower() not in HOP_BY_HOP
        }
        url = self.target + raw.raw_path
        async with self.session.request(
            raw.method, url, data=BytesIO(body), headers=headers
        ) as answer:
            kept = {name: answer.headers[name] for name in answer.headers}
            return Reply(status=answer.status, headers=kept, body=await answer.read())


@asynccontextmanager
async def wire_to(target: str) -> AsyncIterator[Wire]:
    """Yield a net in front of *target*; its ``base_url`` is where the adapter is to ask."""
    async with aiohttp.ClientSession() as session:
        wire = Wire(target=target, session=session)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", wire.exchange)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            wire.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield wire
        finally:
            await runner.cleanup()


async def pass_through(one: Exchange) -> Reply:
    """Do nothing."""
    return await one.answer()


async def lost_request(_: Exchange) -> None:
    """Break off before the system hears of it."""


async def lost_reply(one: Exchange) -> None:
    """Break off after the system did it."""
    await one.answer()


async def cut(one: Exchange) -> Reply:
    """Break off in the middle of the reply."""
    return replace(await one.answer(), is_cut=True)


def slow(seconds: float) -> Act:
    """Let the system do it at once, and tell later."""

    async def act(one: Exchange) -> Reply:
        reply = await one.answer()
        await asyncio.sleep(seconds)
        return reply

    return act


def page(status: int, *, is_done: bool = False) -> Act:
    """Answer with a web page; *is_done*: after the system did it."""

    async def act(one: Exchange) -> Reply:
        if is_done:
            await one.answer()
        return Reply(status=status, body=PAGE, headers={"Content-Type": "text/html"})

    return act


def answered(status: int, body: object, headers: Mapping[str, str] | None = None) -> Act:
    """Answer with JSON; the system hears of nothing."""

    async def act(_: Exchange) -> Reply:
        told = {"Content-Type": "application/json", **(headers or {})}
        return Reply(status=status, body=json.dumps(body).encode(), headers=told)

    return act


def asked_otherwise(change: Callable[[Any], Any]) -> Act:
    """Pass on what *change* makes of the request's JSON."""

    async def act(one: Exchange) -> Reply:
        return await one.pass_on(json.dumps(change(json.loads(one.body))).encode())

    return act


def told_otherwise(change: Callable[[Any], Any]) -> Act:
    """Tell what *change* makes of the reply's JSON; failures are told as they are."""

    async def act(one: Exchange) -> Reply:
        reply = await one.answer()
        if reply.status >= 300 or not reply.body:
            return reply
        return replace(reply, body=json.dumps(change(json.loads(reply.body))).encode())

    return act


def _whole(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=_kept(reply))


async def _cut(raw: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=_kept(reply))
    response.content_length = len(reply.body) + 1
    await response.prepare(raw)
    await response.write(reply.body[: len(reply.body) // 2])
    if raw.transport is not None:
        raw.transport.close()
    return response


def _kept(reply: Reply) -> dict[str, str]:
    left_out = HOP_BY_HOP | {"content-encoding"}
    return {name: value for name, value in reply.headers.items() if name.lower() not in left_out}


def _broken_off(raw: web.Request) -> web.Response:
    if raw.transport is not None:
        raw.transport.abort()
    return web.Response()
