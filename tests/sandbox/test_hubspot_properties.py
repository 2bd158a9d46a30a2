"""Property definitions (hubspot.md 13.1, 13.2)."""

from typing import Any

import pytest

from adapters.hubspot.sandbox import TokenSettings
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, PROPERTIES, Wire

TEXT = {
    "name": "sync_note",
    "label": "Note",
    "groupName": "contactinformation",
    "type": "string",
    "fieldType": "text",
}
TIER = {
    **TEXT,
    "name": "sync_tier",
    "type": "enumeration",
    "fieldType": "select",
    "options": [{"label": "Gold", "value": "gold", "displayOrder": 0, "hidden": False}],
}


async def definition(wire: Wire, name: str) -> dict[str, Any]:
    body = (await wire.call("GET", f"{PROPERTIES}/{name}")).body
    assert isinstance(body, dict)
    return body


DELIVERED = [
    ("email", "string", "text", True),
    ("phone", "string", "phonenumber", True),
    ("lifecyclestage", "enumeration", "radio", True),
    ("hs_legal_basis", "enumeration", "checkbox", True),
    ("closedate", "datetime", "date", True),
    ("hs_customer_since", "date", "date", True),
    ("createdate", "datetime", "date", False),
    ("lastmodifieddate", "datetime", "date", False),
    ("hs_object_id", "number", "number", False),
    ("hs_email_optout", "bool", "booleancheckbox", False),
    ("hs_additional_emails", "enumeration", "checkbox", False),
    ("hs_email_domain", "string", "text", False),
]


@pytest.mark.parametrize(("name", "kind", "field_type", "is_writable"), DELIVERED)
async def test_delivered_definition(
    wire: Wire, name: str, kind: str, field_type: str, is_writable: bool
) -> None:
    """§13.1: type, field type and whether values can be written."""
    found = await definition(wire, name)
    assert (kind, field_type) == (found["type"], found["fieldType"])
    assert is_writable != found["modificationMetadata"]["readOnlyValue"]
    assert found["hubspotDefined"]


async def test_owner_property_has_no_options(wire: Wire) -> None:
    """§13.1: an enumeration with an empty list, whose values are ids of owners."""
    found = await definition(wire, "hubspot_owner_id")
    assert ("enumeration", [], "OWNER", True) == (
        found["type"],
        found["options"],
        found["referencedObjectType"],
        found["externalOptions"],
    )


async def test_legal_basis_mixes_dashes(wire: Wire) -> None:
    """§18.1: two options have an en dash, one a hyphen."""
    values = [option["value"] for option in (await definition(wire, "hs_legal_basis"))["options"]]
    assert 6 == len(values)
    assert [True, True, False] == ["\N{EN DASH}" in value for value in values[:3]]


async def test_created_property_takes_values(wire: Wire) -> None:
    """§13.2: 201, listed, readable, writable."""
    created = await wire.call("POST", PROPERTIES, TEXT)
    assert (201, False) == (created.status, created.body["hubspotDefined"])
    record_id = await wire.create(lastname="L", sync_note="x")
    answer = await wire.read(record_id, "properties=sync_note")
    assert "x" == answer.body["properties"]["sync_note"]
    listed = (await wire.call("GET", PROPERTIES)).body["results"]
    assert "sync_note" in {row["name"] for row in listed}


async def test_name_that_exists(wire: Wire) -> None:
    """§13.2: 409 with the sub-category."""
    await wire.call("POST", PROPERTIES, TEXT)
    answer = await wire.call("POST", PROPERTIES, TEXT)
    assert (409, "OBJECT_ALREADY_EXISTS", "Properties.PROPERTY_WITH_NAME_EXISTS") == (
        answer.status,
        answer.body["category"],
        answer.body["subCategory"],
    )


