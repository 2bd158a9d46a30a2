"""Tryton behind the contract: each method leads to the file that does it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from adapters.circuit import Circuit
from adapters.contract import (
    Account,
    Capabilities,
    Complete,
    Covered,
    Hints,
    Outcome,
    Page,
    Partial,
    Reading,
    Surroundings,
    Verb,
    Write,
)
from adapters.guide import Granted
from adapters.tryton import account, changes, grants, listing, reading, removing, writing
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.definitions import definitions
from adapters.tryton.object_types import OBJECT_TYPES, object_type
from adapters.tryton.profile import CAPABILITIES, READ_BATCH, WRITE_BATCH
from adapters.tryton.settings import TrytonSettings
from daemon.core.record import FieldTime
from daemon.core.schema import Schema


class TrytonAdapter:
    """One Tryton database, as ``adapters.contract.Adapter`` wants it."""

    def __init__(self, settings: TrytonSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self._connection = TrytonConnection(settings, surroundings)
        self._capabilities = replace(
            CAPABILITIES,
            index_lag=settings.poll.overlap,
            request_time_out=settings.request_time_out,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Tryton's abilities, with this connection's time-out and overlap."""
        return self._capabilities

    @property
    def circuit(self) -> Circuit:
        """The connection's circuit, for metrics."""
        return self._connection.circuit

    async def open(self) -> None:
        """Open the connection pool; nobody is logged in yet."""
        await self._connection.client.open()

    async def close(self) -> None:
        """Close it; safe to call twice. The session ends by itself."""
        await self._connection.client.close()

    async def account(self) -> Account:
        """Return the database the user was let into."""
        return await account.account(self._connection)

    async def granted(self) -> Granted:
        """Return which permissions the user turns out to have; writes nothing."""
        return await grants.granted(self._connection)

    async def objects(self) -> Sequence[str]:
        """Return the objects this adapter knows."""
        return sorted(OBJECT_TYPES)

    async def schema(self, object_name: str) -> Schema:
        """Return the live fields."""
        known = await definitions(self._connection, object_name, is_fresh=True)
        return known.schema

    async def prepare(self, object_name: str) -> bool:
        """Return whether records carry our id: parties do, among their identifiers."""
        return bool(object_type(object_name).identifiers)

    async def start_cursor(self, object_name: str) -> str:
        """Return the cursor of a listing that starts now."""
        of = object_type(object_name)
        return (await changes.start_of_feed(self._connection, of)).text()

    def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk all live records."""
        return listing.listing(self._connection, object_name, fields)

    def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Tell what may have changed."""
        return changes.changes(self._connection, object_name, cursor)

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read records by id."""
        _require(ids, READ_BATCH)
        return await reading.read(self._connection, object_name, ids, fields)

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look records up by a party's code or by our external id."""
        _require(keys, READ_BATCH)
        return await reading.find(self._connection, object_name, key, keys, fields)

    async def times(
        self,
        object_name: str,  # noqa: ARG002 - the contract's
        ids: Sequence[str],  # noqa: ARG002 - the contract's
        fields: Sequence[str],  # noqa: ARG002 - the contract's
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Tryton does not tell when single fields of a party changed."""
        return {}

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch, all of it or nothing."""
        _require(writes, WRITE_BATCH)
        if verb.is_removal:
            return await removing.remove(self._connection, object_name, verb, writes)
        return await writing.write(self._connection, object_name, verb, writes)


def _require(asked: Sequence[object], most: int) -> None:
    if len(asked) > most:
        raise ValueError(f"Tryton takes at most {most} records a call here, not {len(asked)}.")
