"""The one place that opens a session on our own state (R25).

Operations are plain functions whose first argument is a SQLAlchemy connection. A
:class:`State` runs each in one transaction: in production on one writer thread (readers beside it),
in simulation inline. SQLite transactions are ``BEGIN IMMEDIATE`` with ``synchronous=FULL``, because
the driver's default loses updates silently; Postgres uses psycopg.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.engine import URL, make_url

P = ParamSpec("P")
T = TypeVar("T")

Operation = Callable[Concatenate[Connection, P], T]

BUSY_TIME_OUT_MILLISECONDS = 10_000
"""How long SQLite waits for another process's transaction (a command beside the daemon)."""


class StateUnavailable(Exception):
    """The state cannot be opened; the message names it and the next step."""


def state_url(place: str | Path) -> URL:
    """Return the database URL of ``--state``: a folder (its ``state.db``) or a URL.

    Raises StateUnavailable for a URL of another database than SQLite or Postgres.
    """
    text = str(place)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text) / "state.db"))
    url = make_url(text)
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise StateUnavailable(
        f"--state names a {url.get_backend_name()} database; give a folder or a postgresql:// URL."
    )


def open_engine(url: URL) -> Engine:
    """Open the writing engine; an in-memory SQLite keeps its one connection for ever."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if url.database in {None, "", ":memory:"}:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(url, connect_args={"check_same_thread": False})
    _make_strict(engine)
    return engine


def _make_strict(engine: Engine) -> None:
    pragmas = (
        "journal_mode=WAL",
        f"busy_timeout={BUSY_TIME_OUT_MILLISECONDS}",
        "synchronous=FULL",
        "cache_size=-32768",
        "temp_store=MEMORY",
    )

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_reader = connection.get_execution_options().get("reader", False)
        connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")


class State:
    """Runs operations, each in a transaction of its own."""

    def __init__(self, engine: Engine, *, inline: bool = False) -> None:
        """Take an engine whose tables stand.

        *inline* runs operations in the calling thread: for simulation and for short commands.
        """
        self.engine = engine
        self._writer = None if inline else ThreadPoolExecutor(1, thread_name_prefix="state-writer")
        self._readers = None if inline else ThreadPoolExecutor(2, thread_name_prefix="state-reader")

    async def write(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *operation* and commit. Cancelling the caller does not tear the transaction."""

        def work() -> T:
            return self.write_now(operation, *args, **kwargs)

        if self._writer is None:
            return work()
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, work))

    async def read(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading *operation* on a snapshot, beside the writer."""

        def work() -> T:
            return self.read_now(operation, *args, **kwargs)

        if self._readers is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def write_now(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *operation* here and commit."""
        with self.engine.begin() as connection:
            return operation(connection, *args, **kwargs)

    def read_now(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading *operation* here."""
        reading = self.engine.execution_options(reader=True)
        with reading.connect() as connection:
            return operation(connection, *args, **kwargs)

    def close(self) -> None:
        """Finish what is under way and let go of the database; safe to call twice."""
        for pool in (self._writer, self._readers):
            if pool is not None:
                pool.shutdown(wait=True)
        self.engine.dispose()
