"""What HubSpot's documents leave open and one contact settles.

Each question is a row: its word, what it asks, and a function that asks it of a test record. Every
request goes the ordinary way: limits, circuit, call log.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from adapters.errors import RejectRecord, Unreadable
from adapters.exchange import Json, Reply, Request
from adapters.hubspot import errors, profile
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import CONTACTS
from adapters.hubspot.reading import found_results
from adapters.probing import DOMAIN, NAME, Inquiry, Specimen, Stage
from adapters.redaction import word
from daemon.core.values import Values

PURPOSE = "probe"

_REFUSED = frozenset({400, 404, 409})
_UNKNOWN_PROPERTY = "crmsyncd_no_such_property"
_UNKNOWN_OPTION = "crmsyncd_no_such_option"
_NOBODY = "1"
"""An id no record has: HubSpot's begin far above."""

Ask = Callable[[HubSpotConnection, Specimen], Awaitable[str]]


def specimen(object_name: str, mark: str) -> Values:
    """Return the fields of a test contact. Raises Unreadable for another object."""
    if object_name != CONTACTS.name:
        raise Unreadable(
            f"There is no question about HubSpot's {object_name}.",
            next_step=f"Name a sync on {CONTACTS.name}.",
        )
    return {"email": f"{mark}@{DOMAIN}", "firstname": NAME, "lastname": mark}


def inquiries(connection: HubSpotConnection, object_name: str) -> Sequence[Inquiry]:
    """Return the questions about an object."""
    if object_name != CONTACTS.name:
        return ()
    return [
        Inquiry(word=name, asks=asks, ask=partial(ask, connection), stage=stage)
        for name, asks, ask, stage in _QUESTIONS
    ]


async def _found_at_once(connection: HubSpotConnection, probe: Specimen) -> str:
    reply = await _batch(connection, [probe.email], id_property="email")
    return "at once" if _ids(connection, reply) else "not at once"


async def _unknown_on_read(connection: HubSpotConnection, probe: Specimen) -> str:
    reply = await connection.get(
        connection.paths.record(probe.object, probe.id),
        PURPOSE,
        {"properties": f"email,{_UNKNOWN_PROPERTY}"},
        answers=_REFUSED,
        is_whole=_anything,
    )
    if not reply.is_success:
        return f"refused ({_code(reply)})"
    shown = _UNKNOWN_PROPERTY in (reply.body or {}).get("properties", {})
    return "answered as empty" if shown else "ignored"


async def _own_source(connection: HubSpotConnection, probe: Specimen) -> str:
    reply = await connection.ask(
        connection.paths.objects(probe.object, "batch/read"),
        PURPOSE,
        {
            "properties": ["email"],
            "propertiesWithHistory": ["firstname"],
            "inputs": [{"id": probe.id}],
        },
    )
    results = found_results(connection, reply)
    history = (results[0].get("propertiesWithHistory") or {}).get("firstname") if results else None
    if not isinstance(history, list) or not history:
        return "no history"
    newest = history[0]
    kind = word(newest.get("sourceType")) or "no type"
    return f"{kind}, {'with' if newest.get('sourceId') else 'without'} a source id"


async def _outer_blanks(connection: HubSpotConnection, probe: Specimen) -> str:
    given = f"  {NAME} "
    stored = await _stored(connection, probe, "firstname", given)
    return {given: "kept", given.strip(): "cut off"}.get(stored, f"otherwise: {_shape(stored)}")


async def _case_of_addresses(connection: HubSpotConnection, probe: Specimen) -> str:
    stored = await _stored(connection, probe, "email", probe.email.upper())
    return {probe.email: "made lower case", probe.email.upper(): "kept"}.get(
        stored, f"otherwise: {_shape(stored)}"
    )


async def _form_of_phones(connection: HubSpotConnection, probe: Specimen) -> str:
    given = "+1 (212) 555-0123"  # reserved for fiction
    stored = await _stored(connection, probe, "phone", given)
    return "kept" if stored == given else f"rewritten, such as {stored!r}"


async def _second_address(connection: HubSpotConnection, probe: Specimen) -> str:
    second = f"{probe.mark}-2@{DOMAIN}"
    stored = await _stored(connection, probe, "hs_additional_emails", second)
    if stored != second:
        return f"cannot be asked: a second address is {stored}"
    reply = await _batch(connection, [second], id_property="email")
    return "found" if _ids(connection, reply) else "not found"


async def _backward_stage(connection: HubSpotConnection, probe: Specimen) -> str:
    first = await _stored(connection, probe, "lifecyclestage", "lead")
    if first != "lead":
        return f"cannot be asked: the first stage was {_shape(first)}"
    stored = await _stored(connection, probe, "lifecyclestage", "subscriber")
    return {"lead": "accepted and ignored", "subscriber": "written"}.get(stored, stored)


async def _missing_in_batch(connection: HubSpotConnection, probe: Specimen) -> str:
    reply = await _batch(connection, [probe.id, _NOBODY])
    entries = (reply.body or {}).get("errors") or []
    keys = sorted({word(key) for one in entries for key in one.get("context") or {}})
    named = f", named under {', '.join(keys)}" if keys else ", not named"
    return f"{reply.status} {errors.code_of(entries[0]) if entries else 'without errors'}{named}"


