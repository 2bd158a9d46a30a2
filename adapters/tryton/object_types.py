"""Tryton's objects, one row each: what differs between them is data.

A party keeps its addresses and its ways to be reached in records of their own. To the outside they
are fields: the first active one of a kind is the field, as Tryton itself shows it on the party.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from adapters.errors import Unreadable
from daemon.core.values import FieldKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A field that lives in a record of its own."""

    relation: str
    """The field of the object that lists those records."""
    label: str
    kind: FieldKind
    column: str
    """Where the value stands in that record."""
    type: str = ""
    """Only records of this type; "" = any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """What the adapter must know of one type of record."""

    name: str
    model: str
    relations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Lists of records that belong to it → their model; a change of theirs is one of its own."""
    parts: Mapping[str, Part] = field(default_factory=lambda: MappingProxyType({}))
    coded: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """References that are told by code, not by id → the model that has the codes."""
    kinds: Mapping[str, FieldKind] = field(default_factory=lambda: MappingProxyType({}))
    read_only: frozenset[str] = frozenset()
    """Fields that only the server or its own buttons set, besides those it says so of."""
    unique: frozenset[str] = frozenset()
    required_any: tuple[str, ...] = ()
    has_active: bool = False
    """Records can be put away and taken back: ``active``."""
    identifiers: str = ""
    """The relation that can carry our own id; "" where there is none."""
    replaced_by: str = ""
    """The field that leads from a merged record to the one it was merged into."""

    def model_of(self, part: Part) -> str:
        """Return the model of the records a part lives in."""
        return self.relations[part.relation]


def _reached(type_: str, label: str, kind: FieldKind) -> Part:
    return Part(relation="contact_mechanisms", label=label, kind=kind, column="value", type=type_)


def _placed(column: str, label: str, kind: FieldKind = FieldKind.TEXT) -> Part:
    return Part(relation="addresses", label=label, kind=kind, column=column)


PARTIES = ObjectType(
    name="party",
    model="party.party",
    relations=MappingProxyType(
        {"contact_mechanisms": "party.contact_mechanism", "addresses": "party.address"}
    ),
    parts=MappingProxyType(
        {
            "email": _reached("email", "Email", FieldKind.EMAIL),
            "phone": _reached("phone", "Phone", FieldKind.PHONE),
            "mobile": _reached("mobile", "Mobile", FieldKind.PHONE),
            "fax": _reached("fax", "Fax", FieldKind.PHONE),
            "website": _reached("website", "Website", FieldKind.URL),
            "street": _placed("street", "Street"),
            "postal_code": _placed("postal_code", "Postal Code"),
            "city": _placed("city", "City"),
            "country": _placed("country", "Country", FieldKind.CHOICE),
        }
    ),
    coded=MappingProxyType({"country": "country.country"}),
    read_only=frozenset({"code"}),
    unique=frozenset({"code"}),
    required_any=("name", "email", "phone", "mobile"),
    has_active=True,
    identifiers="identifiers",
    replaced_by="replaced_by",
)

OPPORTUNITIES = ObjectType(
    name="opportunity",
    model="sale.opportunity",
    coded=MappingProxyType({"currency": "currency.currency"}),
    # A state is moved by the buttons of Tryton's workflow, each with conditions of its own.
    read_only=frozenset({"number", "state", "converted_by"}),
)

OBJECT_TYPES: Mapping[str, ObjectType] = MappingProxyType(
    {one.name: one for one in (PARTIES, OPPORTUNITIES)}
)


def object_type(name: str) -> ObjectType:
    """Return the row of an object. Raises Unreadable for one that has none."""
    if name not in OBJECT_TYPES:
        raise Unreadable(
            f"Tryton has no object {name!r} that can be synced.",
            code="unknown_object",
            next_step=f"Name one of: {', '.join(sorted(OBJECT_TYPES))}.",
        )
    return OBJECT_TYPES[name]
