"""What Salesforce's refusals mean, as a table: code → our next move.

Codes decide, statuses only where there is no code: the same code comes with 400, with 404, or in a
reply of 200. Promises never to pass on messages: they quote values, and are in the user's language.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from adapters.contract import Outcome, Refused, Unknown
from adapters.errors import AdapterError, Failure
from adapters.exchange import Json
from adapters.redaction import word
from adapters.salesforce import ids


class Next(StrEnum):
    """What a row of the table tells us to do."""

    LOG_IN = "the session is over: log in once and ask again"
    RENEW = "the credentials are refused"
    GRANT = "a permission is missing"
    PAUSE_DAY = "the org's calls of the day are used up"
    PAUSE_HOUR = "too many log-ins: come back in an hour"
    PAUSE = "back off"
    AGAIN = "nothing happened; ask again"
    MISPLACED = "this is not the API that is meant"
    RESTART = "the page is gone: begin the walk again"
    REDESCRIBE = "our picture of the fields is old"
    FOLLOW = "the record is elsewhere or gone: look"
    EXISTS = "another record stands in the way"
    REFUSE = "refused, and would be refused again"
    DOUBT = "proves nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What one code, or a status without a known code, means."""

    next: Next
    advice: str = ""


_RENEW = (
    "Check the connection's client id and secret (or key and user) and that the External Client "
    "App has its flow enabled and an execution user."
)
_MISPLACED = "Check the connection's base_url (the org's My Domain) and api_version."
_FIELD = "Give the integration user access to the field, or take it out of the mapping."
_PERMISSION = "Give the integration user permission to do this, in its permission set."
_ADMIN = "An administrator's rule refused the record; see the rule in Salesforce's setup."

_TABLE: Mapping[Next, Mapping[str, str]] = MappingProxyType(
    {
        Next.LOG_IN: {"INVALID_SESSION_ID": ""},
        Next.RENEW: {
            "invalid_grant": _RENEW,
            "invalid_client": _RENEW,
            "invalid_client_id": _RENEW,
            "invalid_client_credentials": _RENEW,
            "inactive_user": _RENEW,
            "unsupported_grant_type": _RENEW,
            "INVALID_LOGIN": _RENEW,
        },
        Next.PAUSE_HOUR: {"LOGIN_RATE_EXCEEDED": ""},
        Next.PAUSE_DAY: {"REQUEST_LIMIT_EXCEEDED": ""},
        Next.PAUSE: {"TXN_SECURITY_METERING_ERROR": "", "CONCURRENT_REQUESTS": ""},
        Next.GRANT: {
            "API_DISABLED_FOR_ORG": "Use an edition with API access, or have it enabled.",
            "API_CURRENTLY_DISABLED": "Enable the API for the integration user.",
            "STORAGE_LIMIT_EXCEEDED": "The org's storage is full: make room or buy more.",
        },
        Next.AGAIN: {
            "UNABLE_TO_LOCK_ROW": "",
            "ALL_OR_NONE_OPERATION_ROLLED_BACK": "",
            "PROCESSING_HALTED": "",
        },
        Next.DOUBT: {
            "SERVER_UNAVAILABLE": "",
            "UNKNOWN_EXCEPTION": "",
            "QUERY_TIMEOUT": "",
            "ENTITY_IS_LOCKED": "",
        },
        Next.RESTART: {
            "INVALID_QUERY_LOCATOR": "",
            "INVALID_REPLICATION_DATE": "",
            "EXCEEDED_ID_LIMIT": "",
        },
        Next.REDESCRIBE: {"INVALID_FIELD": _FIELD, "INVALID_TYPE": _FIELD},
        Next.FOLLOW: {
            "ENTITY_IS_DELETED": "",
            "NOT_FOUND": "",
            "CANNOT_UPDATE_CONVERTED_LEAD": "Sync {lead, contact} together to follow converted "
            "leads to their contacts.",
            "INVALID_CROSS_REFERENCE_KEY": "The record or one it refers to is gone or hidden.",
            "PRECONDITION_FAILED": "",
        },
        Next.EXISTS: {
            "DUPLICATE_VALUE": "Link to the record that has this value instead.",
            "DUPLICATES_DETECTED": "A duplicate rule found this person in Salesforce: link the "
            "two, merge them there, or set `duplicates: save` if the rule only alerts.",
        },
        Next.MISPLACED: {
            "METHOD_NOT_ALLOWED": _MISPLACED,
            "UNSUPPORTED_MEDIA_TYPE": _MISPLACED,
            "UNSUPPORTED_API_VERSION": _MISPLACED,
            "GONE": _MISPLACED,
        },
        Next.REFUSE: {
            "REQUIRED_FIELD_MISSING": "Fill the field; Salesforce wants it.",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION": _ADMIN,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _ADMIN,
            "CANNOT_EXECUTE_FLOW_TRIGGER": _ADMIN,
            "FIELD_FILTER_VALIDATION_EXCEPTION": _ADMIN,
            "INVALID_EMAIL_ADDRESS": "Correct the address.",
            "STRING_TOO_LONG": "Shorten the value, or lengthen the field in Salesforce.",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "Add the value to the picklist in "
            "Salesforce, or translate it in the mapping.",
            "INVALID_FIELD_FOR_INSERT_UPDATE": _FIELD,
            "FIELD_INTEGRITY_EXCEPTION": "Correct the value; Salesforce does not take it there.",
            "NUMBER_OUTSIDE_VALID_RANGE": "Correct the number.",
            "JSON_PARSER_ERROR": "",
            "MALFORMED_ID": "",
            "MALFORMED_QUERY": "",
            "INVALID_TYPE_ON_FIELD_IN_RECORD": "",
            "INSUFFICIENT_ACCESS_OR_READONLY": _PERMISSION,
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _PERMISSION,
            "INACTIVE_OWNER_OR_USER": "Choose an active owner.",
            "LIMIT_EXCEEDED": "",
        },
    }
)

