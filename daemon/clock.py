"""Time and luck: the only module of the product that knows the real ones.

Everything else is handed a :class:`Clock` and a :class:`Luck`, so that the whole engine runs in
virtual time with seeded luck in the simulation tests, byte for byte the same each time.
"""

import asyncio
import base64
import random
import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the product may ask about time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*; cancellable."""
        ...


class Luck(Protocol):
    """What the product may ask of chance."""

    def token(self) -> str:
        """Return 16 lower-case letters and digits that nobody can guess or will meet again."""
        ...

    def uniform(self) -> float:
        """Return a number in [0, 1), for jitter."""
        ...

    def sample(self, population: list[str], size: int) -> list[str]:
        """Return *size* distinct members of *population* (all of them when there are fewer)."""
        ...


def secret_bytes(count: int) -> bytes:
    """Return *count* bytes for keys and nonces: the system's own always, since none may repeat."""
    return secrets.token_bytes(count)


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_TOKEN_LENGTH = 16


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


class SystemLuck:
    """The operating system's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def token(self) -> str:
        """Return 80 bits from the operating system."""
        return base64.b32encode(secrets.token_bytes(10)).decode().lower()

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def sample(self, population: list[str], size: int) -> list[str]:
        """Return a random choice without repetition."""
        return self._random.sample(population, min(size, len(population)))


class SeededLuck:
    """Repeatable luck, for simulation and for samples that must be the same on every machine."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatability is the point

    def token(self) -> str:
        """Return a token that the seed decides."""
        return "".join(self._random.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))

    def uniform(self) -> float:
        """Return a number in [0, 1) that the seed decides."""
        return self._random.random()

    def sample(self, population: list[str], size: int) -> list[str]:
        """Return a choice without repetition that the seed decides."""
        return self._random.sample(population, min(size, len(population)))
