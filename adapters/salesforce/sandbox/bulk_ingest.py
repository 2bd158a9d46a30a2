"""`/jobs/ingest`: the life of a job that writes (salesforce.md 8.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.salesforce.sandbox.bulk_csv import UnreadableCsvError, read_csv, written
from adapters.salesforce.sandbox.bulk_jobs import (
    DELIMITERS,
    ENDED,
    LINE_ENDINGS,
    Job,
    JobState,
)
from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.problems import Refused, not_found, refused
from adapters.salesforce.sandbox.rows import key_field
from adapters.sandbox.exchange import Reply

JOB_PREFIX = "750"
OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
CSV = "text/csv"


def create(call: Call) -> Reply:
    """`POST /jobs/ingest`."""
    body = call.body()
    operation = str(body.get("operation"))
    if operation not in OPERATIONS:
        raise invalid_job(f"operation {operation} is not one of {sorted(OPERATIONS)}")
    store = call.org.find_store(str(body.get("object")))
    if store is None:
        raise refused("INVALIDENTITY", f"Entity '{body.get('object')}' is not found")
    kind = call.org.visible_kind(store.kind.name)
    key = str(body.get("externalIdFieldName") or "")
    if operation == "upsert":
        if not key:
            raise invalid_job("externalIdFieldName is required for upsert")
        key = key_field(kind, key).name
    delimiter, ending = text_form(body)
    job = Job(
        id=call.org.number(JOB_PREFIX),
        operation=operation,
        object=kind.name,
        version=call.version,
        user_id=call.user_id,
        created_at=call.now,
        changed_at=call.now,
        state=JobState.OPEN,
        key=key if operation == "upsert" else "",
        delimiter=delimiter,
        line_ending=ending,
    )
    call.org.jobs[job.id] = job
    return Reply(status=200, body=job.wire())


def listing(call: Call) -> Reply:
    """`GET /jobs/ingest`."""
    jobs = [job.wire() for job in call.org.jobs.values() if not job.is_query]
    return Reply(status=200, body={"done": True, "nextRecordsUrl": None, "records": jobs})


def read(call: Call) -> Reply:
    """`GET /jobs/ingest/{job}`."""
    return Reply(status=200, body=job_of(call, is_query=False).wire())


def upload(call: Call) -> Reply:
    """`PUT /jobs/ingest/{job}/batches`: once a job."""
    job = job_of(call, is_query=False)
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != CSV:
        raise refused("UNSUPPORTED_MEDIA_TYPE", f"Content-Type must be {CSV}", status=415)
    if job.state is not JobState.OPEN or job.uploaded is not None:
        raise _wrong_state(job, "data can be uploaded once, while the job is open")
    if len(call.request.body) > call.org.limits.bulk_upload:
        raise refused("REQUEST_ENTITY_TOO_LARGE", "The upload is too large", status=413)
    job.uploaded = call.request.body
    return Reply(status=201)


def change(call: Call) -> Reply:
    """`PATCH /jobs/ingest/{job}`: close it, or abort it."""
    job = job_of(call, is_query=False)
    state = call.body().get("state")
    if state == JobState.UPLOADED and job.state is JobState.OPEN and job.uploaded is not None:
        job.closed_at = call.now
        job.move(JobState.UPLOADED, call.now)
    elif state == JobState.ABORTED and job.state not in ENDED:
        job.left = _rows(job)
        job.move(JobState.ABORTED, call.now)
    else:
        raise _wrong_state(job, f"it cannot become {state}")
    return Reply(status=200, body=job.wire())


def delete(call: Call) -> Reply:
    """`DELETE /jobs/ingest/{job}`: when it has ended."""
    job = job_of(call, is_query=False)
    if job.state not in ENDED:
        raise _wrong_state(job, "only a job that has ended can be deleted")
    del call.org.jobs[job.id]
    return Reply(status=204)


def successful(call: Call) -> Reply:
    """`GET …/successfulResults`."""
    job = _ended(call)
    rows = (
        {**each.cells, "sf__Id": each.id, "sf__Created": each.is_created}
        for each in job.done
        if not each.error
    )
    return _results(job, ["sf__Id", "sf__Created"], rows)


def failed(call: Call) -> Reply:
    """`GET …/failedResults`."""
    job = _ended(call)
    rows = (
        {**each.cells, "sf__Id": each.cells.get("Id", ""), "sf__Error": each.error}
        for each in job.failures
    )
    return _results(job, ["sf__Id", "sf__Error"], rows)


def unprocessed(call: Call) -> Reply:
    """`GET …/unprocessedrecords`."""
    job = _ended(call)
    return _results(job, [], job.left)


def job_of(call: Call, *, is_query: bool) -> Job:
    """Return the job named in the path. Raises Refused."""
    job = call.org.jobs.get(call.path["job"])
    if job is None or job.is_query != is_query:
        raise not_found()
    return job


def text_form(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return delimiter and line ending of a job's CSV. Raises Refused."""
    delimiter = str(body.get("columnDelimiter", "COMMA"))
    ending = str(body.get("lineEnding", "LF"))
    if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
        raise invalid_job("columnDelimiter or lineEnding is not known")
    if body.get("contentType", "CSV") != "CSV":
        raise invalid_job("contentType must be CSV")
    return delimiter, ending


def invalid_job(message: str) -> Refused:
    """Return the refusal of a job that makes no sense."""
    return refused("INVALIDJOB", message)


def _wrong_state(job: Job, message: str) -> Refused:
    return refused("INVALIDJOBSTATE", f"The job is {job.state.value}: {message}")


def _ended(call: Call) -> Job:
    job = job_of(call, is_query=False)
    if job.state not in ENDED:
        raise _wrong_state(job, "it has no results yet")
    return job


def _rows(job: Job) -> list[dict[str, str]]:
    try:
        job.columns, rows = read_csv(job)
    except UnreadableCsvError:
        return []
    return rows


def _results(job: Job, first: list[str], rows: Iterable[Mapping[str, Any]]) -> Reply:
    text = written(job, [*first, *job.columns], rows)
    return Reply(status=200, text=text, content_type=CSV)
