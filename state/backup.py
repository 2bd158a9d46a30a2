"""Copy a state beside a running daemon, and put a copy back in its place.

A backup is one SQLite file: consistent, checked, readable by its owner only, there as a whole or
not at all. What a restore replaces is kept beside it. A restored state remembers the moment, so
that every end is listed anew before anything is concluded from it (``state_age``, fault 13).
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, and_, update
from sqlalchemy.engine import URL

from state import audit, migrate, observations
from state.columns import table
from state.database import open_engine, state_url
from state.lock import hold_lock
from state.refusal import StateUnavailable, files_refusing, refusing, shown
from state.tables import ABSENT, Mirror

_MIRROR = table(Mirror)

BACKED_UP_AT = "backed_up_at"
RESTORED_AT = "restored_at"
"""Facts of a state: when the copy was made that it comes from, and when that was put back."""

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite may keep beside a file."""


class BackupUnusable(Exception):
    """The file given for a backup cannot be used; the message names it and the next step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUp:
    """A backup that was made."""

    file: Path
    size: int
    """Bytes."""
    revision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A backup that is the state again."""

    backed_up_at: str
    """ISO 8601; empty where the file does not tell."""
    kept: Path | None
    """The state that it replaced; None where there was none."""


def back_up(place: str | Path, target: Path, *, at: datetime) -> BackedUp:
    """Copy the state at *place* to *target*, beside whoever uses it; an older *target* is replaced.

    Does not migrate: an old state is backed up as it is. Raises StateUnavailable where there is no
    state to copy, BackupUnusable where *target* cannot be written or the copy is damaged.
    """
    path = _file_of(
        place, "back it up with: pg_dump --format=custom --file={file} {url}", file=target
    )
    with files_refusing(state_url(place)):
        path.open("rb").close()
    if target.exists() and target.samefile(path):
        raise BackupUnusable(f"{target} is the state itself; name another file.")
    with _in_the_end(target) as fresh:
        _copy(path, fresh)
        revision = _checked(fresh, shown_as=path)
        _single_file(fresh, {BACKED_UP_AT: at.isoformat()})
        size = fresh.stat().st_size
    return BackedUp(file=target, size=size, revision=revision)


def restore(place: str | Path, backup: Path, *, at: datetime, actor: str) -> Restored:
    """Make *backup* the state at *place*; the one that is there is kept beside it.

    Raises StateUnavailable while a daemon runs on it, BackupUnusable for a file that is damaged,
    of a newer release, or no backup at all. A crash leaves the one state or the other.
    """
    path = _file_of(
        place,
        "stop the daemon, then: pg_restore --clean --if-exists --dbname={url} {file}"
        " && crmsyncd restore --mark",
        file=backup,
    )
    if not backup.is_file():
        raise BackupUnusable(f"{backup} is no file; name one that `crmsyncd backup` made.")
    with hold_lock(place), _in_the_end(path) as fresh:
        _copy(backup, fresh)
        _checked(fresh, shown_as=backup)
        kept = _free_name(path, at) if path.exists() else None
        backed_up_at = _bring_up(fresh, kept, shown_as=backup, at=at, actor=actor)
        _single_file(fresh, {})
        if kept is not None:
            _keep(path, kept)
    return Restored(backed_up_at=backed_up_at, kept=kept)


def mark_restored(
    connection: Connection, *, at: datetime, actor: str, how: str = "by other means"
) -> str:
    """Remember that an older copy became the state; return when that copy was made, if it tells."""
    made = observations.fact(connection, BACKED_UP_AT, "")
    observations.set_fact(connection, RESTORED_AT, at.isoformat())
    audit.note(
        connection,
        at=at,
        actor=actor,
        action="restore",
        subject="state",
        detail={"how": how, "backed_up_at": made},
    )
    return made


def restored_at(connection: Connection) -> datetime | None:
    """Return when this state was last put back from a copy; None where it never was."""
    told = observations.known_fact(connection, RESTORED_AT)
    return datetime.fromisoformat(told) if told else None


