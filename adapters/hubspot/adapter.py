"""HubSpot behind the contract: each method leads to the file that does it."""

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
from adapters.hubspot import (
    account,
    archiving,
    changes,
    grants,
    history,
    listing,
    probing,
    reading,
    writing,
)
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import OBJECT_TYPES, object_type
from adapters.hubspot.profile import BATCH, CAPABILITIES
from adapters.hubspot.provenance import OwnSource
from adapters.hubspot.settings import HubSpotSettings
from adapters.probing import Inquiry
from daemon.core.record import FieldTime
from daemon.core.schema import Schema
from daemon.core.values import Values


class HubSpotAdapter:
    """One HubSpot account, as ``adapters.contract.Adapter`` wants it."""

    def __init__(self, settings: HubSpotSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self._connection = HubSpotConnection(settings, surroundings)
        self._own = OwnSource(settings.app_id)
        self._capabilities = replace(
            CAPABILITIES,
            index_lag=settings.poll.overlap,
            request_time_out=settings.request_time_out,
        )

    @property
    def capabilities(self) -> Capabilities:
        """HubSpot's abilities, with this connection's time-out and search lag."""
        return self._capabilities

    @property
    def circuit(self) -> Circuit:
        """The connection's circuit, for metrics."""
        return self._connection.circuit

    async def open(self) -> None:
        """Open the connection pool."""
        await self._connection.client.open()

    async def close(self) -> None:
        """Close it; safe to call twice."""
        await self._connection.client.close()

    async def granted(self) -> Granted:
        """Return which scopes the key has, as far as can be told without writing."""
        return await grants.granted(self._connection)

    async def account(self) -> Account:
        """Return the account the key leads to."""
        return await account.account(self._connection)

    async def objects(self) -> Sequence[str]:
        """Return the objects this adapter knows."""
        return sorted(OBJECT_TYPES)

    async def schema(self, object_name: str) -> Schema:
        """Return the live fields."""
        return await self._connection.fresh_schema(object_name)

    async def prepare(self, object_name: str) -> bool:
        """See that the external id's property exists and is unique."""
        return await account.prepare(self._connection, object_name)

    async def start_cursor(self, object_name: str) -> str:
        """Return the cursor of a listing that starts now. Raises Unreadable for an unknown object."""
        object_type(object_name)
        return (await changes.start_of_feed(self._connection)).text()

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
        _require_batch(ids)
        return await reading.read(self._connection, object_name, ids, fields)

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look records up by e-mail, our external id, or another unique property."""
        _require_batch(keys)
        return await reading.find(self._connection, object_name, key, keys, fields)

    async def times(
        self, object_name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return when single fields last changed."""
        return await history.times(self._connection, object_name, ids, fields, self._own)

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch. HubSpot archives and never deletes for good on an ordinary request."""
        _require_batch(writes)
        if verb is Verb.ARCHIVE:
            return await archiving.archive(self._connection, object_name, writes)
        if verb is Verb.DELETE:
            raise ValueError("HubSpot cannot delete for good here; its removals are ARCHIVE.")
        return await writing.write(self._connection, object_name, verb, writes, self._own)

    def specimen(self, object_name: str, mark: str) -> Values:
        """Return the fields of a test record."""
        return probing.specimen(object_name, mark)

    def inquiries(self, object_name: str) -> Sequence[Inquiry]:
        """Return what HubSpot's documents leave open and a test record settles."""
        return probing.inquiries(self._connection, object_name)


def _require_batch(asked: Sequence[object]) -> None:
    if len(asked) > BATCH:
        raise ValueError(f"HubSpot takes at most {BATCH} records a call, not {len(asked)}.")
