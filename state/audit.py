"""Who decided what: entries chained by hashes, so that none can be changed or cut out unseen (R27).

Entries hold ids, names and figures, never a record's values: erasing a person leaves the chain
whole. What is cut off at its end shows only against a head that was written down elsewhere.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from state.columns import table
from state.safety import Audit

_AUDIT = table(Audit)

Detail = Mapping[str, str | int | bool]
"""What there is to say beside the subject; no value of a record."""

PAGE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRow:
    """One decision."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What reading the whole chain found."""

    entries: int
    head: str
    """Hash of the newest entry; empty where there is none."""
    broken_at: int | None
    """The first entry that does not follow from those before it."""


def note(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Detail | None = None,
) -> str:
    """Append a decision, in the transaction that carries it out; return its hash."""
    told = orjson.dumps(dict(detail or {}), option=orjson.OPT_SORT_KEYS).decode()
    previous = head(connection)
    facts: dict[str, Any] = {
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": told,
        "previous": previous,
    }
    made = _hash(**facts)
    connection.execute(insert(_AUDIT).values(**facts, hash=made))
    return made


def _hash(
    *, at: datetime, actor: str, action: str, subject: str, detail: str, previous: str
) -> str:
    told = [
        previous,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        actor,
        action,
        subject,
        detail,
    ]
    return hashlib.blake2b(orjson.dumps(told), digest_size=32, person=b"crmsyncd-audit").hexdigest()


def head(connection: Connection) -> str:
    """Return the hash of the newest entry; empty where there is none."""
    newest = select(_AUDIT.c.hash).order_by(_AUDIT.c.id.desc()).limit(1)
    return str(connection.execute(newest).scalar() or "")


def latest(connection: Connection, *, limit: int = 50) -> list[AuditRow]:
    """Return decisions, newest first."""
    chosen = select(_AUDIT).order_by(_AUDIT.c.id.desc()).limit(limit)
    return [AuditRow(**row) for row in connection.execute(chosen).mappings()]


def verify(connection: Connection) -> Verified:
    """Compute every hash anew, oldest first, up to the first that does not fit."""
    entries, previous = 0, ""
    for row in _oldest_first(connection):
        made = _hash(
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=row.detail,
            previous=previous,
        )
        if (row.previous, row.hash) != (previous, made):
            return Verified(entries=entries, head=previous, broken_at=row.id)
        entries, previous = entries + 1, made
    return Verified(entries=entries, head=previous, broken_at=None)


def _oldest_first(connection: Connection) -> Iterator[AuditRow]:
    after = 0
    chosen = select(_AUDIT).order_by(_AUDIT.c.id).limit(PAGE)
    while rows := connection.execute(chosen.where(_AUDIT.c.id > after)).mappings().all():
        yield from (AuditRow(**row) for row in rows)
        after = int(rows[-1]["id"])