BY_CODE: Mapping[str, Row] = MappingProxyType(
    {
        code: Row(next=move, advice=advice)
        for move, codes in _TABLE.items()
        for code, advice in codes.items()
    }
)


def _by_status() -> Iterator[tuple[range, Row]]:
    yield range(401, 402), Row(next=Next.LOG_IN)
    yield range(403, 404), Row(next=Next.GRANT, advice=_PERMISSION)
    yield range(406, 407), Row(next=Next.PAUSE)
    yield range(420, 421), Row(next=Next.PAUSE)
    yield range(429, 430), Row(next=Next.PAUSE)
    yield range(408, 409), Row(next=Next.DOUBT)
    yield range(300, 400), Row(next=Next.MISPLACED, advice=_MISPLACED)
    yield range(404, 406), Row(next=Next.MISPLACED, advice=_MISPLACED)
    yield range(410, 411), Row(next=Next.MISPLACED, advice=_MISPLACED)
    yield range(415, 416), Row(next=Next.MISPLACED, advice=_MISPLACED)
    yield range(400, 500), Row(next=Next.REFUSE)
    yield range(1000), Row(next=Next.DOUBT)


_BY_STATUS = tuple(_by_status())

_RECORD_ID = re.compile(r"\b[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\b")
_DUPLICATE_KEYS = ("duplicateResut", "duplicateResult")
"""The first is how recorded replies spell it."""
_FORBIDDEN = 403
_TRANSIENT = ("UNABLE_TO_LOCK_ROW", "LIMIT")


def row_of(status: int, body: Json) -> Row:
    """Return what a reply means: by its code, else by its status."""
    code = code_of(body)
    if code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" in _message(body).lower():
        return BY_CODE["CONCURRENT_REQUESTS"]
    if code in BY_CODE:
        row = BY_CODE[code]
        is_forbidden = status == _FORBIDDEN and row.next is Next.REFUSE
        return Row(next=Next.GRANT, advice=row.advice or _PERMISSION) if is_forbidden else row
    return next(row for statuses, row in _BY_STATUS if status in statuses)


