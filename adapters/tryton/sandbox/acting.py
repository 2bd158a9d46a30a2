"""A person who works in the sandbox, as a few endpoints: what a demonstration or a test makes happen.

A person sees a party as one form. The deeds here fill that form in as Tryton's own client would:
one call that writes the party together with its ways to be reached and its address.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from adapters.sandbox.admin import guard_origin
from adapters.tryton.sandbox.server import DeedRefusedError, Server
from adapters.tryton.sandbox.template import PERSON

ADMIN_PREFIX = "/_sandbox/"
PARTY = "model.party.party"
REACHED = ("email", "phone", "mobile", "fax", "website")
PLACED = ("street", "postal_code", "city")
_COLUMNS = [
    "name", "code", "contact_mechanisms.type", "contact_mechanisms.value", "identifiers.code",
    *(f"addresses.{name}" for name in PLACED), "addresses.country.code",
]  # fmt: skip


class Person:
    """One user's hands."""

    def __init__(self, server: Server) -> None:
        """Keep the server."""
        self._server = server
        self._countries: dict[str, int] = {}

    async def create(self, properties: Mapping[str, str]) -> str:
        """Fill in and save a new form; return the party's id."""
        (made,) = await self.create_all([properties])
        return made

    async def create_all(self, forms: list[Mapping[str, str]]) -> list[str]:
        """Import several parties at once."""
        built = [
            await self._form({"contact_mechanisms.": [], "addresses.": []}, one) for one in forms
        ]
        ids = await self._server.call(PERSON, f"{PARTY}.create", built, {})
        return [str(one) for one in ids]

    async def edit(self, id_: str, properties: Mapping[str, str]) -> None:
        """Open a party, change some fields, save."""
        (there,) = await self._read([["id", "=", int(id_)]])
        built = await self._form(there, properties)
        await self._server.call(PERSON, f"{PARTY}.write", [int(id_)], built, {})

    async def archive(self, id_: str) -> None:
        """Put a party away."""
        await self._server.call(PERSON, f"{PARTY}.write", [int(id_)], {"active": False}, {})

    async def delete(self, id_: str) -> None:
        """Delete a party for good."""
        await self._server.call(PERSON, f"{PARTY}.delete", [int(id_)], {})

    async def parties(self) -> list[dict[str, str]]:
        """Return all parties as a person sees them: one line each."""
        return [_line(row) for row in await self._read([])]

    async def _read(self, domain: list[Any]) -> list[Any]:
        rows: list[Any] = await self._server.call(
            PERSON, f"{PARTY}.search_read", domain, 0, None, [["id", "ASC"]], _COLUMNS, {}
        )
        return rows

    async def _form(self, there: Any, properties: Mapping[str, str]) -> dict[str, Any]:
        form: dict[str, Any] = {
            name: value or None
            for name, value in properties.items()
            if name not in {*REACHED, *PLACED, "country"}
        }
        ways = [_way(there, name, properties[name]) for name in REACHED if name in properties]
        if filled := [way for way in ways if way]:
            form["contact_mechanisms"] = filled
        place: dict[str, Any] = {
            name: properties[name] or None for name in PLACED if name in properties
        }
        if "country" in properties:
            place["country"] = await self._country(properties["country"])
        if place:
            old = there["addresses."]
            form["addresses"] = [["write", [old[0]["id"]], place] if old else ["create", [place]]]
        return form

    async def _country(self, code: str) -> int | None:
        if not self._countries:
            method = "model.country.country.search_read"
            found = await self._server.call(PERSON, method, [], 0, None, None, ["code"], {})
            self._countries = {one["code"]: one["id"] for one in found}
        return self._countries.get(code)


def _way(there: Any, type_: str, value: str) -> list[Any] | None:
    old = [one for one in there["contact_mechanisms."] if one["type"] == type_]
    if not value:
        return ["delete", [old[0]["id"]]] if old else None
    if old:
        return ["write", [old[0]["id"]], {"value": value}]
    return ["create", [{"type": type_, "value": value}]]


def _line(row: Any) -> dict[str, str]:
    line = {"id": str(row["id"]), "name": row["name"] or "", "code": row["code"]}
    for way in reversed(row["contact_mechanisms."]):
        line[way["type"]] = way["value"]
    for place in row["addresses."][:1]:
        line |= {name: place[name] or "" for name in PLACED}
        line["country"] = (place["country."] or {}).get("code") or ""
    ours = [one["code"] for one in row["identifiers."]]
    return line | {"identifiers": " ".join(ours)}


def application(person: Person) -> web.Application:
    """Return the endpoints of a person's deeds."""
    app = web.Application(middlewares=[guard_origin])
    root = f"{ADMIN_PREFIX}user/party"
    app.router.add_post(f"{root}/{{deed}}", _deed(person))
    app.router.add_get(root, _list(person))
    # The real server counts no calls; a demonstration asks for a fresh start of counting.
    app.router.add_delete(f"{ADMIN_PREFIX}calls", _nothing)
    app.router.add_get("/", _page(person))
    return app


def _deed(person: Person) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read() or b"{}")
        match request.match_info["deed"]:
            case "create":
                done = {"id": await person.create(body["properties"])}
            case "edit":
                await person.edit(body["id"], body["properties"])
                done = {"id": body["id"]}
            case "archive":
                await person.archive(body["id"])
                done = {"id": body["id"]}
            case "delete":
                await person.delete(body["id"])
                done = {"id": body["id"]}
            case other:
                raise web.HTTPNotFound(text=f"Nobody does {other!r} here.")
        return web.json_response(done)

    async def guarded(request: web.Request) -> web.Response:
        try:
            return await answer(request)
        except DeedRefusedError as refused:
            return web.json_response({"error": str(refused)}, status=409)

    return guarded


def _list(person: Person) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(await person.parties())

    return answer


async def _nothing(_request: web.Request) -> web.Response:
    return web.json_response({})


def _page(person: Person) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        rows = await person.parties()
        names = ("id", "name", "email", "phone", "city", "country")
        lines = ["\t".join(one.get(name, "") for name in names) for one in rows]
        return web.Response(text="\n".join(["\t".join(names), *lines]))

    return answer
