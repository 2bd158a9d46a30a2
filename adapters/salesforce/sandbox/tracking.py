"""Field history: who changed which tracked field, from what to what (salesforce.md 11.2)."""

from typing import Any

from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.moments import as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.store import Row, Store

HISTORY_OF = {
    "Contact": ("ContactHistory", "ContactId"),
    "Lead": ("LeadHistory", "LeadId"),
    "Account": ("AccountHistory", "AccountId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
LONG_TEXT = 255
_LABELS = {"OwnerId": "Owner", "AccountId": "Account"}
_TYPES = {"reference": "EntityId", "boolean": "Boolean", "date": "DateOnly", "datetime": "DateTime"}


def track_creation(org: Org, kind: Kind, row: Row, actor: Actor) -> None:
    """Note that a row was made; what it was made with leaves no trace."""
    if org.settings.tracked.get(kind.name):
        _note(org, kind, row, actor, Field="created", DataType="Text")


def track_change(org: Org, kind: Kind, before: Row, after: Row, actor: Actor) -> None:
    """Note each tracked field that changed; a long text leaves the fact only."""
    for name in org.settings.tracked.get(kind.name, ()):
        old, new = before.get(name), after.get(name)
        if old == new or name not in kind.fields:
            continue
        field = kind.fields[name]
        is_long = field.type == "textarea" and field.length > LONG_TEXT
        _note(
            org,
            kind,
            after,
            actor,
            Field=_LABELS.get(name, name),
            DataType=_TYPES.get(field.type, "Text"),
            OldValue=None if is_long else old,
            NewValue=None if is_long else new,
        )


def readable(org: Org, kind: Kind, rows: list[Row]) -> list[Row]:
    """Return the rows the user may see: a field out of sight has no history either."""
    parent = next((name for name, place in HISTORY_OF.items() if place[0] == kind.name), None)
    if parent is None:
        return rows
    return [row for row in rows if f"{parent}.{row.get('Field')}" not in org.hidden]


def forget(org: Org, kind: Kind, row_id: str, actor: Actor) -> None:
    """Drop the history of a row that is gone for good."""
    if kind.name not in HISTORY_OF:
        return
    store, parent = _place(org, kind)
    for each in [each for each in store.rows.values() if each.get(parent) == row_id]:
        org.remove(store, each.id, actor)


def _note(org: Org, kind: Kind, row: Row, actor: Actor, **values: Any) -> None:
    store, parent = _place(org, kind)
    entry = {
        parent: row.id,
        "Id": store.next_id(),
        "CreatedDate": as_text(org.clock.now()),
        "CreatedById": actor.user_id,
        "IsDeleted": False,
        **{name: value for name, value in values.items() if value is not None},
    }
    org.put(store, Row(entry["Id"], entry), actor)


def _place(org: Org, kind: Kind) -> tuple[Store, str]:
    name, parent = HISTORY_OF[kind.name]
    return org.store(name), parent
