"""Describe: recorded fields, drift, what a user may not see, new fields (salesforce.md 3)."""

from datetime import timedelta

import pytest

from adapters.salesforce.sandbox.catalog import delivered_kinds
from adapters.salesforce.sandbox.conditions import http_date
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire


async def fields_of(wire: Wire, name: str) -> set[str]:
    answer = await wire.call("GET", f"sobjects/{name}/describe")
    return {field["name"] for field in answer.body["fields"]}


@pytest.mark.parametrize(
    ("name", "prefix", "required"),
    [
        ("Contact", "003", {"LastName"}),
        ("Lead", "00Q", {"LastName", "Company"}),
        ("Account", "001", {"Name"}),
        ("Opportunity", "006", {"Name", "StageName", "CloseDate"}),
        ("OpportunityContactRole", "00K", {"OpportunityId", "ContactId"}),
        ("Campaign", "701", {"Name"}),
        ("CampaignMember", "00v", {"CampaignId"}),
    ],
)
def test_required_fields(name: str, prefix: str, required: set[str]) -> None:
    """§3.1: what a new record needs, and the prefix of its id."""
    kind = delivered_kinds()[name]
    assert prefix == kind.prefix
    assert required == {field.name for field in kind.fields.values() if field.is_required}


def test_every_field_tells_the_same_words() -> None:
    """§3.1: a field of ours has each property that a recorded one has."""
    words = {
        frozenset(field.told)
        for kind in delivered_kinds().values()
        for field in kind.fields.values()
    }
    assert 1 == len(words)


@pytest.mark.parametrize(
    ("name", "create_only", "update_only"),
    [
        ("Contact", set(), set()),
        ("Lead", {"IsConverted"}, {"EmailBouncedReason", "EmailBouncedDate"}),
        ("Account", set(), {"IsPartner", "IsCustomerPortal"}),
        ("Opportunity", {"ContactId"}, set()),
        ("OpportunityContactRole", {"OpportunityId"}, set()),
    ],
)
def test_write_access(name: str, create_only: set[str], update_only: set[str]) -> None:
    """§3.1: some fields can be written once, some not at first."""
    fields = delivered_kinds()[name].fields.values()
    create = {field.name for field in fields if field.may("createable")}
    update = {field.name for field in fields if field.may("updateable")}
    assert (create_only, update_only) == (create - update, update - create)


async def test_hidden_field_disappears(wire: Wire) -> None:
    """§1.1: a field without access is absent from describe, rows, queries and writes."""
    made = await wire.create(LastName="L", Phone="1")
    assert "Phone" in await fields_of(wire, "Contact")
    await wire.admin("POST", "visibility", hide=["Contact.Phone"])
    assert "Phone" not in await fields_of(wire, "Contact")
    assert "Phone" not in await wire.read(made)
    assert ["INVALID_FIELD"] == (await wire.query("SELECT Phone FROM Contact")).codes
    asked = await wire.query("SELECT Id FROM Contact WHERE Phone = '1'")
    assert ["INVALID_FIELD"] == asked.codes
    assert ["INVALID_FIELD"] == (await wire.patch(made, Phone="2")).codes
    await wire.act("edit", id=made, properties={"Phone": "3"})
    await wire.admin("POST", "visibility", show=["Contact.Phone"])
    assert "3" == (await wire.read(made))["Phone"]


async def test_not_modified(wire: Wire, clock: ManualClock) -> None:
    """§3: describe and the global list answer 304 until the schema changes."""
    for path in ("sobjects/Contact/describe", "sobjects"):
        first = await wire.call("GET", path)
        since = first.headers["Last-Modified"]
        assert 304 == (await wire.call("GET", path, If_Modified_Since=since)).status
        clock.advance(timedelta(seconds=5))
        await wire.admin("POST", "visibility", hide=["Contact.Fax"])
        assert 200 == (await wire.call("GET", path, If_Modified_Since=since)).status
        later = http_date(clock.now())
        assert 304 == (await wire.call("GET", path, If_Modified_Since=later)).status


