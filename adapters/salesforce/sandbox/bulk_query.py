"""`/jobs/query`: the life of a job that reads (salesforce.md 8.2)."""

import base64
import binascii

from adapters.salesforce.sandbox.bulk_csv import written
from adapters.salesforce.sandbox.bulk_ingest import CSV, invalid_job, job_of, text_form
from adapters.salesforce.sandbox.bulk_jobs import ENDED, Job, JobState
from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.fields import COMPOUND
from adapters.salesforce.sandbox.problems import refused
from adapters.salesforce.sandbox.querying import selected_fields, understood
from adapters.salesforce.sandbox.soql_syntax import Path
from adapters.sandbox.exchange import Reply

JOB_PREFIX = "750"
NO_MORE = "null"


def create(call: Call) -> Reply:
    """`POST /jobs/query`."""
    body = call.body()
    text, operation = str(body.get("query") or ""), str(body.get("operation"))
    if operation not in {"query", "queryAll"} or not text:
        raise invalid_job("operation must be query or queryAll, with a query")
    jobs = sum(1 for job in call.org.jobs.values() if job.is_query)
    most = call.org.limits.bulk_query_jobs
    if jobs >= most:
        raise refused(
            "LIMIT_EXCEEDED", f"Max bulk v2 query jobs ({most}) per 24 hrs has been reached"
        )
    kind = _checked(call, text)
    delimiter, ending = text_form(body)
    job = Job(
        id=call.org.number(JOB_PREFIX),
        operation=operation,
        object=kind,
        version=call.version,
        user_id=call.user_id,
        created_at=call.now,
        changed_at=call.now,
        closed_at=call.now,
        state=JobState.UPLOADED,
        query=text,
        delimiter=delimiter,
        line_ending=ending,
    )
    call.org.jobs[job.id] = job
    return Reply(status=200, body=job.wire())


def _checked(call: Call, text: str) -> str:
    """Return the object of a query Bulk can answer. Raises Refused."""
    query, meaning = understood(call.org, text)
    if query.offset or not all(isinstance(each, Path) for each in query.selected):
        raise refused("API_ERROR", "Aggregates and OFFSET are not supported in Bulk Query")
    if any(located.field.type in COMPOUND for located in selected_fields(meaning, query)):
        raise refused("API_ERROR", "Selecting compound data not supported in Bulk Query")
    if query.where is not None:
        meaning.test(query.where)
    return meaning.kind.name


def listing(call: Call) -> Reply:
    """`GET /jobs/query`."""
    jobs = [job.wire() for job in call.org.jobs.values() if job.is_query]
    return Reply(status=200, body={"done": True, "nextRecordsUrl": None, "records": jobs})


def read(call: Call) -> Reply:
    """`GET /jobs/query/{job}`."""
    return Reply(status=200, body=job_of(call, is_query=True).wire())


def abort(call: Call) -> Reply:
    """`PATCH /jobs/query/{job}` with the state Aborted."""
    job = job_of(call, is_query=True)
    if call.body().get("state") != JobState.ABORTED or job.state in ENDED:
        raise refused("INVALIDJOBSTATE", f"The job is {job.state.value}")
    job.move(JobState.ABORTED, call.now)
    return Reply(status=200, body=job.wire())


def delete(call: Call) -> Reply:
    """`DELETE /jobs/query/{job}`."""
    job = job_of(call, is_query=True)
    if job.state not in ENDED:
        raise refused("INVALIDJOBSTATE", f"The job is {job.state.value}")
    del call.org.jobs[job.id]
    return Reply(status=204)


def results(call: Call) -> Reply:
    """`GET …/results`: CSV page by page; the header tells where the next begins, or `null`."""
    job = job_of(call, is_query=True)
    if job.state is not JobState.COMPLETE:
        raise refused("INVALIDJOBSTATE", f"The job is {job.state.value}: it has no results")
    begin = _begin(job, call.request.first("locator"))
    given = call.request.first("maxRecords")
    most = call.org.limits.bulk_result_page
    size = min(int(given), most) if given.isdigit() and int(given) else most
    page = job.done[begin : begin + size]
    end = begin + len(page)
    more = _locator(job, end) if end < len(job.done) else NO_MORE
    return Reply(
        status=200,
        text=written(job, job.columns, (row.cells for row in page)),
        content_type=CSV,
        headers={"Sforce-Locator": more, "Sforce-NumberOfRecords": str(len(page))},
    )


def _locator(job: Job, place: int) -> str:
    return base64.urlsafe_b64encode(f"{job.id}:{place}".encode()).decode().rstrip("=")


def _begin(job: Job, locator: str) -> int:
    if not locator or locator == NO_MORE:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    job_id, _, place = text.partition(":")
    if job_id != job.id or not place.isdigit():
        raise refused("INVALID_LOCATOR", "The locator does not belong to this job")
    return int(place)
