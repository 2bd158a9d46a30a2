"""The objects an org has from the start, read from the data beside this module.

Takes recorded describe answers and a table of our own. Gives objects. Promises that a field tells
all the words a describe answer has for it.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from adapters.salesforce.sandbox.fields import SYSTEM, Field, Kind, picklist_entry
from adapters.sandbox.exchange import JsonObject

RECORDED = ("Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole")
_NEVER = MappingProxyType({"createable": False, "updateable": False, "permissionable": False})
_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "anyType": "xsd:anyType",
}
_ACCESS = {"CU": (True, True), "C": (True, False), "U": (False, True), "R": (False, False)}
_OBJECT_WORDS = MappingProxyType(
    {
        "activateable": False,
        "createable": True,
        "custom": False,
        "deletable": True,
        "feedEnabled": False,
        "layoutable": True,
        "mergeable": False,
        "mruEnabled": True,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": True,
        "undeletable": True,
        "updateable": True,
    }
)


@cache
def delivered_kinds() -> Mapping[str, Kind]:
    """Return every object by name."""
    own = yaml.safe_load(_text("own.yaml"))
    kinds = [_recorded(name, own["add"].get(name, {})) for name in RECORDED]
    kinds += [_own(name, told) for name, told in own["objects"].items()]
    return MappingProxyType({kind.name: kind for kind in sorted(kinds, key=lambda one: one.name)})


def made_field(name: str, given: Mapping[str, Any]) -> Field:
    """Return a field from the short words of `own.yaml`."""
    creatable, updatable = _ACCESS[given.get("access", "CU")]
    kind, length = (
        given["type"],
        int(given.get("length", 18 if given["type"] == "reference" else 0)),
    )
    told = _defaults() | {
        "name": name,
        "label": given.get("label", name),
        "type": kind,
        "length": length,
        "byteLength": 18 if kind in {"reference", "id"} else length * 3,
        "soapType": _SOAP.get(kind, "xsd:string"),
        "createable": creatable,
        "updateable": updatable,
        "nillable": kind != "boolean" and not given.get("required", False),
        "defaultedOnCreate": bool(given.get("defaulted", kind == "boolean")),
        "defaultValue": given.get("default", False if kind == "boolean" else None),
        "restrictedPicklist": bool(given.get("restricted", False)),
        "referenceTo": list(given.get("to", ())),
        "custom": name.endswith("__c"),
        "picklistValues": _options(given.get("values", ()), given.get("default")),
    }
    if kind == "reference":
        told["relationshipName"] = _relation(name)
    known = set(told)
    return Field(MappingProxyType(told | {key: given[key] for key in given if key in known - _OWN}))


_OWN = frozenset({"type", "length", "label", "name"})


def _relation(name: str) -> str:
    return name.removesuffix("__c") + "__r" if name.endswith("__c") else name.removesuffix("Id")


def _options(values: Iterable[str], default: object) -> list[JsonObject]:
    return [
        picklist_entry(each, each, is_active=True, is_default=each == default) for each in values
    ]


@cache
def _shared_words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = json.loads(_text("field_defaults.json"))
    return words


def _defaults() -> JsonObject:
    return dict(_shared_words())


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("describes", name).read_text(encoding="utf-8")


def _recorded(name: str, added: Mapping[str, Any]) -> Kind:
    data = json.loads(_text(f"{name}.json"))
    listed = [_recorded_field(each) for each in data.pop("fields")]
    listed += [made_field(label, given) for label, given in added.items()]
    children = tuple(data.pop("childRelationships"))
    return Kind(
        told=MappingProxyType(data),
        fields=MappingProxyType({each.name: each for each in listed}),
        prefix=data["keyPrefix"],
        children=children,
    )


def _recorded_field(data: JsonObject) -> Field:
    default = data.pop("picklistDefault", None)
    listed = data.pop("picklist", ())
    options = [
        picklist_entry(each, each, is_active=True, is_default=each == default)
        if isinstance(each, str)
        else picklist_entry(
            each["value"],
            each["label"],
            is_active=each["active"],
            is_default=each["value"] == default,
        )
        for each in listed
    ]
    return Field(MappingProxyType({**_defaults(), **data, "picklistValues": options}))


def _own(name: str, given: Mapping[str, Any]) -> Kind:
    singular, plural = given["labels"]
    words = {key: given[key] for key in _OBJECT_WORDS if key in given}
    told = {
        **_OBJECT_WORDS,
        **words,
        "name": name,
        "label": singular,
        "labelPlural": plural,
        "keyPrefix": given["prefix"],
    }
    listed = [made_field(label, one) for label, one in given["fields"].items()]
    fields = [*_system_fields(given), *listed]
    return Kind(
        told=MappingProxyType(told),
        fields=MappingProxyType({each.name: each for each in fields}),
        prefix=given["prefix"] or given["keys"],
    )


def _system_fields(given: Mapping[str, Any]) -> list[Field]:
    fields = [made_field("Id", {"type": "id", "access": "R", "length": 18, "required": True})]
    fields[0] = fields[0].changed(idLookup=True, defaultedOnCreate=True, permissionable=False)
    if given.get("isDeletedField", True):
        fields.append(made_field("IsDeleted", {"type": "boolean", "access": "R"}))
    names = ("CreatedDate", "CreatedById") if given.get("history") else SYSTEM
    for name in names:
        if name.endswith("ById"):
            one = made_field(name, {"type": "reference", "access": "R", "to": ["User"]})
        else:
            one = made_field(name, {"type": "datetime", "access": "R"})
        fields.append(one.changed(**_NEVER, nillable=False, defaultedOnCreate=True))
    return fields


def custom_text(name: str, label: str, length: int, *, is_key: bool, is_case_kept: bool) -> Field:
    """Return a text field as an administrator makes one; a key is unique and an external id."""
    return made_field(name, {"type": "string", "length": length, "label": label}).changed(
        custom=True, unique=is_key, externalId=is_key, idLookup=is_key, caseSensitive=is_case_kept
    )
