"""Reading records by id and by unique field: the only reads that are never late.

Promises that ``missing`` holds only what HubSpot itself says it does not have: an id that is not
among the live records is looked for among the archived ones, and then asked for by itself, because
merged ids still answer there (I20).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adapters.contract import Reading
from adapters.errors import RetryLater, Unreadable
from adapters.exchange import Json, Reply
from adapters.hubspot import errors
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import object_type
from adapters.hubspot.records import RecordReader, is_record, properties_to_read
from daemon.core.record import Record

_ABSENT = frozenset({404})


async def read(
    connection: HubSpotConnection, object_name: str, ids: Sequence[str], fields: Sequence[str]
) -> Reading:
    """Return the records of these ids, archived ones marked, merged ones under their new id."""
    lookup = await _lookup(connection, object_name, fields, purpose="read")
    found = _Found(wanted=list(dict.fromkeys(ids)), records={}, redirects={})
    found.take(await lookup.batch(found.wanted))
    if rest := found.open_ids():
        found.take(await lookup.batch(rest, is_archived=True))
    missing = set()
    for one in found.open_ids():
        record = await lookup.single(one)
        if record is None:
            missing.add(one)
            continue
        found.take([record])
        if record.id != one:
            found.redirects[one] = record.id
    return Reading(
        records=list(found.records.values()),
        missing=frozenset(missing),
        redirects=found.redirects,
    )


async def find(
    connection: HubSpotConnection,
    object_name: str,
    key: str,
    keys: Sequence[str],
    fields: Sequence[str],
) -> Reading:
    """Return the live records that have these values in a unique field.

    ``missing`` holds keys as given. A record whose reply shows none of the asked keys (HubSpot may
    know a contact by an address it does not show) makes unanswered keys doubtful, not missing.
    """
    is_address = key in object_type(object_name).unique
    spellings: dict[str, set[str]] = {}
    for one in keys:
        # HubSpot keeps addresses in lower case; other unique values are compared as they are.
        spellings.setdefault(one.strip().lower() if is_address else one, set()).add(one)
    lookup = await _lookup(connection, object_name, [*fields, key], purpose="find")
    records = await lookup.batch(list(spellings), id_property=key)
    held = [_held(record, key, is_address=is_address) for record in records]
    answered = set().union(*held)
    is_all_told = all(one & spellings.keys() for one in held)
    absent = [one for one in spellings if is_all_told and one not in answered]
    asked = [_only(record, fields) for record in records]
    return Reading(records=asked, missing=frozenset().union(*(spellings[one] for one in absent)))


def _only(record: Record, fields: Sequence[str]) -> Record:
    """Return the record without the key, where only the look-up asked for it."""
    return replace(
        record, values={name: record.values[name] for name in fields if name in record.values}
    )


def _held(record: Record, key: str, *, is_address: bool) -> set[str]:
    """Return every spelling of a key that a record answers to."""
    own = str(record.values.get(key) or "")
    return {one.lower() for one in (own, *record.other_emails)} if is_address else {own}


@dataclass(kw_only=True, slots=True)
class _Found:
    """What a read has found of what it wants."""

    wanted: list[str]
    records: dict[str, Record]
    redirects: dict[str, str]

    def take(self, records: Iterable[Record]) -> None:
        """Add records, and the ids that live on in them."""
        for record in records:
            self.records[record.id] = record
        for record in self.records.values():
            for old in set(record.merged_ids).intersection(self.wanted) - self.records.keys():
                self.redirects[old] = record.id

    def open_ids(self) -> list[str]:
        """Return the ids nothing was found for."""
        return [one for one in self.wanted if one not in self.records | self.redirects]


async def _lookup(
    connection: HubSpotConnection, object_name: str, fields: Sequence[str], purpose: str
) -> "_Lookup":
    of = object_type(object_name)
    schema = await connection.schema(object_name)
    return _Lookup(
        connection=connection,
        object_name=object_name,
        purpose=purpose,
        properties=properties_to_read(of, schema, fields),
        reader=RecordReader(of, schema, fields),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lookup:
    """Batch and single reads of one object with one list of properties."""

    connection: HubSpotConnection
    object_name: str
    purpose: str
    properties: list[str]
    reader: RecordReader

    async def batch(
        self, ids: list[str], *, id_property: str = "", is_archived: bool = False
    ) -> list[Record]:
        """Return the records there are; the others are simply not among them."""
        if not ids:
            return []
        body: Json = {"properties": self.properties, "inputs": [{"id": one} for one in ids]}
        if id_property:
            body["idProperty"] = id_property
        reply = await self.connection.ask(
            self.connection.paths.objects(self.object_name, "batch/read"),
            self.purpose,
            body,
            query={"archived": "true"} if is_archived else {},
            answers=_ABSENT,
        )
        return self.reader.records(found_results(self.connection, reply))

    async def single(self, one: str) -> Record | None:
        """Return the record that answers to an id; None when HubSpot says there is none."""
        reply = await self.connection.get(
            self.connection.paths.record(self.object_name, one),
            self.purpose,
            {"properties": ",".join(self.properties)},
            answers=_ABSENT,
            is_whole=is_record,
        )
        if reply.is_success:
            return self.reader.records([reply.body])[0]
        _require_absence(self.connection, reply)
        return None


def found_results(connection: HubSpotConnection, reply: Reply) -> list[Json]:
    """Return the results of a batch read; a 404 says that none of them exists.

    Raises RetryLater when the reply reports any other trouble than records that are not there.
    """
    if not reply.is_success:
        _require_absence(connection, reply)
        return []
    trouble = [one for one in reply.body.get("errors") or [] if not errors.is_absence(one)]
    if trouble:
        raise RetryLater(
            f"Connection {connection.name!r}: HubSpot could not read a whole batch.",
            code=errors.code_of(trouble[0]) or "batch_errors",
            status=reply.status,
        )
    return list(reply.body["results"])


def _require_absence(connection: HubSpotConnection, reply: Reply) -> None:
    """Raise Unreadable for a 404 that is not HubSpot saying "no such record"."""
    if not errors.is_absence(reply.body):
        raise Unreadable(
            f"Connection {connection.name!r}: the server answered 404, but not as HubSpot does.",
            status=reply.status,
            code=connection.dialect.code(reply),
            next_step="Check the connection's base_url and api_version.",
        )
