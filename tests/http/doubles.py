"""A clock that never waits, and a server that answers with exactly the bytes a test wrote."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from adapters.budget import Spending
from adapters.contract import Call, Surroundings
from daemon.clock import SeededLuck

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class LeapingClock:
    """Sleeping moves it on at once; everything else happens in no time."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start
        self.elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the start plus what was slept."""
        return self._start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        """Return the seconds slept."""
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        """Move on, and let others run."""
        self.slept.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)


@dataclass
class Around:
    """What an adapter is given, kept where the test can look."""

    clock: LeapingClock = field(default_factory=LeapingClock)
    calls: list[Call] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    """When requests that write left."""
    spending: Spending = field(default_factory=lambda: Spending("crm"))

    def surroundings(self) -> Surroundings:
        return Surroundings(
            connection="crm",
            clock=self.clock,
            luck=SeededLuck(7),
            on_call=self.calls.append,
            leaving=self._note_leaving,
            spending=self.spending,
        )

    async def _note_leaving(self) -> None:
        self.left.append(self.clock.elapsed)


@dataclass(frozen=True)
class Answer:
    """Raw bytes to send; then the connection is kept, closed, or reset."""

    raw: bytes = b""
    is_reset: bool = False
    is_silent: bool = False
    """Nothing is ever sent."""
    is_last: bool = False
    """The connection is closed after it, however long the body was promised to be."""


def json_answer(status: int, body: object, headers: str = "") -> Answer:
    return text_answer(status, orjson.dumps(body), headers=headers)


def text_answer(
    status: int, body: bytes, *, headers: str = "", kind: str = "application/json"
) -> Answer:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}"
    )
    return Answer(raw=head.encode() + b"\r\n" + body)


def cut_answer(status: int, body: bytes, promised: int) -> Answer:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {promised}\r\n"
    )
    return Answer(raw=head.encode() + b"\r\n" + body, is_last=True)


RESET = Answer(is_reset=True)
SILENCE = Answer(is_silent=True)


class ScriptedServer:
    """Answers request after request by its script; the last answer repeats."""

    def __init__(self, script: Sequence[Answer]) -> None:
        self.script = list(script)
        self.requests: list[tuple[str, bytes]] = []
        self.base_url = ""

    @property
    def bodies(self) -> list[object]:
        return [orjson.loads(body) for _, body in self.requests if body]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (
                int(line.partition(":")[2])
                for line in head.splitlines()
                if line.lower().startswith("content-length:")
            ),
            0,
        )
        self.requests.append((head, await reader.readexactly(length)))
        answer = self.script[min(len(self.requests), len(self.script)) - 1]
        if answer.is_silent:
            await reader.read()
            return False
        if answer.is_reset:
            writer.transport.abort()
            return False
        writer.write(answer.raw)
        await writer.drain()
        return not answer.is_last


@asynccontextmanager
async def scripted(*script: Answer) -> AsyncIterator[ScriptedServer]:
    told = ScriptedServer(script)
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    told.base_url = f"http://127.0.0.1:{port}"
    try:
        yield told
    finally:
        server.close()
