"""One daemon per state: a lock that the operating system lets go of when its holder dies.

Beside a SQLite file it is ``flock`` on ``state.lock``, on Postgres a session's advisory lock. It
keeps a second daemon out, not commands: those take turns with the daemon by transactions.
"""

import fcntl
import os
import socket
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from state.database import is_in_memory, state_url
from state.refusal import StateUnavailable, files_refusing, refusing, shown

RUNNING = 1_668_443_500
"""Number of the Postgres advisory lock that a daemon holds as long as it lives."""

# Ends the session of a host that vanished without a word, and with it the lock, after 25 seconds.
_NOTICE_A_LOST_HOST = (
    "SELECT set_config('tcp_keepalives_idle', '10', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
_TAKE = "SELECT pg_try_advisory_lock(:number, hashtext(current_schema()))"
# A session is known by its number and its start: numbers come round again.
_HOLDER = (
    "SELECT activity.application_name AS name, activity.pid,"
    " extract(epoch FROM activity.backend_start)::text AS since FROM pg_locks AS held"
    " JOIN pg_stat_activity AS activity ON activity.pid = held.pid"
    " WHERE held.locktype = 'advisory' AND held.granted AND held.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND held.classid = :number AND held.objid::int8 ="
    " hashtext(current_schema())::int8 & 4294967295"
)


class StateLock(ABC):
    """Proof that this process is the one daemon of a state."""

    @abstractmethod
    def is_held(self) -> bool:
        """Tell whether it still is: a lost connection to Postgres loses the lock."""

    @abstractmethod
    def confirm(self, connection: Connection) -> None:
        """Refuse a writing transaction whose process is the one daemon no more (R22).

        Asked once the transaction has its turn: a successor's first one waits until this one ended,
        so that what passes here was written before anybody took over, however long the process
        slept in between. Raises StateUnavailable.
        """

    @abstractmethod
    def release(self) -> None:
        """Let the next one in; safe to call twice."""

    def __enter__(self) -> Self:
        """Hold it as long as the context lasts."""
        return self

    def __exit__(self, *_problem: object) -> None:
        """Release it."""
        self.release()


def hold_lock(place: str | Path) -> StateLock:
    """Become the one daemon of the state at *place*.

    Raises StateUnavailable, naming the holder, where there is one already.
    """
    url = state_url(place)
    if is_in_memory(url):
        return _NoLock()
    if url.get_backend_name() != "sqlite":
        return _ServerLock(url)
    with files_refusing(url):
        return _FileLock(url)


class _NoLock(StateLock):
    """A state in memory has no second process."""

    def is_held(self) -> bool:
        return True

    def confirm(self, connection: Connection) -> None:
        """Pass."""

    def release(self) -> None:
        return


class _FileLock(StateLock):
    def __init__(self, url: URL) -> None:
        path = Path(str(url.database)).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 200).decode(errors="replace").strip()
            self.release()
            raise _taken(url, holder) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, _me().encode(), 0)

    def is_held(self) -> bool:
        return self._file >= 0

    def confirm(self, connection: Connection) -> None:
        """Pass: the operating system takes this lock from the dead only."""

    def release(self) -> None:
        """Close the file, which unlocks it; it stays, for removing it would let two in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class _ServerLock(StateLock):
    def __init__(self, url: URL) -> None:
        self._url = url
        self._asking = threading.Lock()  # a session serves one thread at a time
        self._engine = create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"application_name": _me()},
        )
        with refusing(url):
            self._session: Connection | None = self._engine.connect()
            self._session.exec_driver_sql(_NOTICE_A_LOST_HOST)
            is_mine = self._session.scalar(text(_TAKE), {"number": RUNNING})
            self._seen = _holder(self._session)
        if not is_mine:
            self.release()
            raise _taken(url, self._seen.name if self._seen else "")

    def is_held(self) -> bool:
        with self._asking:
            if self._session is None:
                return False
            try:
                self._session.exec_driver_sql("SELECT 1")
            except DBAPIError:
                return False
            return True

    def confirm(self, connection: Connection) -> None:
        holder = _holder(connection)
        if holder is not None and holder == self._seen:
            return
        fate = f"taken over by another daemon ({holder.name})" if holder else "lost"
        raise StateUnavailable(
            f"The state at {shown(self._url)} was {fate} while this process slept or its "
            "connection was cut; nothing more is written here. Stop this daemon, or start it anew."
        )

    def release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Holder:
    """Whose session has the lock."""

    name: str
    pid: int
    since: str


def _holder(connection: Connection) -> _Holder | None:
    found = connection.execute(text(_HOLDER), {"number": RUNNING}).mappings().first()
    return _Holder(**found) if found else None


def _me() -> str:
    """Return who holds it, in at most the 63 characters that Postgres keeps."""
    return f"crmsyncd process {os.getpid()} on {socket.gethostname()}"[:63]


def _taken(url: URL, holder: str) -> StateUnavailable:
    return StateUnavailable(
        f"The state at {shown(url)} is in use by another daemon ({holder or 'unknown'}); stop that "
        "one first, or give this one another --state."
    )
