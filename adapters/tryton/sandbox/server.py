"""One running server on one database file, and calls to it as one of its users."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adapters.errors import RetryLater
from adapters.http import ask_this_machine
from adapters.tryton.sandbox import leash
from adapters.tryton.sandbox.environment import Environment, NoServerError
from daemon.clock import Clock

DATABASE = "tryton"
LOOPBACK = "127.0.0.1"
PATIENCE = 120.0
"""Seconds for a start on a busy machine; a quiet one takes four."""


class DeedRefusedError(ValueError):
    """The server refused what a person wanted to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Somebody who may log in."""

    login: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server that runs."""

    base_url: str

    async def call(self, user: User, method: str, *parameters: Any) -> Any:
        """Call a method as *user* and return its result. Raises DeedRefusedError."""
        named = f"{quote(user.login, safe='')}:{quote(user.password, safe='')}@"
        url = f"{self.base_url.replace('://', f'://{named}')}/{DATABASE}/rpc/"
        asked = {"id": 0, "method": method, "params": list(parameters)}
        answer = await ask_this_machine("POST", url, asked)
        if "error" in answer:
            raise DeedRefusedError(f"Tryton refused {method}: {answer['error']}")
        return answer["result"]


@asynccontextmanager
async def serving(
    installed: Environment, folder: Path, clock: Clock, port: int = 0
) -> AsyncIterator[Server]:
    """Serve ``tryton.sqlite`` in *folder* while the block lasts. Raises NoServerError."""
    number = port or _free_port()
    settings = folder / "trytond.conf"
    settings.write_text(configuration(folder, number), encoding="utf-8")
    with (folder / "trytond.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(Path(leash.__file__)),
            installed.programs / "trytond", "-c", settings, "-d", DATABASE,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
        )  # fmt: skip
    try:
        server = Server(base_url=f"http://{LOOPBACK}:{number}")
        await _answering(server, process, folder, clock)
        yield server
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def configuration(folder: Path, port: int) -> str:
    """Return the server's settings: a file database, one address, sessions that outlast a day."""
    return "\n".join(
        (
            "[database]", "uri = sqlite://", f"path = {folder}",
            "[web]", f"listen = {LOOPBACK}:{port}",
            "[session]", "timeout = 86400", "",
        )
    )  # fmt: skip


async def _answering(
    server: Server, process: asyncio.subprocess.Process, folder: Path, clock: Clock
) -> None:
    ends_at = clock.monotonic() + PATIENCE
    body = {"id": 0, "method": "common.server.version", "params": []}
    while clock.monotonic() < ends_at and process.returncode is None:
        try:
            await ask_this_machine("POST", f"{server.base_url}/rpc/", body)
        except RetryLater:
            await clock.sleep(0.1)
        else:
            return
    raise NoServerError(f"The Tryton server did not start; see {folder / 'trytond.log'}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
