"""A plain client for tests of the Salesforce sandbox: it sends what it is told and shows all."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from adapters.salesforce.sandbox import Sandbox

BASE = "/services/data/v62.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def codes(self) -> list[str]:
        """The codes of a failed call, or of each record of a Collections call ("" for good ones)."""
        if self.status >= 400:
            return [each["errorCode"] for each in self.body]
        return [each["errors"][0]["statusCode"] if each["errors"] else "" for each in self.body]

    @property
    def records(self) -> list[dict[str, Any]]:
        return list(self.body["records"])


class Wire:
    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox
        self.token = sandbox.token

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request below the version, or anywhere when the path begins with a slash."""
        where = path if path.startswith("/") else f"{BASE}/{path}"
        data = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.sandbox.base_url}{where}"
        async with self.session.request(
            method,
            URL(url, encoded=True),
            data=data,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **given,
            },
        ) as response:
            text = await response.read()
            is_json = "json" in response.content_type
            return Answer(
                status=response.status,
                body=orjson.loads(text) if text and is_json else text.decode(),
                headers={name.title(): value for name, value in response.headers.items()},
            )

    async def form(self, **given: str) -> Answer:
        """Ask for a token."""
        url = f"{self.sandbox.base_url}/services/oauth2/token"
        async with self.session.post(url, data=given) as response:
            return Answer(
                status=response.status,
                body=await response.json(),
                headers={name.title(): value for name, value in response.headers.items()},
            )

    async def create(self, name: str = "Contact", /, **values: object) -> str:
        answer = await self.call("POST", f"sobjects/{name}", values)
        assert 201 == answer.status, answer.body
        return str(answer.body["id"])

    async def patch(self, record_id: str, name: str = "Contact", /, **values: object) -> Answer:
        return await self.call("PATCH", f"sobjects/{name}/{record_id}", values)

    async def read(self, record_id: str, name: str = "Contact") -> Any:
        answer = await self.call("GET", f"sobjects/{name}/{record_id}")
        assert 200 == answer.status, answer.body
        return answer.body

    async def query(self, text: str, resource: str = "query") -> Answer:
        return await self.call("GET", f"{resource}?q={quote(text)}")

    async def values(self, text: str, resource: str = "query") -> list[tuple[Any, ...]]:
        """Return the rows of a query, the fields in its order."""
        answer = await self.query(text, resource)
        assert 200 == answer.status, answer.body
        return [
            tuple(value for name, value in row.items() if name != "attributes")
            for row in answer.records
        ]

    async def act(self, deed: str, /, name: str = "Contact", **body: object) -> Any:
        """Act as a person at the screen."""
        answer = await self.call("POST", f"/_sandbox/user/{name}/{deed}", body)
        assert 200 == answer.status, answer.body
        return answer.body

    async def admin(self, method: str, path: str, **body: object) -> Answer:
        return await self.call(method, f"/_sandbox/{path}", body or None)

    async def fault(self, kind: str, **rule: object) -> None:
        assert 201 == (await self.admin("POST", "faults", kind=kind, **rule)).status

    async def collection(
        self, method: str, records: list[dict[str, Any]], where: str = "", **more: object
    ) -> Answer:
        """Send records to Collections; `type` of a record is Contact when left out."""
        listed = [
            {"attributes": {"type": record.get("type", "Contact")}}
            | {name: value for name, value in record.items() if name != "type"}
            for record in records
        ]
        path = f"composite/sobjects{where}"
        return await self.call(method, path, {"records": listed, **more})
