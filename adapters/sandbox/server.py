"""The HTTP server under every sandbox: one port on loopback, faults, counting, admin endpoints.

Takes a vendor (its rules as a synchronous function from request to reply) and a clock. Gives a
running server. Promises to answer only on the loopback interface, to play queued faults before or
after the vendor's rules as their kind says, and to count each vendor call once.
"""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import format_datetime
from typing import Protocol

import orjson
from aiohttp import web

from adapters.sandbox.admin import ADMIN_PREFIX, Wire, add_admin_routes, guard_origin
from adapters.sandbox.calls import BROKEN_OFF, Call, CallCounter
from adapters.sandbox.clock import Clock
from adapters.sandbox.exchange import Reply, Request
from adapters.sandbox.faults import DISTORTIONS, REFUSALS, FaultKind, FaultQueue, FaultRule

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 64 * 1024 * 1024
SLOW_PIECES = 10


class Vendor(Protocol):
    """A vendor's rules, as the server needs them."""

    def answer(self, request: Request) -> Reply:
        """Apply the request and return what the vendor would say."""
        ...

    def refuse(self, rule: FaultRule, request: Request) -> Reply:
        """Return the vendor's wording of a failure; nothing is applied."""
        ...

    def distort(self, rule: FaultRule, request: Request, reply: Reply) -> Reply:
        """Make a good reply lie in the way the rule says."""
        ...

    def endpoint(self, request: Request) -> str:
        """Name the endpoint for the counter, without ids."""
        ...

    def add_routes(self, app: web.Application) -> None:
        """Add the vendor's own admin endpoints and pages."""
        ...


class SandboxServer:
    """Joins the wire, the faults, the counter and one vendor."""

    def __init__(self, vendor: Vendor, clock: Clock) -> None:
        self.faults = FaultQueue()
        self.calls = CallCounter()
        self.wire = Wire()
        self._vendor = vendor
        self._clock = clock

    def application(self) -> web.Application:
        """Return the application: admin first, everything else is the vendor's."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[guard_origin])
        add_admin_routes(
            app, faults=self.faults, calls=self.calls, clock=self._clock, wire=self.wire
        )
        self._vendor.add_routes(app)
        app.router.add_route("*", "/{path:.*}", self._exchange)
        return app

    async def _exchange(self, raw: web.Request) -> web.StreamResponse:
        request = await _read(raw)
        await self._travel()
        rule = self.faults.take(request, self._clock.now())
        reply = self._reply(request, rule)
        self._note(request, reply)
        await self._travel()
        if reply is None:
            return _reset(raw)
        return await self._send(raw, reply, rule)

    async def _travel(self) -> None:
        if self.wire.latency:
            await self._clock.sleep(self.wire.latency.total_seconds() / 2)

    def _reply(self, request: Request, rule: FaultRule | None) -> Reply | None:
        """Return the reply, or None where the connection is to be reset."""
        if rule is None:
            return self._vendor.answer(request)
        if rule.kind is FaultKind.RESET_BEFORE:
            return None
        if rule.kind in REFUSALS:
            return self._vendor.refuse(rule, request)
        reply = self._vendor.answer(request)
        if rule.kind is FaultKind.RESET_AFTER:
            return None
        if rule.kind is FaultKind.TIMEOUT_AFTER_WRITE:
            return self._vendor.refuse(rule, request)
        if rule.kind in DISTORTIONS:
            return self._vendor.distort(rule, request, reply)
        return reply

    def _note(self, request: Request, reply: Reply | None) -> None:
        call = Call(
            at=self._clock.now().isoformat(timespec="milliseconds"),
            method=request.method,
            endpoint=self._vendor.endpoint(request),
            path=request.path,
            status=BROKEN_OFF if reply is None else reply.status,
        )
        self.calls.note(call)

    async def _send(
        self, raw: web.Request, reply: Reply, rule: FaultRule | None
    ) -> web.StreamResponse:
        payload = _payload(reply)
        headers = {**reply.headers, "Date": format_datetime(self._clock.now(), usegmt=True)}
        if payload or reply.text is not None:
            headers["Content-Type"] = f"{reply.content_type};charset=utf-8"
        kind = None if rule is None else rule.kind
        if rule is not None and kind is FaultKind.SLOW_BODY:
            return await self._send_slowly(raw, reply.status, headers, payload, rule.seconds)
        if kind is FaultKind.TRUNCATED_BODY:
            return await _send_cut(raw, reply.status, headers, payload)
        if kind is FaultKind.TRUNCATED_JSON:
            payload = payload[: len(payload) // 2]
        return web.Response(status=reply.status, headers=headers, body=payload)

    async def _send_slowly(
        self, raw: web.Request, status: int, headers: dict[str, str], payload: bytes, seconds: float
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(payload)
        await response.prepare(raw)
        size = max(1, len(payload) // SLOW_PIECES)
        for start in range(0, len(payload), size):
            await self._clock.sleep(seconds / SLOW_PIECES)
            await response.write(payload[start : start + size])
        await response.write_eof()
        return response


@asynccontextmanager
async def listening(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve on loopback while the block runs; gives the base URL. Port 0 takes a free one.

    Raises OSError when the port is taken.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _read(raw: web.Request) -> Request:
    query: dict[str, tuple[str, ...]] = {}
    for name, value in raw.query.items():
        query[name] = (*query.get(name, ()), value)
    return Request(
        method=raw.method,
        path=raw.path,
        query=query,
        headers={name.lower(): value for name, value in raw.headers.items()},
        body=await raw.read(),
        url_length=len(raw.raw_path),
        raw_path=raw.raw_path.partition("?")[0],
    )


def _payload(reply: Reply) -> bytes:
    if reply.text is not None:
        return reply.text.encode()
    return b"" if reply.body is None else orjson.dumps(reply.body)


def _reset(raw: web.Request) -> web.StreamResponse:
    """Break the connection with RST: no reply, no orderly end."""
    if raw.transport is not None:
        wire = raw.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.transport.abort()
    return web.Response()


async def _send_cut(
    raw: web.Request, status: int, headers: dict[str, str], payload: bytes
) -> web.StreamResponse:
    """Promise the whole body, send half of it, hang up."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(payload)
    await response.prepare(raw)
    await response.write(payload[: len(payload) // 2])
    if raw.transport is not None:
        raw.transport.close()
    return response


__all__ = ["ADMIN_PREFIX", "LOOPBACK", "SandboxServer", "Vendor", "listening"]
