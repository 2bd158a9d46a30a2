"""Merging and lead conversion, which only the screen and SOAP can do (salesforce.md 10).

Promises that a loser lies in the bin with the winner's id in `MasterRecordId`, that the winner is
updated once and the loser's children are moved without a stamp of their own, and that a converted
lead stays where it is, frozen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.salesforce.sandbox.moments import as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import refused
from adapters.salesforce.sandbox.removing import Remover
from adapters.salesforce.sandbox.saving import Writer
from adapters.salesforce.sandbox.store import Row

MOST_LOSERS = 2
MOVED = {
    "Contact": (("CampaignMember", "ContactId"), ("Task", "WhoId"), ("Contact", "ReportsToId")),
    "Lead": (("CampaignMember", "LeadId"), ("Task", "WhoId")),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId")),
}
_COPIED = (
    "Salutation", "FirstName", "LastName", "Title", "Phone", "MobilePhone", "Fax", "Email",
    "LeadSource", "Description", "HasOptedOutOfEmail", "DoNotCall",
)  # fmt: skip
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")


def merge(org: Org, actor: Actor, name: str, winner_id: str, loser_ids: Sequence[str]) -> Row:
    """Merge up to two losers into a winner; what the winner lacks it takes. Raises Refused."""
    writer, store = Writer(org, actor), org.store(name)
    if not store.kind.may("mergeable") or not 1 <= len(loser_ids) <= MOST_LOSERS:
        raise refused("INVALID_OPERATION", "one or two records of a mergeable object are merged")
    winner = writer.living(store, winner_id)
    losers = [writer.living(store, each) for each in loser_ids]
    if winner.id in {each.id for each in losers}:
        raise refused("INVALID_OPERATION", "a record cannot be merged with itself")
    taken: dict[str, Any] = {}
    keys = {field.name for field in store.kind.fields.values() if field.is_unique}
    for loser in losers:
        taken |= {
            field.name: loser.get(field.name)
            for field in store.kind.fields.values()
            if field.may("updateable") and field.name not in {*keys, *taken}
            if winner.get(field.name) is None and loser.get(field.name) is not None
        }
    for loser in losers:
        Remover(org, actor).to_bin(store, loser, winner.id)
        _move_children(org, actor, name, loser.id, winner.id)
    return writer.update(name, winner.id, taken)


def convert(
    org: Org, actor: Actor, lead_id: str, *, contact_id: str = "", account_id: str = ""
) -> Row:
    """Make a contact of a lead, or fill one; the lead stays, converted. Raises Refused."""
    writer, store = Writer(org, actor), org.store("Lead")
    lead = writer.living(store, lead_id)
    if lead.get("IsConverted"):
        raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if contact_id:
        contact = _fill(writer, org, contact_id, lead)
        account_id = account_id or str(contact.get("AccountId") or "")
    account_id = account_id or writer.create("Account", {"Name": lead.get("Company")}).id
    if not contact_id:
        contact = writer.create("Contact", {**_contact_values(lead), "AccountId": account_id})
    now = as_text(org.clock.now())
    done = {
        "IsConverted": True,
        "ConvertedDate": now[:10],
        "ConvertedContactId": contact.id,
        "ConvertedAccountId": account_id,
        "Status": "Closed - Converted",
        "LastModifiedDate": now,
        "LastModifiedById": actor.user_id,
        "SystemModstamp": now,
    }
    converted = Row(lead.id, {**lead.values, **done})
    org.put(store, converted, actor)
    for member in _rows_with(org, "CampaignMember", "LeadId", lead.id):
        _rewrite(org, actor, "CampaignMember", member, {"ContactId": contact.id})
    return converted


def _fill(writer: Writer, org: Org, contact_id: str, lead: Row) -> Row:
    """Copy a lead's values into a contact where it has none."""
    contact = writer.living(org.store("Contact"), contact_id)
    wanted = _contact_values(lead)
    missing = {name: value for name, value in wanted.items() if contact.get(name) is None}
    return writer.update("Contact", contact.id, missing)


def _contact_values(lead: Row) -> dict[str, Any]:
    values = {name: lead.get(name) for name in _COPIED}
    values |= {f"Mailing{name}": lead.get(name) for name in _ADDRESS}
    return {name: value for name, value in values.items() if value is not None}


def _move_children(org: Org, actor: Actor, name: str, old_id: str, new_id: str) -> None:
    for child, field in MOVED.get(name, ()):
        for row in _rows_with(org, child, field, old_id):
            _rewrite(org, actor, child, row, {field: new_id})


def _rows_with(org: Org, name: str, field: str, value: str) -> list[Row]:
    return [row for row in org.store(name).all_live() if row.get(field) == value]


def _rewrite(org: Org, actor: Actor, name: str, row: Row, values: Mapping[str, Any]) -> None:
    org.put(org.store(name), Row(row.id, {**row.values, **values}), actor)
