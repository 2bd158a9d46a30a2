"""Descriptions as a :class:`Schema`: one object's fields, or the union of leads' and contacts'.

Promises that a type nobody has seen yet is text, never an error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from adapters.salesforce.description import Attribute, Description
from adapters.salesforce.object_types import Member, Scope
from daemon.core.schema import Choice, Field, Schema
from daemon.core.values import FieldKind

KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "boolean": FieldKind.BOOL,
        "int": FieldKind.NUMBER,
        "long": FieldKind.NUMBER,
        "double": FieldKind.NUMBER,
        "currency": FieldKind.NUMBER,
        "percent": FieldKind.NUMBER,
        "date": FieldKind.DATE,
        "datetime": FieldKind.DATETIME,
        "email": FieldKind.EMAIL,
        "phone": FieldKind.PHONE,
        "url": FieldKind.URL,
        "picklist": FieldKind.CHOICE,
        "multipicklist": FieldKind.CHOICES,
        "reference": FieldKind.REFERENCE,
        "id": FieldKind.REFERENCE,
    }
)
_HAVE_LENGTH = frozenset(
    {FieldKind.TEXT, FieldKind.EMAIL, FieldKind.PHONE, FieldKind.URL, FieldKind.CHOICE}
)
LEAD_COMPANY = "Company"
"""Required of every lead; where a record names none, the connection's setting fills it."""


def kind_of(attribute: Attribute) -> FieldKind:
    """Return what a field means."""
    return KINDS.get(attribute.type, FieldKind.TEXT)


def schema_of(scope: Scope, described: Mapping[str, Description], *, fills_company: bool) -> Schema:
    """Return the fields of a scope, by the names they have in the sync."""
    fields: dict[str, Field] = {}
    # The object that newcomers become speaks first: its labels, and what it requires.
    for member in reversed(scope.members):
        for field in _fields(member, described[member.of.name]):
            if field.name in fields:
                fields[field.name] = _both(fields[field.name], field)
            else:
                is_newcomer = member is scope.newcomer
                fields[field.name] = replace(field, is_required=field.is_required and is_newcomer)
    if fills_company and LEAD_COMPANY in fields:
        fields[LEAD_COMPANY] = replace(fields[LEAD_COMPANY], is_required=False)
    return Schema(object=scope.name, fields=MappingProxyType(fields))


def _fields(member: Member, description: Description) -> Iterator[Field]:
    for name, attribute in description.attributes.items():
        kind = kind_of(attribute)
        has_end = attribute.length > 0 and kind in _HAVE_LENGTH
        yield Field(
            name=member.field_name(name),
            label=attribute.label,
            kind=kind,
            is_writable=attribute.is_writable,
            is_required=attribute.is_required,
            is_unique=attribute.is_unique,
            max_length=attribute.length if has_end else None,
            choices=_choices(attribute) if attribute.is_restricted else (),
        )


def _choices(attribute: Attribute) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=label) for value, label in attribute.options)


def _both(first: Field, second: Field) -> Field:
    """Return a field that leads and contacts have in common."""
    lengths = [length for length in (first.max_length, second.max_length) if length is not None]
    open_to_any = not first.choices or not second.choices
    more = tuple(one for one in second.choices if one not in first.choices)
    return replace(
        first,
        is_writable=first.is_writable or second.is_writable,
        is_unique=first.is_unique and second.is_unique,
        max_length=min(lengths, default=None),
        choices=() if open_to_any else (*first.choices, *more),
    )
