"""Fields and objects as describe shows them (salesforce.md 3).

Takes describe's own words for a field. Gives the questions the rules ask of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from adapters.sandbox.exchange import JsonObject

TEXTS = frozenset(
    {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox"}
)
NUMBERS = frozenset({"int", "double", "currency", "percent"})
COMPOUND = frozenset({"address", "location"})
SYSTEM = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")


@dataclass(frozen=True, slots=True)
class Field:
    """One field, held as describe shows it."""

    told: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its API name."""
        return str(self.told["name"])

    @property
    def type(self) -> str:
        """Describe's word for its type."""
        return str(self.told["type"])

    @property
    def length(self) -> int:
        """Characters a text may have; 0 where that means nothing."""
        return int(self.told["length"])

    @property
    def is_required(self) -> bool:
        """Whether a new record must bring it."""
        told = self.told
        return bool(told["createable"] and not told["nillable"] and not told["defaultedOnCreate"])

    @property
    def is_key(self) -> bool:
        """Whether an upsert may go by it."""
        return bool(self.told["externalId"] or self.told["idLookup"])

    @property
    def is_unique(self) -> bool:
        """Whether two records may not share a value."""
        return bool(self.told["unique"])

    @property
    def options(self) -> tuple[str, ...]:
        """The active values of a picklist, in their order."""
        listed = self.told["picklistValues"]
        return tuple(option["value"] for option in listed if option["active"])

    @property
    def default(self) -> object:
        """What a new record gets when it brings nothing."""
        if self.type == "boolean":
            return bool(self.told["defaultValue"])
        listed = self.told["picklistValues"]
        chosen = next((option["value"] for option in listed if option["defaultValue"]), None)
        return chosen if chosen is not None else self.told["defaultValue"]

    @property
    def targets(self) -> tuple[str, ...]:
        """The objects a reference may lead to."""
        return tuple(self.told["referenceTo"])

    @property
    def relation(self) -> str | None:
        """The name under which the parent is reached."""
        name = self.told["relationshipName"]
        return None if name is None else str(name)

    def may(self, deed: str) -> bool:
        """Say whether it is `createable`, `updateable`, `filterable` or `sortable`."""
        return bool(self.told[deed])

    def changed(self, **told: object) -> "Field":
        """Return the field with other words."""
        return Field(MappingProxyType({**self.told, **told}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One object: its own words and its fields."""

    told: Mapping[str, Any]
    fields: Mapping[str, Field]
    prefix: str
    children: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """Its API name."""
        return str(self.told["name"])

    def may(self, deed: str) -> bool:
        """Say whether it is `createable`, `updateable`, `deletable`, `undeletable`, …."""
        return bool(self.told[deed])

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        exact = self.fields.get(name)
        if exact is not None:
            return exact
        wanted = name.lower()
        return next((each for each in self.fields.values() if each.name.lower() == wanted), None)

    def relation(self, name: str) -> Field | None:
        """Return the reference whose parent is reached under that name."""
        wanted = name.lower()
        related = (each for each in self.fields.values() if each.relation)
        return next((each for each in related if str(each.relation).lower() == wanted), None)

    def with_fields(self, fields: Iterable[Field]) -> "Kind":
        """Return the object with these fields added or replaced."""
        added = {each.name: each for each in fields}
        return replace(self, fields=MappingProxyType({**self.fields, **added}))

    def without(self, names: Iterable[str]) -> "Kind":
        """Return the object as someone sees it who may not see these fields."""
        hidden = set(names)
        kept = {name: each for name, each in self.fields.items() if name not in hidden}
        return replace(self, fields=MappingProxyType(kept))


def picklist_entry(value: str, label: str, *, is_active: bool, is_default: bool) -> JsonObject:
    """Return one option as describe shows it."""
    return {
        "active": is_active,
        "defaultValue": is_default,
        "label": label,
        "validFor": None,
        "value": value,
    }