def row_of_entry(entry: Json) -> Row:
    """Return what an error of one record means. A code nobody knows is a refusal."""
    code = code_of(entry)
    text = _message(entry).upper()
    if code in {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"}:
        if _TRANSIENT[0] in text:
            return BY_CODE["UNABLE_TO_LOCK_ROW"]
        if _TRANSIENT[1] in text:
            return BY_CODE["UNKNOWN_EXCEPTION"]
    return BY_CODE.get(code, Row(next=Next.REFUSE if code else Next.DOUBT))


def code_of(body: Json) -> str:
    """Return Salesforce's word for what went wrong, "" where there is none.

    Records of a collection have ``statusCode`` where whole replies have ``errorCode``, and log-ins
    have ``error``.
    """
    first = _first(body)
    said = first.get("errorCode") or first.get("statusCode") or first.get("error")
    return word(said)


def fields_of(body: Json) -> tuple[str, ...]:
    """Return the fields a refusal names."""
    named = _first(body).get("fields")
    return tuple(filter(None, map(word, named if isinstance(named, list) else [])))


def existing_id(body: Json) -> str:
    """Return the one record that stands in the way, "" where there is none or are several."""
    first = _first(body)
    told = next((first[key] for key in _DUPLICATE_KEYS if isinstance(first.get(key), dict)), None)
    found = _matched(told) if told is not None else _mentioned(_message(body))
    return found[0] if len(found) == 1 else ""


def _matched(told: Json) -> list[str]:
    """Return the ids that a duplicate rule's answer names."""
    results = [one for one in told.get("matchResults") or [] if isinstance(one, dict)]
    records = [match.get("record") for one in results for match in one.get("matchRecords") or []]
    found = [str(one.get("Id") or "") for one in records if isinstance(one, dict)]
    return list(dict.fromkeys(ids.long_id(one) for one in found if ids.is_id(one)))


def _mentioned(message: str) -> list[str]:
    """Return the ids in a message; an id has a digit, which words of that length seldom have."""
    found = [one for one in _RECORD_ID.findall(message) if any(c.isdigit() for c in one)]
    return list(dict.fromkeys(ids.long_id(one) for one in found))


def outcome_of(entry: Json, row: Row, names: Mapping[str, str]) -> Refused | Unknown:
    """Return what an error says of its record; *names* turns Salesforce's fields into the sync's."""
    code = code_of(entry)
    field = next((names.get(one, one) for one in fields_of(entry)), "")
    about = f" for field {field!r}" if field else ""
    if row.next in {Next.DOUBT, Next.AGAIN, Next.PAUSE, Next.PAUSE_DAY}:
        return Unknown(
            failure=Failure(
                kind="UnknownOutcome",
                code=code,
                message=f"Salesforce did not get to the record ({code or 'no reason given'}).",
            )
        )
    message = f"Salesforce refused the record{about} ({code or 'no reason given'})."
    return Refused(
        failure=Failure(
            kind="RejectRecord",
            code=code,
            message=f"{message} Next: {row.advice}" if row.advice else message,
            field=field,
        ),
        existing_id=existing_id(entry) if row.next is Next.EXISTS else "",
    )


def error_in(entry: Json) -> Json:
    """Return the first error of one record's entry."""
    told = entry.get("errors")
    return told[0] if isinstance(told, list) and told else {}


def unsent(error: AdapterError) -> Unknown:
    """Return the outcome of a record whose request failed after others had been sent."""
    return Unknown(failure=Failure.of(error))


def untold(why: str = "no_outcome") -> Outcome:
    """Return the outcome of a record that a reply does not mention."""
    return Unknown(
        failure=Failure(
            kind="UnknownOutcome",
            code=why,
            message="Salesforce's reply does not say what became of this record.",
        )
    )


def _first(body: Json) -> dict[str, Json]:
    one = body[0] if isinstance(body, list) and body else body
    return one if isinstance(one, dict) else {}


def _message(body: Json) -> str:
    first = _first(body)
    return str(first.get("message") or first.get("error_description") or "")
