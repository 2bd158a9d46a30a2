"""An account's state as JSON: dumped for a look, kept in a file, loaded again.

Promises that what was dumped and loaded answers as before: ids, history, archive, merges, custom
properties, owners.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.moments import as_moment, as_text
from adapters.hubspot.sandbox.owners import Owner
from adapters.hubspot.sandbox.records import Record, Source, Version
from adapters.hubspot.sandbox.schema import Group, Option, PropertyDefinition
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.sandbox.exchange import JsonObject


def save_state(account: Account, path: Path) -> None:
    """Write the state to a file, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(orjson.dumps(dump(account)))
    fresh.replace(path)


def load_state(account: Account, path: Path) -> None:
    """Replace the account's state by a file's. Raises ValueError for a file of another kind."""
    try:
        load(account, orjson.loads(path.read_bytes()))
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be loaded; move it away to begin with fresh records. {error}"
        ) from error


def dump(account: Account) -> JsonObject:
    """Return all there is, as JSON values."""
    owners = [*account.owners.all(is_archived=False), *account.owners.all(is_archived=True)]
    return {
        "portalId": account.portal_id,
        "owners": [_plain(asdict(owner)) for owner in owners],
        "blockedEmails": sorted(account.blocked_emails),
        "types": {name: _dump_store(store) for name, store in account.stores.items()},
    }


def load(account: Account, state: Mapping[str, Any]) -> None:
    """Replace records, custom properties and owners by those of a dump.

    Raises ValueError where the dump is not one of this sandbox.
    """
    try:
        for name, part in state["types"].items():
            _load_store(account.stores[name], part, account.clock.now())
        for owner in state.get("owners", ()):
            account.owners.put(Owner(**_dated(owner)))
        account.blocked_emails.update(state.get("blockedEmails", ()))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no state of a HubSpot sandbox: {error!r}.") from error


def _dump_store(store: ObjectStore) -> JsonObject:
    definitions = [*store.catalog.all(), *store.catalog.all(is_archived=True)]
    return {
        "records": [dump_record(record) for record in store.records.values()],
        "aliases": dict(store.aliases),
        "lastId": store.last_id,
        "definitions": [_plain(asdict(each)) for each in definitions],
        "groups": [asdict(group) for group in store.catalog.groups.values()],
    }


def dump_record(record: Record) -> JsonObject:
    """Return one record with its whole history."""
    return {
        "id": record.id,
        "createdAt": as_text(record.created_at),
        "updatedAt": as_text(record.updated_at),
        "archivedAt": None if record.archived_at is None else as_text(record.archived_at),
        "values": dict(record.values),
        "history": {
            name: [_plain(asdict(version)) for version in versions]
            for name, versions in record.history.items()
        },
    }


def _load_store(store: ObjectStore, part: Mapping[str, Any], now: datetime) -> None:
    definitions = [_definition(plain) for plain in part.get("definitions", ())]
    records = [_record(plain) for plain in part["records"]]
    for definition in definitions:
        store.catalog.put(replace(definition, archived_at=None))
        if definition.archived_at is not None:
            store.catalog.archive(definition.name, definition.archived_at)
    store.catalog.groups.update({plain["name"]: Group(**plain) for plain in part.get("groups", ())})
    for record in list(store.records.values()):
        store.remove(record, now)
    store.aliases = dict(part.get("aliases", {}))
    store.last_id = max(store.last_id, int(part.get("lastId", 0)))
    for record in records:
        store.add(record, now, is_indexed_at_once=True)


def _definition(plain: Mapping[str, Any]) -> PropertyDefinition:
    options = tuple(Option(**option) for option in plain["options"])
    return PropertyDefinition(**{**_dated(plain), "options": options})


def _record(plain: Mapping[str, Any]) -> Record:
    archived = plain.get("archivedAt")
    return Record(
        id=plain["id"],
        created_at=as_moment(plain["createdAt"]),
        updated_at=as_moment(plain["updatedAt"]),
        archived_at=None if archived is None else as_moment(archived),
        values=dict(plain["values"]),
        history={
            name: [_version(version) for version in versions]
            for name, versions in plain.get("history", {}).items()
        },
    )


def _version(plain: Mapping[str, Any]) -> Version:
    return Version(
        value=plain["value"], at=as_moment(plain["at"]), source=Source(**plain["source"])
    )


def _plain(values: JsonObject) -> JsonObject:
    return {
        name: as_text(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _dated(plain: Mapping[str, Any]) -> JsonObject:
    return {
        name: as_moment(value) if name.endswith("_at") and value is not None else value
        for name, value in plain.items()
    }
