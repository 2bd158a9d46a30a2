"""The one place that opens a session on our own state (R25).

Operations are plain functions whose first argument is a SQLAlchemy connection. A
:class:`State` runs each in one transaction: in production on one writer thread (readers beside it),
in simulation inline. On both databases one transaction writes at a time, across processes too, so
that an operation may read, decide and write without losing what another wrote in between; a reader
sees one snapshot.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, StaticPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from state.refusal import StateUnavailable, refusing
from state.statistics import looking_now_and_then

__all__ = ["Operation", "P", "State", "StateUnavailable", "T", "open_engine", "state_url"]

P = ParamSpec("P")
T = TypeVar("T")

Operation = Callable[Concatenate[Connection, P], T]

PATIENCE = timedelta(seconds=10)
"""How long a transaction waits for another process's (a command beside the daemon)."""

WRITING = 1_668_443_507
"""Number of the Postgres advisory lock that a writing transaction holds."""


def state_url(place: str | Path) -> URL:
    """Return the database URL of ``--state``: a folder (its ``state.db``) or a URL.

    Raises StateUnavailable for a URL of another database than SQLite or Postgres.
    """
    text = str(place)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text) / "state.db"))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Without the cause: it repeats the URL, password included.
        raise StateUnavailable(
            "--state is no readable URL; write postgresql://account:password@host:port/database, "
            "with special characters of the password as %XX."
        ) from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise StateUnavailable(
        f"--state names a {url.get_backend_name()} database; give a folder or a postgresql:// URL."
    )


def is_in_memory(url: URL) -> bool:
    """Tell whether a state lives in this process only."""
    return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}


def open_engine(url: URL, *, patience: timedelta = PATIENCE, read_only: bool = False) -> Engine:
    """Open an engine; an in-memory SQLite keeps its one connection for ever.

    Values are kept out of error messages: they are people's data.
    """
    if url.get_backend_name() != "sqlite":
        return _postgres(url, patience, read_only=read_only)
    if is_in_memory(url):
        engine = create_engine(
            url,
            hide_parameters=True,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
    else:
        engine = _sqlite_file(url, read_only=read_only)
    _make_strict(engine, patience, read_only=read_only)
    return engine


def _sqlite_file(url: URL, *, read_only: bool) -> Engine:
    path = Path(str(url.database))
    if read_only:
        url = url.set(database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"})
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False})


def _make_strict(engine: Engine, patience: timedelta, *, read_only: bool) -> None:
    """Make SQLite keep what it acknowledged, and transactions real ones.

    The driver's default begins a transaction at the first write only and loses updates silently.
    """
    pragmas = [
        f"busy_timeout={patience // timedelta(milliseconds=1)}",
        "cache_size=-8192",
        "temp_store=MEMORY",
    ]
    if not read_only:
        pragmas += ["journal_mode=WAL", "synchronous=FULL"]

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_reader = read_only or connection.get_execution_options().get("reader", False)
        connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")


def _postgres(url: URL, patience: timedelta, *, read_only: bool) -> Engine:
    """Open Postgres with SQLite's promise: one writer at a time, and commits that are on disk."""
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "handle_error", _drop_details)
    if read_only:
        return engine.execution_options(postgresql_readonly=True, **_snapshot(engine))

    keep_informed = looking_now_and_then()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reader", False):
            return
        connection.exec_driver_sql(
            "SELECT set_config('lock_timeout', %s, true),"
            " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
            " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true),"
            " pg_advisory_xact_lock(%s, hashtext(current_schema()))",
            (str(patience // timedelta(milliseconds=1)), WRITING),
        )
        keep_informed(connection)

    return engine


def _drop_details(context: ExceptionContext) -> None:
    """Cut what Postgres adds to its errors: ``DETAIL`` quotes the row that failed."""
    for problem in (context.original_exception, context.sqlalchemy_exception):
        if problem is not None and problem.args:
            problem.args = (str(problem.args[0]).partition("\nDETAIL:")[0], *problem.args[1:])


def _snapshot(engine: Engine) -> dict[str, Any]:
    """Return the options of a reading transaction; SQLite's see one snapshot by themselves."""
    if engine.dialect.name == "sqlite":
        return {"reader": True}
    return {"reader": True, "isolation_level": "REPEATABLE READ"}


class State:
    """Runs operations, each in a transaction of its own.

    Raises StateUnavailable where the database cannot be used (locked, full, gone).
    """

    def __init__(
        self,
        engine: Engine,
        *,
        inline: bool = False,
        fence: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Take an engine whose tables stand.

        *inline* runs operations in the calling thread: for simulation and for short commands. A
        state in memory has one connection only and is always inline. *fence* is asked at the
        beginning of each writing transaction, and raises where this process may write no more.
        """
        inline = inline or is_in_memory(engine.url)
        self.engine = engine
        self._fence = fence
        self._reading = engine.execution_options(**_snapshot(engine))
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
        with refusing(self.engine.url), self.engine.begin() as connection:
            self._fence(connection)
            return operation(connection, *args, **kwargs)

    def read_now(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading *operation* here."""
        with refusing(self.engine.url), self._reading.connect() as connection:
            return operation(connection, *args, **kwargs)

    def close(self) -> None:
        """Finish what is under way and let go of the database; safe to call twice."""
        for pool in (self._writer, self._readers):
            if pool is not None:
                pool.shutdown(wait=True)
        self.engine.dispose()
