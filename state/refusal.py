"""Why a state cannot be used, in words that tell the next step and never a password."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError


class StateUnavailable(Exception):
    """The state cannot be used; the message names it and the next step."""


# What SQLite calls a failure (the longest prefix that fits) or Postgres' SQLSTATE → what to do.
_REASONS = {
    "SQLITE_BUSY": "another process keeps it locked; let that end, then try again",
    "SQLITE_LOCKED": "another process keeps it locked; let that end, then try again",
    "SQLITE_FULL": "its disk is full; make room, then try again: nothing half-done was kept",
    "SQLITE_IOERR": "its disk fails; look at the disk and its quota, then try again",
    "SQLITE_CANTOPEN": "it cannot be opened; let this account read and write its folder",
    "SQLITE_READONLY": "it cannot be written to; let this account write the file and its folder",
    "SQLITE_PERM": "it cannot be written to; let this account write the file and its folder",
    "SQLITE_NOTADB": "the file is no database; give another folder, or restore a backup",
    "SQLITE_CORRUPT": "the file is damaged; restore a backup",
    "55P03": "another process keeps it locked; let that end, then try again",
    "53100": "the server's disk is full; make room, then try again: nothing half-done was kept",
    "53300": "the server takes no more connections; raise its max_connections or stop something",
    "25006": "the server takes no writes (a replica?); name the primary",
    "28P01": "the server refuses the password; correct it in the URL",
    "28000": "the server refuses this account; correct the URL or the server's pg_hba.conf",
    "3D000": "the server has no such database; create it, empty, or correct the URL",
    "42501": "the account lacks a permission there; let it own the database's schema",
    "57P01": "the server is shutting down; try again once it is back",
    "57P03": "the server is starting or stopping; try again once it is back",
}

_UNREACHED = "the server cannot be reached; see that it runs and that the URL is right"

# A server that refuses a connection gives words only (in English, unless it speaks another tongue).
_WORDS = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28000",
    'FATAL:  role "': "28000",
    'FATAL:  database "': "3D000",
    "connection slots": "53300",
    "too many clients": "53300",
    "the database system is": "57P03",
}


def shown(url: URL) -> str:
    """Return a place as a person may see it: no account, no password, no query."""
    if url.get_backend_name() == "sqlite":
        return url.database or "(in memory)"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or 'localhost'}{port}/{url.database or ''}"


@contextmanager
def refusing(url: URL) -> Iterator[None]:
    """Turn the driver's word for a state that cannot be used into StateUnavailable.

    Other errors of the database (a broken constraint, a wrong statement) pass as they are.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as problem:
        reason = _reason(problem)
        if reason is None:
            raise
        raise StateUnavailable(f"The state at {shown(url)} cannot be used: {reason}.") from problem


def _reason(problem: DBAPIError) -> str | None:
    name = getattr(problem.orig, "sqlite_errorname", None) or getattr(problem.orig, "sqlstate", "")
    fitting = [code for code in _REASONS if str(name).startswith(code)]
    if fitting:
        return _REASONS[max(fitting, key=len)]
    if name is None or problem.connection_invalidated:
        codes = [code for words, code in _WORDS.items() if words in str(problem.orig)]
        return _REASONS[codes[0]] if codes else _UNREACHED
    return None


@contextmanager
def files_refusing(url: URL) -> Iterator[None]:
    """Turn an error of the file system around a state into StateUnavailable."""
    try:
        yield
    except OSError as problem:
        raise StateUnavailable(
            f"The state at {shown(url)} cannot be used: {_why(problem)}."
        ) from problem


def _why(problem: OSError) -> str:
    match problem:
        case FileNotFoundError():
            return "there is none; correct --state, or let the daemon make it"
        case NotADirectoryError() | FileExistsError():
            return "a file stands where its folder should be; name a folder"
        case IsADirectoryError():
            return "a folder stands where its file should be; name another folder"
        case PermissionError():
            return "this account may not use it; let it read and write the folder and the file"
        case _:
            return f"{os.strerror(problem.errno or 0)}; look at the disk, then try again"
