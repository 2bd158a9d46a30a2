"""Admin endpoints of the HubSpot sandbox: act as a person, dump and load, tokens, switches.

Everything lies under `/_sandbox/`; bodies and answers are JSON. A refusal has the vendor's wording.
"""

from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from typing import Any

from aiohttp import web

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.keeping import dump, dump_record, load
from adapters.hubspot.sandbox.person import DEFAULT_USER_ID, Person
from adapters.hubspot.sandbox.problems import Refused, not_found
from adapters.hubspot.sandbox.settings import PartialEmailUpsert
from adapters.hubspot.sandbox.tokens import TokenBook
from adapters.sandbox.admin import ADMIN_PREFIX, json_body, json_reply
from adapters.sandbox.exchange import JsonObject

_Act = Callable[[Person, JsonObject], object]


def add_acting_routes(app: web.Application, account: Account, tokens: TokenBook) -> None:
    """Add all endpoints of this module, for one account."""
    for name, act in ACTS.items():
        app.router.add_post(f"{ADMIN_PREFIX}user/{{type}}/{name}", _acting(account, act))
    app.router.add_get(f"{ADMIN_PREFIX}state", _dumping(account))
    app.router.add_put(f"{ADMIN_PREFIX}state", _loading(account))
    app.router.add_post(f"{ADMIN_PREFIX}tokens/expire", _expiring(account, tokens))
    app.router.add_post(f"{ADMIN_PREFIX}tokens/grant", _granting(account, tokens))
    app.router.add_post(f"{ADMIN_PREFIX}switches", _switching(account))


_Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _acting(account: Account, act: _Act) -> _Route:
    async def answer(request: web.Request) -> web.Response:
        body = await json_body(request)
        try:
            store = account.stores.get(request.match_info["type"])
            if store is None:
                raise not_found()
            user_id = int(body.get("userId", DEFAULT_USER_ID))
            result = act(Person(account=account, store=store, user_id=user_id), body)
        except Refused as refused:
            problem = refused.problem
            return json_reply(problem.whole(account.correlation_id()), problem.status)
        except (KeyError, TypeError, ValueError) as error:
            return json_reply({"error": f"The body does not fit this act: {error!r}."}, 400)
        return json_reply(result)

    return answer


def _dumping(account: Account) -> _Route:
    async def answer(_: web.Request) -> web.Response:
        return json_reply(dump(account))

    return answer


def _loading(account: Account) -> _Route:
    async def answer(request: web.Request) -> web.Response:
        try:
            load(account, await json_body(request))
        except ValueError as error:
            return json_reply({"error": str(error)}, 400)
        return json_reply({"records": len(account.contacts.all_live())})

    return answer


def _expiring(account: Account, tokens: TokenBook) -> _Route:
    async def answer(request: web.Request) -> web.Response:
        body = await json_body(request)
        token = str(body.get("token") or account.settings.tokens[0].token)
        is_known = tokens.expire(token, account.clock.now())
        return json_reply({"expired": is_known}, 200 if is_known else 404)

    return answer


def _granting(account: Account, tokens: TokenBook) -> _Route:
    """Give a token the scopes that a person ticked: `{"scopes": […]}`."""

    async def answer(request: web.Request) -> web.Response:
        body = await json_body(request)
        token = str(body.get("token") or account.settings.tokens[0].token)
        scopes = frozenset(map(str, body.get("scopes") or ()))
        is_known = tokens.rescope(token, scopes)
        return json_reply({"scopes": sorted(scopes)}, 200 if is_known else 404)

    return answer


def _switching(account: Account) -> _Route:
    """Change switches and limits while running: `{"switches": {…}, "limits": {…}}`."""

    async def answer(request: web.Request) -> web.Response:
        body = await json_body(request)
        try:
            account.switches = replace(account.switches, **_typed(body.get("switches", {})))
            account.set_limits(replace(account.limits, **_counts(body.get("limits", {}))))
        except (TypeError, ValueError) as error:
            return json_reply({"error": f"There is no such switch or value: {error}."}, 400)
        return json_reply(
            {
                "switches": {
                    each.name: getattr(account.switches, each.name)
                    for each in fields(account.switches)
                },
                "limits": {name: getattr(account.limits, name) for name in _COUNTED},
            }
        )

    return answer


_COUNTED = ("burst", "daily", "search_per_second")


def _typed(given: JsonObject) -> dict[str, Any]:
    name = "partial_email_upsert"
    wrong = [each for each, value in given.items() if each != name and not isinstance(value, bool)]
    if wrong:
        raise ValueError(f"{wrong[0]} is either true or false")
    return {**given, **({name: PartialEmailUpsert(given[name])} if name in given else {})}


def _counts(given: JsonObject) -> dict[str, Any]:
    unknown = set(given) - set(_COUNTED)
    if unknown:
        raise ValueError(f"only {', '.join(_COUNTED)} can be changed")
    return {name: int(value) for name, value in given.items()}


ACTS: dict[str, _Act] = {
    "create": lambda person, body: dump_record(person.create(body["properties"])),
    "edit": lambda person, body: dump_record(person.edit(str(body["id"]), body["properties"])),
    "merge": lambda person, body: dump_record(
        person.merge(str(body["primary"]), str(body["other"]))
    ),
    "archive": lambda person, body: dump_record(person.archive(str(body["id"]))),
    "restore": lambda person, body: dump_record(person.restore(str(body["id"]))),
    "plant": lambda person, body: dump_record(
        person.plant(
            str(body["id"]), body["properties"], str(body.get("sourceType", "AUTOMATION_PLATFORM"))
        )
    ),
    "options": lambda person, body: person.change_options(body["property"], body["options"]).wire(),
    "archive-owner": lambda person, body: person.archive_owner(str(body["id"])).wire(),
    "touch": lambda person, body: {
        "touched": person.touch(str(each) for each in body.get("ids", ()))
    },
}
