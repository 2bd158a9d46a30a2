"""Sending queries: by GET where the address is short enough, else in the body of a composite call.

Promises that an error is never an empty result, and that a page which shows fewer rows than it says
there are is refused.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from adapters.contract import batches
from adapters.errors import RetryLater
from adapters.exchange import Doubt, Json, Pause, Reply, Request
from adapters.salesforce import profile
from adapters.salesforce.connection import Place, SalesforceConnection
from adapters.salesforce.dialect import BeginAgain, FieldsChanged
from adapters.salesforce.object_types import Member
from adapters.salesforce.soql import Query

Answer = TypeVar("Answer")
_OK = 200


async def page(connection: SalesforceConnection, query: Query, purpose: str) -> Json:
    """Return the first page of a query's result."""
    address = _address(connection, query)
    if len(connection.settings.base_url) + len(address) > profile.LONGEST_ADDRESS:
        (body,) = await pages(connection, [query], purpose)
        return body
    place = connection.data(f"/{query.resource}")
    reply = await connection.get(place, purpose, {"q": query.text()}, is_whole=is_page)
    return _whole(connection, reply.body)


async def pages(
    connection: SalesforceConnection, queries: Sequence[Query], purpose: str
) -> list[Json]:
    """Return the first page of each query's result: up to five queries are one API call."""
    found: list[Json] = []
    for some in batches(queries, profile.COMPOSITE_QUERIES):
        if len(some) == 1 and len(_address(connection, some[0])) < profile.LONGEST_ADDRESS:
            found.append(await page(connection, some[0], purpose))
        else:
            found += await _composite(connection, some, purpose)
    return found


async def rows(connection: SalesforceConnection, query: Query, purpose: str) -> list[Json]:
    """Return all rows of a query whose result is small; begins again once when a page is gone."""
    try:
        return await rest(connection, await page(connection, query, purpose), purpose)
    except BeginAgain:
        return await rest(connection, await page(connection, query, purpose), purpose)


async def rest(connection: SalesforceConnection, first: Json, purpose: str) -> list[Json]:
    """Return the rows of a first page and of all that follow. Raises BeginAgain."""
    found, body = list(first["records"]), first
    seen: set[str] = set()
    while not body["done"]:
        path = str(body.get("nextRecordsUrl") or "")
        if not path.startswith("/") or path in seen:
            raise _looping(connection)
        seen.add(path)
        template = f"{path.rsplit('/', 1)[0]}/{{locator}}"
        reply = await connection.get(Place(path=path, endpoint=template), purpose, is_whole=is_page)
        body = reply.body
        found += body["records"]
    if len(found) < first["totalSize"]:
        raise _short(connection, len(found), first["totalSize"])
    return found


async def count(connection: SalesforceConnection, query: Query, purpose: str) -> int:
    """Return how many rows a query of ``COUNT()`` finds."""
    place = connection.data(f"/{query.resource}")
    reply = await connection.get(place, purpose, {"q": query.text()}, is_whole=is_page)
    return int(reply.body["totalSize"])


async def with_fields_of_today(
    connection: SalesforceConnection,
    members: Sequence[Member],
    ask: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Return what *ask* finds; where a field is gone, ask again with a new describe (§14).

    *ask* is called anew, so that it builds its queries from what is described by then.
    """
    try:
        return await ask()
    except FieldsChanged:
        for member in members:
            connection.forget(member.of)
    return await ask()


def is_page(body: Json) -> bool:
    """Whether a body is a page of a query's result."""
    shown = body["records"]
    return (
        isinstance(shown, list)
        and all(isinstance(one, dict) for one in shown)
        and isinstance(body["done"], bool)
        and isinstance(body["totalSize"], int)
    )


def _whole(connection: SalesforceConnection, body: Json) -> Json:
    """Return a page that shows all it says there is. Raises RetryLater."""
    if body["done"] and len(body["records"]) < body["totalSize"]:
        raise _short(connection, len(body["records"]), body["totalSize"])
    return body


async def _composite(
    connection: SalesforceConnection, queries: Sequence[Query], purpose: str
) -> list[Json]:
    asked = [
        {"method": "GET", "url": _address(connection, query), "referenceId": f"q{place}"}
        for place, query in enumerate(queries)
    ]
    body = {"allOrNone": False, "compositeRequest": asked}

    def is_whole(told: Json) -> bool:
        parts = {one["referenceId"]: one for one in told["compositeResponse"]}
        answered = [parts[one["referenceId"]] for one in asked]
        return all(one["httpStatusCode"] != _OK or is_page(one["body"]) for one in answered)

    place = connection.data("/composite")
    reply = await connection.ask(place, purpose, body, is_whole=is_whole)
    parts = {one["referenceId"]: one for one in reply.body["compositeResponse"]}
    return [_answer(connection, parts[one["referenceId"]], purpose) for one in asked]


def _answer(connection: SalesforceConnection, part: Json, purpose: str) -> Json:
    """Return the page a part of a composite reply is. Raises what a refused one means."""
    if part["httpStatusCode"] == _OK:
        return _whole(connection, part["body"])
    place = connection.data("/composite")
    request = Request(
        method="GET",
        path=place.path,
        endpoint=place.endpoint,
        purpose=purpose,
        is_repeatable=True,
        limits=(),
    )
    reply = Reply(status=int(part["httpStatusCode"]), headers={}, body=part["body"])
    verdict = connection.dialect.judge(reply, request, connection.client.server_now())
    if isinstance(verdict, Exception):
        raise verdict
    code = verdict.code if isinstance(verdict, (Pause, Doubt)) else "composite"
    raise RetryLater(
        f"Connection {connection.name!r}: a query of a composite call was not answered ({code}).",
        code=code,
        status=reply.status,
    )


def _address(connection: SalesforceConnection, query: Query) -> str:
    return f"{connection.data(f'/{query.resource}').path}?q={quote(query.text(), safe=',')}"


def _looping(connection: SalesforceConnection) -> RetryLater:
    return RetryLater(
        f"Connection {connection.name!r}: the pages of a query led in a circle.",
        code="looping_pages",
    )


def _short(connection: SalesforceConnection, shown: int, said: int) -> RetryLater:
    return RetryLater(
        f"Connection {connection.name!r}: a query was answered with {shown} of the {said} rows "
        "it says there are.",
        code="short_page",
    )
