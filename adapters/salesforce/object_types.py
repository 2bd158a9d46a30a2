"""Salesforce's objects, one row each; what differs between them is data.

An object of a sync is a :class:`Scope`: one Salesforce object, or leads and contacts together,
whose records tell by their id which of the two they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adapters.errors import Unreadable
from adapters.salesforce import ids


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """What the adapter must know of one Salesforce object."""

    name: str
    prefix: str
    """The first three characters of its records' ids."""
    parent: str = ""
    """The reference whose record is locked with ours; rows are sent sorted by it."""
    history: str = ""
    """The object that keeps its field history, "" where there is none."""
    history_parent: str = ""
    is_convertible: bool = False
    """A lead: it may have become a contact, and is frozen then."""


LEAD = ObjectType(
    name="Lead",
    prefix="00Q",
    history="LeadHistory",
    history_parent="LeadId",
    is_convertible=True,
)
CONTACT = ObjectType(
    name="Contact",
    prefix="003",
    parent="AccountId",
    history="ContactHistory",
    history_parent="ContactId",
)

OBJECT_TYPES: Mapping[str, ObjectType] = MappingProxyType(
    {
        of.name.lower(): of
        for of in (
            LEAD,
            CONTACT,
            ObjectType(
                name="Account",
                prefix="001",
                parent="ParentId",
                history="AccountHistory",
                history_parent="AccountId",
            ),
            ObjectType(
                name="Opportunity",
                prefix="006",
                parent="AccountId",
                history="OpportunityFieldHistory",
                history_parent="OpportunityId",
            ),
            ObjectType(name="Campaign", prefix="701", parent="ParentId"),
            ObjectType(name="CampaignMember", prefix="00v", parent="CampaignId"),
            ObjectType(name="Task", prefix="00T", parent="WhoId"),
        )
    }
)

_CONTACT_ADDRESS: Mapping[str, str] = MappingProxyType(
    {
        name: f"Mailing{name}"
        for name in (
            *("Street", "City", "State", "PostalCode", "Country"),
            *("StateCode", "CountryCode", "Latitude", "Longitude", "GeocodeAccuracy"),
        )
    }
)
"""A lead has one address; a contact's mailing address is the same thing by another name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One Salesforce object of a scope, and the names its fields have there."""

    of: ObjectType
    aliases: Mapping[str, str]
    """Name in the sync → name in Salesforce, where they differ."""

    def api_name(self, field: str) -> str:
        """Return a field's name in Salesforce."""
        return self.aliases.get(field, field)

    def field_name(self, api_name: str) -> str:
        """Return a field's name in the sync."""
        return next((own for own, theirs in self.aliases.items() if theirs == api_name), api_name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """An object as a sync names it."""

    name: str
    members: tuple[Member, ...]
    """In the order in which a person is looked for: contacts before leads (§10)."""

    @property
    def is_combined(self) -> bool:
        """Whether leads and contacts stand together."""
        return len(self.members) > 1

    @property
    def newcomer(self) -> Member:
        """The object that new records become where nothing speaks for another: the last one."""
        return self.members[-1]

    def member_of(self, record_id: str) -> Member | None:
        """Return the object an id belongs to; None for an id of none of them."""
        start = ids.prefix(record_id)
        fits = ids.is_id(record_id)
        return next((one for one in self.members if fits and one.of.prefix == start), None)

    def member(self, of: ObjectType) -> Member | None:
        """Return an object's member; None where it is not part of this."""
        return next((one for one in self.members if one.of is of), None)


PEOPLE = "lead+contact"
"""Leads and contacts together, as ``object: {lead, contact}`` is read."""


def scope(name: str, external_id: Mapping[str, str]) -> Scope:
    """Return what a sync means by *name*. Raises Unreadable for an object that is not served.

    *external_id* is our id's name in the sync, and in Salesforce.
    """
    parts = sorted(part.strip().lower() for part in name.split("+"))
    if parts == ["contact", "lead"]:
        return Scope(
            name=name,
            members=(
                Member(of=CONTACT, aliases=MappingProxyType({**_CONTACT_ADDRESS, **external_id})),
                Member(of=LEAD, aliases=external_id),
            ),
        )
    if len(parts) == 1 and parts[0] in OBJECT_TYPES:
        return Scope(name=name, members=(Member(of=OBJECT_TYPES[parts[0]], aliases=external_id),))
    known = ", ".join([*sorted(of.name for of in OBJECT_TYPES.values()), "{lead, contact}"])
    raise Unreadable(
        f"Salesforce has no object {name!r} that can be synced.",
        code="unknown_object",
        next_step=f"Name one of: {known}.",
    )
