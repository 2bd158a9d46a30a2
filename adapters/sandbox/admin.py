"""Admin endpoints every sandbox has, and the guard in front of all that is not the vendor's.

Takes the fault queue and the call counter. Gives `/_sandbox/faults`,
`/_sandbox/calls` and `/_sandbox/latency`.
Promises that no page of another origin, and no name that merely resolves to loopback, can press
the admin's buttons: the server has no password, it is a local tool.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.sandbox.calls import CallCounter
from adapters.sandbox.clock import Clock
from adapters.sandbox.exchange import JsonObject
from adapters.sandbox.faults import FaultQueue, FaultRuleError, parse_rule

ADMIN_PREFIX = "/_sandbox/"
PAGE_PREFIX = "/_page/"
DEFAULT_LAST_CALLS = 50
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def guard_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse admin and page requests that another site made a browser send."""
    is_guarded = request.path == "/" or request.path.startswith((ADMIN_PREFIX, PAGE_PREFIX))
    if is_guarded and not _is_local(request):
        return json_reply({"error": "Only a page of this sandbox, or no page, may do this."}, 403)
    return await handler(request)


def _is_local(request: web.Request) -> bool:
    if urlsplit(f"//{request.host}").hostname not in _LOCAL_NAMES:
        return False
    if request.method in {"GET", "HEAD"}:
        return True
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}


def json_reply(body: object, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"Content-Type": "application/json"}
    )


async def json_body(request: web.Request) -> JsonObject:
    """Read a JSON object; an empty body is an empty object. Raises HTTPBadRequest otherwise."""
    raw = await request.read()
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text=f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="The body must be a JSON object.")
    return body


class Wire:
    """How far away the sandbox pretends to be."""

    def __init__(self) -> None:
        self.latency = timedelta(0)
        """From a request's leaving to its reply, half of it each way."""


LONGEST_LATENCY = 60_000


def add_admin_routes(
    app: web.Application, *, faults: FaultQueue, calls: CallCounter, clock: Clock, wire: Wire
) -> None:
    """Add the endpoints for faults, calls and latency."""

    async def list_faults(_: web.Request) -> web.Response:
        return json_reply({"faults": [rule.wire() for rule in faults.waiting(clock.now())]})

    async def add_fault(request: web.Request) -> web.Response:
        try:
            rule = parse_rule(await json_body(request))
        except FaultRuleError as error:
            return json_reply({"error": str(error)}, 400)
        faults.add(rule)
        return json_reply({"fault": rule.wire()}, 201)

    async def clear_faults(_: web.Request) -> web.Response:
        faults.clear()
        return json_reply({"faults": []})

    async def show_calls(request: web.Request) -> web.Response:
        last = request.query.get("last", str(DEFAULT_LAST_CALLS))
        return json_reply(calls.wire(int(last) if last.isdigit() else DEFAULT_LAST_CALLS))

    async def reset_calls(_: web.Request) -> web.Response:
        calls.reset()
        return json_reply(calls.wire(0))

    app.router.add_put(f"{ADMIN_PREFIX}latency", _setting_latency(wire))
    app.router.add_get(f"{ADMIN_PREFIX}faults", list_faults)
    app.router.add_post(f"{ADMIN_PREFIX}faults", add_fault)
    app.router.add_delete(f"{ADMIN_PREFIX}faults", clear_faults)
    app.router.add_get(f"{ADMIN_PREFIX}calls", show_calls)
    app.router.add_delete(f"{ADMIN_PREFIX}calls", reset_calls)


def _setting_latency(wire: Wire) -> Handler:
    async def set_latency(request: web.Request) -> web.Response:
        given = (await json_body(request)).get("milliseconds")
        if not isinstance(given, int) or not 0 <= given <= LONGEST_LATENCY:
            told = f"`milliseconds` is a whole number from 0 to {LONGEST_LATENCY}"
            return json_reply({"error": told}, 400)
        wire.latency = timedelta(milliseconds=given)
        return json_reply({"milliseconds": given})

    return set_latency
