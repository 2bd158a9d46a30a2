"""HubSpot's refusals by the table: every known status and code leads to the right next move."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import Refused, Unknown
from adapters.errors import GrantAccess, Reauthenticate, RejectRecord, Unreadable
from adapters.exchange import Again, Doubt, Pause, Reply, Request
from adapters.hubspot import errors
from adapters.hubspot.dialect import HubSpotDialect

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WRITE = Request(
    method="POST",
    path="/crm/objects/2026-09/contacts/batch/update",
    endpoint="/crm/objects/2026-09/contacts/batch/update",
    purpose="update",
    is_repeatable=False,
    limits=("burst",),
)
READ = replace(WRITE, is_repeatable=True, purpose="read")


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


def said(category: str, message: str = "No.", **more: Any) -> dict[str, Any]:
    body = {"status": "error", "category": category, "message": message, "correlationId": "c-1"}
    return {**body, **more}


def detail(code: str, name: str = "") -> dict[str, Any]:
    context = {"propertyName": [name]} if name else {}
    return said("VALIDATION_ERROR", errors=[{"code": code, "message": "x", "context": context}])


LIMITED = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}

NEXT: Mapping[str, tuple[Reply, object]] = {
    "burst limit": (
        reply(429, LIMITED),
        Pause(until=None, code="TEN_SECONDLY_ROLLING", limits=("burst",)),
    ),
    "search limit": (
        reply(429, {**LIMITED, "policyName": "SECONDLY"}),
        Pause(until=None, code="SECONDLY", limits=("search",)),
    ),
    "limit with Retry-After": (
        reply(429, LIMITED, retry_after="7"),
        Pause(until=NOW + timedelta(seconds=7), code="TEN_SECONDLY_ROLLING", limits=("burst",)),
    ),
    "limit in HTML": (reply(429), Pause(until=None, code="http_429", limits=("burst",))),
    "day used up": (
        reply(429, {**LIMITED, "policyName": "DAILY"}),
        Pause(until=None, code="DAILY", limits=("daily",)),
    ),
    "migration": (
        reply(477, None, retry_after="86400"),
        Pause(until=NOW + timedelta(days=1), code="http_477"),
    ),
    "lock": (reply(423), Again(code="http_423", after=timedelta(seconds=2))),
    "overload": (reply(503), Doubt(code="http_503")),
    "gateway": (reply(524), Doubt(code="http_524")),
    "server error": (reply(500, said("INTERNAL_ERROR")), Doubt(code="INTERNAL_ERROR")),
    "time-out": (reply(408), Doubt(code="http_408")),
}


@pytest.mark.parametrize(("answer", "verdict"), NEXT.values(), ids=NEXT)
def test_what_is_no_answer_is_waited_out_or_doubted(answer: Reply, verdict: object) -> None:
    """Limits and locks wait, server errors prove nothing; when the day ends is not HubSpot's to say."""
    assert verdict == HubSpotDialect("crm").judge(answer, WRITE, NOW)


ERRORS: Mapping[str, tuple[Reply, Request, type[Exception], str, str]] = {
    "expired token": (reply(401, said("EXPIRED_AUTHENTICATION")), READ, Reauthenticate, "EXPIRED_AUTHENTICATION", "key"),
    "no token": (reply(401, said("INVALID_AUTHENTICATION")), WRITE, Reauthenticate, "INVALID_AUTHENTICATION", "key"),
    "401 in HTML": (reply(401), READ, Reauthenticate, "http_401", "key"),
    "unknown property": (reply(400, detail("PROPERTY_DOESNT_EXIST", "shoe_size")), WRITE, RejectRecord, "PROPERTY_DOESNT_EXIST", "mapping"),
    "bad option": (reply(400, detail("INVALID_OPTION", "tier")), WRITE, RejectRecord, "INVALID_OPTION", "option"),
    "administrator's rule": (reply(400, detail("MISSING_REQUIRED_PROPERTY", "city")), WRITE, RejectRecord, "MISSING_REQUIRED_PROPERTY", "Fill"),
    "duplicate": (reply(409, said("CONFLICT")), WRITE, RejectRecord, "CONFLICT", "Link"),
    "gone": (reply(404, said("OBJECT_NOT_FOUND")), WRITE, RejectRecord, "OBJECT_NOT_FOUND", ""),
    "gone, in words only": (reply(404, {"message": "resource not found"}), WRITE, RejectRecord, "OBJECT_NOT_FOUND", ""),
    "too long": (reply(414), WRITE, RejectRecord, "http_414", ""),
    "bad question": (reply(400, said("VALIDATION_ERROR")), READ, Unreadable, "VALIDATION_ERROR", ""),
    "another server": (reply(404, None), WRITE, Unreadable, "http_404", "base_url"),
    "moved": (reply(302, None), WRITE, Unreadable, "http_302", "base_url"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "request_", "kind", "code", "advice"), ERRORS.values(), ids=ERRORS
)
def test_what_is_definite_is_named_by_the_next_move(
    answer: Reply, request_: Request, kind: type[Exception], code: str, advice: str
) -> None:
    """Each refusal becomes the error class that says what to do, with HubSpot's own code."""
    verdict = HubSpotDialect("crm").judge(answer, request_, NOW)

    assert type(verdict) is kind
    assert code == getattr(verdict, "code", None)
    assert advice in getattr(verdict, "next_step", "")


