"""HubSpot's answers when things go wrong on purpose (hubspot.md 7.2, 8.3, 23.16)."""

import copy
from typing import Any

from adapters.hubspot.sandbox.rates import SECONDLY, TEN_SECONDLY, rate_limited
from adapters.sandbox.exchange import JsonObject, Reply, Request
from adapters.sandbox.faults import FaultKind, FaultRule

DEFAULT_MIGRATION_SECONDS = 30
DEFAULT_FOREIGN_PORTAL = "7654321"
_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center><hr><center>cloudflare</center></body></html>"
)
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Just a moment…</title></head>"
    "<body><p>Checking your browser before you go on.</p></body></html>"
)
_HTML = "text/html"


def refusal(rule: FaultRule, request: Request, correlation_id: str) -> Reply:
    """Return the answer of a refusing fault."""
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    match rule.kind:
        case FaultKind.GATEWAY_HTML:
            return Reply(status=502, text=_GATEWAY_PAGE, content_type=_HTML, headers=headers)
        case FaultKind.HTML_INSTEAD:
            return Reply(status=200, text=_LOGIN_PAGE, content_type=_HTML)
        case FaultKind.THROTTLED:
            policy = SECONDLY if request.path.endswith("/search") else TEN_SECONDLY
            return Reply(status=429, body=rate_limited(policy, correlation_id), headers=headers)
        case FaultKind.MIGRATING:
            seconds = rule.retry_after or DEFAULT_MIGRATION_SECONDS
            return Reply(
                status=477,
                body=_error("This account is being migrated", "MIGRATION_IN_PROGRESS"),
                headers={"Retry-After": str(seconds)},
            )
        case FaultKind.VENDOR_ERROR:
            told = _error("The request was refused on purpose", rule.value or "VALIDATION_ERROR")
            return Reply(status=400, body=told | {"correlationId": correlation_id}, headers=headers)
        case _:
            status, message, category = _PLAIN[rule.kind]
            body = _error(message, category) | {"correlationId": correlation_id}
            return Reply(status=status, body=body, headers=headers)


def distorted(rule: FaultRule, request: Request, reply: Reply) -> Reply:
    """Return a good answer made to lie; an answer the fault has nothing to do with stays."""
    if reply.status != 200 or not isinstance(reply.body, dict):
        return reply
    body = copy.deepcopy(reply.body)
    match rule.kind:
        case FaultKind.LISTING_CUT:
            body.pop("paging", None)
        case FaultKind.CURSOR_LOOP:
            _loop(body, request.first("after"))
        case FaultKind.DUPLICATED_ROWS:
            body["results"] = _with_repetition(body.get("results", []))
        case FaultKind.HIDDEN_PROPERTY:
            _hide(body, rule.value)
        case FaultKind.ACCOUNT_SWAP:
            if "portalId" in body:
                body["portalId"] = int(rule.value or DEFAULT_FOREIGN_PORTAL)
        case _:
            return reply
    return Reply(status=reply.status, body=body, headers=reply.headers)


def _loop(body: JsonObject, after: str) -> None:
    """Let the next page be the present one."""
    if "paging" in body and after:
        body["paging"]["next"]["after"] = after


def _with_repetition(results: list[Any]) -> list[Any]:
    """Repeat the first row at the end, as a page boundary that moved would."""
    return [*results, *results[:1]]


def _hide(body: JsonObject, name: str) -> None:
    """Leave one property out of records, and out of definitions."""
    rows = body.get("results", [body])
    for row in rows:
        row.get("properties", {}).pop(name, None)
        row.get("propertiesWithHistory", {}).pop(name, None)
    if "results" in body:
        body["results"] = [row for row in rows if row.get("name") != name]


def _error(message: str, category: str) -> JsonObject:
    return {"status": "error", "message": message, "category": category}


_PLAIN: dict[FaultKind, tuple[int, str, str]] = {
    FaultKind.LOCKED: (423, "The record is locked by another operation", "RESOURCE_LOCKED"),
    FaultKind.SERVER_ERROR: (500, "internal error", "INTERNAL_ERROR"),
    FaultKind.UNAVAILABLE: (503, "Service unavailable", "SERVICE_UNAVAILABLE"),
    FaultKind.TIMEOUT_AFTER_WRITE: (504, "Gateway timeout", "GATEWAY_TIMEOUT"),
}
