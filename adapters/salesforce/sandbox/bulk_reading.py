"""The work of a query job: rows as they are when it runs (salesforce.md 8.2)."""

from adapters.salesforce.sandbox.bulk_jobs import Job, JobState, RowResult
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import Refused
from adapters.salesforce.sandbox.querying import find


def read_rows(org: Org, job: Job) -> None:
    """Carry out a query job."""
    now = org.clock.now()
    try:
        found = find(org, job.query, is_all=job.operation == "queryAll")
    except Refused as refusal:
        job.error = str(refusal)
        job.move(JobState.FAILED, now)
        return
    job.columns = [".".join(located.names) for located in found.listed]
    job.done = [
        RowResult(
            id=row.id,
            cells={
                column: found.meaning.value(row, located)
                for column, located in zip(job.columns, found.listed, strict=True)
            },
        )
        for row in found.rows
    ]
    job.move(JobState.COMPLETE, now)
