"""Full listings of large objects: a query job, its results page by page.

Raises for a job that failed or shows fewer rows than it says it found: no row is ever taken for
gone because a page was missing.
"""

from collections.abc import AsyncIterator

from adapters.errors import GrantAccess, RetryLater, Unreadable
from adapters.exchange import Json
from adapters.salesforce import bulk_jobs, bulk_text, profile
from adapters.salesforce.bulk_jobs import Job
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.soql import Query

_LAST = "null"
_LOCATOR = "sforce-locator"
_NUMBER = "sforce-numberofrecords"


async def start(connection: SalesforceConnection, query: Query, purpose: str) -> Job | None:
    """Start a query job; None where bulk queries are not to be had (now, or for this object)."""
    order = {"operation": query.resource, "query": query.text()}
    try:
        reply = await connection.ask(
            connection.data("/jobs/query"), purpose, order, is_whole=_is_made
        )
    except (GrantAccess, Unreadable):
        return None
    return Job(kind=bulk_jobs.QUERY, id=str(reply.body["id"]), purpose=purpose)


async def pages(connection: SalesforceConnection, job: Job) -> AsyncIterator[list[Json]]:
    """Yield the rows of a job, page by page. Raises RetryLater for one that lacks some."""
    ended = await bulk_jobs.wait(connection, job)
    if ended["state"] != "JobComplete":
        raise bulk_jobs.failed(connection, job, ended["state"])
    query = {"maxRecords": str(profile.BULK_PAGE)}
    seen: set[str] = set()
    total = 0
    while True:
        reply = await bulk_jobs.text(connection, job, "/results", query)
        rows = bulk_text.rows_of(reply.body)
        told = reply.headers.get(_NUMBER, "")
        if told.isdecimal() and int(told) != len(rows):
            raise _short(connection, len(rows), int(told))
        total += len(rows)
        if rows:
            yield rows
        locator = reply.headers.get(_LOCATOR, _LAST)
        if locator in {_LAST, ""}:
            break
        if locator in seen:
            raise bulk_jobs.failed(connection, job, "a circle of pages")
        seen.add(locator)
        query = {**query, "locator": locator}
    said = ended.get("numberRecordsProcessed")
    if isinstance(said, int) and said != total:
        raise _short(connection, total, said)


def _short(connection: SalesforceConnection, shown: int, said: int) -> RetryLater:
    return RetryLater(
        f"Connection {connection.name!r}: a bulk query showed {shown} of the {said} rows it found.",
        code="short_page",
    )


def _is_made(body: Json) -> bool:
    return bool(body["id"])
