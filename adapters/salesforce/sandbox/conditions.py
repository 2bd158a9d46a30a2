"""Conditional requests: whole seconds, compared with LastModifiedDate (salesforce.md 11.1).

The entity tags of accounts are kept too; no other object has them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.moments import as_moment, cut
from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.store import Row

WITH_TAGS = frozenset({"Account"})


def http_date(moment: datetime) -> str:
    """Return a moment as headers write it."""
    return format_datetime(cut(moment), usegmt=True)


def header_moment(call: Call, name: str) -> datetime | None:
    """Return the date of a header, None where it is not sent, or is none while reading.

    Raises Refused where it is none and something is written.
    """
    text = call.request.headers.get(name)
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError as error:
        if call.request.method == "GET":
            return None
        raise refused("INVALID_HTTP_HEADER", f"{name} is not a valid HTTP date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def unchanged_since(call: Call, row: Row) -> Mapping[str, str] | None:
    """Return the headers of an answer, None where the caller has the present version."""
    changed = _changed_at(row)
    since = header_moment(call, "if-modified-since")
    tag = entity_tag(row)
    has_tag = call.kind.name in WITH_TAGS
    if has_tag and tag in call.request.headers.get("if-none-match", ""):
        return None
    if since is not None and changed <= since:
        return None
    headers = {"Last-Modified": http_date(changed)}
    return {**headers, "ETag": tag} if has_tag else headers


def refuse_changed_since(call: Call, row: Row) -> None:
    """Refuse a write to a row that changed after the caller's date, or under another tag."""
    since = header_moment(call, "if-unmodified-since")
    if since is not None and _changed_at(row) > since:
        raise _precondition()
    wanted = call.request.headers.get("if-match")
    is_tagged = call.kind.name in WITH_TAGS and wanted is not None and wanted != "*"
    if is_tagged and entity_tag(row) not in str(wanted):
        raise _precondition()


def entity_tag(row: Row) -> str:
    """Return the tag of the present version of a row."""
    return f'"{row.id[:15]}-{int(_changed_at(row).timestamp())}"'


def _changed_at(row: Row) -> datetime:
    return as_moment(str(row.get("LastModifiedDate")))


def _precondition() -> Refused:
    return refused(
        "PRECONDITION_FAILED",
        "The request was not carried out: the record has changed since",
        status=412,
    )
