"""Jobs of Bulk API 2.0: waiting for one, reading its results, and not forgetting any.

A job goes on whoever waits for it. So whoever stops waiting aborts it first and reads what it did;
and before a process believes what it reads for the first time, jobs that a former one left running
have come to their end.
"""

from dataclasses import dataclass
from datetime import timedelta

from adapters.errors import RetryLater, WaitUntil
from adapters.exchange import Json, Reply, Request
from adapters.salesforce import profile
from adapters.salesforce.connection import Place, SalesforceConnection
from adapters.salesforce.ids import long_id

INGEST = "ingest"
QUERY = "query"
OPEN = "Open"
ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_RUNNING = frozenset({"UploadComplete", "InProgress"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job; ``kind`` is where its path begins."""

    kind: str
    id: str
    purpose: str

    def place(self, connection: SalesforceConnection, part: str = "") -> Place:
        """Return the job's path, or that of a part of it."""
        return connection.data(
            f"/jobs/{self.kind}/{self.id}{part}", f"/jobs/{self.kind}/{{id}}{part}"
        )


async def wait(connection: SalesforceConnection, job: Job) -> Json:
    """Return the job's description once it has ended, by itself or because we aborted it.

    Raises WaitUntil for one that neither ends nor can be aborted.
    """
    until = connection.clock.monotonic() + connection.settings.bulk.patience.total_seconds()
    pause, is_aborted = profile.BULK_FIRST_WAIT, False
    while True:
        told = (await connection.get(job.place(connection), job.purpose, is_whole=_is_job)).body
        if told["state"] in ENDED:
            return told
        if connection.clock.monotonic() >= until:
            if is_aborted:
                raise _endless(connection)
            await connection.put(
                job.place(connection), job.purpose, {"state": "Aborted"}, method="PATCH"
            )
            is_aborted = True
            until += profile.BULK_LONGEST_WAIT.total_seconds()
            continue
        await connection.clock.sleep(pause.total_seconds())
        pause = min(pause * 2, profile.BULK_LONGEST_WAIT)


async def text(
    connection: SalesforceConnection, job: Job, part: str, query: dict[str, str] | None = None
) -> Reply:
    """Return a part of a job's results: CSV, as text."""
    place = job.place(connection, part)
    return await connection.send(
        Request(
            method="GET",
            path=place.path,
            endpoint=place.endpoint,
            purpose=job.purpose,
            is_repeatable=True,
            limits=(profile.DAILY, profile.SHORT),
            query=query or {},
            headers={"Accept": "text/csv"},
            is_text=True,
        )
    )


async def let_end(connection: SalesforceConnection) -> None:
    """Wait for loads of ours that a former process left running.

    Without that, a look for what became of its writes could come before they land. Raises
    WaitUntil where one lasts longer than we have patience for.
    """
    place = connection.data("/jobs/ingest")
    told = (await connection.get(place, "account", is_whole=_is_list)).body
    user = connection.session.user
    for one in told["records"]:
        maker = long_id(str(one.get("createdById") or ""))
        if one["state"] in _RUNNING and (user == maker or not user or not maker):
            await _ended(connection, Job(kind=INGEST, id=str(one["id"]), purpose="account"))


async def _ended(connection: SalesforceConnection, job: Job) -> None:
    until = connection.clock.monotonic() + connection.settings.patience.total_seconds()
    pause = profile.BULK_FIRST_WAIT
    while True:
        told = (await connection.get(job.place(connection), job.purpose, is_whole=_is_job)).body
        if told["state"] in ENDED:
            return
        if connection.clock.monotonic() >= until:
            raise _endless(connection)
        await connection.clock.sleep(pause.total_seconds())


def _endless(connection: SalesforceConnection) -> WaitUntil:
    later = connection.clock.now() + timedelta(minutes=5)
    return WaitUntil(
        f"Connection {connection.name!r}: a bulk job of ours is still running.",
        until=later,
        code="bulk_job_running",
    )


def failed(connection: SalesforceConnection, job: Job, state: str) -> RetryLater:
    """Return the error of a job that did not do what it was to do."""
    return RetryLater(
        f"Connection {connection.name!r}: a bulk {job.kind} job ended as {state}.",
        code="bulk_job_failed",
    )


def _is_job(body: Json) -> bool:
    return isinstance(body["state"], str)


def _is_list(body: Json) -> bool:
    return all(isinstance(one["state"], str) for one in body["records"])
