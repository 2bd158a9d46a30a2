"""Salesforce's side of the wire: from a request to a reply, in one synchronous step.

Order of refusal: too long an address, a version that is gone, no session, no call left, no such
path, the wrong method, and only then the endpoint's own rules.
"""

import re
from collections.abc import Callable

from aiohttp import web

from adapters.salesforce.sandbox.assertions import Assertions
from adapters.salesforce.sandbox.bulk import settle_jobs
from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.describing import NEWEST, OLDEST_ALIVE, versions
from adapters.salesforce.sandbox.dispatch import carried_out, failed
from adapters.salesforce.sandbox.faulty import distorted, refusal
from adapters.salesforce.sandbox.oauth import OAuth
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import Problem, Refused, not_found, refused
from adapters.salesforce.sandbox.removing import expire_bin
from adapters.salesforce.sandbox.routes import parts_of, target_of
from adapters.salesforce.sandbox.sessions import SessionBook
from adapters.sandbox.exchange import Reply, Request
from adapters.sandbox.faults import FaultRule

_VERSION = re.compile(r"v(\d{1,3})\.0")
_TOO_LONG = "<html><head><title>Error 414</title></head><body><h2>URI Too Long</h2></body></html>"


class SalesforceVendor:
    """The rules of Salesforce over one org."""

    def __init__(
        self,
        org: Org,
        sessions: SessionBook,
        assertions: Assertions,
        add_own_routes: Callable[[web.Application], None],
    ) -> None:
        self.org = org
        self.sessions = sessions
        self.oauth = OAuth(org, sessions, assertions)
        self._add_own_routes = add_own_routes

    def answer(self, request: Request) -> Reply:
        """Apply the request and return Salesforce's answer."""
        try:
            return self._answer(request)
        except Refused as refusal:
            return failed(refusal.problem)

    def refuse(self, rule: FaultRule, request: Request) -> Reply:
        """Return Salesforce's wording of a failure."""
        return refusal(rule, request, self.org)

    def distort(self, rule: FaultRule, request: Request, reply: Reply) -> Reply:
        """Make a good answer lie."""
        return distorted(rule, request, reply)

    def endpoint(self, request: Request) -> str:
        """Name the endpoint without ids."""
        parts = parts_of(request)
        if parts[:2] == ("services", "oauth2"):
            return "/".join(parts[1:])
        if parts == ("services", "data"):
            return "versions"
        target = target_of(request.method, parts[3:]) if _is_data(parts) else None
        if target is None:
            return "unknown"
        store = self.org.find_store(target.path.get("object", ""))
        kind = "unknown" if store is None else store.kind.name
        return target.route.name.replace("{object}", kind)

    def add_routes(self, app: web.Application) -> None:
        """Add the sandbox's own endpoints and pages."""
        self._add_own_routes(app)

    def _answer(self, request: Request) -> Reply:
        if request.url_length > self.org.limits.uri:
            return Reply(status=414, text=_TOO_LONG, content_type="text/html")
        parts = parts_of(request)
        if parts[:2] == ("services", "oauth2"):
            return self.oauth.answer(request)
        if parts == ("services", "data"):
            return versions()
        if not _is_data(parts):
            raise not_found()
        _check_version(parts[2])
        return self._authorised(request, parts)

    def _authorised(self, request: Request, parts: tuple[str, ...]) -> Reply:
        now = self.org.clock.now()
        settle_jobs(self.org)
        expire_bin(self.org)
        user_id = self.sessions.user(request.headers.get("authorization", ""), now)
        if self.org.budget.take(now):
            reply = self._carried_out(request, parts, user_id)
        else:
            reply = failed(out_of_calls())
        headers = {**reply.headers, **self.org.limit_header()}
        return Reply(
            status=reply.status,
            body=reply.body,
            text=reply.text,
            content_type=reply.content_type,
            headers=headers,
        )

    def _carried_out(self, request: Request, parts: tuple[str, ...], user_id: str) -> Reply:
        call = Call(
            org=self.org,
            version=parts[2],
            request=request,
            user_id=user_id,
            carry_out=carried_out,
        )
        return carried_out(call, parts[3:])


def out_of_calls() -> Problem:
    """Return the refusal of an org that has used up its calls."""
    return Problem(
        code="REQUEST_LIMIT_EXCEEDED", message="TotalRequests Limit exceeded.", status=403
    )


def _is_data(parts: tuple[str, ...]) -> bool:
    return len(parts) > 2 and parts[:2] == ("services", "data")


def _check_version(text: str) -> None:
    found = _VERSION.fullmatch(text)
    number = int(found[1]) if found else 0
    if found is None or number > NEWEST:
        raise not_found()
    if number < OLDEST_ALIVE:
        raise refused("GONE", "The requested resource is no longer available", status=410)
