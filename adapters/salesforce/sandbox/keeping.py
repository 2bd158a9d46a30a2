"""An org's state as JSON: dumped for a look, kept in a file, loaded again.

Promises that what was dumped and loaded answers as before: ids, stamps, the bin, the delete log,
history, custom fields.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from adapters.salesforce.sandbox.fields import Field
from adapters.salesforce.sandbox.moments import as_moment, as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.store import Removal, Row, Store
from adapters.sandbox.exchange import JsonObject


def save_state(org: Org, path: Path) -> None:
    """Write the state to a file, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(orjson.dumps(dump(org)))
    fresh.replace(path)


def load_state(org: Org, path: Path) -> None:
    """Replace the org's state by a file's. Raises ValueError for a file of another kind."""
    try:
        load(org, orjson.loads(path.read_bytes()))
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be loaded; move it away to begin with fresh records. {error}"
        ) from error


def dump(org: Org) -> JsonObject:
    """Return all there is, as JSON values."""
    return {
        "organizationId": org.id,
        "types": {name: _dump_store(store) for name, store in org.stores.items()},
    }


def dump_row(row: Row) -> JsonObject:
    """Return one record; `archivedAt` is when it went to the bin."""
    stamp = row.get("SystemModstamp") or row.get("CreatedDate")
    return {
        "id": row.id,
        "createdAt": row.get("CreatedDate"),
        "updatedAt": stamp,
        "archivedAt": stamp if row.is_deleted else None,
        "values": dict(row.values),
    }


def load(org: Org, state: Mapping[str, Any]) -> None:
    """Replace rows and custom fields by those of a dump.

    Raises ValueError where the dump is not one of this sandbox.
    """
    try:
        for name, part in state["types"].items():
            _load_store(org, org.stores[name], part)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no state of a Salesforce sandbox: {error!r}.") from error


def _dump_store(store: Store) -> JsonObject:
    return {
        "records": [dump_row(row) for row in store.rows.values()],
        "removals": {each.id: as_text(each.at) for each in store.removals.values()},
        "lastNumber": store.last_number,
        "customFields": [
            dict(field.told) for field in store.kind.fields.values() if field.told["custom"]
        ],
    }


def _load_store(org: Org, store: Store, part: Mapping[str, Any]) -> None:
    actor = Actor(user_id=org.person, is_person=True)
    rows = [Row(plain["id"], dict(plain["values"])) for plain in part["records"]]
    custom = (Field(MappingProxyType(told)) for told in part.get("customFields", ()))
    store.use(store.kind.with_fields(custom))
    for row_id in list(store.rows):
        org.remove(store, row_id, actor)
    for row in rows:
        org.put(store, row, actor)
    store.last_number = max(store.last_number, int(part.get("lastNumber", 0)))
    store.removals = {
        each: Removal(id=each, at=as_moment(at)) for each, at in part.get("removals", {}).items()
    }
