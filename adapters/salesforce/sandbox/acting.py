"""Admin endpoints of the Salesforce sandbox: act as a person, dump and load, expire, switch.

Everything lies under `/_sandbox/`; bodies and answers are JSON. A refusal has the vendor's wording.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from adapters.salesforce.sandbox.assertions import Assertions
from adapters.salesforce.sandbox.fields import picklist_entry
from adapters.salesforce.sandbox.keeping import dump, dump_row, load
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.outbound import outbound_message
from adapters.salesforce.sandbox.person import Person
from adapters.salesforce.sandbox.problems import Refused, not_found
from adapters.salesforce.sandbox.sessions import SessionBook
from adapters.sandbox.admin import ADMIN_PREFIX, json_body, json_reply
from adapters.sandbox.exchange import JsonObject

_Act = Callable[[Person, str, JsonObject], object]
_Change = Callable[[JsonObject], JsonObject]
_Route = Callable[[web.Request], Awaitable[web.StreamResponse]]
PEOPLE = ("Contact", "Lead")


def add_acting_routes(
    app: web.Application, org: Org, sessions: SessionBook, assertions: Assertions
) -> None:
    """Add all endpoints of this module."""
    admin = _Admin(org=org, sessions=sessions, assertions=assertions)
    for name, act in ACTS.items():
        app.router.add_post(f"{ADMIN_PREFIX}user/{{type}}/{name}", _acting(org, act))
    for path, question in (("state", lambda: dump(org)), ("rules", org.rules.wire)):
        app.router.add_get(f"{ADMIN_PREFIX}{path}", _telling(question))
    app.router.add_get(f"{ADMIN_PREFIX}notifications", _telling(admin.notifications))
    app.router.add_get(f"{ADMIN_PREFIX}jwt", _telling(admin.key_pair))
    for method, path, change in (
        ("PUT", "state", admin.load),
        ("PUT", "rules", admin.rules),
        ("PUT", "jwt", admin.trust),
        ("POST", "tokens/expire", admin.expire),
        ("POST", "switches", admin.switch),
        ("POST", "limits", admin.limit),
        ("POST", "visibility", admin.hide),
        ("POST", "jobs/stop", admin.stop_next_job),
        ("POST", "deleted/purge", admin.purge_delete_log),
        ("POST", "outbound", admin.outbound),
    ):
        app.router.add_route(method, f"{ADMIN_PREFIX}{path}", _changing(change))


def _acting(org: Org, act: _Act) -> _Route:
    async def answer(request: web.Request) -> web.Response:
        body = await json_body(request)
        try:
            name = _object(org, request.match_info["type"], body)
            delay = body.get("commitDelay")
            person = Person(
                org=org,
                user_id=str(body.get("userId", "")),
                commit_delay=None if delay is None else timedelta(seconds=float(delay)),
            )
            result = act(person, name, body)
        except Refused as refused:
            return json_reply(refused.problem.of_call(), refused.problem.status)
        except (KeyError, TypeError, ValueError) as error:
            return json_reply({"error": f"The body does not fit this act: {error!r}."}, 400)
        return json_reply(result)

    return answer


def _object(org: Org, given: str, body: JsonObject) -> str:
    """Return the object an act is about.

    `people`, or `lead+contact`, are contacts and leads, told apart by the id.
    """
    for name in (given, given.removesuffix("s"), given.removesuffix("s").replace("_", "")):
        store = org.find_store(name)
        if store is not None:
            return store.kind.name
    record_id = str(body.get("id") or body.get("primary") or "")
    store = org.store_of(record_id) if record_id else None
    if store is not None:
        return store.kind.name
    if record_id or not set(given.lower().split("+")) <= {"people", "person", "lead", "contact"}:
        raise not_found(f"There is no object {given!r}")
    return "Lead" if "Company" in body.get("properties", {}) else "Contact"


def _telling(question: Callable[[], JsonObject]) -> _Route:
    async def answer(_: web.Request) -> web.Response:
        return json_reply(question())

    return answer


def _changing(change: _Change) -> _Route:
    async def answer(request: web.Request) -> web.Response:
        try:
            return json_reply(change(await json_body(request)))
        except (TypeError, ValueError) as error:
            return json_reply({"error": f"This cannot be done: {error}"}, 400)

    return answer


@dataclass(frozen=True, kw_only=True, slots=True)
class _Admin:
    org: Org
    sessions: SessionBook
    assertions: Assertions

    def load(self, body: JsonObject) -> JsonObject:
        load(self.org, body)
        people = (self.org.store(name).all_live() for name in PEOPLE)
        return {"records": sum(1 for rows in people for _ in rows)}

    def rules(self, body: JsonObject) -> JsonObject:
        self.org.rules.replace(body)
        return self.org.rules.wire()

    def notifications(self) -> JsonObject:
        return {"notifications": list(self.org.notifications)}

    def key_pair(self) -> JsonObject:
        return {
            "private_key": self.assertions.private_key(),
            "client_id": self.org.settings.client_id,
            "username": self.assertions.username,
        }

    def trust(self, body: JsonObject) -> JsonObject:
        if "public_key" in body:
            self.assertions.trust(str(body["public_key"]))
        self.assertions.is_approved = bool(body.get("approved", True))
        return {"approved": self.assertions.is_approved}

    def expire(self, body: JsonObject) -> JsonObject:
        return {"expired": self.sessions.end(str(body.get("token") or ""))}

    def switch(self, body: JsonObject) -> JsonObject:
        wrong = [name for name, value in body.items() if not isinstance(value, bool)]
        if wrong:
            raise ValueError(f"{wrong[0]} is either true or false")
        self.org.set_switches(replace(self.org.switches, **body))
        return {
            each.name: getattr(self.org.switches, each.name) for each in fields(self.org.switches)
        }

    def limit(self, body: JsonObject) -> JsonObject:
        """Set the day's budget, what is used of it, and the sizes named."""
        budget = self.org.budget
        used = int(body.pop("used", budget.used(self.org.clock.now())))
        budget.set(int(body.get("daily_calls", budget.most)), used)
        counts: dict[str, Any] = {name: int(value) for name, value in body.items()}
        self.org.limits = replace(self.org.limits, **counts)
        return {"daily_calls": budget.most, "used": used, "page": self.org.limits.page}

    def hide(self, body: JsonObject) -> JsonObject:
        """Hide fields from the integration user, or show them again."""
        for name in [*body.get("hide", ()), *body.get("show", ())]:
            kind, _, field = str(name).partition(".")
            store = self.org.find_store(kind)
            if store is None or field not in store.kind.fields:
                raise ValueError(f"there is no field {name!r}; write it as Contact.Phone")
            self.org.note_schema_change(kind)
        self.org.hidden = (self.org.hidden | set(body.get("hide", ()))) - set(body.get("show", ()))
        return {"hidden": sorted(self.org.hidden)}

    def stop_next_job(self, body: JsonObject) -> JsonObject:
        """Let the next ingest job fail after so many rows."""
        self.org.bulk_stops_after = int(body.get("after", 0))
        return {"after": self.org.bulk_stops_after}

    def outbound(self, body: JsonObject) -> JsonObject:
        """Write the outbound message about some records."""
        ids = [str(each) for each in body.get("ids", ())]
        fields = [str(each) for each in body.get("fields", ())]
        return {"body": outbound_message(self.org, str(body.get("type")), ids, fields)}

    def purge_delete_log(self, _: JsonObject) -> JsonObject:
        """Forget the delete log, as Salesforce does when it is over its limit."""
        for store in self.org.stores.values():
            store.removals.clear()
        self.org.purged_until = self.org.clock.now()
        return {"purged_until": self.org.purged_until.isoformat()}


