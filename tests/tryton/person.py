"""Another user of the same server: a person at Tryton's client, by the calls that client makes."""

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.tryton.server import Server

PARTY = "model.party.party"
ANY = ["active", "in", [True, False]]
REACHED = ("email", "phone", "mobile", "fax", "website")
PLACED = ("street", "postal_code", "city")
SEEN = [
    "name", "code", "active", "contact_mechanisms.type", "contact_mechanisms.value",
    "addresses.city", "addresses.street", "addresses.postal_code", "addresses.country.code",
    "identifiers.code",
]  # fmt: skip


class Refused(Exception):
    """The server refused what the person wanted."""


class Person:
    """Somebody who is logged in."""

    def __init__(self, server: Server, login: str = "rep") -> None:
        self._server = server
        self._path = f"/{server.database}/rpc/"
        self._headers = {"Content-Type": "application/json"}
        password = dict(server.people)[login]
        user_id, token, *_ = self._send("common.db.login", [login, {"password": password}, "en"])
        session = base64.b64encode(f"{login}:{user_id}:{token}".encode()).decode()
        self._headers["Authorization"] = f"Session {session}"

    def _send(self, method: str, parameters: Sequence[Any]) -> Any:
        parts = urlsplit(self._server.base_url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        try:
            body = json.dumps({"id": 0, "method": method, "params": parameters})
            connection.request("POST", self._path, body, self._headers)
            reply = connection.getresponse()
            told = reply.read()
        finally:
            connection.close()
        assert 200 == reply.status, (method, reply.status, told)
        answer = json.loads(told)
        if "error" in answer:
            raise Refused(str(answer["error"]))
        return answer["result"]

    def call(self, method: str, *parameters: Any, **context: Any) -> Any:
        """Call any method; the context comes last."""
        return self._send(method, [*parameters, context])

    def create(self, **fields: str | None) -> str:
        """Save a new party; return its id."""
        (made,) = self.create_all([fields])
        return made

    def create_all(self, people: Sequence[Mapping[str, str | None]]) -> list[str]:
        """Import several parties."""
        built = [self._form(None, fields) for fields in people]
        return [str(one) for one in self.call(f"{PARTY}.create", built)]

    def edit(self, id_: str, **fields: str | None) -> None:
        """Open a party's form, change fields, save."""
        self.call(f"{PARTY}.write", [int(id_)], self._form(self.row(id_), fields))

    def archive(self, id_: str) -> None:
        """Put a party away."""
        self.call(f"{PARTY}.write", [int(id_)], {"active": False})

    def delete(self, *ids: str) -> None:
        """Delete parties for good."""
        self.call(f"{PARTY}.delete", [int(one) for one in ids])

    def merge(self, source: str, target: str) -> None:
        """Replace one party by another, with Tryton's own wizard, and confirm what it warns of."""
        session, *_ = self.call("wizard.party.replace.create")
        asked = {"ask": {"source": int(source), "destination": int(target)}}
        for _ in range(3):
            try:
                self.call("wizard.party.replace.execute", session, asked, "replace")
            except Refused as warned:
                self._confirm(str(warned))
            else:
                return

    def _confirm(self, warned: str) -> None:
        name = warned.split("'")[3]
        self.call("model.res.user.warning.skip", name, False)

    def row(self, id_: str) -> Any:
        """Return a party with what belongs to it, archived or not; None for none."""
        found = self.rows([["id", "=", int(id_)], ANY])
        return found[0] if found else None

    def rows(self, domain: Sequence[Any] = ()) -> list[Any]:
        """Return parties with what belongs to them, in the order of their ids."""
        found: list[Any] = self.call(
            f"{PARTY}.search_read", list(domain), 0, None, [["id", "ASC"]], SEEN
        )
        return found

    def look(self, id_: str) -> dict[str, str] | None:
        """Return what the person sees of a live party, empty fields left out."""
        found = self.rows([["id", "=", int(id_)]])
        return seen(found[0]) if found else None

    def everybody(self) -> dict[str, dict[str, str]]:
        """Return what the person sees of all live parties, by id."""
        return {str(row["id"]): seen(row) for row in self.rows()}

    def clear(self) -> None:
        """Delete all parties there are."""
        ids = self.call(f"{PARTY}.search", [ANY], 0, None, None)
        if ids:
            self.delete(*map(str, ids))

    def found_company(self) -> int:
        """Make a company that every user works for; return its id."""
        euro = self.call("model.currency.currency.search", [["code", "=", "EUR"]], 0, 1, None)[0]
        party = int(self.create(name="The company itself"))
        (made,) = self.call("model.company.company.create", [{"party": party, "currency": euro}])
        users = self.call("model.res.user.search", [], 0, None, None)
        self.call("model.res.user.write", users, {"companies": [["add", [made]]], "company": made})
        return int(made)

    def _form(self, there: Any, fields: Mapping[str, str | None]) -> dict[str, Any]:
        form: dict[str, Any] = {}
        place: dict[str, Any] = {}
        for name, value in fields.items():
            if name in REACHED:
                form.setdefault("contact_mechanisms", []).extend(_way(there, name, value))
            elif name in PLACED:
                place[name] = value
            elif name == "country":
                place[name] = self._country(value)
            else:
                form[name] = value
        if place:
            old = there["addresses."] if there else []
            form["addresses"] = [["write", [old[0]["id"]], place] if old else ["create", [place]]]
        return form

    def _country(self, code: str | None) -> int | None:
        method = "model.country.country.search"
        found = self.call(method, [["code", "=", code]], 0, 1, None) if code else []
        return found[0] if found else None


def _way(there: Any, type_: str, value: str | None) -> list[Any]:
    old = [one for one in (there or {}).get("contact_mechanisms.", ()) if one["type"] == type_]
    if not value:
        return [["delete", [old[0]["id"]]]] if old else []
    if old:
        return [["write", [old[0]["id"]], {"value": value}]]
    return [["create", [{"type": type_, "value": value}]]]


def seen(row: Any) -> dict[str, str]:
    """Return a party as one line, empty fields left out."""
    line = {"name": row["name"], "code": row["code"]}
    for way in reversed(row["contact_mechanisms."]):
        line[way["type"]] = way["value"]
    for place in row["addresses."][:1]:
        line |= {name: place[name] for name in PLACED}
        line["country"] = (place["country."] or {}).get("code")
    return {name: value for name, value in line.items() if value}
