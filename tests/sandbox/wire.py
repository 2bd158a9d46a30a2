"""A plain client for sandbox tests: it sends what it is told and shows everything that came back."""

from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from adapters.hubspot.sandbox import Sandbox

CONTACTS = "/crm/objects/2026-09/contacts"
PROPERTIES = "/crm/properties/2026-09/contacts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def codes(self) -> list[str]:
        return [error["code"] for error in self.body.get("errors", ())]

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.body["results"]]


class Wire:
    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox
        self.token = sandbox.token

    async def call(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> Answer:
        data = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        async with self.session.request(
            method,
            self.sandbox.base_url + path,
            data=data,
            headers={"Authorization": f"Bearer {self.token}"},
        ) as response:
            text = await response.read()
            is_json = "json" in response.content_type
            return Answer(
                status=response.status,
                body=orjson.loads(text) if text and is_json else text.decode(),
                headers=dict(response.headers),
            )

    async def create(self, **properties: object) -> str:
        answer = await self.call("POST", CONTACTS, {"properties": properties})
        assert 201 == answer.status, answer.body
        record_id = answer.body["id"]
        assert isinstance(record_id, str)
        return record_id

    async def patch(self, record_id: str, **properties: object) -> Answer:
        return await self.call("PATCH", f"{CONTACTS}/{record_id}", {"properties": properties})

    async def read(self, record_id: str, query: str = "") -> Answer:
        return await self.call("GET", f"{CONTACTS}/{record_id}?{query}")

    async def batch(self, verb: str, inputs: list[dict[str, Any]], **more: object) -> Answer:
        return await self.call("POST", f"{CONTACTS}/batch/{verb}", {"inputs": inputs, **more})

    async def search(self, **body: object) -> Answer:
        return await self.call("POST", f"{CONTACTS}/search", body)

    async def find(self, name: str, operator: str, **operands: object) -> Answer:
        one = {"propertyName": name, "operator": operator, **operands}
        return await self.search(filterGroups=[{"filters": [one]}], limit=200)

    async def as_user(self, act: str, **body: object) -> Answer:
        return await self.call("POST", f"/_sandbox/user/contacts/{act}", body)

    async def fault(self, kind: str, **rule: object) -> None:
        answer = await self.call("POST", "/_sandbox/faults", {"kind": kind, **rule})
        assert 201 == answer.status, answer.body

    async def unique_property(self, name: str = "sync_external_id") -> None:
        body = {
            "name": name,
            "label": name,
            "groupName": "contactinformation",
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": True,
        }
        assert 201 == (await self.call("POST", PROPERTIES, body)).status
