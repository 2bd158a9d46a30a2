"""What may stand in the way of a row, whatever its object (salesforce.md 14, 20.10)."""

from collections.abc import Mapping
from typing import Any

from adapters.salesforce.sandbox.fields import Field, Kind
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import Problem, Refused, malformed_id, missing, refused
from adapters.salesforce.sandbox.rules import DuplicateRule
from adapters.salesforce.sandbox.soql_meaning import Meaning, attributes
from adapters.salesforce.sandbox.soql_syntax import parse_condition
from adapters.salesforce.sandbox.store import Row, Store
from adapters.sandbox.exchange import JsonObject

MATCH_VERSION = "v62.0"
MOST_MATCHES = 5


def check_required(kind: Kind, row: Row) -> None:
    """Refuse a row that lacks what its object needs."""
    lacking = [
        field.name
        for field in kind.fields.values()
        if field.type != "boolean"
        and not field.told["nillable"]
        and (field.may("createable") or field.may("updateable"))
        and row.get(field.name) is None
    ]
    if lacking:
        raise missing(lacking)


def check_references(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Refuse a new reference to what is not there, not of the kind, or no longer at work."""
    for field in kind.fields.values():
        value = row.get(field.name)
        if field.type != "reference" or value is None or value == _old(before, field):
            continue
        _check_reference(org, kind, field, str(value))


def _old(before: Row | None, field: Field) -> Any:
    return None if before is None else before.get(field.name)


def _check_reference(org: Org, kind: Kind, field: Field, value: str) -> None:
    store = org.store_of(value)
    if store is not None and store.kind.name not in field.targets:
        raise malformed_id(str(field.told["label"]), value)
    target = None if store is None else store.rows.get(value)
    if target is None:
        raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if target.is_deleted:
        raise refused("ENTITY_IS_DELETED", "entity is deleted", field.name)
    if field.name == "OwnerId" and target.get("IsActive") is False:
        raise refused(
            "INACTIVE_OWNER_OR_USER",
            f"operation performed with inactive user [{value[:15]}] as owner of"
            f" {kind.name.lower()}",
        )


def check_unique(store: Store, row: Row) -> None:
    """Refuse a value that another row has in a unique field."""
    for field in store.kind.fields.values():
        value = row.get(field.name)
        if not field.is_unique or value is None:
            continue
        others = [each for each in store.holders(field.name, value) if each != row.id]
        if others:
            raise duplicate_value(field.name, others[0])


def duplicate_value(name: str, other: str) -> Refused:
    """Return the refusal of a value that is taken."""
    told = f"duplicate value found: {name} duplicates value on record with id: {other[:15]}"
    return refused("DUPLICATE_VALUE", told, name)


def check_rules(org: Org, store: Store, row: Row, before: Row | None, actor: Actor) -> None:
    """Refuse what the administrator's rules refuse."""
    kind = store.kind
    for rule in org.rules.validations:
        if rule.object == kind.name and applies(org, kind, rule.when, row):
            names = [rule.field] if rule.field else []
            raise refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *names)
    for duplicates in org.rules.duplicates:
        if duplicates.object == kind.name:
            _check_duplicates(org, duplicates, row, before, actor)


def applies(org: Org, kind: Kind, condition: str, row: Row) -> bool:
    """Say whether a condition in the words of WHERE applies to a row; an empty one always does."""
    if not condition:
        return True
    meaning = Meaning(org, kind, condition, sees_all=True)
    return meaning.test(parse_condition(condition))(row)


def _check_duplicates(
    org: Org, rule: DuplicateRule, row: Row, before: Row | None, actor: Actor
) -> None:
    if actor.is_person or (actor.may_save_duplicates and not rule.is_blocking):
        return
    wanted = {name: _folded(row.get(name)) for name in rule.fields}
    if not all(wanted.values()):
        return
    if before is not None and wanted == {name: _folded(before.get(name)) for name in rule.fields}:
        return
    against = org.store(rule.against or rule.object)
    found = [
        each.id
        for each in against.all_live()
        if each.id != row.id and wanted == {name: _folded(each.get(name)) for name in rule.fields}
    ]
    if found:
        raise Refused(_duplicates_problem(rule, against.kind.name, found[:MOST_MATCHES]))


def _folded(value: object) -> str:
    return str(value or "").strip().lower()


def _duplicates_problem(rule: DuplicateRule, kind: str, found: list[str]) -> Problem:
    matches: list[Mapping[str, Any]] = [_match(kind, each) for each in found]
    told: JsonObject = {
        "allowSave": not rule.is_blocking,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": kind,
                "errors": [],
                "matchEngine": "FuzzyMatchEngine",
                "matchRecords": matches,
                "rule": f"Standard_{kind}_Match_Rule_v1_1",
                "size": len(matches),
                "success": True,
            }
        ],
    }
    # The key is misspelt on the wire, and stays so here.
    return Problem(code="DUPLICATES_DETECTED", message=rule.message, more={"duplicateResut": told})


def _match(kind: str, record_id: str) -> JsonObject:
    return {
        "additionalInformation": [],
        "fieldDiffs": [],
        "matchConfidence": 100.0,
        "record": {"attributes": attributes(kind, record_id, MATCH_VERSION), "Id": record_id},
    }
