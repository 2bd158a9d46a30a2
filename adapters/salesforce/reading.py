"""Reading records by id and by key: one query for all of them, the recycle bin included.

Whoever was merged away or converted is followed to where the person lives on (§10), over any chain
of merges. ``missing`` holds only ids that a whole answer does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.contract import Reading
from adapters.errors import Unreadable
from adapters.exchange import Json
from adapters.salesforce import profile, querying, records
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import Member, Scope
from adapters.salesforce.records import RecordReader
from adapters.salesforce.soql import Query, among
from daemon.core.record import Record


async def read(
    connection: SalesforceConnection, scope: Scope, wanted: Sequence[str], fields: Sequence[str]
) -> Reading:
    """Return the records of these ids, deleted ones marked, merged ones under their new id."""
    return await querying.with_fields_of_today(
        connection, scope.members, lambda: _read(connection, scope, wanted, fields)
    )


async def find(
    connection: SalesforceConnection,
    scope: Scope,
    key: str,
    keys: Sequence[str],
    fields: Sequence[str],
) -> Reading:
    """Return the live records that have these values in a field, in the order of preference.

    Contacts come before leads, leads before the contacts that other leads became.
    """
    return await querying.with_fields_of_today(
        connection, scope.members, lambda: _find(connection, scope, key, keys, fields)
    )


async def readers(
    connection: SalesforceConnection, scope: Scope, fields: Sequence[str]
) -> Mapping[str, RecordReader]:
    """Return one reader for each object of a scope."""
    found = {}
    for member in scope.members:
        described = await connection.describe(member.of)
        found[member.of.name] = RecordReader(
            member, described, fields, company_filler=connection.settings.lead_company
        )
    return found


async def _read(
    connection: SalesforceConnection, scope: Scope, wanted: Sequence[str], fields: Sequence[str]
) -> Reading:
    lookup = _Lookup(
        connection=connection,
        scope=scope,
        readers=await readers(connection, scope, fields),
        purpose="read",
    )
    trail = _Trail(scope=scope, at={one: long_id(one) for one in wanted})
    for _ in range(profile.LONGEST_CHAIN):
        unread = [one for one in dict.fromkeys(trail.at.values()) if one not in trail.rows]
        if not unread:
            break
        trail.rows |= await lookup.by_ids(unread)
        trail.go_on()
    return trail.reading(lookup)


@dataclass(kw_only=True, slots=True)
class _Trail:
    """Where each id asked for has led so far."""

    scope: Scope
    at: dict[str, str]
    """Id asked for → the id it lives on as, as far as known."""
    rows: dict[str, Json | None] = field(default_factory=dict)
    """Each id that was read → its row; None where there is none."""
    before: dict[str, str] = field(default_factory=dict)
    """Each id that was come to → the one that led there."""

    def go_on(self) -> None:
        """Move every id that was merged or converted on to its successor."""
        for asked in self.at:
            for _ in range(profile.LONGEST_CHAIN):
                one = self.at[asked]
                row = self.rows.get(one)
                after = records.successor(row) if row is not None else ""
                if self.scope.member_of(after) is None:
                    break
                self.before[after] = one
                self.at[asked] = after

    def reading(self, lookup: "_Lookup") -> Reading:
        """Return what was found: where a successor is not to be seen, the last that is."""
        found: dict[str, Record] = {}
        missing: set[str] = set()
        redirects: dict[str, str] = {}
        for asked, at in self.at.items():
            end = at if self.rows.get(at) is not None else self.before.get(at, at)
            row = self.rows.get(end)
            if row is None:
                missing.add(asked)
                continue
            found[end] = lookup.record(row)
            if end != asked:
                redirects[asked] = end
        return Reading(
            records=list(found.values()), missing=frozenset(missing), redirects=redirects
        )


async def _find(
    connection: SalesforceConnection,
    scope: Scope,
    key: str,
    keys: Sequence[str],
    fields: Sequence[str],
) -> Reading:
    lookup = _Lookup(
        connection=connection,
        scope=scope,
        readers=await readers(connection, scope, [*fields, key]),
        purpose="find",
    )
    spellings: dict[str, set[str]] = {}
    for one in keys:
        spellings.setdefault(_plain(one), set()).add(one)
    rows = await lookup.by_key(key, sorted(spellings))
    held = {_plain(str(row.get(member.api_name(key)) or "")) for member, row in rows}
    is_all_told = held <= spellings.keys()
    absent = [one for one in spellings if is_all_told and one not in held]
    converted = [records.record_id(row) for member, row in rows if _is_elsewhere(row, scope)]
    found = [lookup.record(row) for _, row in rows if not _is_elsewhere(row, scope)]
    moved = (
        await _read(connection, scope, converted, [*fields, key])
        if converted
        else Reading(records=())
    )
    there = {record.id: _only(record, fields) for record in (*found, *moved.records)}
    return Reading(
        records=list(there.values()),
        missing=frozenset().union(*(spellings[one] for one in absent)),
        redirects=moved.redirects,
    )


def _is_elsewhere(row: Json, scope: Scope) -> bool:
    """Whether a found lead is a contact of the same scope by now."""
    return scope.member_of(records.successor(row)) is not None


def _plain(key: str) -> str:
    # Salesforce compares without case, and trims what it stores.
    return key.strip().casefold()


def _only(record: Record, fields: Sequence[str]) -> Record:
    """Return the record without the key, where only the look-up asked for it."""
    return replace(
        record, values={name: record.values[name] for name in fields if name in record.values}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lookup:
    """Queries for records of one scope with one list of fields."""

    connection: SalesforceConnection
    scope: Scope
    readers: Mapping[str, RecordReader]
    purpose: str

    def record(self, row: Json) -> Record:
        """Return the record a row shows."""
        member = self.scope.member_of(records.record_id(row))
        if member is None:
            raise Unreadable(
                f"Connection {self.connection.name!r}: Salesforce answered with a record of an "
                "object that was not asked for.",
                code="foreign_record",
            )
        return self.readers[member.of.name].record(row)

    async def by_ids(self, wanted: Sequence[str]) -> dict[str, Json | None]:
        """Return each id's row, deleted ones included; None where there is none."""
        queries = []
        for member in self.scope.members:
            some = [one for one in wanted if self.scope.member_of(one) is member]
            if some:
                queries.append(
                    replace(self._query(member), where=(among("Id", some),), with_deleted=True)
                )
        rows = await self._all(queries)
        told = {records.record_id(row): row for row in rows}
        return {one: told.get(one) for one in wanted}

    async def by_key(self, key: str, keys: Sequence[str]) -> list[tuple[Member, Json]]:
        """Return the live rows that hold one of *keys*, contacts first, converted leads last."""
        queries = [await self._asking(member, key, keys) for member in self.scope.members]
        found = []
        for row in await self._all([one for one in queries if one is not None]):
            member = self.scope.member_of(records.record_id(row))
            if member is not None and not records.is_person_account(row):
                found.append((member, row))
        return sorted(found, key=self._rank)

    def _rank(self, found: tuple[Member, Json]) -> tuple[bool, int]:
        member, row = found
        return _is_elsewhere(row, self.scope), self.scope.members.index(member)

    async def _asking(self, member: Member, key: str, keys: Sequence[str]) -> Query | None:
        """Return the query for keys; None where the object lacks the field and another has it."""
        described = await self.connection.describe(member.of)
        name = member.api_name(key)
        if name not in described or not described.attributes[name].is_filterable:
            raise Unreadable(
                f"Connection {self.connection.name!r}: records of {member.of.name} cannot be "
                f"looked up by {key!r}.",
                code="no_such_key",
                next_step="Give the integration user access to the field.",
            )
        if not keys:
            return None
        # The newest first: of several people with one address the liveliest is met first (§10).
        return replace(
            self._query(member), where=(among(name, keys),), order=("SystemModstamp DESC",)
        )

    def _query(self, member: Member) -> Query:
        return Query(of=member.of.name, select=self.readers[member.of.name].select)

    async def _all(self, queries: Sequence[Query]) -> list[Json]:
        if not queries:
            return []
        firsts = await querying.pages(self.connection, queries, self.purpose)
        found: list[Json] = []
        for first in firsts:
            found += await querying.rest(self.connection, first, self.purpose)
        return found
