"""What is kept of the past: backups, restores and the chain of decisions."""

from datetime import datetime
from pathlib import Path

import orjson

from daemon.clock import Clock
from daemon.use_cases.attend import Answer
from daemon.use_cases.credentials import shut_credentials
from state import audit
from state.backup import back_up, mark_restored
from state.backup import restore as put_back
from state.database import State
from state.keyring import KeyPlace
from state.opening import open_state


class Backup(Answer):
    """A backup that was made."""

    file: str
    bytes: int
    revision: str
    """Of its tables; an older one is brought up when it is restored."""


class Restored(Answer):
    """A state that came from a backup."""

    backed_up_at: str
    """ISO 8601; empty where the copy does not tell."""
    kept: str
    """The state that it replaced; empty where there was none."""
    shut: list[str]
    """Stored credentials that do not open here, each with why: a key is missing."""


class Decision(Answer):
    """One entry of the audit chain."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, object]
    hash: str


class Trail(Answer):
    """The newest decisions; where it was asked for, what reading the whole chain found."""

    entries: list[Decision]
    verified: int | None = None
    """Entries that follow from one another; None where nobody asked."""
    head: str
    """Hash that stands for the whole chain: written down elsewhere, it shows a chain cut short."""
    broken_at: int | None = None
    """The first entry that was changed, or that follows one that was cut out."""


def backup(place: str, file: Path, clock: Clock) -> Backup:
    """Copy the state at *place* beside a running daemon. Raises BackupUnusable, StateUnavailable."""
    made = back_up(place, file, at=clock.now())
    return Backup(file=str(made.file), bytes=made.size, revision=made.revision)


def restore(place: str, file: Path, clock: Clock, keys: KeyPlace, *, by: str) -> Restored:
    """Make a backup the state at *place*. Raises BackupUnusable, StateUnavailable."""
    done = put_back(place, file, at=clock.now(), actor=by)
    state = open_state(place, inline=True)
    try:
        shut = state.read_now(shut_credentials, keys)
    finally:
        state.close()
    return Restored(backed_up_at=done.backed_up_at, kept=str(done.kept or ""), shut=shut)


async def mark(state: State, clock: Clock, keys: KeyPlace, *, by: str) -> Restored:
    """Note that the state was put back by other means: the next runs list everything anew."""
    made = await state.write(mark_restored, at=clock.now(), actor=by)
    shut = await state.read(shut_credentials, keys)
    return Restored(backed_up_at=made, kept="", shut=shut)


async def note_backup(state: State, clock: Clock, made: Backup, *, by: str) -> None:
    """Write a backup into the audit chain."""
    await state.write(
        audit.note,
        at=clock.now(),
        actor=by,
        action="backup",
        subject=made.file,
        detail={"bytes": made.bytes, "revision": made.revision},
    )


async def trail(state: State, *, limit: int, is_verified: bool) -> Trail:
    """Return the newest decisions, and whether the whole chain holds if that is asked."""
    rows = await state.read(audit.latest, limit=limit)
    entries = [
        Decision(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=orjson.loads(row.detail),
            hash=row.hash,
        )
        for row in rows
    ]
    if not is_verified:
        return Trail(entries=entries, head=await state.read(audit.head))
    found = await state.read(audit.verify)
    return Trail(
        entries=entries, verified=found.entries, head=found.head, broken_at=found.broken_at
    )
