"""Single records: create, read, change, delete, and upsert by a key (salesforce.md 5, 11.1)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.conditions import refuse_changed_since, unchanged_since
from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.ids import full_id
from adapters.salesforce.sandbox.problems import ManyMatch, no_such_column, not_found, refused
from adapters.salesforce.sandbox.removing import Remover
from adapters.salesforce.sandbox.saving import Writer
from adapters.salesforce.sandbox.soql_meaning import attributes, shown
from adapters.salesforce.sandbox.store import Row
from adapters.sandbox.exchange import JsonObject, Reply


def create(call: Call) -> Reply:
    """`POST /sobjects/{object}`."""
    body = _without_id(call.body())
    with call.org.transaction():
        row = Writer(call.org, call.actor).create(call.kind.name, body)
    return Reply(status=201, body=saved(row.id), headers={"Location": address(call, row.id)})


def read(call: Call) -> Reply:
    """`GET /sobjects/{object}/{id}`; `fields` narrows the answer."""
    row = _living(call, call.path["id"])
    headers = unchanged_since(call, row)
    if headers is None:
        return Reply(status=304)
    return Reply(status=200, body=rendered(call, row), headers=headers)


def update(call: Call) -> Reply:
    """`PATCH /sobjects/{object}/{id}`; 204, or 412 where the row was changed since."""
    if call.path["id"].lower() == "id":
        raise refused("METHOD_NOT_ALLOWED", "HTTP Method 'PATCH' not allowed.", status=405)
    row = _living(call, call.path["id"])
    refuse_changed_since(call, row)
    body = call.body()
    if any(name.lower() == "id" for name in body):
        raise refused("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    with call.org.transaction():
        Writer(call.org, call.actor).update(call.kind.name, row.id, body)
    return Reply(status=204)


def delete(call: Call) -> Reply:
    """`DELETE /sobjects/{object}/{id}`: to the bin, or for good where there is none."""
    row = _living(call, call.path["id"])
    with call.org.transaction():
        Remover(call.org, call.actor).delete(call.kind.name, row.id)
    return Reply(status=204)


def read_by_key(call: Call) -> Reply:
    """`GET /sobjects/{object}/{field}/{value}`."""
    ids = matching(call, _key(call), call.path["value"])
    if not ids:
        raise not_found("The requested resource does not exist")
    return Reply(status=200, body=rendered(call, _living(call, ids[0])))


def upsert(call: Call) -> Reply:
    """`PATCH /sobjects/{object}/{field}/{value}`: 201 made, 200 or 204 changed, 300 many match."""
    key = _key(call)
    body = call.body()
    if any(name.lower() == key.name.lower() for name in body):
        raise refused(
            "INVALID_FIELD",
            f"The {key.name} field should not be specified in the sobject data.",
        )
    ids = matching(call, key, call.path["value"])
    if not ids and call.request.first("updateOnly").lower() == "true":
        raise not_found("The requested resource does not exist")
    if ids:
        refuse_changed_since(call, _living(call, ids[0]))
    with call.org.transaction():
        row, is_new = upserted(call, key, call.path["value"], body, ids)
    if is_new:
        told = {**saved(row.id), "created": True}
        return Reply(status=201, body=told, headers={"Location": address(call, row.id)})
    if call.org.switches.is_upsert_answer_200:
        return Reply(status=200, body={**saved(row.id), "created": False})
    return Reply(status=204)


def create_by_upsert(call: Call) -> Reply:
    """`POST /sobjects/{object}/Id`: an insert at the address of an upsert."""
    if call.path["field"].lower() != "id":
        raise refused("METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed.", status=405)
    return create(call)


def upserted(
    call: Call, key: Field, value: object, body: Mapping[str, Any], ids: tuple[str, ...]
) -> tuple[Row, bool]:
    """Change the one match, or make a row with that key. Raises Refused, ManyMatch."""
    writer, kind = Writer(call.org, call.actor), call.kind
    if ids:
        return writer.update(kind.name, ids[0], body), False
    if key.name == "Id":
        raise not_found("The requested resource does not exist")
    return writer.create(kind.name, {**body, key.name: value}), True


def matching(call: Call, key: Field, value: object) -> tuple[str, ...]:
    """Return the id of the row with that key, or nothing. Raises ManyMatch."""
    store = call.org.store(call.kind.name)
    if key.name == "Id":
        row = store.seen(call.now).get(full_id(str(value)))
        return () if row is None or row.is_deleted else (row.id,)
    seen = store.seen(call.now)
    ids = tuple(each for each in store.holders(key.name, value) if each in seen)
    if len(ids) > 1:
        raise ManyMatch(address(call, each) for each in ids)
    return ids


def key_field(kind: Kind, name: str) -> Field:
    """Return a field an upsert may go by. Raises Refused."""
    field = kind.find(name)
    if field is None or not field.is_key:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def _key(call: Call) -> Field:
    return key_field(call.kind, call.path["field"])


def saved(row_id: str) -> JsonObject:
    """Return the answer to a write that went well."""
    return {"id": row_id, "success": True, "errors": []}


def address(call: Call, row_id: str) -> str:
    """Return the path of a record."""
    return f"/services/data/{call.version}/sobjects/{quote(call.kind.name)}/{row_id}"


def rendered(call: Call, row: Row, names: tuple[str, ...] = ()) -> JsonObject:
    """Return a record with the fields asked for, or with all."""
    kind = call.kind
    wanted = names or call.request.listed("fields") or tuple(kind.fields)
    found: JsonObject = {"attributes": attributes(kind.name, row.id, call.version)}
    for name in wanted:
        field = kind.find(name)
        if field is None:
            raise no_such_column(name, kind.name)
        found[field.name] = shown(field, row)
    if "Id" in kind.fields:
        found.setdefault("Id", row.id)
    return found


def _living(call: Call, record_id: str) -> Row:
    return Writer(call.org, call.actor).living(call.org.store(call.kind.name), record_id)


def _without_id(body: JsonObject) -> JsonObject:
    if any(name.lower() == "id" for name in body):
        raise refused("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    return body
