"""Property definitions of one object type, as an account has them (hubspot.md 13).

Takes the delivered definitions (`<type>.yaml`) and what is created later. Gives lookups and the
wire form. Promises that names are immutable and that an archived definition can be brought back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from typing import Any

import yaml

from adapters.hubspot.sandbox.moments import as_text
from adapters.sandbox.exchange import JsonObject

DEFAULT_GROUP = "contactinformation"
_FIELD_OF_TYPE = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "bool": "booleancheckbox",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One allowed value of an enumeration."""

    value: str
    label: str
    display_order: int = -1
    hidden: bool = False
    description: str = ""

    def wire(self) -> JsonObject:
        """Return the vendor's form."""
        return {
            "label": self.label,
            "value": self.value,
            "displayOrder": self.display_order,
            "hidden": self.hidden,
            "description": self.description,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A heading under which properties are shown."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False

    def wire(self) -> JsonObject:
        """Return the vendor's form."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyDefinition:
    """One property of an object type."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    is_calculated: bool = False
    is_unique: bool = False
    is_hidden: bool = False
    is_hubspot_defined: bool = False
    is_form_field: bool = False
    is_searchable: bool = False
    is_read_only: bool = False
    are_options_read_only: bool = False
    is_fixed: bool = False
    shows_currency: bool = False
    referenced_type: str | None = None
    created_user_id: str | None = None
    archived_at: datetime | None = None

    @property
    def is_writable(self) -> bool:
        """Whether the API may write values."""
        return not self.is_read_only and not self.is_calculated

    @property
    def is_multiple(self) -> bool:
        """Whether a value is a list joined by semicolons."""
        return self.type == "enumeration" and self.field_type == "checkbox"

    def wire(self) -> JsonObject:
        """Return the vendor's form."""
        body: JsonObject = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group_name,
            "description": self.description,
            "options": [option.wire() for option in self.options],
            "displayOrder": self.display_order,
            "calculated": self.is_calculated,
            "externalOptions": self.referenced_type is not None,
            "hasUniqueValue": self.is_unique,
            "hidden": self.is_hidden,
            "hubspotDefined": self.is_hubspot_defined,
            "formField": self.is_form_field,
            "archived": self.archived_at is not None,
            "dataSensitivity": "non_sensitive",
            "createdAt": as_text(self.created_at),
            "updatedAt": as_text(self.updated_at),
            "modificationMetadata": self._modification(),
        }
        optional = {
            "referencedObjectType": self.referenced_type,
            "createdUserId": self.created_user_id,
            "archivedAt": None if self.archived_at is None else as_text(self.archived_at),
            "showCurrencySymbol": True if self.shows_currency else None,
        }
        return body | {name: value for name, value in optional.items() if value is not None}

    def _modification(self) -> JsonObject:
        return {
            "archivable": not self.is_hubspot_defined,
            "readOnlyDefinition": self.is_hubspot_defined,
            "readOnlyOptions": self.are_options_read_only,
            "readOnlyValue": not self.is_writable,
        }


class Catalog:
    """All properties and groups of one object type in one account."""

    def __init__(self, delivered: Iterable[PropertyDefinition], groups: Iterable[Group]) -> None:
        self._active = {definition.name: definition for definition in delivered}
        self._archived: dict[str, PropertyDefinition] = {}
        self.groups = {group.name: group for group in groups}
        self.unique_names = self._unique()

    def get(self, name: str) -> PropertyDefinition | None:
        """Return an active definition."""
        return self._active.get(name)

    def archived(self, name: str) -> PropertyDefinition | None:
        """Return an archived definition."""
        return self._archived.get(name)

    def all(self, *, is_archived: bool = False) -> list[PropertyDefinition]:
        """Return the active or the archived definitions, in order of creation."""
        return list((self._archived if is_archived else self._active).values())

    def custom(self) -> list[PropertyDefinition]:
        """Return the active definitions the account made itself."""
        return [item for item in self._active.values() if not item.is_hubspot_defined]

    def put(self, definition: PropertyDefinition) -> None:
        """Add or replace an active definition; an archived one of that name is gone."""
        self._archived.pop(definition.name, None)
        self._active[definition.name] = definition
        self.unique_names = self._unique()

    def archive(self, name: str, at: datetime) -> None:
        """Move an active definition to the archive."""
        definition = self._active.pop(name)
        self._archived[name] = replace(definition, archived_at=at)
        self.unique_names = self._unique()

    def searchable_names(self) -> list[str]:
        """Return the properties free-text search looks at."""
        return [item.name for item in self._active.values() if item.is_searchable]

    def _unique(self) -> tuple[str, ...]:
        """Return the properties whose values may not repeat, e-mail apart."""
        return tuple(item.name for item in self._active.values() if item.is_unique)


def delivered_catalog(type_name: str, at: datetime) -> Catalog:
    """Return a new account's catalog, read from the type's YAML file."""
    source = resources.files(__package__).joinpath(f"{type_name}.yaml")
    plain: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    groups = [Group(name=item["name"], label=item["label"]) for item in plain["groups"]]
    return Catalog([_delivered(item, at) for item in plain["properties"]], groups)


def _delivered(item: Mapping[str, Any], at: datetime) -> PropertyDefinition:
    kind = item.get("type") or "string"
    return PropertyDefinition(
        name=item["name"],
        label=item.get("label") or item["name"].capitalize(),
        type=kind,
        field_type=item.get("field") or _FIELD_OF_TYPE.get(kind, "text"),
        group_name=item.get("group", DEFAULT_GROUP),
        created_at=at,
        updated_at=at,
        options=_options(item.get("options", ())),
        is_calculated=bool(item.get("calculated")),
        is_hidden=bool(item.get("hidden")),
        is_hubspot_defined=True,
        is_form_field=bool(item.get("form")),
        is_searchable=bool(item.get("searchable")),
        is_read_only=bool(item.get("read_only")),
        are_options_read_only=bool(item.get("read_only_options")),
        is_fixed=bool(item.get("fixed")),
        shows_currency=bool(item.get("currency")),
        referenced_type=item.get("referenced"),
    )


def _options(listed: Iterable[str]) -> tuple[Option, ...]:
    pairs = (text.partition("|") for text in listed)
    return tuple(
        Option(value=value, label=label or value, display_order=position)
        for position, (value, _, label) in enumerate(pairs)
    )
