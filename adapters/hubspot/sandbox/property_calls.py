"""Endpoints for property definitions and groups (hubspot.md 13.1, 13.2, 13.5)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.hubspot.sandbox.calling import Call, required_text
from adapters.hubspot.sandbox.problems import Problem, Refused, invalid, not_found
from adapters.hubspot.sandbox.schema import Group, Option, PropertyDefinition
from adapters.sandbox.exchange import JsonObject, Reply

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_PAIRS: Mapping[str, frozenset[str]] = {
    "string": frozenset(
        {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"}
    ),
    "number": frozenset({"number", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset(
        {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}
    ),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
}


def listing(call: Call) -> Reply:
    """`GET P`: everything at once, not paged."""
    found = call.store.catalog.all(is_archived=call.wants_archived)
    return Reply(status=200, body={"results": [each.wire() for each in found]})


def read(call: Call) -> Reply:
    """`GET P/{name}`."""
    return Reply(status=200, body=_found(call, call.path["name"]).wire())


def create(call: Call) -> Reply:
    """`POST P`: the name of an archived property brings that one back."""
    return Reply(status=201, body=_create(call, call.body()).wire())


def update(call: Call) -> Reply:
    """`PATCH P/{name}`: `options`, where given, replace the whole list."""
    body = call.body()
    definition = _found(call, call.path["name"])
    changed = _changed(definition, body)
    if "options" in body and definition.are_options_read_only:
        raise invalid(f"The options of {definition.name} are read only")
    if definition.is_hubspot_defined and changed.label != definition.label:
        raise invalid(f"The definition of {definition.name} is read only")
    call.store.catalog.put(replace(changed, updated_at=call.now))
    return read(call)


def archive(call: Call) -> Reply:
    """`DELETE P/{name}`."""
    definition = _found(call, call.path["name"])
    if definition.is_hubspot_defined:
        raise invalid(f"Property {definition.name} is HubSpot's and cannot be archived")
    call.store.catalog.archive(definition.name, call.now)
    call.store.reclaim()
    return Reply(status=204)


def batch_create(call: Call) -> Reply:
    """`POST P/batch/create`."""
    inputs = call.inputs(call.account.limits.batch_size)
    results = [_create(call, one).wire() for one in inputs]
    return Reply(status=201, body={"status": "COMPLETE", "results": results})


def batch_read(call: Call) -> Reply:
    """`POST P/batch/read`: those that exist; the rest as errors of a 207."""
    names = [required_text(one, "name") for one in call.inputs(call.account.limits.batch_size)]
    found = [call.store.catalog.get(name) for name in names]
    results = [each.wire() for each in found if each is not None]
    missing = [name for name, each in zip(names, found, strict=True) if each is None]
    body: JsonObject = {"status": "COMPLETE", "results": results}
    if missing:
        problem = not_found("Some properties do not exist", name=missing).problem
        body |= {"numErrors": len(missing), "errors": [problem.entry()]}
    return Reply(status=207 if missing else 200, body=body)


def batch_archive(call: Call) -> Reply:
    """`POST P/batch/archive`."""
    for one in call.inputs(call.account.limits.batch_size):
        definition = call.store.catalog.get(required_text(one, "name"))
        if definition is not None and not definition.is_hubspot_defined:
            call.store.catalog.archive(definition.name, call.now)
    call.store.reclaim()
    return Reply(status=204)


def list_groups(call: Call) -> Reply:
    """`GET P/groups`."""
    groups = call.store.catalog.groups.values()
    return Reply(status=200, body={"results": [group.wire() for group in groups]})


def read_group(call: Call) -> Reply:
    """`GET P/groups/{name}`."""
    group = call.store.catalog.groups.get(call.path["name"])
    if group is None:
        raise not_found()
    return Reply(status=200, body=group.wire())


def create_group(call: Call) -> Reply:
    """`POST P/groups`."""
    body = call.body()
    name = required_text(body, "name")
    if name in call.store.catalog.groups:
        raise _exists(f"A property group named '{name}' already exists.", "GROUP_EXISTS")
    group = Group(name=name, label=required_text(body, "label"))
    call.store.catalog.groups[name] = group
    return Reply(status=201, body=group.wire())


def validations(call: Call) -> Reply:
    """`GET /crm/property-validations/…/{typeId}`."""
    rules = [
        {
            "propertyName": "email",
            "propertyValidationRules": [
                {"ruleType": "EMAIL", "ruleArguments": [], "shouldApplyNormalization": False}
            ],
        }
    ]
    return Reply(status=200, body={"results": rules if call.store.kind.has_unique_email else []})


def _found(call: Call, name: str) -> PropertyDefinition:
    catalog = call.store.catalog
    found = catalog.archived(name) if call.wants_archived else catalog.get(name)
    if found is None:
        raise not_found(f"No property named {name!r}", propertyName=[name])
    return found


def _create(call: Call, body: JsonObject) -> PropertyDefinition:
    catalog = call.store.catalog
    name = required_text(body, "name")
    if catalog.get(name) is not None:
        raise _exists(f"A property named '{name}' already exists.", "PROPERTY_WITH_NAME_EXISTS")
    if _NAME.fullmatch(name) is None:
        raise invalid("A property name is lower case letters, digits and underscores", name=[name])
    returning = catalog.archived(name)
    if returning is not None:
        definition = replace(_changed(returning, body), archived_at=None, updated_at=call.now)
    else:
        _refuse_too_many(call, body)
        definition = _new(call, body, name)
    catalog.put(definition)
    call.store.reclaim()
    return definition


def _new(call: Call, body: JsonObject, name: str) -> PropertyDefinition:
    kind, field_type = required_text(body, "type"), required_text(body, "fieldType")
    group = required_text(body, "groupName")
    if field_type not in _PAIRS.get(kind, frozenset()):
        raise invalid(f"fieldType {field_type!r} does not go with type {kind!r}")
    if group not in call.store.catalog.groups:
        raise invalid(f"There is no property group {group!r}", groupName=[group])
    options = _options(body.get("options") or [])
    if kind == "bool" and {option.value for option in options} != {"true", "false"}:
        raise invalid("A bool property needs the options true and false", options=[name])
    return PropertyDefinition(
        name=name,
        label=required_text(body, "label"),
        type=kind,
        field_type=field_type,
        group_name=group,
        description=str(body.get("description") or ""),
        options=options,
        is_unique=body.get("hasUniqueValue") is True,
        is_hidden=body.get("hidden") is True,
        is_form_field=body.get("formField") is True,
        is_calculated=field_type == "calculation_equation",
        created_at=call.now,
        updated_at=call.now,
        created_user_id="4321",
    )


def _changed(definition: PropertyDefinition, body: JsonObject) -> PropertyDefinition:
    changes: dict[str, Any] = {
        ours: body[theirs]
        for theirs, ours in (
            ("label", "label"),
            ("description", "description"),
            ("groupName", "group_name"),
            ("hidden", "is_hidden"),
            ("formField", "is_form_field"),
            ("displayOrder", "display_order"),
        )
        if theirs in body
    }
    if "options" in body:
        changes["options"] = _options(body["options"] or [])
    return replace(definition, **changes)


def _refuse_too_many(call: Call, body: JsonObject) -> None:
    custom, limits = call.store.catalog.custom(), call.account.limits
    if len(custom) >= limits.custom_properties:
        raise invalid(f"The limit of {limits.custom_properties} custom properties is reached")
    unique = sum(each.is_unique for each in custom)
    if body.get("hasUniqueValue") is True and unique >= limits.unique_properties:
        raise invalid(f"The limit of {limits.unique_properties} unique properties is reached")


def _options(listed: object) -> tuple[Option, ...]:
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise invalid("Invalid input JSON: `options` must be a list of objects")
    options = tuple(
        Option(
            value=required_text(each, "value"),
            label=required_text(each, "label"),
            display_order=int(each.get("displayOrder", position)),
            hidden=each.get("hidden") is True,
            description=str(each.get("description") or ""),
        )
        for position, each in enumerate(listed)
    )
    if len({option.value for option in options}) != len(options):
        raise invalid("Property options must have distinct values")
    return options


def _exists(message: str, code: str) -> Refused:
    return Refused(
        Problem(
            status=409,
            category="OBJECT_ALREADY_EXISTS",
            message=message,
            sub_category=f"Properties.{code}",
        )
    )