async def test_archived_name_comes_back(wire: Wire) -> None:
    """§13.2: archived, unknown to writes; posted again it returns with its values."""
    await wire.call("POST", PROPERTIES, TEXT)
    record_id = await wire.create(lastname="L", sync_note="x")
    assert 204 == (await wire.call("DELETE", f"{PROPERTIES}/sync_note")).status
    assert ["PROPERTY_DOESNT_EXIST"] == (await wire.patch(record_id, sync_note="y")).codes
    archived = (await wire.call("GET", f"{PROPERTIES}?archived=true")).body["results"]
    assert ["sync_note"] == [row["name"] for row in archived]
    assert 201 == (await wire.call("POST", PROPERTIES, TEXT)).status
    answer = await wire.read(record_id, "properties=sync_note")
    assert "x" == answer.body["properties"]["sync_note"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Sync Note"},
        {"name": "9lives"},
        {"type": "number"},
        {"type": "json"},
        {"fieldType": "date"},
        {"groupName": "nowhere"},
        {"label": ""},
        {"type": "bool", "fieldType": "booleancheckbox"},
    ],
)
async def test_definition_that_makes_no_sense(wire: Wire, wrong: dict[str, str]) -> None:
    """§13.2: names, pairs of types, groups and the options of a bool are checked."""
    assert 400 == (await wire.call("POST", PROPERTIES, {**TEXT, **wrong})).status


async def test_patch_replaces_all_options(wire: Wire) -> None:
    """§13.2: left out, options stay; given, they are the whole list; stored values may go stale."""
    await wire.call("POST", PROPERTIES, TIER)
    record_id = await wire.create(lastname="L", sync_tier="gold")
    await wire.call("PATCH", f"{PROPERTIES}/sync_tier", {"label": "Level"})
    assert 1 == len((await definition(wire, "sync_tier"))["options"])
    options = [{"label": "Silver", "value": "silver"}]
    await wire.call("PATCH", f"{PROPERTIES}/sync_tier", {"options": options})
    assert ["INVALID_OPTION"] == (await wire.patch(record_id, sync_tier="gold")).codes
    answer = await wire.read(record_id, "properties=sync_tier")
    assert "gold" == answer.body["properties"]["sync_tier"]


async def test_person_changes_options(wire: Wire) -> None:
    """§23.17: an administrator at the screen."""
    options = [{"value": "NEW"}, {"value": "PARKED", "label": "Parked"}]
    await wire.as_user("options", property="hs_lead_status", options=options)
    assert await wire.create(lastname="L", hs_lead_status="PARKED")
    body = {"properties": {"lastname": "M", "hs_lead_status": "OPEN"}}
    assert 400 == (await wire.call("POST", CONTACTS, body)).status


async def test_ten_unique_properties(wire: Wire) -> None:
    """§13.2: an eleventh unique property is refused."""
    for number in range(10):
        await wire.unique_property(f"key_{number}")
    body = {**TEXT, "hasUniqueValue": True}
    assert 400 == (await wire.call("POST", PROPERTIES, body)).status


async def test_delivered_ones_stay(wire: Wire) -> None:
    """§13.1: HubSpot's own cannot be archived, nor can read-only options change."""
    assert 400 == (await wire.call("DELETE", f"{PROPERTIES}/email")).status
    body = {"options": [{"label": "x", "value": "x"}]}
    assert 400 == (await wire.call("PATCH", f"{PROPERTIES}/hs_language", body)).status


async def test_batches_and_groups(wire: Wire) -> None:
    """§13.2: create, read and archive in batches; groups beside them."""
    group = {"name": "sync", "label": "Sync"}
    assert 201 == (await wire.call("POST", f"{PROPERTIES}/groups", group)).status
    assert 409 == (await wire.call("POST", f"{PROPERTIES}/groups", group)).status
    assert 200 == (await wire.call("GET", f"{PROPERTIES}/groups/sync")).status
    inputs = [{**TEXT, "groupName": "sync"}, TIER]
    made = await wire.call("POST", f"{PROPERTIES}/batch/create", {"inputs": inputs})
    assert (201, 2) == (made.status, len(made.body["results"]))
    names = [{"name": "sync_note"}, {"name": "nonsense"}]
    read = await wire.call("POST", f"{PROPERTIES}/batch/read", {"inputs": names})
    assert (207, 1) == (read.status, len(read.body["results"]))
    gone = await wire.call("POST", f"{PROPERTIES}/batch/archive", {"inputs": names[:1]})
    assert 204 == gone.status
    assert 404 == (await wire.call("GET", f"{PROPERTIES}/sync_note")).status


async def test_unknown_type(start: Start) -> None:
    """§5.1: an object type the account does not have is a 400 that names it."""
    scopes = frozenset({"crm.schemas.spaceships.read"})
    wire = await start(tokens=(TokenSettings(scopes=scopes),))
    answer = await wire.call("GET", "/crm/properties/2026-09/spaceships")
    assert (400, True) == (answer.status, "spaceships" in answer.body["message"])
