"""What a write becomes in Salesforce's terms: its object, its body, or why it cannot be sent.

Promises that only names the org describes are ever sent: one unknown name fails a whole request of
200 records. A field that may only be set at creation is left out of updates, and the read that
follows tells the engine so; a field of leads that contacts lack is left out of contacts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import Outcome, Refused, Verb, Write
from adapters.errors import Failure
from adapters.exchange import Json
from adapters.salesforce import codec
from adapters.salesforce.description import Attribute, Description
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import CONTACT, Member, Scope
from adapters.salesforce.schema import LEAD_COMPANY
from daemon.core.values import Value

_ACCOUNT = "AccountId"
_UNKNOWN_FIELD = "INVALID_FIELD"
_NOT_EMPTY = "REQUIRED_FIELD_MISSING"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One write, ready to be sent."""

    write: Write
    member: Member
    id: str
    """The record's id in its long form; "" for a create."""
    key: str
    """Our id, where the create is an upsert by it."""
    body: Mapping[str, Json]
    """Salesforce's field names and values."""

    @property
    def parent(self) -> str:
        """The record that is locked along with ours."""
        return str(self.body.get(self.member.of.parent) or "")

    @property
    def claims(self) -> set[tuple[str, str]]:
        """What no other write of the same request may claim too."""
        person = self.body.get("ContactId") or self.body.get("LeadId") or ""
        joined = f"{self.body.get('CampaignId', '')} {person}" if person else ""
        told = {("id", self.id), ("key", self.key.casefold()), ("member", joined)}
        return {claim for claim in told if claim[1]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Drafting:
    """Makes drafts for one call of ``write``."""

    scope: Scope
    verb: Verb
    described: Mapping[str, Description]
    keyed: frozenset[str]
    """Objects whose records can be upserted by our id."""
    company_filler: str

    def draft(self, write: Write) -> Draft | Outcome:
        """Return what to send, or why it cannot be."""
        member = self._member(write)
        if member is None:
            return refusal("NOT_FOUND", "Salesforce has no record with this id in the object.")
        body: dict[str, Json] = {}
        for name, value in write.values.items():
            attribute = self.described[member.of.name].attributes.get(member.api_name(name))
            if attribute is None:
                if self._is_known_elsewhere(member, name):
                    continue
                return _unknown(name)
            if self._is_sent(attribute):
                body[attribute.name] = self._value(name, attribute, value, member)
                if body[attribute.name] is None and attribute.type == "boolean":
                    return _never_empty(name)
        if self.verb is Verb.CREATE:
            body = self._completed(body, member)
        is_keyed = self.verb is Verb.CREATE and member.of.name in self.keyed
        return Draft(
            write=write,
            member=member,
            id=long_id(write.id or ""),
            key=(write.external_id or "") if is_keyed else "",
            body=body,
        )

    def _member(self, write: Write) -> Member | None:
        if self.verb is not Verb.CREATE:
            return self.scope.member_of(long_id(write.id or ""))
        contact = self.scope.member(CONTACT)
        # Who belongs to an account is a contact; everybody else begins as a lead (§10).
        return contact if contact and write.values.get(_ACCOUNT) else self.scope.newcomer

    def _is_known_elsewhere(self, member: Member, name: str) -> bool:
        others = (one for one in self.scope.members if one is not member)
        return any(one.api_name(name) in self.described[one.of.name] for one in others)

    def _is_sent(self, attribute: Attribute) -> bool:
        return attribute.is_createable if self.verb is Verb.CREATE else attribute.is_updateable

    def _value(self, name: str, attribute: Attribute, value: Value, member: Member) -> Json:
        raw = codec.encode(attribute, value)
        if name == LEAD_COMPANY and member.of.is_convertible:
            return raw or self.company_filler or None
        return raw

    def _completed(self, body: dict[str, Json], member: Member) -> dict[str, Json]:
        """Return a new record's fields: empty ones are left out, a lead has a company."""
        full = {name: value for name, value in body.items() if value is not None}
        if member.of.is_convertible and self.company_filler:
            full.setdefault(LEAD_COMPANY, self.company_filler)
        return full


def refusal(code: str, why: str, field: str = "") -> Refused:
    """Return the outcome of a write that was not even sent."""
    return Refused(failure=Failure(kind="RejectRecord", code=code, message=why, field=field))


def _unknown(name: str) -> Refused:
    return refusal(
        _UNKNOWN_FIELD,
        f"Salesforce shows no field {name!r} to the integration user. Next: give it access to the "
        "field, or take it out of the mapping.",
        name,
    )


def _never_empty(name: str) -> Refused:
    return refusal(
        _NOT_EMPTY,
        f"Salesforce keeps {name!r} as yes or no, never empty. Next: say which of the two it is.",
        name,
    )


def requests(drafts: Sequence[Draft], size: int) -> list[list[Draft]]:
    """Return drafts in requests of at most *size*, none of which writes a record twice.

    A second write of a record goes into a later request than the first. Rows of one parent stand
    together, so that requests do not lock each other's parents.
    """
    made: list[list[Draft]] = []
    last: dict[tuple[str, str], int] = {}
    for draft in sorted(drafts, key=lambda one: one.parent):
        claims = draft.claims
        place = max((last[claim] + 1 for claim in claims if claim in last), default=0)
        while place < len(made) and len(made[place]) >= size:
            place += 1
        if place == len(made):
            made.append([])
        made[place].append(draft)
        last |= dict.fromkeys(claims, place)
    return made
