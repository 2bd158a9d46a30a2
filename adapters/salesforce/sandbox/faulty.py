"""Salesforce's answers when things go wrong on purpose (salesforce.md 14, 20.11).

Where a record of many can fail by itself, a lock or a refusal hits the records, not the call.
"""

import copy
import re
from collections.abc import Callable
from typing import Any

import orjson

from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import Problem
from adapters.sandbox.exchange import JsonObject, Reply, Request
from adapters.sandbox.faults import FaultKind, FaultRule

_HTML = "text/html"
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_DEFAULT_FOREIGN_ORG = "00Dxx0000009999EAA"
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{15}")
_MANY = re.compile(r"/services/data/v\d+\.0/composite/sobjects(/[^/]+/[^/]+)?/?")
_STATUS = {
    "INVALID_SESSION_ID": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "TXN_SECURITY_METERING_ERROR": 403,
    "API_DISABLED_FOR_ORG": 403,
    "API_CURRENTLY_DISABLED": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}
_MESSAGES = {
    "REQUEST_LIMIT_EXCEEDED": "TotalRequests Limit exceeded.",
    "QUERY_TIMEOUT": "Your query request was running for too long.",
    "INVALID_QUERY_LOCATOR": "invalid query locator",
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record",
    "STORAGE_LIMIT_EXCEEDED": "storage limit exceeded",
}
_PLAIN = {
    FaultKind.LOCKED: "UNABLE_TO_LOCK_ROW",
    FaultKind.SERVER_ERROR: "UNKNOWN_EXCEPTION",
    FaultKind.TOKEN_EXPIRED: "INVALID_SESSION_ID",
    FaultKind.THROTTLED: "REQUEST_LIMIT_EXCEEDED",
}
_PAGES = {
    FaultKind.GATEWAY_HTML: (502, "Bad Gateway"),
    FaultKind.UNAVAILABLE: (503, "Service Unavailable"),
    FaultKind.TIMEOUT_AFTER_WRITE: (504, "Gateway Time-out"),
    FaultKind.MIGRATING: (420, "Enhance Your Calm"),
    FaultKind.HTML_INSTEAD: (200, "Log in"),
}
_OF_RECORDS = frozenset({FaultKind.LOCKED, FaultKind.VENDOR_ERROR})


def refusal(rule: FaultRule, request: Request, org: Org) -> Reply:
    """Return the answer of a refusing fault."""
    headers = org.limit_header()
    if rule.retry_after is not None:
        headers["Retry-After"] = str(rule.retry_after)
    page = _PAGES.get(rule.kind)
    if page is not None:
        status, title = page
        text = _PAGE.format(title=title)
        return Reply(status=status, text=text, content_type=_HTML, headers=headers)
    problem = _problem(rule)
    if rule.kind in _OF_RECORDS and problem.status == 400 and _is_many(request):
        verdict = {"success": False, "errors": [problem.of_record()]}
        return Reply(status=200, body=[verdict] * _count(request), headers=headers)
    return Reply(status=problem.status, body=problem.of_call(), headers=headers)


def _problem(rule: FaultRule) -> Problem:
    code = _PLAIN.get(rule.kind) or rule.value or "UNKNOWN_EXCEPTION"
    message = _MESSAGES.get(code, "The request was refused on purpose")
    if rule.kind is FaultKind.THROTTLED and rule.value == "concurrent":
        message = "ConcurrentRequests (Concurrent API Requests) limit exceeded."
    if rule.kind is FaultKind.TOKEN_EXPIRED:
        message = "Session expired or invalid"
    return Problem(code=code, message=message, status=_STATUS.get(code, 400))


def _is_many(request: Request) -> bool:
    return request.method != "GET" and _MANY.fullmatch(request.path) is not None


def _count(request: Request) -> int:
    if request.method == "DELETE":
        return len(request.listed("ids"))
    body = orjson.loads(request.body or b"{}")
    return len(body.get("records", ())) if isinstance(body, dict) else 0


def distorted(rule: FaultRule, request: Request, reply: Reply) -> Reply:
    """Return a good answer made to lie; an answer the fault has nothing to do with stays."""
    if reply.status != 200 or not isinstance(reply.body, dict | list):
        return reply
    lie = _LIES.get(rule.kind)
    if lie is None:
        return reply
    body = lie(copy.deepcopy(reply.body), rule, request)
    return Reply(status=reply.status, body=body, headers=reply.headers)


def _cut(body: Any, _: FaultRule, __: Request) -> Any:
    """Claim that the present page is the last."""
    if isinstance(body, dict) and "nextRecordsUrl" in body:
        del body["nextRecordsUrl"]
        body["done"] = True
    return body


def _loop(body: Any, _: FaultRule, request: Request) -> Any:
    """Let the next page be the present one."""
    if isinstance(body, dict) and "nextRecordsUrl" in body and "/query" in request.path:
        body["nextRecordsUrl"] = request.path
    return body


def _repeat(body: Any, _: FaultRule, __: Request) -> Any:
    """Repeat the first row at the end, as a page boundary that moved would."""
    if isinstance(body, dict) and body.get("records"):
        body["records"].append(body["records"][0])
    return body


def _conceal(body: Any, rule: FaultRule, _: Request) -> Any:
    _hide(body, rule.value)
    return body


def _swap(body: Any, rule: FaultRule, _: Request) -> Any:
    """Answer as another org."""
    text = orjson.dumps(body).decode()
    return orjson.loads(_ORG_ID.sub(rule.value or _DEFAULT_FOREIGN_ORG, text))


_LIES: dict[FaultKind, Callable[[Any, FaultRule, Request], Any]] = {
    FaultKind.LISTING_CUT: _cut,
    FaultKind.CURSOR_LOOP: _loop,
    FaultKind.DUPLICATED_ROWS: _repeat,
    FaultKind.HIDDEN_PROPERTY: _conceal,
    FaultKind.ACCOUNT_SWAP: _swap,
}


def _hide(body: Any, name: str) -> None:
    """Leave one field out of describes and records."""
    if isinstance(body, list):
        for each in body:
            _hide(each, name)
        return
    if not isinstance(body, dict):
        return
    body.pop(name, None)
    fields: list[JsonObject] | None = body.get("fields")
    if fields is not None and "childRelationships" in body:
        body["fields"] = [each for each in fields if each["name"] != name]
    for each in body.get("records", ()):
        _hide(each, name)
