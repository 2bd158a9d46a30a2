"""What a describe says of an object, as far as reading and writing need it.

A field the user may not see is not in a describe at all: it is absent, which is not the same as
empty. Compound fields (an address as a whole) are left out; their parts are fields of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapters.exchange import Json

_NO_VALUES = frozenset({"address", "location", "complexvalue", "base64", "anyType", "json"})
"""Types whose values are no single value, or no text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """One field as the org describes it."""

    name: str
    label: str
    type: str
    length: int
    scale: int
    is_createable: bool
    is_updateable: bool
    is_nillable: bool
    is_defaulted: bool
    is_filterable: bool
    is_unique: bool
    is_external_id: bool
    is_restricted: bool
    options: tuple[tuple[str, str], ...]
    """Active choices: value and label."""

    @property
    def is_writable(self) -> bool:
        """Whether it can be sent at all, be it at creation only."""
        return self.is_createable or self.is_updateable

    @property
    def is_required(self) -> bool:
        """Whether a create without it is refused."""
        return self.is_createable and not self.is_nillable and not self.is_defaulted


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """One object as the org describes it to this user."""

    name: str
    prefix: str
    attributes: Mapping[str, Attribute]
    is_replicateable: bool
    """Whether deletions are told (``getDeleted``)."""
    is_undeletable: bool
    """Whether what is deleted lies in the recycle bin first."""

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def existing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of *names* that this user may see."""
        return tuple(name for name in names if name in self.attributes)


def is_description(body: Json) -> bool:
    """Whether a body is a describe."""
    fields = body["fields"]
    return bool(body["name"]) and bool(fields) and all(isinstance(f["name"], str) for f in fields)


def description_of(body: Json) -> Description:
    """Return what a describe says."""
    shown = [one for one in body["fields"] if one.get("type") not in _NO_VALUES]
    attributes = [_attribute(one) for one in shown if not one.get("deprecatedAndHidden")]
    return Description(
        name=str(body["name"]),
        prefix=str(body.get("keyPrefix") or ""),
        attributes=MappingProxyType({one.name: one for one in attributes}),
        is_replicateable=body.get("replicateable") is True,
        is_undeletable=body.get("undeletable") is True,
    )


def _attribute(told: Json) -> Attribute:
    is_computed = bool(told.get("calculated") or told.get("autoNumber"))
    return Attribute(
        name=str(told["name"]),
        label=str(told.get("label") or told["name"]),
        type=str(told.get("type") or "string"),
        length=_whole(told.get("length")),
        scale=_whole(told.get("scale")),
        is_createable=told.get("createable") is True and not is_computed,
        is_updateable=told.get("updateable") is True and not is_computed,
        is_nillable=told.get("nillable") is not False,
        is_defaulted=told.get("defaultedOnCreate") is True,
        is_filterable=told.get("filterable") is not False,
        is_unique=told.get("unique") is True,
        is_external_id=told.get("externalId") is True,
        is_restricted=told.get("restrictedPicklist") is True,
        options=_options(told.get("picklistValues")),
    )


def _options(told: Json) -> tuple[tuple[str, str], ...]:
    entries = told if isinstance(told, list) else []
    return tuple(
        (str(one["value"]), str(one.get("label") or one["value"]))
        for one in entries
        if isinstance(one, dict) and one.get("active") and one.get("value") is not None
    )


def _whole(told: Json) -> int:
    return told if isinstance(told, int) else 0
