"""HubSpot's side of the wire: from a request to a reply, in one synchronous step.

Order of refusal: too long an address, no token, no such path, not the scope, too many calls, and
only then the endpoint's own rules. Each write is applied whole or not at all.
"""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.calling import Call
from adapters.hubspot.sandbox.faulty import distorted, refusal
from adapters.hubspot.sandbox.object_types import object_type
from adapters.hubspot.sandbox.problems import Problem, Refused, not_found
from adapters.hubspot.sandbox.rates import rate_limited
from adapters.hubspot.sandbox.records import app_source
from adapters.hubspot.sandbox.routes import Target, target_of
from adapters.hubspot.sandbox.tokens import Grant, TokenBook, expired, missing_scopes
from adapters.sandbox.clock import Clock
from adapters.sandbox.exchange import Reply, Request
from adapters.sandbox.faults import FaultKind, FaultRule


class HubSpotVendor:
    """The rules of HubSpot over some accounts."""

    def __init__(
        self,
        accounts: list[Account],
        clock: Clock,
        add_own_routes: Callable[[web.Application], None],
    ) -> None:
        self.accounts = accounts
        self.tokens = TokenBook(accounts)
        self._clock = clock
        self._add_own_routes = add_own_routes

    def answer(self, request: Request) -> Reply:
        """Apply the request and return HubSpot's answer."""
        try:
            return self._answer(request)
        except Refused as refused:
            return self._refused(refused.problem)

    def refuse(self, rule: FaultRule, request: Request) -> Reply:
        """Return HubSpot's wording of a failure."""
        if rule.kind is FaultKind.TOKEN_EXPIRED:
            now = self._clock.now()
            return self._refused(expired(now - timedelta(seconds=1), now).problem)
        return refusal(rule, request, self.accounts[0].correlation_id())

    def distort(self, rule: FaultRule, request: Request, reply: Reply) -> Reply:
        """Make a good answer lie."""
        return distorted(rule, request, reply)

    def endpoint(self, request: Request) -> str:
        """Name the endpoint without ids."""
        target = target_of(request.method, request.path)
        if target is None:
            return "unknown"
        kind = object_type(target.path.get("type", ""))
        return target.route.name.replace("{type}", "unknown" if kind is None else kind.name)

    def add_routes(self, app: web.Application) -> None:
        """Add the sandbox's own endpoints and pages."""
        self._add_own_routes(app)

    def _answer(self, request: Request) -> Reply:
        longest = self.accounts[0].limits.url_length
        if request.url_length > longest:
            return Reply(status=414, text="<h1>414 URI Too Long</h1>", content_type="text/html")
        now = self._clock.now()
        grant = self.tokens.grant(request.headers.get("authorization", ""), now)
        target = target_of(request.method, request.path)
        if target is None:
            raise not_found()
        if target.scopes and not grant.token.scopes.intersection(target.scopes):
            raise missing_scopes(target.scopes)
        app_id = grant.token.app_id
        is_search = target.route.is_search
        policy = grant.account.rates.refused_by(app_id, now, is_search=is_search)
        if policy is None:
            reply = self._carried_out(request, grant, target)
        else:
            reply = Reply(status=429, body=rate_limited(policy, grant.account.correlation_id()))
        if is_search:
            return reply
        rates = grant.account.rates.headers(app_id, now)
        return Reply(status=reply.status, body=reply.body, headers=rates)

    def _carried_out(self, request: Request, grant: Grant, target: Target) -> Reply:
        call = Call(
            account=grant.account,
            version=target.version,
            request=request,
            source=app_source(grant.token.app_id, grant.token.app_name),
            app_name=grant.token.app_name,
            path=target.path,
        )
        try:
            return target.route.endpoint(call)
        except Refused as refused:
            return self._refused(refused.problem)

    def _refused(self, problem: Problem) -> Reply:
        return Reply(status=problem.status, body=problem.whole(self.accounts[0].correlation_id()))
