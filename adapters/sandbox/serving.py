"""Running a sandbox as a process of its own: announce, serve, stop on a signal.

Takes an async context that gives a running sandbox. Promises exactly one line on standard output,
flushed before the first call can be made, and an orderly end on SIGTERM and SIGINT.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import orjson

from adapters.sandbox.exchange import JsonObject


class Announced(Protocol):
    """A running sandbox that can say where it is."""

    def announcement(self) -> JsonObject:
        """Return at least `base_url` and `token`."""
        ...


def serve_until_signal(start: Callable[[], AbstractAsyncContextManager[Announced]]) -> None:
    """Start, print the announcement, and serve until told to stop."""
    asyncio.run(_serve(start))


async def _serve(start: Callable[[], AbstractAsyncContextManager[Announced]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with start() as sandbox:
        sys.stdout.buffer.write(orjson.dumps(sandbox.announcement()) + b"\n")
        sys.stdout.buffer.flush()
        await stop.wait()
