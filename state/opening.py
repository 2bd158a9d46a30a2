"""Open a state: find it, make it where there is none, bring its tables to this release."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from state import migrate
from state.database import PATIENCE, State, is_in_memory, open_engine, state_url
from state.lock import StateLock
from state.refusal import files_refusing, refusing


def open_state(
    place: str | Path,
    *,
    inline: bool = False,
    read_only: bool = False,
    patience: timedelta = PATIENCE,
    lock: StateLock | None = None,
) -> State:
    """Open the state at *place* (a folder or a URL); close it with :meth:`State.close`.

    A new or older state is brought to this release; with *read_only* nothing is written, and such
    a state is refused. *patience* is how long a transaction waits for another process's.
    With *lock*, nothing is written any more once that is lost (R22).

    Raises StateUnavailable, with the next step, for what cannot be opened.
    """
    url = state_url(place)
    with refusing(url), files_refusing(url):
        if not is_in_memory(url) and url.get_backend_name() == "sqlite":
            _find_file(url, read_only=read_only)
        engine = open_engine(url, patience=patience, read_only=read_only)
        try:
            _prepare(engine, read_only=read_only)
        except BaseException:
            engine.dispose()
            raise
    if lock is None:
        return State(engine, inline=inline)
    return State(engine, inline=inline, fence=lock.confirm)


def _prepare(engine: Engine, *, read_only: bool) -> None:
    if is_in_memory(engine.url):
        migrate.create_in_memory(engine)
    elif read_only:
        migrate.require_head(engine)
    else:
        migrate.upgrade(engine)


def _find_file(url: URL, *, read_only: bool) -> None:
    """Make the file before SQLite does, so that nobody else may read it even for a moment."""
    path = Path(str(url.database))
    if read_only:
        path.open("rb").close()
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if not path.stat().st_size:
        _make_shrinkable(path)


def _make_shrinkable(path: Path) -> None:
    """Let a new file give back later what is pruned from it: said before anything is in it."""
    with closing(sqlite3.connect(path, timeout=PATIENCE.total_seconds())) as new:
        new.execute("PRAGMA auto_vacuum=INCREMENTAL")
        new.execute("PRAGMA journal_mode=WAL")
