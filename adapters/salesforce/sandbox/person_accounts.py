"""Person accounts: an account that is a person, with a contact that mirrors it (salesforce.md 3.3).

Only an org that has them on shows `IsPersonAccount`. The name is written by its parts, the contact
only through its account.
"""

from typing import Any

from adapters.salesforce.sandbox.catalog import made_field
from adapters.salesforce.sandbox.deriving import derived, person_name
from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.store import Row

FLAG = "IsPersonAccount"
_OF_ACCOUNTS: dict[str, dict[str, Any]] = {
    FLAG: {"type": "boolean", "access": "R"},
    "PersonContactId": {"type": "reference", "to": ["Contact"], "access": "R"},
    "Salutation": {"type": "picklist", "length": 40, "values": ["Mr.", "Ms.", "Dr."]},
    "FirstName": {"type": "string", "length": 40},
    "LastName": {"type": "string", "length": 80},
    "PersonEmail": {"type": "email", "length": 80},
    "PersonMobilePhone": {"type": "phone", "length": 40},
    "PersonTitle": {"type": "string", "length": 80},
    "PersonHasOptedOutOfEmail": {"type": "boolean"},
}
_MIRRORED = {
    "Salutation": "Salutation",
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Phone": "Phone",
    "PersonEmail": "Email",
    "PersonMobilePhone": "MobilePhone",
    "PersonTitle": "Title",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
}
_STAMPS = (
    "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "OwnerId",
)  # fmt: skip


def switch_on(org: Org) -> None:
    """Give accounts and contacts the fields of person accounts."""
    for name, told in _OF_ACCOUNTS.items():
        org.add_field("Account", made_field(name, told))
    org.add_field("Contact", _flag())


def _flag() -> Field:
    return made_field(FLAG, _OF_ACCOUNTS[FLAG])


def named_by_parts(kind: Kind, values: dict[str, Any], before: Row | None) -> dict[str, Any]:
    """Return the values of an account with the name its parts make. Raises Refused.

    A person's name as a whole, and a contact that belongs to a person account, cannot be written.
    """
    if FLAG not in kind.fields:
        return values
    if kind.name == "Contact":
        if before is not None and before.get(FLAG) and values:
            raise _not_writable(*values)
        return values
    is_person = bool(before.get(FLAG)) if before is not None else bool(values.get("LastName"))
    if not is_person:
        return values
    if "Name" in values:
        raise _not_writable("Name")
    parts = Row("", {**({} if before is None else before.values), **values})
    return {**values, FLAG: True, "Name": person_name(parts)}


def mirror(org: Org, row: Row, actor: Actor) -> Row:
    """Write the contact that mirrors a person account; returns the account, pointing to it."""
    if not row.get(FLAG):
        return row
    contacts = org.store("Contact")
    contact_id = row.get("PersonContactId") or contacts.next_id()
    old = contacts.rows.get(contact_id)
    values = {
        **({} if old is None else old.values),
        **{theirs: row.get(ours) for ours, theirs in _MIRRORED.items()},
        **{name: row.get(name) for name in _STAMPS},
        "Id": contact_id,
        "AccountId": row.id,
        "IsDeleted": False,
        FLAG: True,
    }
    contact = Row(contact_id, values)
    contact = Row(contact_id, {**values, **derived(org, contacts.kind, contact)})
    org.put(contacts, contact, actor)
    return Row(row.id, {**row.values, "PersonContactId": contact_id})


def _not_writable(*names: str) -> Refused:
    return refused(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of"
        " this field and verify that it is read/write for your profile or permission set.",
        *names,
    )
