"""Checking and applying writes to one record (hubspot.md 5.3, 6, 13.3, 17).

Takes the properties of one input. Gives the values to keep. Promises that nothing is applied
unless everything about the input is in order, and that all bad values are named together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.problems import (
    Detail,
    email_taken,
    invalid,
    invalid_values,
    rules_broken,
    value_taken,
)
from adapters.hubspot.sandbox.records import Record, joined
from adapters.hubspot.sandbox.schema import PropertyDefinition
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.validation import rule_violations
from adapters.hubspot.sandbox.values import BadValue, accepted

NOTHING_TO_UPDATE = "No properties found to update, please provide at least one."
_A_PERSON_MAY_WRITE = frozenset({"hs_additional_emails", "hs_email_optout"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """Where a write goes and who makes it."""

    account: Account
    store: ObjectStore
    version: str
    is_person: bool = False


def properties_of(body: Mapping[str, object]) -> Mapping[str, object]:
    """Return the `properties` of an input. Raises Refused where they are no object."""
    properties = body.get("properties", {})
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: `properties` must be an object")
    return properties


def checked_create(writing: Writing, given: Mapping[str, object]) -> dict[str, str]:
    """Return the values of a new record. Raises Refused."""
    values = _checked(writing, None, given)
    kept = {name: value for name, value in values.items() if value}
    needed = writing.store.kind.needs_one_of
    if not any(name in kept for name in needed):
        raise invalid(f"At least one of these properties is needed: {', '.join(needed)}")
    ensure_unique(writing.store, kept, None)
    return kept


def checked_update(writing: Writing, record: Record, given: Mapping[str, object]) -> dict[str, str]:
    """Return the values an update would write. Raises Refused."""
    if not given:
        raise invalid(NOTHING_TO_UPDATE)
    values = _checked(writing, record, given)
    ensure_unique(writing.store, values, record)
    return _without_backward_stage(writing, record, _with_promotion(record, values))


def ensure_unique(store: ObjectStore, values: Mapping[str, str], own: Record | None) -> None:
    """Raise the 409 where a unique value belongs to another record."""
    addresses = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
    for address in addresses if store.kind.has_unique_email else ():
        holder = store.holder("email", address) if address else None
        if holder is not None and holder is not own:
            raise email_taken(holder.id)
    for name in store.catalog.unique_names:
        value = values.get(name, "")
        holder = store.holder(name, value) if value else None
        if holder is not None and holder is not own:
            raise value_taken(name, value, holder.id)


def _checked(
    writing: Writing, record: Record | None, given: Mapping[str, object]
) -> dict[str, str]:
    values: dict[str, str] = {}
    details: list[Detail] = []
    rules = writing.account.value_rules()
    for name, value in given.items():
        present = "" if record is None else record.get(name)
        try:
            definition = _writable(writing, name.lower())
            values[definition.name] = accepted(definition, value, present, rules)
        except BadValue as error:
            details.append(Detail(code=error.code, message=str(error), property_name=name))
    if details:
        raise invalid_values(details)
    if not writing.is_person:
        _apply_rules(writing, record, values)
    return values


def _writable(writing: Writing, name: str) -> PropertyDefinition:
    definition = writing.store.catalog.get(name)
    if definition is None:
        raise BadValue("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if not definition.is_writable and not (writing.is_person and name in _A_PERSON_MAY_WRITE):
        raise BadValue("READ_ONLY_VALUE", f'"{name}" is a read only property')
    return definition


def _apply_rules(writing: Writing, record: Record | None, values: Mapping[str, str]) -> None:
    details = rule_violations(writing.account.validation, writing.version, record, values)
    if details:
        raise rules_broken(details)


def _with_promotion(record: Record, values: dict[str, str]) -> dict[str, str]:
    """Take an address that becomes the primary one off the list of secondary ones."""
    secondary = record.emails()[1:]
    wanted = values.get("email", "")
    if not wanted or wanted not in secondary or "hs_additional_emails" in values:
        return values
    left = joined(address for address in secondary if address != wanted)
    return {**values, "hs_additional_emails": left}


def _without_backward_stage(
    writing: Writing, record: Record, values: dict[str, str]
) -> dict[str, str]:
    """Drop a lifecycle stage that lies before the present one: HubSpot answers 200 and ignores it."""
    wanted, present = values.get("lifecyclestage", ""), record.get("lifecyclestage")
    is_free = writing.is_person or not writing.account.switches.is_lifecycle_forward_only
    definition = writing.store.catalog.get("lifecyclestage")
    if is_free or not wanted or not present or definition is None:
        return values
    order = [option.value for option in definition.options]
    if present not in order or order.index(wanted) >= order.index(present):
        return values
    return {name: value for name, value in values.items() if name != "lifecyclestage"}
