"""HubSpot's property definitions as a :class:`Schema`.

Takes the answer of the properties API. Gives fields with kinds, choices and whether they can be
written. Promises that a type nobody has seen yet is text, never an error.
"""

from types import MappingProxyType

from adapters.exchange import Json
from adapters.hubspot.object_types import ObjectType
from daemon.core.schema import Choice, Field, Schema
from daemon.core.values import FieldKind

_TRUE_FALSE = frozenset({"true", "false"})

_BY_TYPE = {
    "number": FieldKind.NUMBER,
    "bool": FieldKind.BOOL,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATETIME,
    "phone_number": FieldKind.PHONE,
}
_CHOOSING = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})


def schema_of(of: ObjectType, definitions: list[Json]) -> Schema:
    """Return the schema that a list of property definitions describes."""
    fields = [_field(of, one) for one in definitions if not one.get("archived")]
    return Schema(
        object=of.name,
        fields=MappingProxyType({field.name: field for field in fields}),
        required_any=of.required_any,
    )


def _field(of: ObjectType, definition: Json) -> Field:
    name = str(definition["name"])
    kind = _kind(of, name, definition)
    return Field(
        name=name,
        label=str(definition.get("label") or name),
        kind=kind,
        is_writable=_is_writable(definition),
        is_unique=name in of.unique or definition.get("hasUniqueValue") is True,
        choices=_choices(definition) if kind in _CHOOSING else (),
        is_forward_only=name in of.forward_only,
    )


def _is_writable(definition: Json) -> bool:
    rules = definition.get("modificationMetadata") or {}
    return rules.get("readOnlyValue") is not True and definition.get("calculated") is not True


def _kind(of: ObjectType, name: str, definition: Json) -> FieldKind:
    if name in of.kinds:
        return of.kinds[name]
    # An owner is an enumeration without options, an associated company a number: both are ids.
    if definition.get("referencedObjectType"):
        return FieldKind.REFERENCE
    shown_as = definition.get("fieldType")
    if definition.get("type") == "enumeration":
        return _kind_of_choice(definition, shown_as)
    if shown_as == "phonenumber":
        return FieldKind.PHONE
    return _BY_TYPE.get(str(definition.get("type")), FieldKind.TEXT)


def _kind_of_choice(definition: Json, shown_as: str | None) -> FieldKind:
    if definition.get("externalOptions") and not definition.get("options"):
        return FieldKind.REFERENCE
    if shown_as == "booleancheckbox":
        values = {choice.value for choice in _choices(definition)}
        return FieldKind.BOOL if values <= _TRUE_FALSE else FieldKind.CHOICE
    return FieldKind.CHOICES if shown_as == "checkbox" else FieldKind.CHOICE


def _choices(definition: Json) -> tuple[Choice, ...]:
    """Return the options in display order, which for lifecycle stages is their order of rank."""
    options = [one for one in definition.get("options") or [] if isinstance(one, dict)]
    options.sort(key=lambda option: _rank(option.get("displayOrder")))
    return tuple(
        Choice(value=str(option["value"]), label=str(option.get("label") or option["value"]))
        for option in options
        if "value" in option
    )


def _rank(order: Json) -> float:
    # Options without a place (-1) stand last, in the order given.
    return order if isinstance(order, int) and order >= 0 else float("inf")
