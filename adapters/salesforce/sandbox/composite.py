"""Several calls in one: composite, batch and tree (salesforce.md 7).

Promises that a composite is one call against the budget and a batch one for each part, that a part
which fails says so in its own status under a good one, and that `allOrNone` undoes the others.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from adapters.salesforce.sandbox.calling import Call, record_list
from adapters.salesforce.sandbox.problems import Problem, Refused, refused
from adapters.salesforce.sandbox.saving import Writer
from adapters.sandbox.exchange import JsonObject, Reply, Request

HALTED = Problem(
    code="PROCESSING_HALTED",
    message="The transaction was rolled back since another operation in the same transaction failed.",
)
BATCH_HALTED = Problem(
    code="BATCH_PROCESSING_HALTED",
    message="Batch processing halted per request.",
    status=412,
)
MOST_IN_TREE = 200
_REFERENCE = re.compile(r"@\{([^}]+)\}")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")
_QUERIES = ("/query", "/queryAll", "/composite/sobjects")


def composite(call: Call) -> Reply:
    """`POST /composite`: parts may name the results of those before them."""
    body = call.body()
    parts = record_list(body, "compositeRequest")
    _check_composite(call, parts)
    is_whole = body.get("allOrNone") is True
    answers: list[JsonObject] = []
    try:
        with call.org.transaction():
            _carry_out(call, parts, answers, is_whole=is_whole)
    except Refused:
        answers = [_halted(parts[place], answers, place) for place in range(len(parts))]
    return Reply(status=200, body={"compositeResponse": answers})


def batch(call: Call) -> Reply:
    """`POST /composite/batch`: independent parts, each a call of its own."""
    body = call.body()
    parts = record_list(body, "batchRequests")
    if len(parts) > call.org.limits.composite:
        raise refused("INVALID_ARGUMENT", "The request has more than 25 subrequests")
    results: list[JsonObject] = []
    for number, part in enumerate(parts):
        if body.get("haltOnError") is True and any(one["statusCode"] >= 400 for one in results):
            results.append({"statusCode": 412, "result": BATCH_HALTED.of_call()})
            continue
        if number:
            call.org.budget.take(call.now)
        url = str(part.get("url", "")).removeprefix("/services/data/").lstrip("/")
        reply = _part(call, str(part.get("method", "GET")), url, part.get("richInput"), {})
        results.append({"statusCode": reply.status, "result": reply.body})
    has_errors = any(one["statusCode"] >= 400 for one in results)
    return Reply(status=200, body={"hasErrors": has_errors, "results": results})


def tree(call: Call) -> Reply:
    """`POST /composite/tree/{object}`: new records with their children, all of them or none."""
    records = record_list(call.body())
    if len(records) > MOST_IN_TREE:
        raise refused("INVALID_ARGUMENT", f"The request has more than {MOST_IN_TREE} records")
    made: list[JsonObject] = []
    try:
        with call.org.transaction():
            for record in records:
                _grow(call, call.kind.name, record, made)
    except _TreeError as error:
        body = {"hasErrors": True, "results": [error.told]}
        return Reply(status=400, body=body)
    return Reply(status=201, body={"hasErrors": False, "results": made})


class _TreeError(Refused):
    """One record of a tree is refused; nothing was saved."""

    def __init__(self, name: str, problem: Problem) -> None:
        super().__init__(problem)
        self.told = {"referenceId": name, "errors": [problem.of_record()]}


def _grow(call: Call, kind: str, record: JsonObject, made: list[JsonObject], **parent: str) -> None:
    told = record.get("attributes", {})
    name = str(told.get("referenceId", ""))
    children = {key: value for key, value in record.items() if _is_children(value)}
    own = {key: value for key, value in record.items() if key not in children}
    try:
        row = Writer(call.org, call.actor).create(str(told.get("type", kind)), {**own, **parent})
    except _TreeError:
        raise
    except Refused as refusal:
        raise _TreeError(name, refusal.problem) from refusal
    made.append({"referenceId": name, "id": row.id})
    store = call.org.store(str(told.get("type", kind)))
    for key, value in children.items():
        link = next((one for one in store.kind.children if one["relationshipName"] == key), None)
        if link is None:
            raise _TreeError(name, Problem(code="INVALID_FIELD", message=f"No relationship {key}"))
        for child in value["records"]:
            _grow(call, str(link["childSObject"]), child, made, **{str(link["field"]): row.id})


def _is_children(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("records"), list)


def _check_composite(call: Call, parts: list[JsonObject]) -> None:
    limits = call.org.limits
    if not 1 <= len(parts) <= limits.composite:
        raise refused("INVALID_ARGUMENT", f"Composite takes 1 to {limits.composite} subrequests")
    urls = [urlsplit(str(part.get("url", ""))).path for part in parts]
    heavy = [url for url in urls if any(word in url for word in _QUERIES)]
    if len(heavy) > limits.composite_queries:
        raise refused(
            "INVALID_ARGUMENT",
            f"Composite takes at most {limits.composite_queries} queries and collections",
        )
    names = [str(part.get("referenceId", "")) for part in parts]
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None or len(set(names)) < len(names):
        raise refused("INVALID_ARGUMENT", "Provide a valid and unique referenceId for each part")


def _carry_out(
    call: Call, parts: list[JsonObject], answers: list[JsonObject], *, is_whole: bool
) -> None:
    results: dict[str, Any] = {}
    for part in parts:
        name = str(part["referenceId"])
        try:
            url = str(_filled(str(part.get("url", "")), results))
            body = _filled(part.get("body"), results)
            headers = part.get("httpHeaders", {})
            reply = _part(call, str(part.get("method", "GET")), url, body, headers)
        except Refused as refusal:
            reply = Reply(status=400, body=refusal.problem.of_call())
        results[name] = reply.body if reply.status < 300 else None
        answers.append(
            {
                "body": reply.body,
                "httpHeaders": dict(reply.headers),
                "httpStatusCode": reply.status,
                "referenceId": name,
            }
        )
        if is_whole and reply.status >= 300:
            raise Refused(HALTED)


def _halted(part: JsonObject, answers: list[JsonObject], place: int) -> JsonObject:
    """Return what a part says after all were undone: the culprit its error, the others that."""
    if place < len(answers) and answers[place]["httpStatusCode"] >= 300:
        return answers[place]
    return {
        "body": HALTED.of_call(),
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": part["referenceId"],
    }


def _part(call: Call, method: str, url: str, body: object, headers: Mapping[str, str]) -> Reply:
    """Carry out one part as if it had come alone."""
    split = urlsplit(url if "://" not in url else "/" + url.split("/", 3)[3])
    path = split.path.removeprefix("/services/data/").strip("/")
    version, _, rest = path.partition("/")
    query: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(split.query, keep_blank_values=True):
        query[name] = (*query.get(name, ()), value)
    request = Request(
        method=method.upper(),
        path=f"/services/data/{path}",
        raw_path=f"/services/data/{path}",
        query=query,
        headers={
            **call.request.headers,
            **{key.lower(): str(value) for key, value in headers.items()},
            "content-type": "application/json",
        },
        body=b"" if body is None else orjson.dumps(body),
    )
    inner = replace(call, version=version, request=request)
    return call.carry_out(inner, tuple(rest.split("/")))


def _filled(value: Any, results: Mapping[str, Any]) -> Any:
    """Replace `@{name.path}` by what a part before this one answered. Raises Refused."""
    if isinstance(value, dict):
        return {key: _filled(each, results) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, results) for each in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _looked_up(whole[1], results)
    return _REFERENCE.sub(lambda found: str(_looked_up(found[1], results)), value)


def _looked_up(path: str, results: Mapping[str, Any]) -> Any:
    name, _, rest = path.partition(".")
    present = results.get(name.partition("[")[0])
    rest = f"[{name.partition('[')[2]}.{rest}" if "[" in name else rest
    for word, place in _STEP.findall(rest):
        if word and isinstance(present, dict) and word in present:
            present = present[word]
        elif place and isinstance(present, list) and int(place) < len(present):
            present = present[int(place)]
        else:
            present = None
    if present is None:
        raise refused(
            "PROCESSING_HALTED", f"Invalid reference specified. No value for {path} found in {name}"
        )
    return present
