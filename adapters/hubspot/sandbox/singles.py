"""Endpoints for one record and for listing (hubspot.md 6, 10.1, 11)."""

import base64
import binascii

from adapters.hubspot.sandbox.calling import Call, object_list
from adapters.hubspot.sandbox.problems import Problem, Refused, invalid, not_found
from adapters.hubspot.sandbox.records import Record
from adapters.hubspot.sandbox.rendering import rendered, rendered_write
from adapters.hubspot.sandbox.writes import checked_create, checked_update, properties_of
from adapters.sandbox.exchange import JsonObject, Reply

DEFAULT_PAGE = 10


def create(call: Call) -> Reply:
    """`POST O`."""
    body = call.body()
    refuse_associations(body)
    given = properties_of(body)
    values = checked_create(call.writing, given)
    record = call.store.create(values, call.now, call.source)
    return Reply(status=201, body=rendered_write(call.account, call.store, record, given))


def read(call: Call) -> Reply:
    """`GET O/{id}`."""
    record = found(call)
    if record is None:
        raise not_found()
    body = rendered(
        call.account,
        call.store,
        record,
        wanted=call.request.listed("properties"),
        with_history=call.request.listed("propertiesWithHistory"),
    )
    return Reply(status=200, body=body)


def update(call: Call) -> Reply:
    """`PATCH O/{id}`: old ids of merged records still lead to the survivor."""
    given = properties_of(call.body())
    record = found(call)
    if record is None or record.archived_at is not None:
        raise not_found()
    values = checked_update(call.writing, record, given)
    call.store.update(record, values, call.now, call.source)
    return Reply(status=200, body=rendered_write(call.account, call.store, record, given))


def archive(call: Call) -> Reply:
    """`DELETE O/{id}`: 204 whether or not there was something to archive."""
    record = found(call)
    if record is not None and record.archived_at is None:
        call.store.archive(record, call.now)
    return Reply(status=204)


def listing(call: Call) -> Reply:
    """`GET O`: by id, `after` opaque, straight from the records and not from the index."""
    history = call.request.listed("propertiesWithHistory")
    limits = call.account.limits
    largest = limits.history_size if history else limits.page_size
    limit = call.whole_number("limit", DEFAULT_PAGE, largest)
    records, has_more = call.store.page(
        _position(call.request.first("after")), limit, call.now, is_archived=call.wants_archived
    )
    wanted = call.request.listed("properties")
    body: JsonObject = {
        "results": [
            rendered(call.account, call.store, record, wanted=wanted, with_history=history)
            for record in records
        ]
    }
    if has_more:
        body["paging"] = {"next": next_page(cursor(records[-1].id))}
    return Reply(status=200, body=body)


def found(call: Call) -> Record | None:
    """Find the record of the path by id, by a merged-away id, or by `idProperty`."""
    store, key = call.store, call.path["id"]
    name = call.request.first("idProperty") or "hs_object_id"
    if name == "hs_object_id":
        record_id = store.surviving_id(key)
        if call.wants_archived:
            return store.in_bin(record_id, call.now)
        return store.live(record_id)
    if not store.is_unique(name):
        raise invalid(f"{name} is not a unique property of {store.kind.name}")
    return store.holder(name, key)


def refuse_associations(body: JsonObject) -> None:
    """Refuse links: this sandbox has no records of another type to link to."""
    for link in object_list(body, "associations"):
        to = link.get("to")
        target = str(to.get("id", "")) if isinstance(to, dict) else ""
        raise Refused(
            Problem(
                status=400,
                category="VALIDATION_ERROR",
                message="One or more associations are not valid",
                context={
                    "INVALID_OBJECT_IDS": [f"OBJECT={target} is not valid"],
                    "objectId": [target],
                },
            )
        )


def cursor(record_id: str) -> str:
    """Return the opaque mark of a page's end."""
    return base64.urlsafe_b64encode(f"after:{record_id}".encode()).decode()


def next_page(after: str) -> JsonObject:
    """Return `paging.next`."""
    link = base64.b64encode(after.encode()).decode()
    return {"after": after, "link": f"?after={link}"}


def _position(after: str) -> int:
    if not after:
        return 0
    try:
        return int(base64.urlsafe_b64decode(after).decode().removeprefix("after:"))
    except (binascii.Error, ValueError) as error:
        raise invalid("The `after` cursor is not one this listing gave") from error
