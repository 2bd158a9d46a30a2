"""One HubSpot connection: the parts every operation needs, and the requests they share."""

from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.circuit import Circuit
from adapters.contract import EXTERNAL_ID, Surroundings
from adapters.exchange import Json, Reply, Request
from adapters.http import Endpoint, HttpClient, TimeOuts
from adapters.hubspot import profile
from adapters.hubspot.dialect import HubSpotDialect
from adapters.hubspot.object_types import object_type
from adapters.hubspot.paths import Paths, Place
from adapters.hubspot.records import has_results
from adapters.hubspot.schema import schema_of
from adapters.hubspot.settings import HubSpotSettings
from adapters.limits import Limiter
from daemon.core.schema import Schema

Shape = Callable[[Json], bool]
_USER_AGENT = "crmsyncd"
_NO_STATUSES: frozenset[int] = frozenset()


class HubSpotConnection:
    """Sends requests for one account, and keeps what it learnt of its fields."""

    def __init__(self, settings: HubSpotSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self.settings = settings
        self.clock = surroundings.clock
        self.name = surroundings.connection
        self.spending = surroundings.spending
        self.paths = Paths(settings.api_version)
        self.dialect = HubSpotDialect(surroundings.connection)
        self.circuit = Circuit(surroundings.connection, profile.CIRCUIT, surroundings.clock)
        self.limiter = Limiter(profile.LIMITS, surroundings.clock)
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
        self._schemas: dict[str, tuple[Schema, datetime]] = {}

    def _headers(self) -> Mapping[str, str]:
        token = self.settings.token.get_secret_value()
        return {"Authorization": f"Bearer {token}", "User-Agent": _USER_AGENT}

    async def get(
        self,
        place: Place,
        purpose: str,
        query: Mapping[str, str] | None = None,
        *,
        answers: frozenset[int] = _NO_STATUSES,
        is_whole: Shape = has_results,
    ) -> Reply:
        """Read something; repeated where no whole answer comes."""
        return await self.client.send(
            Request(
                method="GET",
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=True,
                limits=(profile.BURST, profile.DAILY),
                query=query or {},
                answers=answers,
                is_whole=is_whole,
            )
        )

    async def ask(
        self,
        place: Place,
        purpose: str,
        body: Json,
        *,
        query: Mapping[str, str] | None = None,
        answers: frozenset[int] = _NO_STATUSES,
        limit: str = profile.BURST,
    ) -> Reply:
        """Read something by POST (search, batch read); repeated like any read."""
        return await self.client.send(
            Request(
                method="POST",
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=True,
                limits=(limit, profile.DAILY),
                query=query or {},
                body=body,
                answers=answers,
                is_whole=has_results,
            )
        )

    async def put(
        self, place: Place, purpose: str, body: Json, *, is_whole: Shape = has_results
    ) -> Reply:
        """Write something by POST; sent again only after a proof that nothing happened."""
        return await self.client.send(
            Request(
                method="POST",
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=False,
                limits=(profile.BURST, profile.DAILY),
                body=body,
                is_whole=is_whole,
            )
        )

    async def schema(self, object_name: str) -> Schema:
        """Return the fields of an object, at most ``SCHEMA_KEPT`` old."""
        kept = self._schemas.get(object_name)
        if kept and self.clock.now() - kept[1] < profile.SCHEMA_KEPT:
            return kept[0]
        return await self.fresh_schema(object_name)

    async def fresh_schema(self, object_name: str, purpose: str = "schema") -> Schema:
        """Read the fields of an object again."""
        of = object_type(object_name)
        reply = await self.get(
            self.paths.properties(object_name), purpose, is_whole=_has_definitions
        )
        schema = schema_of(of, reply.body["results"])
        self._schemas[object_name] = (schema, self.clock.now())
        return schema

    def forget_schema(self, object_name: str) -> None:
        """Read the fields anew next time: HubSpot says ours are out of date."""
        self._schemas.pop(object_name, None)

    async def carries_external_id(self, object_name: str) -> bool:
        """Whether records can be found and upserted by our own id."""
        schema = await self.schema(object_name)
        return EXTERNAL_ID in schema and schema[EXTERNAL_ID].is_unique


def _has_definitions(body: Json) -> bool:
    return bool(body["results"]) and all(
        isinstance(one.get("name"), str) for one in body["results"]
    )


class Tokens:
    """The page tokens of one walk: a token that comes twice leads in a circle."""

    def __init__(self) -> None:
        """Start a walk."""
        self._seen: set[str] = set()

    def is_new(self, token: str) -> bool:
        """Note a token; False when it was there before."""
        is_new = token not in self._seen
        self._seen.add(token)
        return is_new
