"""Large loads: one ingest job, each of whose rows has a verdict of its own.

Only updates by id and upserts by our id go this way: both may land late or twice without harm. A
job that is complete may have failed with every row, and results come in no order, so all three
results are read and matched by id or key; a row that none of them names is unknown.
"""

from collections.abc import Mapping, Sequence

from adapters.contract import EXTERNAL_ID, Verb
from adapters.errors import (
    AdapterError,
    GrantAccess,
    RejectRecord,
    RetryLater,
    UnknownOutcome,
    Unreadable,
)
from adapters.exchange import Json, Request
from adapters.salesforce import bulk_jobs, bulk_text, profile
from adapters.salesforce.bulk_jobs import Job
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.drafts import Draft

LARGEST = 100 * 1024 * 1024
"""Bytes of one upload: 150 MB once they are base64, as Salesforce counts them."""


class NoBulk(RetryLater):
    """Bulk jobs are not to be had now; nothing was written, and collections will do."""


async def send(
    connection: SalesforceConnection, verb: Verb, drafts: Sequence[Draft]
) -> list[Json | None]:
    """Write drafts by one job; return one entry a draft as collections have, None where untold.

    Raises NoBulk before anything was written; RejectRecord for a load too large for one job;
    UnknownOutcome where nobody can say whether the job began.
    """
    data = bulk_text.written([_row(connection, one) for one in drafts])
    if len(data) > LARGEST and len(drafts) > 1:
        raise RejectRecord("The load is too large for one bulk job.", code="upload_too_large")
    job = await _upload(connection, verb, drafts, data)
    try:
        await _close(connection, job)
        await bulk_jobs.wait(connection, job)
        told = await _results(connection, job, _key_column(connection, drafts))
    except AdapterError as error:
        raise UnknownOutcome(
            f"Connection {connection.name!r}: a bulk job was begun, and what came of it could not "
            f"be read ({error.code}).",
            code=error.code,
        ) from None
    return [told.get(_key(one)) for one in drafts]


async def _upload(
    connection: SalesforceConnection, verb: Verb, drafts: Sequence[Draft], data: bytes
) -> Job:
    """Make a job and give it its rows; nothing is written before it is closed."""
    of = drafts[0].member
    order = {
        "object": of.of.name,
        "operation": "upsert" if drafts[0].key else "update",
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    if drafts[0].key:
        order["externalIdFieldName"] = of.api_name(EXTERNAL_ID)
    try:
        made = await connection.put(
            connection.data("/jobs/ingest"), verb.value, order, is_whole=_is_made
        )
        job = Job(kind=bulk_jobs.INGEST, id=str(made.body["id"]), purpose=verb.value)
        await _put_rows(connection, job, data)
    except (GrantAccess, RejectRecord, Unreadable, UnknownOutcome) as error:
        raise NoBulk("No bulk job could be made.", code=error.code) from error
    return job


async def _put_rows(connection: SalesforceConnection, job: Job, data: bytes) -> None:
    place = job.place(connection, "/batches")
    await connection.send(
        Request(
            method="PUT",
            path=place.path,
            endpoint=place.endpoint,
            purpose=job.purpose,
            is_repeatable=False,
            limits=(profile.DAILY, profile.SHORT),
            content=data,
            headers={"Content-Type": "text/csv; charset=UTF-8"},
        )
    )


async def _close(connection: SalesforceConnection, job: Job) -> None:
    """Say that all rows are there: from here on they are written."""
    order = {"state": "UploadComplete"}
    try:
        await connection.put(job.place(connection), job.purpose, order, method="PATCH")
    except UnknownOutcome:
        told = await connection.get(job.place(connection), job.purpose)
        if told.body.get("state") != bulk_jobs.OPEN:
            return  # it arrived, only its reply did not
        await connection.put(job.place(connection), job.purpose, order, method="PATCH")


async def _results(
    connection: SalesforceConnection, job: Job, column: str
) -> Mapping[str, Json | None]:
    """Return the entry of each row that a result names; one named twice is told nothing of."""
    found: dict[str, Json | None] = {}
    for part in ("/successfulResults", "/failedResults", "/unprocessedrecords"):
        reply = await bulk_jobs.text(connection, job, part)
        for row in bulk_text.rows_of(reply.body):
            key = str(row.get(column) or row.get("sf__Id") or "").casefold()
            found[key] = None if key in found else _entry(part, row)
    return found


def _entry(part: str, row: Mapping[str, Json]) -> Json:
    if part == "/successfulResults":
        return {"success": True, "id": row.get("sf__Id")}
    if part == "/failedResults":
        return {"success": False, "errors": [bulk_text.error_of(str(row.get("sf__Error") or ""))]}
    return {"success": False, "errors": [{"statusCode": "PROCESSING_HALTED"}]}


def _row(connection: SalesforceConnection, draft: Draft) -> Mapping[str, Json]:
    return {_key_column(connection, [draft]): draft.key or draft.id, **draft.body}


def _key_column(connection: SalesforceConnection, drafts: Sequence[Draft]) -> str:
    return connection.settings.external_id_field if drafts[0].key else "Id"


def _key(draft: Draft) -> str:
    return (draft.key or draft.id).casefold()


def _is_made(body: Json) -> bool:
    return bool(body["id"])
