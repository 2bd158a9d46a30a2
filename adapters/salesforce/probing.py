"""What Salesforce's documents leave open and one contact or lead settles.

Each question is a row: its word, what it asks, and a function that asks it of a test record. Every
request goes the ordinary way: log-in, limits, circuit, call log.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from adapters.errors import Unreadable
from adapters.exchange import Json, Reply, Request
from adapters.probing import NAME, Inquiry, Specimen, Stage, address_of
from adapters.redaction import word
from adapters.salesforce import errors, profile
from adapters.salesforce.connection import Place, SalesforceConnection
from adapters.salesforce.object_types import CONTACT, LEAD
from daemon.core.values import Values

PURPOSE = "probe"

_TOLD = frozenset({400, 404, 409, 412})
_MOST_ROWS_OF_ALL_FIELDS = 200
_MOST_IDS_READ = 2_000
_LONG_AGO = "Sat, 01 Jan 2000 00:00:00 GMT"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_MOMENT = "%Y-%m-%dT%H:%M:%S+00:00"

Ask = Callable[[SalesforceConnection, Specimen], Awaitable[str]]


def specimen(connection: SalesforceConnection, object_name: str, mark: str) -> Values:
    """Return the fields of a test record. Raises Unreadable for other objects than people."""
    if not _is_of_people(connection, object_name):
        raise Unreadable(
            f"There is no question about Salesforce's {object_name}.",
            next_step="Name a sync on contacts or leads.",
        )
    return {"Email": address_of(mark), "FirstName": NAME, "LastName": mark}


def inquiries(connection: SalesforceConnection, object_name: str) -> Sequence[Inquiry]:
    """Return the questions about an object."""
    if not _is_of_people(connection, object_name):
        return ()
    return [
        Inquiry(word=name, asks=asks, ask=partial(ask, connection), stage=stage)
        for name, asks, ask, stage in _QUESTIONS
    ]


def _is_of_people(connection: SalesforceConnection, object_name: str) -> bool:
    members = connection.scope(object_name).members
    return all(member.of in {CONTACT, LEAD} for member in members)


async def _most_ids(connection: SalesforceConnection, probe: Specimen) -> str:
    path = f"/composite/sobjects/{_kind(probe)}"
    told = []
    for size in (_MOST_IDS_READ, _MOST_IDS_READ + 1):
        body = {"ids": [probe.id] * size, "fields": ["Id"]}
        told.append(await _ask(connection, connection.data(path), "POST", body))
    most, beyond = told
    if not most.is_success:
        return f"no: {most.status} {_code(most)}"
    if beyond.is_success:
        return "yes, and more"
    return f"yes, and one more is answered with {beyond.status} {_code(beyond)}"


async def _same_id_twice(connection: SalesforceConnection, probe: Specimen) -> str:
    record = {"attributes": {"type": _kind(probe)}, "Id": probe.id, "FirstName": NAME}
    body = {"allOrNone": False, "records": [record, record]}
    reply = await _ask(connection, connection.data("/composite/sobjects"), "PATCH", body)
    if not reply.is_success:
        return f"{reply.status} {_code(reply)}"
    words = [_entry(one) for one in reply.body]
    return ", then ".join(words)


async def _all_fields(connection: SalesforceConnection, probe: Specimen) -> str:
    told = []
    for rows in (_MOST_ROWS_OF_ALL_FIELDS, _MOST_ROWS_OF_ALL_FIELDS + 1):
        query = f"SELECT FIELDS(ALL) FROM {_kind(probe)} WHERE Id = '{probe.id}' LIMIT {rows}"  # noqa: S608 - our own id
        reply = await _ask(connection, connection.data("/query"), "GET", query={"q": query})
        told.append("taken" if reply.is_success else _code(reply))
    return f"{_MOST_ROWS_OF_ALL_FIELDS}: {told[0]}, one more: {told[1]}"


async def _changed_since(connection: SalesforceConnection, probe: Specimen) -> str:
    headers = {"If-Unmodified-Since": _LONG_AGO}
    body = {"FirstName": NAME}
    reply = await _ask(connection, _record(connection, probe), "PATCH", body, headers=headers)
    return "written all the same" if reply.is_success else f"{reply.status} {_code(reply)}"


async def _changed_since_in_composite(connection: SalesforceConnection, probe: Specimen) -> str:
    step = {
        "method": "PATCH",
        "url": _record(connection, probe).path,
        "referenceId": "probe",
        "httpHeaders": {"If-Unmodified-Since": _LONG_AGO},
        "body": {"FirstName": NAME},
    }
    body = {"allOrNone": False, "compositeRequest": [step]}
    reply = await _ask(connection, connection.data("/composite"), "POST", body)
    if not reply.is_success:
        return f"{reply.status} {_code(reply)}"
    (told,) = reply.body["compositeResponse"]
    status = int(told["httpStatusCode"])
    return f"{status} {errors.code_of(told.get('body'))}".strip()


async def _compound(connection: SalesforceConnection, probe: Specimen) -> str:
    name = "MailingAddress" if _kind(probe) == CONTACT.name else "Address"
    reply = await _ask(connection, _record(connection, probe), "PATCH", {name: {"city": "Ulm"}})
    return "accepted" if reply.is_success else f"{reply.status} {_code(reply)}"


async def _outer_blanks(connection: SalesforceConnection, probe: Specimen) -> str:
    given = f"  {NAME} "
    stored = await _stored(connection, probe, "FirstName", given)
    return {given: "kept", given.strip(): "cut off"}.get(stored, stored)


async def _case_of_addresses(connection: SalesforceConnection, probe: Specimen) -> str:
    given = probe.email.upper()
    stored = await _stored(connection, probe, "Email", given)
    return {given: "kept", probe.email: "made lower case"}.get(stored, stored)


async def _deleted_is_written(connection: SalesforceConnection, probe: Specimen) -> str:
    reply = await _ask(connection, _record(connection, probe), "PATCH", {"FirstName": NAME})
    return "accepted" if reply.is_success else f"{reply.status} {_code(reply)}"


async def _deleted_is_fed(connection: SalesforceConnection, probe: Specimen) -> str:
    now = connection.client.server_now()
    query = {
        "start": (now - timedelta(minutes=5)).strftime(_MOMENT),
        "end": (now + timedelta(minutes=1)).strftime(_MOMENT),
    }
    place = connection.data(f"/sobjects/{_kind(probe)}/deleted/")
    reply = await _ask(connection, place, "GET", query=query)
    if not reply.is_success:
        return f"cannot be asked: {reply.status} {_code(reply)}"
    told = {str(one.get("id")) for one in reply.body.get("deletedRecords") or []}
    return "at once" if probe.id in told else "not at once"


_QUESTIONS: tuple[tuple[str, str, Ask, Stage], ...] = (
    ("most_ids_read", "Does one collection read take 2,000 ids?", _most_ids, Stage.ALIVE),
    ("same_id_twice", "What is one record twice in an update answered with?", _same_id_twice,
     Stage.ALIVE),
    ("all_fields", "How many rows may a query of FIELDS(ALL) have?", _all_fields, Stage.ALIVE),
    ("changed_since", "What is a write with an outdated If-Unmodified-Since answered with?",
     _changed_since, Stage.ALIVE),
    ("changed_since_in_composite", "And inside a composite request?", _changed_since_in_composite,
     Stage.ALIVE),
    ("compound", "What is a write to a compound address answered with?", _compound, Stage.ALIVE),
    ("outer_blanks", "Are blanks at the ends of a text kept?", _outer_blanks, Stage.ALIVE),
    ("case_of_addresses", "Are capital letters of an address kept?", _case_of_addresses,
     Stage.ALIVE),
    ("deleted_is_written", "What is a write to a deleted record answered with?",
     _deleted_is_written, Stage.REMOVED),
    ("deleted_is_fed", "How soon does getDeleted tell of a deletion?", _deleted_is_fed,
     Stage.REMOVED),
)  # fmt: skip


async def _stored(connection: SalesforceConnection, probe: Specimen, name: str, value: str) -> str:
    """Write one field and return what is read afterwards, or how it was refused."""
    place = _record(connection, probe)
    reply = await _ask(connection, place, "PATCH", {name: value})
    if not reply.is_success:
        return f"refused ({_code(reply)})"
    reply = await _ask(connection, place, "GET", query={"fields": name})
    stored = str((reply.body or {}).get(name)) if reply.is_success else ""
    is_ours = stored.strip().lower() == value.strip().lower()
    return stored if is_ours else f"otherwise: {len(stored)} characters"


async def _ask(
    connection: SalesforceConnection,
    place: Place,
    method: str,
    body: Json = None,
    *,
    query: Mapping[str, str] = _NO_HEADERS,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Reply:
    """Send a request whose refusal is an answer. Asking twice changes nothing more than once."""
    return await connection.send(
        Request(
            method=method,
            path=place.path,
            endpoint=place.endpoint,
            purpose=PURPOSE,
            is_repeatable=True,
            limits=(profile.DAILY, profile.SHORT),
            query=query,
            body=body,
            headers=headers,
            answers=_TOLD,
        )
    )


def _kind(probe: Specimen) -> str:
    """Return the Salesforce object that the test record became."""
    return CONTACT.name if probe.id.startswith(CONTACT.prefix) else LEAD.name


def _record(connection: SalesforceConnection, probe: Specimen) -> Place:
    root = f"/sobjects/{_kind(probe)}"
    return connection.data(f"{root}/{probe.id}", f"{root}/{{id}}")


def _code(reply: Reply) -> str:
    return errors.code_of(reply.body) or f"http_{reply.status}"


def _entry(entry: Json) -> str:
    if entry.get("success"):
        return "written"
    codes = [word(one.get("statusCode")) for one in entry.get("errors") or []]
    return f"refused ({', '.join(filter(None, codes)) or 'no code'})"
