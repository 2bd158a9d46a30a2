"""Salesforce behind the contract: each method leads to the file that does it."""

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
from adapters.probing import Inquiry
from adapters.salesforce import (
    account,
    changes,
    grants,
    history,
    listing,
    probing,
    reading,
    removing,
    writing,
)
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.polling import Poller
from adapters.salesforce.profile import CAPABILITIES, COLLECTION
from adapters.salesforce.schema import schema_of
from adapters.salesforce.settings import SalesforceSettings
from daemon.core.record import FieldTime
from daemon.core.schema import Schema
from daemon.core.values import Values


class SalesforceAdapter:
    """One Salesforce org, as ``adapters.contract.Adapter`` wants it."""

    def __init__(self, settings: SalesforceSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self._connection = SalesforceConnection(settings, surroundings)
        self._poller = Poller(self._connection)
        self._capabilities = replace(
            CAPABILITIES,
            page_size=settings.page_size,
            hint_page_size=settings.page_size,
            index_lag=settings.poll.overlap,
            request_time_out=max(settings.lands_within, settings.request_time_out),
        )

    @property
    def capabilities(self) -> Capabilities:
        """Salesforce's abilities, with this connection's page size and times."""
        if self._connection.is_external_id_everywhere():
            return self._capabilities
        # A create that nobody can look for goes in one request: its fate is that of one call.
        return replace(self._capabilities, write_batch=COLLECTION)

    @property
    def circuit(self) -> Circuit:
        """The connection's circuit, for metrics."""
        return self._connection.circuit

    async def open(self) -> None:
        """Open the connection pools; nobody logs in yet."""
        await self._connection.open()

    async def close(self) -> None:
        """Close them; safe to call twice."""
        await self._connection.close()

    async def granted(self) -> Granted:
        """Return what the user may do with people."""
        return await grants.granted(self._connection)

    async def account(self) -> Account:
        """Return the org the log-in leads to."""
        return await account.account(self._connection)

    async def objects(self) -> Sequence[str]:
        """Return the objects this user can sync."""
        return await account.objects(self._connection)

    async def schema(self, object_name: str) -> Schema:
        """Return the live fields."""
        scope = self._connection.scope(object_name)
        described = {
            member.of.name: await self._connection.describe_anew(member.of)
            for member in scope.members
        }
        has_filler = bool(self._connection.settings.lead_company)
        return schema_of(scope, described, fills_company=has_filler)

    async def prepare(self, object_name: str) -> bool:
        """See that the external-id field exists and is unique."""
        return await account.prepare(self._connection, self._connection.scope(object_name))

    async def start_cursor(self, object_name: str) -> str:
        """Return the cursor of a listing that starts now. Raises Unreadable for an unknown object."""
        self._connection.scope(object_name)
        return (await changes.start_of_feed(self._connection)).text()

    def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk all live records."""
        return listing.listing(self._connection, self._connection.scope(object_name), fields)

    def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Tell what may have changed."""
        scope = self._connection.scope(object_name)
        return changes.changes(self._connection, self._poller, scope, cursor)

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read records by id."""
        _require_batch(ids, self._capabilities.read_batch)
        return await reading.read(
            self._connection, self._connection.scope(object_name), ids, fields
        )

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look records up by e-mail, our external id, or another field."""
        _require_batch(keys, self._capabilities.read_batch)
        scope = self._connection.scope(object_name)
        return await reading.find(self._connection, scope, key, keys, fields)

    async def times(
        self, object_name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return when single fields last changed."""
        scope = self._connection.scope(object_name)
        return await history.times(self._connection, scope, ids, fields)

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch. What Salesforce deletes lies in its recycle bin for 15 days."""
        _require_batch(writes, self._capabilities.write_batch)
        scope = self._connection.scope(object_name)
        if verb is Verb.ARCHIVE:
            return await removing.remove(self._connection, scope, writes)
        if verb is Verb.DELETE:
            raise ValueError("Salesforce cannot delete for good here; its removals are ARCHIVE.")
        return await writing.write(self._connection, scope, verb, writes)

    def specimen(self, object_name: str, mark: str) -> Values:
        """Return the fields of a test record."""
        return probing.specimen(self._connection, object_name, mark)

    def inquiries(self, object_name: str) -> Sequence[Inquiry]:
        """Return what Salesforce's documents leave open and a test record settles."""
        return probing.inquiries(self._connection, object_name)


def _require_batch(asked: Sequence[object], most: int) -> None:
    if len(asked) > most:
        raise ValueError(f"Salesforce takes at most {most} records a call, not {len(asked)}.")