async def _search_counts(connection: HubSpotConnection, probe: Specimen) -> str:
    before = await _left_today(connection, probe)
    search = {"filterGroups": [], "limit": 1, "properties": ["email"]}
    place = connection.paths.objects(probe.object, "search")
    await connection.ask(place, PURPOSE, search, limit=profile.SEARCH)
    after = await _left_today(connection, probe)
    if before is None or after is None:
        return "cannot be seen: replies tell no daily count"
    # The second look counts itself. More than two: another tool was at work meanwhile.
    return {1: "no", 2: "yes"}.get(before - after, "unclear: other calls came in between")


async def _archived_twice(connection: HubSpotConnection, probe: Specimen) -> str:
    place = connection.paths.record(probe.object, probe.id)
    reply = await connection.client.send(
        Request(
            method="DELETE",
            path=place.path,
            endpoint=place.endpoint,
            purpose=PURPOSE,
            is_repeatable=True,  # it is in the bin already
            limits=(profile.BURST, profile.DAILY),
            answers=_REFUSED,
        )
    )
    return str(reply.status) if reply.is_success else f"{reply.status} {_code(reply)}"


async def _archived_is_read(connection: HubSpotConnection, probe: Specimen) -> str:
    reply = await connection.get(
        connection.paths.record(probe.object, probe.id),
        PURPOSE,
        {"properties": "email", "archived": "true"},
        answers=_REFUSED,
        is_whole=_anything,
    )
    if not reply.is_success:
        return f"no ({_code(reply)})"
    return "with its values" if (reply.body.get("properties") or {}).get("email") else "without"


def _refusal(name: str, value: str) -> Ask:
    """Return the question what a value that cannot be right is answered with."""

    async def ask(connection: HubSpotConnection, probe: Specimen) -> str:
        return await _stored(connection, probe, name, value, shows_value=False)

    return ask


_QUESTIONS: tuple[tuple[str, str, Ask, Stage], ...] = (
    ("found_at_once", "Is a new contact found by its address at once?", _found_at_once,
     Stage.ALIVE),
    ("own_source", "What does a history name as the source of this key's writes?", _own_source,
     Stage.ALIVE),
    ("unknown_on_read", "What becomes of a property name that does not exist, on a read?",
     _unknown_on_read, Stage.ALIVE),
    ("outer_blanks", "Are blanks at the ends of a text kept?", _outer_blanks, Stage.ALIVE),
    ("case_of_addresses", "Are capital letters of an address kept?", _case_of_addresses,
     Stage.ALIVE),
    ("form_of_phones", "Is a phone number kept as it was written?", _form_of_phones, Stage.ALIVE),
    ("second_address", "Does a batch read by address find a contact by its second one?",
     _second_address, Stage.ALIVE),
    ("backward_stage", "What becomes of a lifecycle stage that goes back?", _backward_stage,
     Stage.ALIVE),
    ("bad_option", "What is an unknown option answered with?",
     _refusal("lifecyclestage", _UNKNOWN_OPTION), Stage.ALIVE),
    ("bad_address", "What is a wrong address answered with?",
     _refusal("email", "no address at all"), Stage.ALIVE),
    ("read_only", "What is a write to a property of HubSpot's own answered with?",
     _refusal("createdate", "2026-01-01T00:00:00Z"), Stage.ALIVE),
    ("marketing_status", "Can the marketing status be written?",
     _refusal("hs_marketable_status", "false"), Stage.ALIVE),
    ("missing_in_batch", "How does a batch read name an id that is not there?", _missing_in_batch,
     Stage.ALIVE),
    ("search_counts", "Do searches count towards the day?", _search_counts, Stage.ALIVE),
    ("archived_is_read", "Is an archived contact read with its values?", _archived_is_read,
     Stage.REMOVED),
    ("archived_twice", "What is archiving an archived contact answered with?", _archived_twice,
     Stage.REMOVED),
)  # fmt: skip


async def _stored(
    connection: HubSpotConnection,
    probe: Specimen,
    name: str,
    value: str,
    *,
    shows_value: bool = True,
) -> str:
    """Write one property and return it as the reply shows it, or how it was refused."""
    body = {"inputs": [{"id": probe.id, "properties": {name: value}}]}
    place = connection.paths.objects(probe.object, "batch/update")
    try:
        reply = await connection.put(place, PURPOSE, body)
    except RejectRecord as refused:
        return f"refused ({refused.code})"
    entries = reply.body.get("errors") or []
    if entries:
        return f"refused ({errors.code_of(entries[0])})"
    if not shows_value:
        return "accepted"
    return str(reply.body["results"][0]["properties"].get(name))


async def _batch(
    connection: HubSpotConnection, keys: Sequence[str], *, id_property: str = ""
) -> Reply:
    body: dict[str, Json] = {"properties": ["email"], "inputs": [{"id": key} for key in keys]}
    if id_property:
        body["idProperty"] = id_property
    place = connection.paths.objects(CONTACTS.name, "batch/read")
    return await connection.ask(place, PURPOSE, body, answers=frozenset({404}))


def _ids(connection: HubSpotConnection, reply: Reply) -> list[str]:
    return [str(one["id"]) for one in found_results(connection, reply)]


async def _left_today(connection: HubSpotConnection, probe: Specimen) -> int | None:
    await connection.get(
        connection.paths.record(probe.object, probe.id),
        PURPOSE,
        {"properties": "email"},
        is_whole=_anything,
    )
    return connection.spending.day.account_left


def _anything(body: Json) -> bool:
    del body
    return True


def _code(reply: Reply) -> str:
    return errors.code_of(reply.body) or f"http_{reply.status}"


def _shape(stored: str) -> str:
    """Return a value of ours as its length only: nobody else's can be in it by mistake."""
    return stored if stored.startswith("refused") else f"{len(stored)} characters"
