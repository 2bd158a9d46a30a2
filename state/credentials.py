"""Stored credentials: sealed secrets of connections, by connection and setting.

Every operation that seals takes ``keys``, a function that reads the key ring: it is asked inside
the transaction, and writing transactions stand in line across processes, so that no secret is ever
sealed with a key that a rotation has just put away.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, select, update

from daemon.clock import secret_bytes
from state.bulk import upsert
from state.columns import table
from state.sealing import CannotOpen, Identity, KeyRing
from state.tables import Credential

Keys = Callable[[], KeyRing]

_CREDENTIAL = table(Credential)


class NothingStored(Exception):
    """No credential is stored under this connection and setting."""


class Overtaken(Exception):
    """Somebody else renewed the credential first: theirs is the one to use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A stored credential as it may be shown: all but the secret."""

    identity: Identity
    account_name: str
    key: str
    sealed: str
    revision: str
    stored_at: datetime
    renewed_at: datetime | None

    def open(self, ring: KeyRing) -> str:
        """Return the secret. Raises CannotOpen."""
        return ring.open(self.key, self.sealed, self.identity)


def put(
    connection: Connection,
    keys: Keys,
    *,
    identity: Identity,
    secret: str,
    account_name: str,
    at: datetime,
) -> str:
    """Store a secret that a person gave, in the place of any before; return its revision."""
    key, sealed = keys().seal(secret, identity)
    row = {
        "connection": identity.connection,
        "setting": identity.setting,
        "type": identity.type,
        "account_id": identity.account,
        "account_name": account_name,
        "key": key,
        "sealed": sealed,
        "revision": _fresh_revision(),
        "stored_at": at,
        "renewed_at": None,
    }
    upsert(connection, _CREDENTIAL, [row])
    return str(row["revision"])


def get(connection: Connection, name: str, setting: str) -> Stored:
    """Return what is stored for a setting of the connection *name*. Raises NothingStored."""
    found = connection.execute(select(_CREDENTIAL).where(_at(name, setting))).mappings().first()
    if found is None:
        raise NothingStored(f"nothing is stored for {setting!r} of connection {name!r}")
    return _stored(found)


def everything(connection: Connection) -> Sequence[Stored]:
    """Return every stored credential, by name."""
    rows = connection.execute(
        select(_CREDENTIAL).order_by(_CREDENTIAL.c.connection, _CREDENTIAL.c.setting)
    )
    return [_stored(row) for row in rows.mappings()]


def renew(
    connection: Connection,
    keys: Keys,
    *,
    name: str,
    setting: str,
    revision: str,
    secret: str,
    at: datetime,
) -> str:
    """Replace the secret of *revision* by the one a system gave for it; return the new revision.

    For tokens that change with use: the new one is on disk when this returns, and only then may it
    be used, since the old one is dead by now. Raises NothingStored where it was forgotten, and
    Overtaken where the stored one is not *revision* any more: nothing is written then.
    """
    former = get(connection, name, setting)
    if former.revision != revision:
        raise Overtaken(f"{setting!r} of connection {name!r} was renewed by somebody else")
    key, sealed = keys().seal(secret, former.identity)
    fresh: dict[str, Any] = {
        "key": key,
        "sealed": sealed,
        "revision": _fresh_revision(),
        "renewed_at": at,
    }
    connection.execute(update(_CREDENTIAL).where(_at(name, setting)).values(fresh))
    return str(fresh["revision"])


def forget(connection: Connection, name: str) -> int:
    """Delete what is stored for the connection *name*; return how many secrets that were."""
    return connection.execute(delete(_CREDENTIAL).where(_CREDENTIAL.c.connection == name)).rowcount


def reseal(connection: Connection, keys: Keys) -> int:
    """Seal every secret with the current key; return how many were sealed with another one.

    All of them or none. Raises CannotOpen where one does not open: a key is missing.
    """
    ring = keys()
    changed = 0
    for row in everything(connection):
        if row.key == ring.current.id:
            continue
        key, sealed = ring.seal(_open_for_sealing(row, ring), row.identity)
        where = _at(row.identity.connection, row.identity.setting)
        connection.execute(update(_CREDENTIAL).where(where).values(key=key, sealed=sealed))
        changed += 1
    return changed


def _open_for_sealing(row: Stored, ring: KeyRing) -> str:
    try:
        return row.open(ring)
    except CannotOpen as reason:
        raise type(reason)(
            f"The credential of {row.identity.connection!r} does not open: {reason}. Nothing was "
            "sealed anew. Give it anew or forget it, then repeat."
        ) from None


def shut(connection: Connection, ring: KeyRing | None) -> Mapping[tuple[str, str], str]:
    """Return (connection, setting) → why it does not open, for those that do not."""
    found: dict[tuple[str, str], str] = {}
    for row in everything(connection):
        try:
            row.open(ring or KeyRing(keys=()))
        except CannotOpen as reason:
            found[row.identity.connection, row.identity.setting] = str(reason)
    return found


def mark(connection: Connection) -> str:
    """Return a word that is another one whenever a stored secret is another one."""
    rows = connection.execute(
        select(
            _CREDENTIAL.c.connection,
            _CREDENTIAL.c.setting,
            _CREDENTIAL.c.type,
            _CREDENTIAL.c.account_id,
            _CREDENTIAL.c.revision,
            _CREDENTIAL.c.key,
        ).order_by(_CREDENTIAL.c.connection, _CREDENTIAL.c.setting)
    ).all()
    return hashlib.blake2b(repr([tuple(row) for row in rows]).encode()).hexdigest() if rows else ""


def _fresh_revision() -> str:
    """Return a word that no secret had: not one that was forgotten and stored again either."""
    return secret_bytes(8).hex()


def _at(name: str, setting: str) -> ColumnElement[bool]:
    return and_(_CREDENTIAL.c.connection == name, _CREDENTIAL.c.setting == setting)


def _stored(row: RowMapping) -> Stored:
    return Stored(
        identity=Identity(
            connection=row["connection"],
            type=row["type"],
            account=row["account_id"],
            setting=row["setting"],
        ),
        account_name=row["account_name"],
        key=row["key"],
        sealed=row["sealed"],
        revision=row["revision"],
        stored_at=row["stored_at"],
        renewed_at=row["renewed_at"],
    )