def _options(person: Person, name: str, body: JsonObject) -> JsonObject:
    """Replace the values of a picklist; what rows hold stays, offered or not."""
    field = person.org.store(name).kind.find(str(body["property"]))
    if field is None:
        raise not_found(f"{name} has no field {body['property']}")
    options = [
        picklist_entry(
            each["value"],
            each.get("label", each["value"]),
            is_active=bool(each.get("active", True)),
            is_default=bool(each.get("default", False)),
        )
        for each in body["options"]
    ]
    is_closed = bool(body.get("restricted", field.told["restrictedPicklist"]))
    changed = field.changed(picklistValues=options, restrictedPicklist=is_closed)
    person.org.add_field(name, changed)
    return dict(changed.told)


ACTS: dict[str, _Act] = {
    "create": lambda person, name, body: dump_row(person.create(name, body["properties"])),
    "edit": lambda person, name, body: dump_row(
        person.edit(name, str(body["id"]), body["properties"])
    ),
    "delete": lambda person, name, body: dump_row(
        person.delete(name, str(body["id"]), is_hard=bool(body.get("hard", False)))
    ),
    "archive": lambda person, name, body: dump_row(person.delete(name, str(body["id"]))),
    "restore": lambda person, name, body: dump_row(person.restore(name, str(body["id"]))),
    "empty-bin": lambda person, name, _: {"destroyed": person.empty_bin(name)},
    "merge": lambda person, name, body: dump_row(
        person.merge(name, str(body["primary"]), _others(body))
    ),
    "convert": lambda person, _, body: dump_row(
        person.convert(
            str(body["id"]),
            contact_id=str(body.get("contact", "")),
            account_id=str(body.get("account", "")),
        )
    ),
    "plant": lambda person, name, body: dump_row(
        person.plant(name, str(body["id"]), body["properties"])
    ),
    "touch": lambda person, name, body: {
        "touched": person.touch(name, (str(each) for each in body.get("ids", ())))
    },
    "options": _options,
}


def _others(body: JsonObject) -> list[str]:
    listed = body.get("others", [body.get("other")])
    return [str(each) for each in listed]
