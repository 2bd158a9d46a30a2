"""One call below the version: its endpoint found and carried out, refusals turned into replies."""

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.problems import ManyMatch, Problem, Refused, not_found, refused
from adapters.salesforce.sandbox.routes import allowed_methods, target_of
from adapters.sandbox.exchange import Reply, Request

_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


def carried_out(call: Call, rest: tuple[str, ...]) -> Reply:
    """Carry out one call below the version; refusals come back as replies."""
    try:
        target = target_of(call.request.method, rest)
        if target is None:
            raise _no_target(call.request.method, rest)
        _check_content_type(call.request)
        return target.route.endpoint(call.at(target.path, call.request))
    except Refused as refusal:
        return failed(refusal.problem)
    except ManyMatch as many:
        return Reply(status=300, body=list(many.ids))


def _check_content_type(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    known = {"application/json", "text/csv", "application/octet-stream"}
    if request.method in _WITH_BODY and request.body and kind not in known:
        raise refused("UNSUPPORTED_MEDIA_TYPE", f"Content-Type '{kind}' not supported", status=415)


def _no_target(method: str, rest: tuple[str, ...]) -> Refused:
    allowed = allowed_methods(rest)
    if not allowed:
        return not_found()
    return refused(
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}",
        status=405,
    )


def failed(problem: Problem) -> Reply:
    """Return the reply of a refused call."""
    return Reply(status=problem.status, body=problem.of_call())
