"""A real Tryton server for the tests: installed in the clone once, started where it is needed.

``python -m tests.tryton.server`` only sets it up: that takes a minute, which no test should have to
wait for.
"""

import asyncio
import atexit
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from adapters.tryton.sandbox.environment import NoServerError
from adapters.tryton.sandbox.running import installed

FOLDER = Path(__file__).resolve().parents[2] / ".tools" / "tryton"
VARIABLE = "CRMSYNCD_TRYTON_FOLDER"


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where it is and who may log in."""

    base_url: str
    database: str
    user: str
    password: str
    admin: str
    people: tuple[tuple[str, str], ...]
    """Login and password of an administrator and of a person."""


def surroundings() -> dict[str, str]:
    """Return an environment whose Tryton is the clone's own, unless another one is named."""
    return {VARIABLE: str(FOLDER), **os.environ}


@contextmanager
def server(records: int = 0, seed: int = 1) -> Iterator[Server]:
    """Serve a fresh database with some parties as long as this context lives."""
    words = ("-m", "adapters.sandbox", "tryton", "--records", str(records), "--seed", str(seed))
    with subprocess.Popen(
        [sys.executable, *words], env=surroundings(), stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the Tryton server did not start; its error stands above"
            told = json.loads(line)
            yield Server(
                base_url=told["base_url"],
                database=told["settings"]["database"],
                user=told["settings"]["user"],
                password=told["token"],
                admin=told["admin"],
                people=tuple(sorted(told["users"].items())),
            )
        finally:
            process.terminate()


@cache
def shared() -> Server:
    """Return one server for all tests of this process; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


def main() -> int:
    """Set the server up, so that tests find it ready."""
    os.environ |= surroundings()
    try:
        asyncio.run(installed())
    except NoServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