def test_missing_scopes_are_named() -> None:
    """A 403 says which scopes to grant, and nothing else of its text."""
    body = said(
        "MISSING_SCOPES",
        "ada@example.com may not",
        errors=[
            {"context": {"requiredGranularScopes": ["crm.objects.contacts.write", "no scope!"]}}
        ],
    )

    verdict = HubSpotDialect("crm").judge(reply(403, body), WRITE, NOW)

    assert isinstance(verdict, GrantAccess)
    assert ("crm.objects.contacts.write",) == verdict.scopes
    assert "crm.objects.contacts.write" in str(verdict)
    assert "ada" not in str(verdict)


def test_a_refusal_names_the_property_and_never_the_value() -> None:
    """HubSpot's messages quote values, so none of them is passed on."""
    body = detail("INVALID_OPTION", "tier")
    body["message"] = 'Property values were not valid: "Purple Ada" was not an option'

    verdict = HubSpotDialect("crm").judge(reply(400, body), WRITE, NOW)

    assert isinstance(verdict, RejectRecord)
    assert "tier" == verdict.field
    assert "c-1" == verdict.correlation_id
    assert "Purple" not in str(verdict)


ENTRIES: Mapping[str, tuple[dict[str, Any], type[object], str, str]] = {
    "duplicate": (said("CONFLICT", "Contact already exists. Existing ID: 12345"), Refused, "CONFLICT", "12345"),
    "bad value": (detail("INVALID_DATE", "birthday"), Refused, "INVALID_DATE", ""),
    "gone": (said("OBJECT_NOT_FOUND"), Refused, "OBJECT_NOT_FOUND", ""),
    "trouble inside": (said("INTERNAL_ERROR"), Unknown, "INTERNAL_ERROR", ""),
    "nothing said": ({"message": "Ada's record failed"}, Unknown, "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "kind", "code", "existing"), ENTRIES.values(), ids=ENTRIES)
def test_a_batch_entry_is_refused_only_where_it_says_so(
    entry: dict[str, Any], kind: type[object], code: str, existing: str
) -> None:
    """Known categories are definite; anything else in ``errors`` proves nothing."""
    outcome = errors.outcome_of(entry)

    assert type(outcome) is kind
    assert isinstance(outcome, Refused | Unknown)
    assert code == outcome.failure.code
    assert existing == getattr(outcome, "existing_id", "")
    assert "Ada" not in outcome.failure.message


@pytest.mark.parametrize(
    "body", [None, [], "text", 7, {"errors": 3}, {"errors": [1]}, {"context": []}]
)
def test_odd_bodies_are_survived(body: Any) -> None:
    """Gateways answer what they like."""
    assert [] == errors.codes(body)
    assert "" == errors.property_of(body)
    assert () == errors.scopes_of(body)
    assert "" == errors.existing_id(body)
    assert Doubt(code="http_502") == HubSpotDialect("crm").judge(reply(502, body), WRITE, NOW)


def test_headers_correct_the_limits() -> None:
    """Remaining counts, the true size and the day's rest are taken from every reply."""
    answer = reply(
        200,
        None,
        x_hubspot_ratelimit_max="190",
        x_hubspot_ratelimit_remaining="187",
        x_hubspot_ratelimit_interval_milliseconds="10000",
        x_hubspot_ratelimit_daily="250000",
        x_hubspot_ratelimit_daily_remaining="0",
    )

    burst, daily = HubSpotDialect("crm").observations(answer, NOW)

    assert (187, 190, timedelta(seconds=10)) == (burst.remaining, burst.maximum, burst.interval)
    assert (0, 250_000) == (daily.remaining, daily.maximum)
    assert [] == HubSpotDialect("crm").observations(reply(200), NOW)
