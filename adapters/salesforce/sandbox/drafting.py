"""From a body to the values of a row: names found, values read, parents looked up.

Takes JSON as a client sends it. Gives values by field name. Promises to refuse a field that is not
there, that may not be written, or whose value does not fit, in this order.
"""

from collections.abc import Mapping
from typing import Any

from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import Refused, no_such_column, refused
from adapters.salesforce.sandbox.values import kept_value

IGNORED = frozenset({"attributes"})
CALL_LEVEL = frozenset({"INVALID_FIELD", "JSON_PARSER_ERROR"})
"""Codes of a body that cannot be understood: among many records they fail the whole call."""


def draft(org: Org, kind: Kind, body: Mapping[str, Any], deed: str) -> dict[str, Any]:
    """Return the values of a body; *deed* is `createable` or `updateable`. Raises Refused."""
    found = named(kind, body)
    closed = [field.name for field, _ in found if not field.may(deed)]
    if closed:
        raise refused(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings"
            " of this field and verify that it is read/write for your profile or permission set.",
            *closed,
        )
    return {field.name: _value(org, field, given) for field, given in found}


def named(kind: Kind, body: Mapping[str, Any]) -> list[tuple[Field, Any]]:
    """Return each field of a body with what was sent for it. Raises Refused."""
    return [
        (_field(kind, name, given), given) for name, given in body.items() if name not in IGNORED
    ]


def precheck(org: Org, kind: Kind, body: Mapping[str, Any]) -> None:
    """Raise what would fail a whole call; what fails one record only is left for later."""
    for field, given in named(kind, body):
        try:
            _value(org, field, given)
        except Refused as wrong:
            if wrong.problem.code == "JSON_PARSER_ERROR":
                raise


def _field(kind: Kind, name: str, given: object) -> Field:
    field = kind.relation(name) if isinstance(given, dict) else kind.find(name)
    if field is None:
        raise no_such_column(name, kind.name)
    return field


def _value(org: Org, field: Field, given: object) -> object:
    if isinstance(given, dict) and field.type == "reference":
        return _by_external_id(org, field, given)
    return kept_value(field, given)


def _by_external_id(org: Org, field: Field, given: Mapping[str, Any]) -> str:
    """Find the parent that a nested object names by one of its keys."""
    names = [name for name in given if name not in IGNORED]
    target = field.targets[0]
    kind = org.visible_kind(target)
    key = kind.find(names[0]) if len(names) == 1 else None
    if key is None or not key.is_key:
        raise refused("INVALID_FIELD", f"{field.relation}: one external id field must be given")
    value = given[names[0]]
    ids = org.store(target).holders(key.name, value)
    if len(ids) != 1:
        raise refused(
            "INVALID_FIELD",
            f"Foreign key external ID: {value} not found for field {key.name} in entity {target}",
        )
    return ids[0]
