"""Walking all live records, page by page in the order of their ids: no row is skipped or late.

Ends with Complete when each object's last page came, and what was counted beforehand was seen;
with Partial when pages led in a circle or fewer rows came than are there.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from adapters.contract import Complete, Page, Partial, RecordFault, batches
from adapters.exchange import Json
from adapters.salesforce import bulk_query, querying, records
from adapters.salesforce.bulk_jobs import Job
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.object_types import Member, Scope
from adapters.salesforce.reading import readers
from adapters.salesforce.records import RecordReader
from adapters.salesforce.soql import Query, text

PURPOSE = "listing"
_PROOF = "Salesforce gave a last page of each object, and no fewer records than it counts."


async def listing(
    connection: SalesforceConnection, scope: Scope, fields: Sequence[str]
) -> AsyncIterator[Page | Complete | Partial]:
    """Yield pages of records, then Complete or Partial. Raises when a read fails."""
    total, why = 0, ""
    for member in scope.members:
        walk = _Walk(connection=connection, scope=scope, member=member, fields=tuple(fields))
        async for page in walk.pages():
            total += len(page.records)
            yield page
        why = why or walk.why
    yield Partial(why=why) if why else Complete(proof=_PROOF, count=total)


@dataclass(kw_only=True, slots=True)
class _Walk:
    """The walk over one object."""

    connection: SalesforceConnection
    scope: Scope
    member: Member
    fields: tuple[str, ...]
    seen: set[str] = field(default_factory=set)
    why: str = ""
    """Why the walk did not see everything, "" as long as it did."""

    async def pages(self) -> AsyncIterator[Page]:
        """Yield the pages; a large object is counted, and its rest fetched by one job."""
        last, counted, job = "", 0, None
        while job is None:
            reader, body = await self._after(last)
            page = self._page(reader, body["records"])
            if page.records or page.faults:
                yield page
            if body["done"] and len(body["records"]) < self.connection.settings.page_size:
                break
            if not (page.records or page.faults):
                self.why = "Salesforce's pages led in a circle."
                return
            last = (page.records or page.faults)[-1].id
            counted = counted or await self._count()
            job = await self._job(reader, last, counted)
        if job is not None:
            async for page in self._bulk(reader, job):
                yield page
        # Some may have gone meanwhile: only what is there before and after must have been seen.
        if len(self.seen) < counted and len(self.seen) < await self._count():
            self.why = f"Only {len(self.seen)} of {counted} records were shown."

    async def _job(self, reader: RecordReader, last: str, counted: int) -> Job | None:
        """Return the job for what is behind a record, where that is worth one."""
        if counted < self.connection.settings.bulk.query_from:
            return None
        return await bulk_query.start(self.connection, self._query(reader, last), PURPOSE)

    async def _after(self, last: str) -> tuple[RecordReader, Json]:
        """Return the page behind a record, and what reads its rows."""

        async def ask() -> tuple[RecordReader, Json]:
            reader = (await readers(self.connection, self.scope, self.fields))[self.member.of.name]
            size = self.connection.settings.page_size
            query = replace(self._query(reader, last), order=("Id",), limit=size)
            return reader, await querying.page(self.connection, query, PURPOSE)

        return await querying.with_fields_of_today(self.connection, [self.member], ask)

    def _query(self, reader: RecordReader, last: str) -> Query:
        where = tuple(self._where(last))
        return Query(of=self.member.of.name, select=reader.select, where=where)

    async def _bulk(self, reader: RecordReader, job: Job) -> AsyncIterator[Page]:
        """Yield what a query job finds, in pages of the usual size."""
        async for rows in bulk_query.pages(self.connection, job):
            for some in batches(rows, self.connection.settings.page_size):
                yield self._page(reader, some)

    def _where(self, last: str) -> list[str]:
        conditions = [f"Id > {text(last)}"] if last else []
        if self.scope.is_combined and self.member.of.is_convertible:
            # A converted lead is its contact by now, which is listed itself.
            conditions.append("IsConverted = false")
        return conditions

    async def _count(self) -> int:
        query = Query(of=self.member.of.name, select=("COUNT()",), where=tuple(self._where("")))
        return await querying.count(self.connection, query, PURPOSE)

    def _is_new(self, record_id: str) -> bool:
        return record_id not in self.seen and self.scope.member_of(record_id) is self.member

    def _page(self, reader: RecordReader, rows: Sequence[Json]) -> Page:
        new = {records.record_id(row): row for row in rows}
        told = {records.record_id(row): row for row in rows}
        new = {one: row for one, row in told.items() if self._is_new(one)}
        self.seen.update(new)
        people = [row for row in new.values() if not records.is_person_account(row)]
        halves = [one for one, row in new.items() if records.is_person_account(row)]
        return Page(
            records=[reader.record(row) for row in people],
            faults=[_person_account(one) for one in halves],
        )


def _person_account(record_id: str) -> RecordFault:
    return RecordFault(
        id=record_id,
        place=f"record {record_id}",
        code="person_account",
        message="is a person account, which is an account and a contact in one and has other "
        "rules for its name; it is left alone.",
    )
