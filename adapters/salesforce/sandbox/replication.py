"""`updated/` and `deleted/`: ids of a window, seconds cut off (salesforce.md 9.4).

Promises that the covered end is held back to the begin of the oldest transaction still open.
"""

from datetime import datetime, timedelta

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.moments import as_moment, as_text
from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.store import Store
from adapters.sandbox.exchange import Reply

MINUTE = timedelta(minutes=1)


def updated(call: Call) -> Reply:
    """`GET /sobjects/{object}/updated/?start=…&end=…`."""
    store = _store(call)
    start, end = _window(call, call.org.limits.updated_window)
    if start >= end:
        raise _invalid("the start must precede the end")
    begin, behind = as_text(start), as_text(end)
    ids = [
        row.id
        for row in store.seen(call.now).values()
        if not row.is_deleted and begin <= str(row.get("SystemModstamp")) < behind
    ]
    _check_count(call, len(ids))
    return Reply(status=200, body={"ids": ids, "latestDateCovered": as_text(_covered(call, end))})


def deleted(call: Call) -> Reply:
    """`GET /sobjects/{object}/deleted/?start=…&end=…`."""
    store = _store(call)
    start, end = _window(call, call.org.limits.bin)
    if end - start < MINUTE:
        raise _invalid("the start must precede the end by more than a minute")
    found = [
        {"id": each.id, "deletedDate": as_text(each.at)}
        for each in store.removals.values()
        if start <= each.at < end
    ]
    _check_count(call, len(found))
    earliest = call.now - call.org.limits.bin
    return Reply(
        status=200,
        body={
            "deletedRecords": found,
            "earliestDateAvailable": as_text(max(earliest, call.org.purged_until or earliest)),
            "latestDateCovered": as_text(_covered(call, end)),
        },
    )


def _check_count(call: Call, count: int) -> None:
    if count > call.org.limits.replicated_ids:
        raise refused("EXCEEDED_ID_LIMIT", "too many records in the window: ask for a smaller one")


def _store(call: Call) -> Store:
    kind = call.kind
    if not kind.may("replicateable"):
        raise refused("INVALID_TYPE", f"object {kind.name} is not replicateable")
    return call.org.store(kind.name)


def _window(call: Call, longest: timedelta) -> tuple[datetime, datetime]:
    start, end = _moment(call, "start"), _moment(call, "end")
    purged = call.org.purged_until
    is_deleted = call.request.path.rstrip("/").endswith("deleted")
    if start < call.now - longest or (is_deleted and purged is not None and start < purged):
        raise _invalid("startDate before what is available")
    return start, end


def _moment(call: Call, name: str) -> datetime:
    text = call.request.first(name).replace(" ", "+")
    try:
        return as_moment(text).replace(second=0, microsecond=0)
    except ValueError as error:
        raise _invalid(f"{name} must be a date with time and zone") from error


def _covered(call: Call, end: datetime) -> datetime:
    """Return until when nothing can appear any more."""
    open_since = _store(call).oldest_open(call.now)
    limit = min(call.now, end)
    return limit if open_since is None else min(limit, open_since)


def _invalid(message: str) -> Refused:
    return refused("INVALID_REPLICATION_DATE", message)
