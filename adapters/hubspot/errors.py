"""What HubSpot's refusals mean, as a table: status and code → our next move.

Takes a reply's status and body. Gives the row that fits, the code, the property, and the id of the
record that stands in the way. Promises never to pass on HubSpot's messages: they quote values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from adapters.contract import Refused, Unknown
from adapters.errors import Failure, RejectBatch, RejectRecord
from adapters.exchange import Json
from adapters.redaction import word


class Next(StrEnum):
    """What a row of the table tells us to do."""

    PAUSE_DAY = "the account's day is used up"
    PAUSE = "wait as long as it says, or back off"
    UNLOCK = "nothing happened; ask again when the lock is over"
    RENEW = "the token is refused"
    GRANT = "a scope is missing"
    MISPLACED = "this is not HubSpot's API"
    REFUSE = "refused, and would be refused again"
    DOUBT = "proves nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """The first row whose status and code fit decides."""

    statuses: range
    code: str = ""
    """"" fits any code."""
    next: Next
    advice: str = ""


def _only(status: int) -> range:
    return range(status, status + 1)


_RENEW = (
    "Create a service key in HubSpot (Development > Keys), or take the current one, and set it as "
    "the connection's token."
)
_MISPLACED = "Check the connection's base_url and api_version."

TABLE = (
    Row(statuses=_only(429), code="DAILY", next=Next.PAUSE_DAY),
    Row(statuses=_only(429), next=Next.PAUSE),
    Row(statuses=_only(477), next=Next.PAUSE),
    Row(statuses=_only(423), next=Next.UNLOCK),
    Row(statuses=_only(401), next=Next.RENEW, advice=_RENEW),
    Row(statuses=_only(403), next=Next.GRANT),
    Row(statuses=_only(408), next=Next.DOUBT),
    Row(statuses=range(300, 400), next=Next.MISPLACED, advice=_MISPLACED),
    # HubSpot's own 404 always says what it did not find; any other comes from another server.
    Row(statuses=_only(404), code="NO_CODE", next=Next.MISPLACED, advice=_MISPLACED),
    Row(statuses=_only(405), next=Next.MISPLACED, advice=_MISPLACED),
    Row(statuses=range(400, 500), next=Next.REFUSE),
    Row(statuses=range(1000), next=Next.DOUBT),
)

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "PROPERTY_DOESNT_EXIST": "Create the property in HubSpot or take it out of the mapping.",
        "INVALID_OPTION": "Add the option in HubSpot or translate the value in the mapping.",
        "READ_ONLY_VALUE": "Take the property out of what is written; HubSpot fills it itself.",
        "MISSING_REQUIRED_PROPERTY": "Fill the property; an administrator made it required.",
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY": (
            "Fill the property; an administrator made it required in this case."
        ),
        "CONFLICT": "Link to the record that has this address instead of creating another.",
    }
)

NOT_FOUND = "OBJECT_NOT_FOUND"
CONFLICT = "CONFLICT"
UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"

_REFUSALS = frozenset({"VALIDATION_ERROR", CONFLICT, NOT_FOUND, "OBJECT_ALREADY_EXISTS"})
"""Categories of a batch's entries that say definitely: this one was not written."""

_EXISTING_ID = re.compile(r"Existing ID:\s*(\d+)")
_NOT_FOUND_WORDS = "resource not found"


def row_of(status: int, body: Json) -> Row:
    """Return the first row of the table that fits."""
    found = set(codes(body)) or {"NO_CODE"}
    for row in TABLE:
        if status in row.statuses and row.code in {"", *found}:
            return row
    return TABLE[-1]


def codes(body: Json) -> list[str]:
    """Return every code word of a body, the most telling first: a detail's, then the category."""
    if not isinstance(body, dict):
        return []
    said = [detail.get("code") for detail in _details(body)]
    said += [body.get(key) for key in ("policyName", "subCategory", "category", "errorType")]
    if _NOT_FOUND_WORDS in str(body.get("message", "")).lower():
        said.append(NOT_FOUND)
    return list(dict.fromkeys(code for code in map(word, said) if code))


def code_of(body: Json) -> str:
    """Return the most telling code of a body, or ""."""
    return next(iter(codes(body)), "")


def is_absence(body: Json) -> bool:
    """Whether a 404's body is HubSpot saying that there is no such record."""
    return NOT_FOUND in codes(body)


def property_of(body: Json) -> str:
    """Return the property a refusal names, or ""."""
    return next((name for name in _named(body, "propertyName") if word(name)), "")


def scopes_of(body: Json) -> tuple[str, ...]:
    """Return the scopes a 403 says are missing."""
    scopes = (word(scope) for scope in _named(body, "requiredGranularScopes"))
    return tuple(dict.fromkeys(scope for scope in scopes if scope))


def existing_id(body: Json) -> str:
    """Return the id of the record that already has the unique value, or ""."""
    found = _EXISTING_ID.search(str(body.get("message", ""))) if isinstance(body, dict) else None
    return found[1] if found else ""


def advice_for(body: Json) -> str:
    """Return what a person should do about a refusal, "" where nothing sensible is known."""
    return next((ADVICE[code] for code in codes(body) if code in ADVICE), "")


def outcome_of(entry: Json) -> Refused | Unknown:
    """Return what a batch's error entry says of its record."""
    code, field = code_of(entry), property_of(entry)
    about = f" for property {field!r}" if field else ""
    message = f"HubSpot refused the record{about} ({code or 'no reason given'})."
    if not _REFUSALS & set(codes(entry)):
        unclear = f"HubSpot reports trouble with the record ({code or 'no reason given'})."
        return Unknown(failure=Failure(kind="UnknownOutcome", code=code, message=unclear))
    advice = advice_for(entry)
    return Refused(
        failure=Failure(
            kind="RejectRecord",
            code=code,
            message=f"{message} Next: {advice}" if advice else message,
            field=field,
        ),
        existing_id=existing_id(entry),
    )


def untold() -> Unknown:
    """Return the outcome of a record that a reply does not mention."""
    return Unknown(
        failure=Failure(
            kind="UnknownOutcome",
            code="no_outcome",
            message="HubSpot's reply does not say what became of this record.",
        )
    )


def whole(refused: RejectRecord) -> RejectBatch:
    """Return the refusal of one request as that of all its records."""
    return RejectBatch(
        refused.message,
        code=refused.code,
        status=refused.status,
        correlation_id=refused.correlation_id,
        next_step=refused.next_step,
    )


def trace_ids(entry: Json) -> list[str]:
    """Return the trace ids that an error entry names."""
    return list(_named(entry, "objectWriteTraceId"))


def record_ids(entry: Json) -> list[str]:
    """Return the record ids that an error entry names."""
    own = entry.get("id") if isinstance(entry, dict) else None
    return [*_named(entry, "ids"), *_named(entry, "id"), *([str(own)] if own else [])]


def _details(body: Json) -> list[Json]:
    details = body.get("errors") if isinstance(body, dict) else None
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def _named(body: Json, key: str) -> Iterator[str]:
    """Return the texts of a context key, of the details first, then of the body itself."""
    holders = [*_details(body), body] if isinstance(body, dict) else []
    for holder in holders:
        context = holder.get("context")
        named = context.get(key) if isinstance(context, dict) else None
        yield from (str(one) for one in (named if isinstance(named, list) else []))
