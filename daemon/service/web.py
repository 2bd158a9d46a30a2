"""Health, readiness and metrics over HTTP. Shows no record, takes no order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
from aiohttp import web

Report = Callable[[], Awaitable[tuple[bool, dict[str, object]]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Questions:
    """Who answers."""

    is_ready: Report
    exposition: Callable[[], Awaitable[bytes]]


def application(questions: Questions) -> web.Application:
    """Return the daemon's web application."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        is_ready, told = await questions.is_ready()
        return web.Response(
            body=orjson.dumps(told),
            content_type="application/json",
            status=200 if is_ready else 503,
        )

    async def metrics(_: web.Request) -> web.Response:
        text = await questions.exposition()
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=text, headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


async def listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve *app*; return what stops it and the port it got. Raises OSError for a taken port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except BaseException:
        await asyncio.shield(runner.cleanup())
        raise
    return runner, runner.addresses[0][1]
