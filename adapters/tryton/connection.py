"""One Tryton connection: the parts every operation needs, and the one way to call a method."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote

from adapters.circuit import Circuit
from adapters.contract import Surroundings
from adapters.errors import GrantAccess, Reauthenticate, RejectRecord
from adapters.exchange import Json, Reply, Request
from adapters.http import Endpoint, HttpClient, TimeOuts
from adapters.limits import Limiter
from adapters.tryton import errors, profile
from adapters.tryton.dialect import SESSION_OVER, TrytonDialect
from adapters.tryton.session import Session
from adapters.tryton.settings import TrytonSettings

Shape = Callable[[Json], bool]
_USER_AGENT = "crmsyncd"
_LANGUAGE = "en"
_SESSION_PARTS = 2
_EVERYTHING: Mapping[str, Json] = MappingProxyType({"active_test": False})
"""Context in which what was put away is seen, too; a clause for it is lost in unions."""


class TrytonConnection:
    """Calls methods of one database as one user."""

    def __init__(self, settings: TrytonSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self.settings = settings
        self.clock = surroundings.clock
        self.name = surroundings.connection
        self.dialect = TrytonDialect(surroundings.connection)
        self.circuit = Circuit(surroundings.connection, profile.CIRCUIT, surroundings.clock)
        self.limiter = Limiter(profile.LIMITS, surroundings.clock)
        self.session = Session(settings.user, self._log_in)
        self.client = HttpClient(
            Endpoint(base_url=settings.base_url, headers=self._headers),
            self.dialect,
            surroundings,
            limiter=self.limiter,
            circuit=self.circuit,
            time_outs=TimeOuts(
                connect=settings.connect_time_out,
                total=settings.request_time_out,
                patience=settings.patience,
            ),
        )
        self._context: tuple[int, Json] = (0, {})
        self.kept: dict[str, tuple[Json, datetime]] = {}
        """What was read of definitions, countries and currencies, by name."""

    def _headers(self) -> Mapping[str, str]:
        return {"User-Agent": _USER_AGENT, **self.session.headers()}

    async def ask(
        self,
        model: str,
        method: str,
        purpose: str,
        *parameters: Json,
        is_whole: Shape | None = None,
        is_everything: bool = False,
    ) -> Json:
        """Read something; repeated where no whole answer comes. Returns the result."""
        request = self._request(f"model.{model}.{method}", purpose, is_repeatable=True)
        context = {**await self.context(), **(_EVERYTHING if is_everything else {})}
        return await self._call(request, parameters, context, is_whole)

    async def put(
        self,
        model: str,
        method: str,
        purpose: str,
        *parameters: Json,
        stamps: Mapping[str, str] | None = None,
        is_whole: Shape | None = None,
    ) -> Json:
        """Write something, once. With *stamps* only where nobody changed those records since.

        Raises RejectRecord for a refusal; its code is ``ConcurrencyException`` where somebody did.
        """
        request = self._request(f"model.{model}.{method}", purpose, is_repeatable=False)
        context = {**await self.context(), **({"_timestamp": dict(stamps)} if stamps else {})}
        try:
            return await self._call(request, parameters, context, is_whole)
        except RejectRecord as refused:
            if refused.code == errors.USER_ERROR:
                await self._require_access(model, method)
            raise

    async def _require_access(self, model: str, method: str) -> None:
        """Raise GrantAccess where a refusal was no rule of the record but a missing permission."""
        allowed = await self.ask("ir.model.access", "get_access", "account", [model])
        if not allowed[model][method]:
            raise GrantAccess(
                f"Connection {self.name!r}: the user may not {method} records of {model}.",
                code="no_access",
                next_step="Put the connection's user into the groups that the README names.",
            )

    async def rows(
        self,
        model: str,
        purpose: str,
        domain: Sequence[Json],
        fields: Sequence[str],
        *,
        limit: int | None = None,
        order: str = "ASC",
        is_everything: bool = False,
    ) -> list[Json]:
        """Return records in the order of their ids; a reply that is no such list is no answer.

        With *is_everything* those that were put away are among them, and among what belongs to
        each.
        """
        ordered = [["id", order]]
        found: list[Json] = await self.ask(
            model, "search_read", purpose,
            list(domain), 0, limit, ordered, list(fields),
            is_whole=_is_rows, is_everything=is_everything,
        )  # fmt: skip
        return found

    async def is_absent(self, model: str, one: int, purpose: str) -> bool:
        """Tell whether the server says that a record does not exist, rather than hiding it."""
        request = self._request(f"model.{model}.read", purpose, is_repeatable=True)
        body = self._body(request, ([one], ["create_date"]), await self.context())
        reply = await self._send(request, body, None)
        return errors.is_absence(reply.body)

    async def context(self) -> Json:
        """Return the user's own context: company and employee; English, for one set of words."""
        number = await self.session.begun()
        if self._context[0] != number:
            request = self._request("model.res.user.get_preferences", "account", is_repeatable=True)
            context = await self._call(request, (True,), {}, _is_mapping)
            self._context = (number, {**context, "language": _LANGUAGE})
        return self._context[1]

    async def _log_in(self) -> tuple[int, str]:
        settings = self.settings
        # Not to be repeated blindly: the server counts failed logins and then shuts the door.
        request = self._request("common.db.login", "account", is_repeatable=True)
        parameters = [settings.user, {"password": settings.password.get_secret_value()}, _LANGUAGE]
        body = {"id": 0, "method": request.endpoint, "params": parameters}
        reply = await self.client.send(_with(request, body, _is_session))
        if refused := self.dialect.refused(reply, request):
            raise refused
        user_id, token, *_ = reply.body["result"]
        return int(user_id), str(token)

    async def _call(
        self, request: Request, parameters: Sequence[Json], context: Json, is_whole: Shape | None
    ) -> Json:
        reply = await self._send(request, self._body(request, parameters, context), is_whole)
        if refused := self.dialect.refused(reply, request):
            raise refused
        return reply.body["result"]

    async def _send(self, request: Request, body: Json, is_whole: Shape | None) -> Reply:
        """Send a call; once more in a new session where the old one is over.

        401 is said before a method is looked at, so a write may be sent again too.
        """
        full = _with(request, body, is_whole)
        number = await self.session.begun()
        try:
            return await self.client.send(full)
        except Reauthenticate as over:
            if over.code != SESSION_OVER:
                raise
        await self.session.renew(number)
        return await self.client.send(full)

    def _body(self, request: Request, parameters: Sequence[Json], context: Json) -> Json:
        return {"id": 0, "method": request.endpoint, "params": [*parameters, context]}

    def _request(self, method: str, purpose: str, *, is_repeatable: bool) -> Request:
        return Request(
            method="POST",
            path=f"/{quote(self.settings.database, safe='')}/rpc/",
            endpoint=method,
            purpose=purpose,
            is_repeatable=is_repeatable,
            limits=(profile.CALLS,),
        )


def _with(request: Request, body: Json, is_whole: Shape | None) -> Request:
    def is_answer(answered: Json) -> bool:
        if not errors.is_told(answered):
            return False
        return "result" not in answered or is_whole is None or is_whole(answered["result"])

    return Request(
        method=request.method,
        path=request.path,
        endpoint=request.endpoint,
        purpose=request.purpose,
        is_repeatable=request.is_repeatable,
        limits=request.limits,
        body=body,
        is_whole=is_answer,
    )


def _is_rows(result: Json) -> bool:
    return isinstance(result, list) and all(
        isinstance(one, dict) and isinstance(one["id"], int) for one in result
    )


def _is_mapping(result: Json) -> bool:
    return isinstance(result, dict)


def _is_session(result: Json) -> bool:
    return isinstance(result, list) and len(result) >= _SESSION_PARTS and bool(result[1])
