"""Merge and erasure (hubspot.md 11.2, 18.3).

Promises that both ids of a merge lead to one survivor, whichever id that gets; that the primary's
e-mail stays and the other's becomes a secondary one; that elsewhere the more recent value wins.
"""

from datetime import datetime

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.calling import Call, required_text
from adapters.hubspot.sandbox.problems import Problem, Refused, invalid, not_found
from adapters.hubspot.sandbox.records import Record, Source, joined
from adapters.hubspot.sandbox.rendering import rendered
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.sandbox.exchange import Reply

MAX_MERGES = 250
_BY_MERGE = Source(type="MERGE_CONTACTS")
_NEVER_MOVED = frozenset(
    {
        "email",
        "createdate",
        "hs_createdate",
        "hs_object_id",
        "lastmodifieddate",
        "hs_lastmodifieddate",
        "hs_additional_emails",
        "hs_merged_object_ids",
        "hs_all_contact_vids",
        "hs_email_domain",
        "hs_full_name_or_email",
    }
)


def merge(call: Call) -> Reply:
    """`POST O/merge`: the answer carries the surviving id, which may be a new one."""
    body = call.body()
    primary = _living(call.store, required_text(body, "primaryObjectId"))
    other = _living(call.store, required_text(body, "objectIdToMerge"))
    survivor = merge_records(call.account, call.store, primary, other, call.now)
    return Reply(status=200, body=rendered(call.account, call.store, survivor))


def gdpr_delete(call: Call) -> Reply:
    """`POST contacts/gdpr-delete`: the record is gone, its addresses are on the block list."""
    body = call.body()
    key = required_text(body, "objectId")
    if body.get("idProperty") == "email":
        call.account.blocked_emails.add(key.strip().lower())
        record = call.store.holder("email", key)
    else:
        record = call.store.records.get(call.store.surviving_id(key))
    if record is not None:
        call.account.blocked_emails.update(record.emails())
        call.store.remove(record, call.now)
    return Reply(status=204)


def merge_records(
    account: Account, store: ObjectStore, primary: Record, other: Record, at: datetime
) -> Record:
    """Make one record of two and return it. Raises Refused for a merge that cannot be."""
    if primary is other:
        raise invalid("Cannot merge a record with itself")
    if len(_ids(primary)) + len(_ids(other)) > MAX_MERGES:
        raise Refused(
            Problem(
                status=414,
                category="VALIDATION_ERROR",
                message="Cannot have more than 250 identities on a profile",
            )
        )
    values = _merged_values(store, primary, other)
    if account.switches.is_primary_id_preserved:
        store.remove(other, at)
        survivor, gone = primary, [other]
    else:
        store.remove(primary, at)
        store.remove(other, at)
        survivor = store.create({}, at, _BY_MERGE)
        survivor.created_at = primary.created_at
        values = {**_own_values(primary), **values}
        values["hs_merged_object_ids"] = joined(
            [*_ids(primary), primary.id, *_ids(other), other.id]
        )
        gone = [primary, other]
    store.aliases.update({record.id: survivor.id for record in gone})
    store.update(survivor, values, at, _BY_MERGE)
    return survivor


def _living(store: ObjectStore, record_id: str) -> Record:
    record = store.live(store.surviving_id(record_id))
    if record is None:
        raise not_found(ids=[record_id])
    return record


def _ids(record: Record) -> list[str]:
    return [part for part in record.get("hs_merged_object_ids").split(";") if part]


def _own_values(record: Record) -> dict[str, str]:
    kept = _NEVER_MOVED - {"email", "createdate"}
    return {name: value for name, value in record.values.items() if name not in kept}


def _merged_values(store: ObjectStore, primary: Record, other: Record) -> dict[str, str]:
    values = {
        name: value
        for name, value in other.values.items()
        if name not in _NEVER_MOVED and _is_newer(name, other, primary)
    }
    emails = [*primary.emails(), *other.emails()]
    if emails:
        values["email"] = emails[0]
        values["hs_additional_emails"] = joined(emails[1:])
    merged = [*_ids(primary), *_ids(other), other.id]
    values["hs_merged_object_ids"] = joined(merged)
    values["hs_all_contact_vids"] = joined([primary.id, *merged])
    return {name: value for name, value in values.items() if store.catalog.get(name) is not None}


def _is_newer(name: str, other: Record, primary: Record) -> bool:
    theirs, ours = other.versions(name), primary.versions(name)
    return not ours or (bool(theirs) and theirs[0].at > ours[0].at)
