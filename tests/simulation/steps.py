"""Steps at which a run can end: before and after each commit and each remote effect.

A step is counted and named; what strikes there is decided by whoever holds the counter. A run is
driven without an event loop, because in simulation nothing ever waits.
"""

import sqlite3
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from state.database import Operation, P, State, is_in_memory, open_engine, state_url

T = TypeVar("T")

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process died here; no code of ours may catch it."""


class VirtualClock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        """Begin at a fixed moment."""
        self._now = START

    def now(self) -> datetime:
        """Return the present moment."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since the beginning."""
        return (self._now - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.pass_by(timedelta(seconds=seconds))

    def pass_by(self, duration: timedelta) -> None:
        """Let time pass."""
        self._now += duration


class SkewedClock:
    """The clock of a system that is ahead of ours or behind it (fault 46)."""

    def __init__(self, true: VirtualClock, offset: timedelta) -> None:
        """Follow *true* at a distance."""
        self._true = true
        self.offset = offset

    def now(self) -> datetime:
        """Return what this clock shows."""
        return self._true.now() + self.offset

    def monotonic(self) -> float:
        """Return seconds since the beginning."""
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        await self._true.sleep(seconds)


class Steps:
    """Counts the steps of a run and lets something strike at each."""

    def __init__(self) -> None:
        """Nothing strikes yet."""
        self.count = 0
        self.names: list[str] = []
        self.strike: Callable[[str], None] = lambda _name: None

    def at(self, name: str) -> None:
        """Pass a step."""
        self.count += 1
        self.names.append(name)
        self.strike(name)


class CountedState(State):
    """The real state; each commit is a step before and a step after."""

    def __init__(self, engine: Engine, steps: Steps) -> None:
        """Run inline on *engine*."""
        super().__init__(engine, inline=True)
        self._steps = steps
        self._kept = kept_connection(engine) if is_in_memory(engine.url) else None

    def write_now(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *operation* and commit, unless the process dies before."""
        name = getattr(operation, "__name__", "operation")
        self._steps.at(f"state.before.{name}")
        if self._kept is None:
            result = super().write_now(operation, *args, **kwargs)
        else:
            result = self._run_kept(self._kept, operation, *args, **kwargs)
        self._steps.at(f"state.after.{name}")
        return result

    def read_now(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading *operation*."""
        if self._kept is None:
            return super().read_now(operation, *args, **kwargs)
        return operation(self._kept, *args, **kwargs)

    @staticmethod
    def _run_kept(
        kept: Connection, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run *operation* and commit.

        Reads leave a transaction open: one connection is all there is, and that saves two
        statements a read.
        """
        try:
            result = operation(kept, *args, **kwargs)
        except BaseException:
            kept.rollback()
            raise
        kept.commit()
        return result


_kept: dict[Engine, Connection] = {}


def kept_connection(engine: Engine) -> Connection:
    """Return the one connection of an in-memory database; taking it anew each time is slow."""
    if engine not in _kept:
        _kept[engine] = engine.connect()
    return _kept[engine]


def memory_engine() -> Engine:
    """Return an in-memory SQLite with all tables."""
    engine = open_engine(state_url("sqlite://"))
    SQLModel.metadata.create_all(engine)
    return engine


def empty(engine: Engine) -> None:
    """Make every table as new: what was stored is lost (fault 14)."""
    _at_rest(engine)
    with engine.begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            connection.execute(table.delete())
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DELETE FROM sqlite_sequence")


def _at_rest(engine: Engine) -> None:
    """End the transaction that reads left open on the one connection of an in-memory database."""
    if engine in _kept:
        _kept[engine].rollback()


def _raw(engine: Engine) -> sqlite3.Connection:
    _at_rest(engine)
    raw = kept_connection(engine).connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError("copies are made of SQLite databases")
    return raw


def copied(engine: Engine) -> bytes:
    """Return a copy of an in-memory database."""
    return _raw(engine).serialize()


def put_back(engine: Engine, copy: bytes) -> None:
    """Put a copy of an in-memory database back in its place."""
    older = sqlite3.connect(":memory:")
    older.deserialize(copy)
    older.backup(_raw(engine))
    older.close()


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, without an event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise RuntimeError("the engine waited for something outside the simulation")
