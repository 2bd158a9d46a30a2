"""Bulk jobs on their way: which state they are in by now, and when their work is done.

Promises that a job is worked on once, when its time has come, whether somebody asks for it or not.
"""

from adapters.salesforce.sandbox.bulk_jobs import ENDED, OPEN_AT_MOST, Job, JobState
from adapters.salesforce.sandbox.bulk_loading import load_rows
from adapters.salesforce.sandbox.bulk_reading import read_rows
from adapters.salesforce.sandbox.org import Org


def settle_jobs(org: Org) -> None:
    """Bring every job to the state it is in by now."""
    for job in org.jobs.values():
        if job.state not in ENDED:
            _settle(org, job)


def _settle(org: Org, job: Job) -> None:
    now, timing = org.clock.now(), org.settings.bulk
    if job.closed_at is None:
        if now - job.created_at >= OPEN_AT_MOST:
            job.move(JobState.ABORTED, now)
        return
    begins = job.closed_at + timing.queued
    if now < begins:
        return
    if now < begins + timing.running:
        job.move(JobState.RUNNING, begins)
        return
    if job.is_query:
        read_rows(org, job)
    else:
        load_rows(org, job)
    job.changed_at = now
