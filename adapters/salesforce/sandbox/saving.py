"""Writing a row, with everything that may stand in its way (salesforce.md 5, 14, 17, 20.10).

Order: fields, values, required ones, references, the object's own rules, unique values, validation
rules, duplicate rules, then the write with its stamps, its history and the administrator's triggers.
"""

from collections.abc import Mapping
from typing import Any

from adapters.salesforce.sandbox.checking import (
    check_references,
    check_required,
    check_rules,
    check_unique,
)
from adapters.salesforce.sandbox.deriving import derived
from adapters.salesforce.sandbox.drafting import draft
from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.ids import full_id
from adapters.salesforce.sandbox.moments import as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.own_rules import assigned_owner, check_own_rules, follow_ups
from adapters.salesforce.sandbox.person_accounts import mirror, named_by_parts
from adapters.salesforce.sandbox.problems import is_deleted, not_found, refused
from adapters.salesforce.sandbox.store import Row, Store
from adapters.salesforce.sandbox.tracking import track_change, track_creation
from adapters.salesforce.sandbox.triggers import run_triggers


class Writer:
    """Somebody who writes into an org."""

    def __init__(self, org: Org, actor: Actor) -> None:
        self._org = org
        self._actor = actor

    def kind(self, name: str) -> Kind:
        """Return an object as this writer sees it. Raises Refused."""
        return self._org.store(name).kind if self._actor.is_person else self._org.visible_kind(name)

    def create(self, name: str, body: Mapping[str, Any]) -> Row:
        """Make a row. Raises Refused."""
        kind, store = self.kind(name), self._org.store(name)
        if not kind.may("createable"):
            raise _closed(kind)
        given = draft(self._org, kind, body, "createable")
        values = _with_defaults(store.kind, given, self._actor)
        values |= named_by_parts(store.kind, given, None)
        assigned_owner(self._org, store.kind, values, self._actor)
        row = self._inserted(store, kind, values)
        for other, more in follow_ups(store.kind, row):
            self.create(other, more)
        return row

    def update(self, name: str, record_id: str, body: Mapping[str, Any]) -> Row:
        """Change a row. Raises Refused."""
        kind, store = self.kind(name), self._org.store(name)
        if not kind.may("updateable"):
            raise _closed(kind)
        row = self.living(store, record_id)
        given = draft(self._org, kind, body, "updateable")
        given = {name: value for name, value in given.items() if not _is_ignored(kind, name, value)}
        return self._updated(store, kind, row, named_by_parts(store.kind, given, row))

    def living(self, store: Store, record_id: str) -> Row:
        """Return a committed row that is not in the bin. Raises Refused."""
        row = store.seen(self._org.clock.now()).get(full_id(record_id))
        if row is None and store.kind.prefix != record_id[:3]:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        if row is None:
            raise not_found()
        if row.is_deleted:
            raise is_deleted()
        return store.rows.get(row.id, row)

    def _inserted(self, store: Store, kind: Kind, values: dict[str, Any]) -> Row:
        org, stamps = self._org, self._stamps()
        row_id = store.next_id()
        made: dict[str, Any] = {
            "Id": row_id,
            "CreatedDate": stamps["SystemModstamp"],
            "CreatedById": self._actor.user_id,
        }
        if "IsDeleted" in store.kind.fields:
            made["IsDeleted"] = False
        row = self._finished(store, kind, Row(row_id, {**values, **made, **stamps}), None)
        row = mirror(org, row, self._actor) if store.kind.name == "Account" else row
        org.put(store, row, self._actor)
        track_creation(org, store.kind, row, self._actor)
        return row

    def _updated(self, store: Store, kind: Kind, before: Row, given: dict[str, Any]) -> Row:
        row = Row(before.id, {**before.values, **given, **self._stamps()})
        row = self._finished(store, kind, row, before)
        row = mirror(self._org, row, self._actor) if store.kind.name == "Account" else row
        self._org.put(store, row, self._actor)
        track_change(self._org, store.kind, before, row, self._actor)
        return row

    def _stamps(self) -> dict[str, str]:
        now = as_text(self._org.clock.now())
        return {
            "LastModifiedDate": now,
            "LastModifiedById": self._actor.user_id,
            "SystemModstamp": now,
        }

    def _finished(self, store: Store, kind: Kind, row: Row, before: Row | None) -> Row:
        """Check a row and complete it."""
        org = self._org
        check_required(kind, row)
        check_references(org, store.kind, row, before)
        check_own_rules(org, store.kind, row, before)
        check_unique(store, row)
        row = Row(row.id, {**row.values, **derived(org, store.kind, row)})
        check_rules(org, store, row, before, self._actor)
        changed = run_triggers(org, store.kind, row)
        if changed:
            row = Row(row.id, {**row.values, **changed})
            row = Row(row.id, {**row.values, **derived(org, store.kind, row)})
        return row


def _with_defaults(kind: Kind, given: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in kind.fields.values():
        value = given.get(field.name)
        if value is None and field.name == "OwnerId":
            value = actor.user_id
        if value is None and (field.type == "boolean" or field.told["defaultedOnCreate"]):
            value = field.default
        if value is not None:
            values[field.name] = value
    return values


def _is_ignored(kind: Kind, name: str, value: object) -> bool:
    """Say whether a null gets a good answer and changes nothing, as with status lists (19)."""
    field = kind.fields[name]
    return value is None and bool(field.told["defaultedOnCreate"]) and field.type == "picklist"


def _closed(kind: Kind) -> Exception:
    return refused(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        f"entity type cannot be written: {kind.told['label']}",
        status=403,
    )
