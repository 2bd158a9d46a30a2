"""Records on the wire (hubspot.md 5.2, 12): everything in `properties` is a text or null."""

from collections.abc import Iterable

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.moments import as_text
from adapters.hubspot.sandbox.records import Record
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.sandbox.exchange import JsonObject


def rendered(
    account: Account,
    store: ObjectStore,
    record: Record,
    *,
    wanted: Iterable[str] = (),
    with_history: Iterable[str] = (),
) -> JsonObject:
    """Return a record as a read gives it: what was asked for, null for empty, ids and dates always.

    Names that do not exist are ignored.
    """
    history = [name for name in with_history if store.catalog.get(name) is not None]
    names = dict.fromkeys((*(wanted or store.kind.default_properties), *history))
    always = ("createdate", store.kind.modified_property, "hs_object_id")
    properties = {
        name: record.values.get(name)
        for name in (*names, *always)
        if store.catalog.get(name) is not None
    }
    body = _frame(account, store, record, properties)
    if history:
        body["propertiesWithHistory"] = {
            name: [version.wire() for version in record.versions(name)] for name in history
        }
    return body


def rendered_write(
    account: Account, store: ObjectStore, record: Record, written: Iterable[str]
) -> JsonObject:
    """Return a record as the answer to a write: its defaults and what was written, "" if cleared."""
    properties: dict[str, str | None] = {
        name: record.values[name] for name in store.kind.default_properties if name in record.values
    }
    properties |= {name.lower(): record.get(name.lower()) for name in written}
    return _frame(account, store, record, properties)


def _frame(
    account: Account, store: ObjectStore, record: Record, properties: dict[str, str | None]
) -> JsonObject:
    host = "app-eu1" if account.settings.hosting == "eu1" else "app"
    body: JsonObject = {
        "id": record.id,
        "properties": properties,
        "createdAt": as_text(record.created_at),
        "updatedAt": as_text(record.updated_at),
        "archived": record.archived_at is not None,
        "url": f"https://{host}.hubspot.com/contacts/{account.portal_id}"
        f"/record/{store.kind.type_id}/{record.id}",
    }
    if record.archived_at is not None:
        body["archivedAt"] = as_text(record.archived_at)
    return body