async def test_bad_date_header(wire: Wire) -> None:
    """§11.1: a date that is none is of no account to who reads; a write is refused for it."""
    answer = await wire.call("GET", "sobjects", If_Modified_Since="yesterday")
    assert 200 == answer.status


def external_id(name: str = "Contact.My_Key__c", **metadata: object) -> dict[str, object]:
    told = {"type": "Text", "length": 40, "label": "My key", "unique": True, "externalId": True}
    return {"FullName": name, "Metadata": {**told, **metadata}}


async def test_new_field(start: Start) -> None:
    """§20.3: an external id can be added, then serves as a key."""
    wire = await start(has_external_id=False)
    assert "crmsyncd_id__c" not in await fields_of(wire, "Contact")
    answer = await wire.call("POST", "tooling/sobjects/CustomField", external_id())
    assert (201, True) == (answer.status, answer.body["success"])
    made = await wire.call("PATCH", "sobjects/Contact/My_Key__c/k1", {"LastName": "L"})
    assert (201, True) == (made.status, made.body["created"])
    twice = await wire.call("POST", "tooling/sobjects/CustomField", external_id())
    assert ["DUPLICATE_DEVELOPER_NAME"] == twice.codes


@pytest.mark.parametrize(
    "body",
    [
        external_id("Contact.NoSuffix"),
        external_id(length=0),
        external_id(type="Hologram"),
        {"FullName": "Contact.A__c"},
    ],
)
async def test_field_that_cannot_be(wire: Wire, body: dict[str, object]) -> None:
    """§20.3: a definition that makes no sense is refused."""
    answer = await wire.call("POST", "tooling/sobjects/CustomField", body)
    assert (400, ["FIELD_INTEGRITY_EXCEPTION"]) == (answer.status, answer.codes)


async def test_permission_to_add_fields(wire: Wire) -> None:
    """§20.3: without it the call is closed; a new field may be out of the user's sight."""
    await wire.admin("POST", "switches", may_create_fields=False)
    refused = await wire.call("POST", "tooling/sobjects/CustomField", external_id())
    assert (403, ["INSUFFICIENT_ACCESS"]) == (refused.status, refused.codes)
    await wire.admin("POST", "switches", may_create_fields=True, are_new_fields_visible=False)
    assert 201 == (await wire.call("POST", "tooling/sobjects/CustomField", external_id())).status
    assert "My_Key__c" not in await fields_of(wire, "Contact")


async def test_other_types_of_new_fields(wire: Wire) -> None:
    """§19: number, checkbox, and a list of several that keeps its own order."""
    number = {"type": "Number", "precision": 5, "scale": 1}
    several = {"value": [{"fullName": name} for name in ("Four", "Six", "Eight")]}
    interests = {"type": "MultiselectPicklist", "valueSet": {"valueSetDefinition": several}}
    for name, told in (("Score__c", number), ("Ok__c", {"type": "Checkbox"}), ("I__c", interests)):
        body = {"FullName": f"Contact.{name}", "Metadata": told}
        assert 201 == (await wire.call("POST", "tooling/sobjects/CustomField", body)).status
    made = await wire.create(LastName="L", Score__c=7.26, Ok__c=True, I__c="Six;Four;Six")
    row = await wire.read(made)
    assert (7.3, True, "Four;Six") == (row["Score__c"], row["Ok__c"], row["I__c"])
    assert ["NUMBER_OUTSIDE_VALID_RANGE"] == (await wire.patch(made, Score__c=12345)).codes
    found = await wire.query("SELECT Id FROM Contact WHERE I__c INCLUDES ('Six')")
    assert 1 == found.body["totalSize"]


async def test_counts_resources_and_picklists(wire: Wire) -> None:
    """§2, §3, §15: the smaller calls."""
    await wire.create(LastName="L")
    counted = await wire.call("GET", "limits/recordCount?sObjects=Contact,Lead")
    assert {"sObjects": [{"count": 1, "name": "Contact"}]} == counted.body
    assert "composite" in (await wire.call("GET", "")).body
    path = "ui-api/object-info/Lead/picklist-values/012000000000000AAA"
    values = (await wire.call("GET", path)).body["picklistFieldValues"]["Status"]["values"]
    assert "Working - Contacted" in {each["value"] for each in values}