def doubt_absences(connection: Connection, end: tuple[str, str]) -> None:
    """Count absences at *end* anew: what an old state saw lacking proves nothing today (I6)."""
    where = and_(_MIRROR.c.connection == end[0], _MIRROR.c.object == end[1], ABSENT)
    connection.execute(update(_MIRROR).where(where).values(absences=0))


def _file_of(place: str | Path, advice: str, *, file: Path) -> Path:
    url = state_url(place)
    if url.get_backend_name() == "sqlite":
        return Path(str(url.database))
    told = advice.format(url=shown(url), file=file)
    raise StateUnavailable(f"The state at {shown(url)} is kept by Postgres; {told}")


@contextmanager
def _in_the_end(target: Path) -> Iterator[Path]:
    """Give an empty file that takes the place of *target* once everything went well."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        _remove(fresh)
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        yield fresh
        _flush(fresh)
        fresh.replace(target)
        _flush(target.parent)
    except (OSError, sqlite3.DatabaseError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise BackupUnusable(
            f"{target} could not be written ({why}); nothing was changed. "
            "Make room and let this account write there, then try again."
        ) from problem
    finally:
        with suppress(OSError):
            _remove(fresh)


def _remove(file: Path) -> None:
    for suffix in ("", *_BESIDE):
        _with_suffix(file, suffix).unlink(missing_ok=True)


def _with_suffix(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _flush(path: Path) -> None:
    """Have the operating system put a file, or a folder's names, on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _copy(origin: Path, target: Path) -> None:
    """Copy one moment of a database: in one step, since a writer would have a longer one restart."""
    address = f"{origin.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        try:
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as problem:
            raise BackupUnusable(_damaged(origin, str(problem))) from problem
        source.backup(copy)


def _checked(file: Path, *, shown_as: Path) -> str:
    """Return the revision of a copy. Raises BackupUnusable where it is not whole or not ours."""
    with closing(sqlite3.connect(file)) as copy:
        try:
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as problem:
            found = str(problem)
        if found != "ok":
            raise BackupUnusable(_damaged(shown_as, str(found)))
        try:
            row = copy.execute(f"SELECT version_num FROM {migrate.VERSION_TABLE}").fetchone()  # noqa: S608 - our own constant
        except sqlite3.OperationalError:
            row = None
    if row is None:
        raise BackupUnusable(f"{shown_as} is a database, but holds no state of crmsyncd.")
    return str(row[0])


def _damaged(file: Path, why: str) -> str:
    return f"{file} is no database or is damaged ({why}); use an older backup."


def _single_file(file: Path, facts: dict[str, str]) -> None:
    """Write facts, and leave nothing beside the file."""
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", facts.items())
        copy.commit()


def _bring_up(fresh: Path, kept: Path | None, *, shown_as: Path, at: datetime, actor: str) -> str:
    """Bring a copy to this release and mark it as restored; return when it was made."""
    url = URL.create("sqlite", database=str(fresh))
    engine = open_engine(url)
    how = f"the state before is kept as {kept.name}" if kept else "there was no state"
    try:
        with refusing(url):
            migrate.upgrade(engine)
            with engine.begin() as connection:
                return mark_restored(connection, at=at, actor=actor, how=how)
    except StateUnavailable as problem:
        raise BackupUnusable(str(problem).replace(str(fresh), str(shown_as))) from problem
    finally:
        engine.dispose()


def _free_name(path: Path, at: datetime) -> Path:
    """Return the name under which a replaced state is kept."""
    stem = f"{path.stem}.replaced-{at:%Y%m%dT%H%M%SZ}"
    names = (f"{stem}{f'-{number}' if number else ''}{path.suffix}" for number in count())
    return next(found for name in names if not (found := path.with_name(name)).exists())


def _keep(path: Path, kept: Path) -> None:
    """Give the state that is to be replaced a second name; a damaged one is kept as it is."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        kept.hardlink_to(path)
    except OSError:  # a file system without hard links
        shutil.copy2(path, kept)
    for suffix in _BESIDE:
        if (beside := _with_suffix(path, suffix)).exists():
            beside.replace(_with_suffix(kept, suffix))
