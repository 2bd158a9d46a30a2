"""Stored credentials: hand them to a configuration, list and forget them, seal them anew.

A secret leaves the state only through :class:`StoredSecrets`, into a connection's settings. No
answer and no error holds one.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from adapters.registry import adapter_kinds
from config.secrets import Unavailable
from daemon.clock import Clock
from daemon.use_cases.attend import Answer, NotFound
from state import audit, credentials
from state.credentials import Stored
from state.database import State, is_in_memory, state_url
from state.keyring import HOW_TO_MAKE, KeyPlace, KeyUnusable, key_place
from state.opening import open_state
from state.sealing import CannotOpen, Identity, KeyMissing, KeyRing, new_key


class Credential(Answer):
    """A stored credential, without its secret."""

    connection: str
    setting: str
    type: str
    account: str
    stored_at: datetime
    renewed_at: datetime | None
    """When the system gave another one in exchange."""
    key: str
    """Id of the key it is sealed with."""
    problem: str = ""
    """Why it cannot be used; empty where it can."""


class Credentials(Answer):
    """Everything that is stored."""

    credentials: list[Credential]
    key_place: str
    """Where the key is looked for."""
    problem: str = ""
    """Why there is no key to be had; empty where there is one, or none is needed."""


class Forgotten(Answer):
    """A connection whose secrets are gone from the state."""

    connection: str
    secrets: int
    revoke: str
    """Where it is made useless in the system it came from; empty where nobody knows."""


class Rotated(Answer):
    """Credentials sealed with another key than before."""

    key: str
    sealed_anew: int
    """How many were sealed with another key until now."""
    key_place: str
    former_keys: str
    """File that keeps the former keys, for backups made before; empty where we hold none."""


class StoredSecrets:
    """What ``${stored:NAME}`` refers to; for one reading of a configuration."""

    def __init__(self, place: str, environment: Mapping[str, str]) -> None:
        """Take where the state is; it is opened when the first secret is asked for."""
        self._place = place
        self._keys = key_place(environment, place)
        self._rows: Sequence[Stored] | None = None

    @property
    def files(self) -> Collection[Path]:
        """The key file, where there is one."""
        return () if self._keys.file is None else (self._keys.file,)

    def secret(self, connection: str, kind: str, setting: str) -> str:
        """Return a secret. Raises Unavailable, and StateUnavailable where the state is not there."""
        try:
            return self._opened(connection, kind, setting)
        except KeyMissing:  # perhaps sealed anew between our look at the state and at the key
            self._rows = None
        try:
            return self._opened(connection, kind, setting)
        except KeyMissing as reason:
            raise Unavailable(
                f"the secret stored for {connection!r} does not open: {reason} in {self._keys}",
                "Put the key back that was there when it was stored, or give the secret anew: "
                f"crmsyncd connect {kind} {connection}",
            ) from None

    def _opened(self, connection: str, kind: str, setting: str) -> str:
        stored = self._row(connection, kind, setting)
        # Of what the configuration says, not the row: a row that was moved here does not open.
        identity = Identity(
            connection=connection, type=kind, account=stored.identity.account, setting=setting
        )
        try:
            return self._keys.ring().open(stored.key, stored.sealed, identity)
        except KeyMissing:
            raise
        except CannotOpen as reason:
            raise Unavailable(
                f"the secret stored for {connection!r} does not open: {reason}",
                "See who can write to the state, and give the secret anew: "
                f"crmsyncd connect {kind} {connection}",
            ) from None
        except KeyUnusable as error:
            raise Unavailable(error.reason, error.next_step) from None

    def _row(self, connection: str, kind: str, setting: str) -> Stored:
        if self._rows is None:
            self._rows = _rows_at(self._place)
        wanted = (connection, setting)
        for row in self._rows:
            if wanted == (row.identity.connection, row.identity.setting):
                if row.identity.type != kind:
                    raise Unavailable(
                        f"what is stored for {connection!r} is for the type {row.identity.type!r}",
                        f"Give one for this type: crmsyncd connect {kind} {connection}",
                    )
                return row
        raise Unavailable(
            f"no {setting} is stored for {connection!r} in this state",
            f"Give it: crmsyncd connect {kind} {connection}, with the same --state.",
        )


def _rows_at(place: str) -> Sequence[Stored]:
    """Return what is stored at *place*; nothing where no state is yet. Raises StateUnavailable."""
    url = state_url(place)
    is_file = url.get_backend_name() == "sqlite"
    if is_in_memory(url) or (is_file and not Path(str(url.database)).exists()):
        return ()
    state = open_state(place, inline=True)
    try:
        return state.read_now(credentials.everything)
    finally:
        state.close()


async def listed(state: State, place: KeyPlace) -> Credentials:
    """Return everything that is stored, each with whether it opens."""
    rows = await state.read(credentials.everything)
    ring, problem = _ring(place) if rows else (None, "")
    shut = await state.read(credentials.shut, ring)
    return Credentials(
        credentials=[_shown(row, shut) for row in rows], key_place=str(place), problem=problem
    )


def shut_credentials(connection: Connection, place: KeyPlace) -> list[str]:
    """Tell each stored credential that does not open with the keys at *place*, and why."""
    if not credentials.everything(connection):
        return []
    ring, problem = _ring(place)
    shut = credentials.shut(connection, ring)
    told = [f"{name}.{setting}: {why}" for (name, setting), why in sorted(shut.items())]
    return [*told, problem] if problem else told


def _ring(place: KeyPlace) -> tuple[KeyRing | None, str]:
    try:
        return place.ring(), ""
    except KeyUnusable as error:
        return None, str(error)


def _shown(row: Stored, shut: Mapping[tuple[str, str], str]) -> Credential:
    whose = row.identity
    return Credential(
        connection=whose.connection,
        setting=whose.setting,
        type=whose.type,
        account=row.account_name or whose.account,
        stored_at=row.stored_at,
        renewed_at=row.renewed_at,
        key=row.key,
        problem=shut.get((whose.connection, whose.setting), ""),
    )


async def forget(state: State, clock: Clock, *, connection: str, by: str) -> Forgotten:
    """Delete the secrets of a connection. Raises NotFound where none is stored."""
    stored = {row.identity.connection: row.identity for row in await _everything(state)}
    count = await state.write(_forget, name=connection, by=by, at=clock.now())
    if not count:
        known = ", ".join(sorted(stored)) or "none"
        raise NotFound(f"No credential is stored for {connection!r}. Stored are: {known}.")
    kind = adapter_kinds().get(stored[connection].type) if connection in stored else None
    revoke = kind.guide.revoke if kind and kind.guide else ""
    return Forgotten(connection=connection, secrets=count, revoke=revoke)


async def _everything(state: State) -> Sequence[Stored]:
    return await state.read(credentials.everything)


def _forget(connection: Connection, *, name: str, by: str, at: datetime) -> int:
    count = credentials.forget(connection, name)
    if count:
        audit.note(connection, at=at, actor=by, action="forget_credential", subject=name)
    return count


def sealing_ring(connection: Connection, place: KeyPlace) -> KeyRing:
    """Return the keys to seal with; the very first one is made here. Raises KeyUnusable.

    A lost key is not replaced in silence: what is sealed with it would be lost with it.
    """
    if place.file is not None and not place.exists():
        rows = credentials.everything(connection)
        if rows:
            names = ", ".join(sorted({row.identity.connection for row in rows}))
            raise KeyUnusable(
                f"{place} is not there, and credentials are sealed with it: {names}",
                "Put your copy of it back (mode 600). If it is lost for good, forget them first, "
                "each with: crmsyncd connect --forget NAME",
            )
        place.make()
    return place.ring()


async def rotate(state: State, clock: Clock, place: KeyPlace, *, by: str) -> Rotated:
    """Seal every credential with a new key; the former ones leave the key file in the end.

    Killed at any moment, every credential still opens: the file holds both keys until all are
    sealed with the new one. Keys that come from elsewhere are not made here: the first of them is
    the new one. Raises KeyUnusable, and CannotOpen where a credential does not open.
    """
    if place.is_ours:
        await state.write(_add_key, place)
    changed, key = await state.write(_seal_anew, place, by=by, at=clock.now())
    former = await state.write(_drop_keys, place, clock.now()) if place.is_ours else None
    if not changed and not place.is_ours:
        raise KeyUnusable(
            f"all credentials are sealed with the first key of {place} already",
            f"Put a new one in front of it, then repeat; later take the old one out: {HOW_TO_MAKE}",
        )
    return Rotated(
        key=key, sealed_anew=changed, key_place=str(place), former_keys=str(former or "")
    )


def _add_key(connection: Connection, place: KeyPlace) -> None:
    """Put a new key in front. In a writing transaction, so that two who rotate stand in line."""
    if not place.exists() and not credentials.everything(connection):
        raise NotFound("Nothing is stored, so there is no key to change.")
    place.write(KeyRing(keys=(new_key(), *place.ring().keys)))


def _seal_anew(
    connection: Connection, place: KeyPlace, *, by: str, at: datetime
) -> tuple[int, str]:
    changed = credentials.reseal(connection, place.ring)
    key = place.ring().current.id
    detail: dict[str, str | int | bool] = {"key": key, "sealed_anew": changed}
    audit.note(
        connection, at=at, actor=by, action="rotate_key", subject="credentials", detail=detail
    )
    return changed, key


def _drop_keys(connection: Connection, place: KeyPlace, at: datetime) -> Path | None:
    """Take the keys that seal nothing any more out of the file; they are kept beside it."""
    used = {row.key for row in credentials.everything(connection)}
    ring = place.ring()
    kept = tuple(key for key in ring.keys if key == ring.current or key.id in used)
    former = tuple(key for key in ring.keys if key not in kept)
    if not former:
        return None
    apart = place.set_apart(KeyRing(keys=former), at)
    place.write(KeyRing(keys=kept))
    return apart
