"""HubSpot's objects, one row each: what differs between them is data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapters.errors import Unreadable
from daemon.core.values import FieldKind


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """What the adapter must know of one type of record."""

    name: str
    """As it stands in paths."""
    modified: str
    """The property that search filters by. The other one of that meaning yields nothing."""
    required_any: tuple[str, ...]
    unique: frozenset[str]
    """Unique by HubSpot's own rule, without ``hasUniqueValue``."""
    property_group: str
    """Where a property of ours is put."""
    merged_ids: str
    """The property that lists merged ids, separated by ";"."""
    other_emails: str = ""
    """The property that lists secondary addresses, separated by ";"."""
    kinds: Mapping[str, FieldKind]
    """Properties whose meaning their type does not tell."""
    forward_only: frozenset[str] = frozenset()
    """Choices that HubSpot silently refuses to move back."""

    @property
    def always_read(self) -> tuple[str, ...]:
        """Properties every read asks for besides the mapped ones."""
        return tuple(name for name in (self.modified, self.merged_ids, self.other_emails) if name)


CONTACTS = ObjectType(
    name="contacts",
    modified="lastmodifieddate",
    required_any=("email", "firstname", "lastname"),
    unique=frozenset({"email"}),
    property_group="contactinformation",
    merged_ids="hs_merged_object_ids",
    other_emails="hs_additional_emails",
    kinds=MappingProxyType(
        {
            "email": FieldKind.EMAIL,
            "work_email": FieldKind.EMAIL,
            "website": FieldKind.URL,
            "hs_object_id": FieldKind.TEXT,
            "hs_merged_object_ids": FieldKind.TEXT,
            "hs_additional_emails": FieldKind.TEXT,
        }
    ),
    forward_only=frozenset({"lifecyclestage"}),
)

OBJECT_TYPES: Mapping[str, ObjectType] = MappingProxyType({CONTACTS.name: CONTACTS})


def object_type(name: str) -> ObjectType:
    """Return the row of an object. Raises Unreadable for one that has none."""
    if name not in OBJECT_TYPES:
        raise Unreadable(
            f"HubSpot has no object {name!r} that can be synced.",
            code="unknown_object",
            next_step=f"Name one of: {', '.join(sorted(OBJECT_TYPES))}.",
        )
    return OBJECT_TYPES[name]
