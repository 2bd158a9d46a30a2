"""One Salesforce connection: the parts every operation needs, and the requests they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from adapters.circuit import Circuit
from adapters.contract import EXTERNAL_ID, Surroundings
from adapters.exchange import Json, Reply, Request
from adapters.http import Endpoint, HttpClient, TimeOuts
from adapters.limits import Limiter
from adapters.salesforce import profile
from adapters.salesforce.description import Description, description_of, is_description
from adapters.salesforce.dialect import SalesforceDialect, SessionExpired
from adapters.salesforce.object_types import ObjectType, Scope, scope
from adapters.salesforce.session import Session
from adapters.salesforce.settings import SalesforceSettings

Shape = Callable[[Json], bool]
_NO_STATUSES: frozenset[int] = frozenset()
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A path to call, and the same path without ids for the call log."""

    path: str
    endpoint: str


def anything(_: Json) -> bool:
    """Accept every body."""
    return True


class SalesforceConnection:
    """Sends requests to one org, and keeps what it learnt of its fields."""

    def __init__(self, settings: SalesforceSettings, surroundings: Surroundings) -> None:
        """Build the parts; nothing is opened or asked yet."""
        self.settings = settings
        self.clock = surroundings.clock
        self.luck = surroundings.luck
        self.name = surroundings.connection
        self.spending = surroundings.spending
        self.dialect = SalesforceDialect(surroundings.connection)
        self.circuit = Circuit(surroundings.connection, profile.CIRCUIT, surroundings.clock)
        self.limiter = Limiter(profile.LIMITS, surroundings.clock)
        self.session = Session(settings, surroundings, self.limiter)
        self.client = HttpClient(
            Endpoint(
                base_url=settings.base_url,
                headers=self.session.headers,
                largest_reply=profile.LARGEST_REPLY,
                moved_to=self.session.instance_url,
            ),
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
        self.has_no_jobs = False
        """Bulk jobs of a former process have come to their end."""
        self._descriptions: dict[str, tuple[Description, datetime]] = {}

    async def open(self) -> None:
        """Open the connection pools."""
        await self.session.client.open()
        await self.client.open()

    async def close(self) -> None:
        """Close them; safe to call twice. The session is not ended: others may share it."""
        await self.session.client.close()
        await self.client.close()

    def data(self, path: str, template: str = "") -> Place:
        """Return a place below the version's root."""
        root = f"/services/data/{self.settings.api_version}"
        return Place(path=root + path, endpoint=root + (template or path))

    def scope(self, object_name: str) -> Scope:
        """Return what a sync means by an object. Raises Unreadable for one that is not served."""
        return scope(object_name, {EXTERNAL_ID: self.settings.external_id_field})

    async def get(
        self,
        place: Place,
        purpose: str,
        query: Mapping[str, str] = _NOTHING,
        *,
        is_whole: Shape = anything,
        answers: frozenset[int] = _NO_STATUSES,
    ) -> Reply:
        """Read something; repeated where no whole answer comes."""
        return await self.send(
            Request(
                method="GET",
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=True,
                limits=(profile.DAILY, profile.SHORT),
                query=query,
                is_whole=is_whole,
                answers=answers,
            )
        )

    async def ask(
        self, place: Place, purpose: str, body: Json, *, is_whole: Shape = anything
    ) -> Reply:
        """Read something by POST; repeated like any read."""
        return await self.send(
            Request(
                method="POST",
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=True,
                limits=(profile.DAILY, profile.SHORT),
                body=body,
                is_whole=is_whole,
            )
        )

    async def put(
        self,
        place: Place,
        purpose: str,
        body: Json = None,
        *,
        method: str = "POST",
        query: Mapping[str, str] = _NOTHING,
        is_whole: Shape = anything,
    ) -> Reply:
        """Write something; sent again only after a proof that nothing happened."""
        return await self.send(
            Request(
                method=method,
                path=place.path,
                endpoint=place.endpoint,
                purpose=purpose,
                is_repeatable=False,
                limits=(profile.DAILY, profile.SHORT),
                query=query,
                body=body,
                headers=self._write_headers(),
                is_whole=is_whole,
            )
        )

    async def send(self, request: Request) -> Reply:
        """Send a request; once more, with a new token, where the session was over (§1.5)."""
        token = await self.session.begin()
        try:
            return await self.client.send(request)
        except SessionExpired:
            await self.session.renew(token)
        return await self.client.send(request)

    def _write_headers(self) -> Mapping[str, str]:
        headers = {"Sforce-Auto-Assign": self.settings.assignment}
        if self.settings.duplicates == "save":
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        return headers

    async def learn_time(self) -> None:
        """See that Salesforce's clock is known; the list of versions costs no API call."""
        if self.client.skew is None:
            place = Place(path="/services/data", endpoint="/services/data")
            await self.get(place, "account")

    async def describe(self, of: ObjectType) -> Description:
        """Return an object's fields, at most ``SCHEMA_KEPT`` old."""
        kept = self._descriptions.get(of.name)
        if kept and self.clock.now() - kept[1] < profile.SCHEMA_KEPT:
            return kept[0]
        return await self.describe_anew(of)

    async def describe_anew(self, of: ObjectType, purpose: str = "schema") -> Description:
        """Read an object's fields again."""
        place = self.data(f"/sobjects/{of.name}/describe")
        reply = await self.get(place, purpose, is_whole=is_description)
        found = description_of(reply.body)
        self._descriptions[of.name] = (found, self.clock.now())
        return found

    def forget(self, of: ObjectType) -> None:
        """Read the fields anew next time: Salesforce says ours are out of date."""
        self._descriptions.pop(of.name, None)

    async def carries_external_id(self, of: ObjectType) -> bool:
        """Whether an object's records can be found and upserted by our own id."""
        return self._carries(await self.describe(of))

    def is_external_id_everywhere(self) -> bool:
        """Whether every object that was described so far carries our own id."""
        return all(self._carries(described) for described, _ in self._descriptions.values())

    def _carries(self, described: Description) -> bool:
        attribute = described.attributes.get(self.settings.external_id_field)
        return attribute is not None and attribute.is_external_id and attribute.is_unique
