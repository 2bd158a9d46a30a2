"""sObject Collections: up to 200 records a call, a verdict for each (salesforce.md 6)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from adapters.salesforce.sandbox.calling import Call, record_list
from adapters.salesforce.sandbox.drafting import precheck
from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.ids import full_id, is_id
from adapters.salesforce.sandbox.problems import ManyMatch, Problem, Refused, malformed_id, refused
from adapters.salesforce.sandbox.removing import Remover
from adapters.salesforce.sandbox.rows import key_field, matching, rendered, saved, upserted
from adapters.salesforce.sandbox.saving import Writer
from adapters.sandbox.exchange import JsonObject, Reply

ROLLED_BACK = Problem(
    code="ALL_OR_NONE_OPERATION_ROLLED_BACK",
    message="Record rolled back because not all records were valid and the request was using"
    " AllOrNone header",
)


def create(call: Call) -> Reply:
    """`POST /composite/sobjects`."""
    body, records = _records(call)
    writer = Writer(call.org, call.actor)
    _precheck(call, records)

    def one(record: JsonObject) -> JsonObject:
        if "Id" in record:
            raise refused(
                "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id"
            )
        return saved(writer.create(_type(record), record).id)

    return _each(call, records, one, body.get("allOrNone", False))


def update(call: Call) -> Reply:
    """`PATCH /composite/sobjects`: each record with its Id."""
    body, records = _records(call)
    writer = Writer(call.org, call.actor)
    _precheck(call, records)
    twice = _repeated([full_id(str(record.get("Id"))) for record in records])
    done: set[str] = set()

    def one(record: JsonObject) -> JsonObject:
        record_id = record.get("Id")
        if not isinstance(record_id, str) or not record_id:
            raise refused("MISSING_ARGUMENT", "Id not specified in an update call")
        if not is_id(record_id):
            raise malformed_id("Id", record_id)
        key = full_id(record_id)
        if key in twice and key in done:
            raise refused("DUPLICATE_VALUE", "duplicate id specified", "Id")
        done.add(key)
        values = {name: value for name, value in record.items() if name != "Id"}
        return saved(writer.update(_type(record), key, values).id)

    return _each(call, records, one, body.get("allOrNone", False))


def upsert(call: Call) -> Reply:
    """`PATCH /composite/sobjects/{object}/{field}`: the key stands inside each record."""
    body, records = _records(call)
    kind = call.kind
    key = key_field(kind, call.path["field"])
    wrong = [record for record in records if _type(record) != kind.name]
    if wrong:
        raise refused("INVALID_TYPE", f"all records must be of the type {kind.name}")
    _precheck(call, [_without(record, key.name) for record in records])
    keys = [str(record.get(key.name)).lower() for record in records]
    twice = _repeated(keys)

    def one(record: JsonObject) -> JsonObject:
        value = record.get(key.name)
        if value in (None, ""):
            if key.name == "Id":  # recorded: an upsert by Id without one creates
                row = Writer(call.org, call.actor).create(kind.name, _without(record, "Id"))
                return {**saved(row.id), "created": True}
            raise refused("MISSING_ARGUMENT", f"{key.name} not specified", key.name)
        if str(value).lower() in twice:
            raise refused("DUPLICATE_VALUE", f"duplicate value found: {key.name}", key.name)
        ids = matching(call, key, value)
        row, is_new = upserted(call, key, value, _without(record, key.name), ids)
        return {**saved(row.id), "created": is_new}

    return _each(call, records, one, body.get("allOrNone", False))


def delete(call: Call) -> Reply:
    """`DELETE /composite/sobjects?ids=…`."""
    ids = call.request.listed("ids")
    _count(call, len(ids))
    remover = Remover(call.org, call.actor)
    writer = Writer(call.org, call.actor)

    def one(record_id: str) -> JsonObject:
        if not is_id(record_id):
            raise malformed_id("Id", record_id)
        store = call.org.store_of(record_id)
        if store is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        row = writer.living(store, record_id)
        remover.delete(store.kind.name, row.id)
        return saved(row.id)

    return _each(call, list(ids), one, call.request.first("allOrNone").lower() == "true")


def read(call: Call) -> Reply:
    """`GET /composite/sobjects/{object}?ids=…&fields=…`; what is missing is null."""
    ids, names = call.request.listed("ids"), call.request.listed("fields")
    return _read(call, ids, names, call.org.limits.collection_read)


def read_posted(call: Call) -> Reply:
    """`POST /composite/sobjects/{object}` with ids and fields in the body."""
    body = call.body()
    ids, names = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(names, list):
        raise refused("INVALID_ARGUMENT", "ids and fields must be lists")
    return _read(call, [str(each) for each in ids], names, call.org.limits.collection_read)


def _read(call: Call, ids: Sequence[str], names: Sequence[str], most: int) -> Reply:
    if len(ids) > most:
        raise refused("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {most}")
    if not ids or not names:
        raise refused("REQUIRED_FIELD_MISSING", "ids and fields are required")
    rows = call.org.store(call.kind.name).seen(call.now)
    found: list[JsonObject | None] = []
    for each in ids:
        row = rows.get(full_id(each))
        is_there = row is not None and not row.is_deleted
        found.append(rendered(call, row, tuple(names)) if is_there and row is not None else None)
    return Reply(status=200, body=found)


def _records(call: Call) -> tuple[JsonObject, list[JsonObject]]:
    body = call.body()
    records = record_list(body)
    _count(call, len(records))
    chunks = [_type(record) for record in records]
    if sum(1 for _ in groupby(chunks)) > call.org.limits.chunks:
        raise refused(
            "INVALID_ARGUMENT",
            f"The request has more than {call.org.limits.chunks} chunks of records of one type",
        )
    return body, records


def _count(call: Call, count: int) -> None:
    most = call.org.limits.collection
    if count > most:
        raise refused(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {most} records"
        )
    if not count:
        raise refused("REQUIRED_FIELD_MISSING", "No records were given")


def _type(record: JsonObject) -> str:
    told = record.get("attributes")
    name = told.get("type") if isinstance(told, dict) else None
    if not isinstance(name, str):
        raise refused("INVALID_TYPE", "attributes.type must name the sobject type of each record")
    return name


def _precheck(call: Call, records: list[JsonObject]) -> None:
    """Refuse the whole call where one record cannot be understood."""
    for record in records:
        kind = _known(call, _type(record))
        precheck(call.org, kind, _without(record, "Id"))


def _known(call: Call, name: str) -> Kind:
    if call.org.find_store(name) is None:
        raise refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return call.org.visible_kind(name)


def _without(record: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in record.items() if key != name}


def _repeated(keys: Sequence[str]) -> frozenset[str]:
    return frozenset(key for key, count in Counter(keys).items() if count > 1)


def _each(
    call: Call, items: Sequence[Any], act: Callable[[Any], JsonObject], all_or_none: object
) -> Reply:
    """Carry out one act for each item and answer with a verdict for each."""
    verdicts: list[JsonObject | Problem] = []
    try:
        with call.org.transaction():
            verdicts.extend(_verdicts(call, items, act))
            _refuse_any(verdicts if all_or_none is True else [])
    except Refused:
        verdicts = [each if isinstance(each, Problem) else ROLLED_BACK for each in verdicts]
    return Reply(status=200, body=[_told(each) for each in verdicts])


def _refuse_any(verdicts: Iterable[JsonObject | Problem]) -> None:
    if any(isinstance(each, Problem) for each in verdicts):
        raise Refused(ROLLED_BACK)


def _verdicts(
    call: Call, items: Sequence[Any], act: Callable[[Any], JsonObject]
) -> Iterator[JsonObject | Problem]:
    for item in items:
        try:
            with call.org.transaction():
                verdict: JsonObject | Problem = act(item)
        except Refused as refusal:
            verdict = refusal.problem
        except ManyMatch as many:
            told = f"{len(many.ids)} records match the external id"
            verdict = Problem(code="DUPLICATE_EXTERNAL_ID", message=told)
        yield verdict


def _told(verdict: JsonObject | Problem) -> JsonObject:
    if isinstance(verdict, Problem):
        return {"success": False, "errors": [verdict.of_record()]}
    return verdict
