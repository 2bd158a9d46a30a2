"""Single records: values, refusals, upsert, preconditions, rules (salesforce.md 5, 11, 14, 19)."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.salesforce.sandbox.conditions import http_date
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.wire import Wire

KEY = "crmsyncd_id__c"


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("Title", "  Buyer\t", "Buyer"),
        ("Title", "", None),
        ("Title", "   ", None),
        ("Email", "N.Okafor@Example.COM", "N.Okafor@Example.COM"),
        ("Phone", "(030) 12 34", "(030) 12 34"),
        ("Birthdate", "2026-03-02", "2026-03-02"),
        ("Birthdate", "2026-03-02T00:00:00Z", "2026-03-02"),
        ("EmailBouncedDate", "2026-03-02T10:15:07.987+01:00", "2026-03-02T09:15:07.000+0000"),
        ("DoNotCall", "true", True),
        ("LeadSource", "Anything goes", "Anything goes"),
        ("Description", "a\r\nb", "a\nb"),
        ("MailingLatitude", "52.5", 52.5),
        ("Title", "日本" * 64, "日本" * 64),
    ],
)
async def test_values(wire: Wire, name: str, sent: object, kept: object) -> None:
    """§19: trimmed, "" becomes null, moments in UTC and whole seconds, lengths in characters."""
    made = await wire.create(LastName="L", **{name: sent})
    assert kept == (await wire.read(made))[name]


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("Title", "x" * 129, "STRING_TOO_LONG"),
        ("Email", "not-an-address", "INVALID_EMAIL_ADDRESS"),
        ("MailingGeocodeAccuracy", "Galaxy", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("DoNotCall", None, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ("DoNotCall", "maybe", "JSON_PARSER_ERROR"),
        ("Title", 5, "JSON_PARSER_ERROR"),
        ("Birthdate", "02.03.2026", "JSON_PARSER_ERROR"),
        ("EmailBouncedDate", "2026-03-02T10:15:07", "JSON_PARSER_ERROR"),
        ("MailingLatitude", "north", "JSON_PARSER_ERROR"),
        ("MailingLatitude", 1e9, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("AccountId", "short", "MALFORMED_ID"),
        ("AccountId", "003xx0000001001AAA", "MALFORMED_ID"),
        ("AccountId", "001xx0000009999AAA", "INVALID_CROSS_REFERENCE_KEY"),
        ("OwnerId", "005xx0000000004AAA", "INACTIVE_OWNER_OR_USER"),
        ("Name", "Whole Name", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("MailingAddress", {"city": "Bath"}, "INVALID_FIELD"),
        ("SystemModstamp", "2026-03-02T10:15:07Z", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Nothing__c", "x", "INVALID_FIELD"),
        ("LastName", None, "REQUIRED_FIELD_MISSING"),
        ("LastName", " ", "REQUIRED_FIELD_MISSING"),
        ("Id", "003xx0000001001AAA", "INVALID_FIELD"),
    ],
)
async def test_refused_values(wire: Wire, name: str, sent: object, code: str) -> None:
    """§14: refused at the creation and at a change, and nothing is written."""
    made = await wire.create(LastName="L")
    before = await wire.read(made)
    created = await wire.call("POST", "sobjects/Contact", {"LastName": "L", name: sent})
    changed = await wire.patch(made, **{name: sent})
    assert ([code], [code]) == (created.codes, changed.codes)
    assert before == await wire.read(made)


async def test_null_clears_and_some_nulls_do_nothing(wire: Wire) -> None:
    """§19: null clears; a status with a default takes the null, answers 204 and stays."""
    contact = await wire.create(LastName="L", Title="T")
    assert 204 == (await wire.patch(contact, Title=None)).status
    assert (await wire.read(contact))["Title"] is None
    lead = await wire.create("Lead", LastName="L", Company="C", Status="Working - Contacted")
    assert 204 == (await wire.patch(lead, "Lead", Status=None)).status
    assert "Working - Contacted" == (await wire.read(lead, "Lead"))["Status"]


async def test_derived_values(wire: Wire) -> None:
    """§3.2: names and addresses follow their parts; defaults are filled."""
    made = await wire.create(FirstName="N", LastName="Okafor", MailingCity="Bath")
    row = await wire.read(made)
    assert ("N Okafor", False, wire.sandbox.org.integration_user) == (
        row["Name"],
        row["HasOptedOutOfEmail"],
        row["OwnerId"],
    )
    assert "Bath" == row["MailingAddress"]["city"]
    lead = await wire.create("Lead", LastName="L", Company="C")
    assert "Open - Not Contacted" == (await wire.read(lead, "Lead"))["Status"]


async def test_stamps_are_whole_seconds(wire: Wire, clock: ManualClock) -> None:
    """§9.1: what happens within a second gets the same stamp; a change moves three fields."""
    first, second = await wire.create(LastName="A"), await wire.create(LastName="B")
    rows = [await wire.read(each) for each in (first, second)]
    assert {"2026-11-20T12:00:00.000+0000"} == {row["SystemModstamp"] for row in rows}
    clock.advance(timedelta(seconds=2))
    await wire.patch(first, Title="T")
    row = await wire.read(first)
    assert "2026-11-20T12:00:02.000+0000" == row["SystemModstamp"] == row["LastModifiedDate"]
    assert rows[0]["CreatedDate"] == row["CreatedDate"]
    assert wire.sandbox.org.integration_user == row["LastModifiedById"]


async def test_fields_asked_for(wire: Wire) -> None:
    """§5: `fields` narrows; one that is not there is refused."""
    made = await wire.create(LastName="L")
    answer = await wire.call("GET", f"sobjects/Contact/{made}?fields=LastName,Email")
    assert {"attributes", "Id", "LastName", "Email"} == set(answer.body)
    refused = await wire.call("GET", f"sobjects/Contact/{made}?fields=Nope")
    assert ["INVALID_FIELD"] == refused.codes


async def test_delete(wire: Wire) -> None:
    """§10: to the bin: not found any more, still there for queryAll, writes are refused."""
    made = await wire.create(LastName="L")
    assert 204 == (await wire.call("DELETE", f"sobjects/Contact/{made}")).status
    for answer in (await wire.call("GET", f"sobjects/Contact/{made}"), await wire.patch(made)):
        assert (404, ["ENTITY_IS_DELETED"]) == (answer.status, answer.codes)
    assert [] == await wire.values("SELECT Id FROM Contact")
    assert [(made, True)] == await wire.values("SELECT Id, IsDeleted FROM Contact", "queryAll")


async def test_upsert_statuses(wire: Wire) -> None:
    """§5: 201 made, 200 or 204 changed, 404 with updateOnly or a wrong key, 300 for many."""
    place = f"sobjects/Contact/{KEY}/a%2Fb"
    made = await wire.call("PATCH", place, {"LastName": "L"})
    changed = await wire.call("PATCH", place, {"Title": "T"})
    assert ((201, True), (200, False)) == (
        (made.status, made.body["created"]),
        (changed.status, changed.body["created"]),
    )
    await wire.admin("POST", "switches", is_upsert_answer_200=False)
    assert (204, "") == ((old := await wire.call("PATCH", place, {})).status, old.body)
    missing = await wire.call("PATCH", f"sobjects/Contact/{KEY}/no?updateOnly=true", {"Title": "T"})
    assert (404, ["NOT_FOUND"]) == (missing.status, missing.codes)
    wrong = await wire.call("PATCH", "sobjects/Contact/Title/x", {"LastName": "L"})
    assert (
        "Provided external ID field does not exist or is not accessible: Title"
        == (wrong.body[0]["message"])
    )
    repeated = await wire.call("PATCH", place, {KEY: "a/b"})
    assert ["INVALID_FIELD"] == repeated.codes


async def test_many_match(wire: Wire) -> None:
    """§5: an address of two contacts is 300 with their addresses, and nothing is written."""
    ids = [await wire.create(LastName="L", Email="twice@example.com") for _ in range(2)]
    answer = await wire.call("PATCH", "sobjects/Contact/Email/TWICE@example.com", {"Title": "T"})
    assert (300, {f"/services/data/v62.0/sobjects/Contact/{each}" for each in ids}) == (
        answer.status,
        set(answer.body),
    )
    assert [(None,), (None,)] == await wire.values("SELECT Title FROM Contact")


async def test_upsert_without_a_value(wire: Wire) -> None:
    """§5: a PATCH to `/Id` alone is 405; an unknown id is 404; POST there inserts."""
    assert 405 == (await wire.call("PUT", "sobjects/Contact/Id", {})).status
    unknown = await wire.call("PATCH", "sobjects/Contact/Id/003xx0000009999AAA", {"Title": "T"})
    assert 404 == unknown.status
    assert 201 == (await wire.call("POST", "sobjects/Contact/Id", {"LastName": "L"})).status
    assert 405 == (await wire.call("PATCH", "sobjects/Contact/Id", {"LastName": "L"})).status


async def test_unique_values(wire: Wire) -> None:
    """§14.2: the message names the field and the other record; the bin frees the value."""
    first = await wire.create(LastName="A", **{KEY: "Same"})
    again = await wire.call("POST", "sobjects/Contact", {"LastName": "B", KEY: "same"})
    assert ["DUPLICATE_VALUE"] == again.codes
    assert f"{KEY} duplicates value on record with id: {first[:15]}" in again.body[0]["message"]
    await wire.call("DELETE", f"sobjects/Contact/{first}")
    await wire.create(LastName="B", **{KEY: "same"})


async def test_parent_by_its_key(wire: Wire) -> None:
    """§5: a nested object names the parent; an unknown one is refused."""
    account = await wire.create("Account", Name="Acme", **{KEY: "42"})
    made = await wire.create(LastName="L", Account={KEY: "42"})
    assert account == (await wire.read(made))["AccountId"]
    body = {"LastName": "L", "Account": {KEY: "43"}}
    answer = await wire.call("POST", "sobjects/Contact", body)
    told = f"Foreign key external ID: 43 not found for field {KEY} in entity Account"
    assert (["INVALID_FIELD"], told) == (answer.codes, answer.body[0]["message"])


async def test_unmodified_since(wire: Wire, clock: ManualClock) -> None:
    """§11.1: 412 when the row changed in a later second; within one second nobody knows."""
    made = await wire.create(LastName="L")
    since = http_date(clock.now())
    path = f"sobjects/Contact/{made}"
    await wire.act("edit", id=made, properties={"Title": "same second"})
    kept = await wire.call("PATCH", path, {"Phone": "1"}, If_Unmodified_Since=since)
    assert 204 == kept.status
    clock.advance(timedelta(seconds=1))
    await wire.act("edit", id=made, properties={"Title": "later"})
    refused = await wire.call("PATCH", path, {"Phone": "2"}, If_Unmodified_Since=since)
    assert (412, ["PRECONDITION_FAILED"]) == (refused.status, refused.codes)
    assert 400 == (await wire.call("PATCH", path, {}, If_Unmodified_Since="then")).status
    assert 304 == (await wire.call("GET", path, If_Modified_Since=http_date(clock.now()))).status


async def test_tags_of_accounts(wire: Wire, clock: ManualClock) -> None:
    """§11.1: accounts alone have entity tags."""
    account, contact = await wire.create("Account", Name="A"), await wire.create(LastName="L")
    path = f"sobjects/Account/{account}"
    tag = (await wire.call("GET", path)).headers["Etag"]
    assert 304 == (await wire.call("GET", path, If_None_Match=tag)).status
    clock.advance(timedelta(seconds=1))
    assert 204 == (await wire.call("PATCH", path, {"Phone": "1"}, If_Match=tag)).status
    assert 412 == (await wire.call("PATCH", path, {"Phone": "2"}, If_Match=tag)).status
    assert "Etag" not in (await wire.call("GET", f"sobjects/Contact/{contact}")).headers


async def test_validation_rule(wire: Wire) -> None:
    """§14.2: the administrator's own text."""
    rule = {"object": "Contact", "when": "Title = 'no'", "message": "Never no", "field": "Title"}
    await wire.admin("PUT", "rules", validations=[rule])
    answer = await wire.call("POST", "sobjects/Contact", {"LastName": "L", "Title": "NO"})
    assert (["FIELD_CUSTOM_VALIDATION_EXCEPTION"], "Never no", ["Title"]) == (
        answer.codes,
        answer.body[0]["message"],
        answer.body[0]["fields"],
    )


async def test_duplicate_rule(wire: Wire) -> None:
    """§14.3: the misspelt key, the match; an alert can be overridden, a block cannot."""
    made = await wire.create(LastName="L", Email="a@example.com")
    body = {"LastName": "M", "Email": "A@example.com"}
    allow = "allowSave=true"
    for is_blocking, status in ((True, 400), (False, 201)):
        rule = {"object": "Contact", "fields": ["Email"], "is_blocking": is_blocking}
        await wire.admin("PUT", "rules", duplicates=[rule])
        answer = await wire.call("POST", "sobjects/Contact", body)
        assert ["DUPLICATES_DETECTED"] == answer.codes
        told = answer.body[0]["duplicateResut"]
        assert told["allowSave"] is not is_blocking
        record = told["matchResults"][0]["matchRecords"][0]["record"]
        assert made == record["Id"]
        forced = await wire.call(
            "POST", "sobjects/Contact", body, Sforce_Duplicate_Rule_Header=allow
        )
        assert status == forced.status


async def test_trigger(wire: Wire) -> None:
    """§20.10: a flow sets a field after the save, or throws."""
    sets: dict[str, Any] = {"object": "Contact", "sets": {"Department": "By flow"}}
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    throws = {"object": "Contact", "when": "Title = 'throw'", "refuses": code}
    await wire.admin("PUT", "rules", triggers=[sets, throws])
    made = await wire.create(LastName="L", Department="Mine")
    assert "By flow" == (await wire.read(made))["Department"]
    assert [code] == (await wire.patch(made, Title="throw")).codes
    assert 400 == (await wire.admin("PUT", "rules", nonsense=[])).status
    assert 400 == (await wire.admin("PUT", "rules", triggers=[{"what": 1}])).status


async def test_assignment_rule(wire: Wire) -> None:
    """§17.6: it overwrites the owner sent, unless the header says FALSE."""
    await wire.admin("POST", "switches", does_assignment_rule_run=True)
    org = wire.sandbox.org
    body = {"LastName": "L", "Company": "C", "OwnerId": org.integration_user}
    for header, owner in (("TRUE", org.person), ("FALSE", org.integration_user)):
        answer = await wire.call("POST", "sobjects/Lead", body, Sforce_Auto_Assign=header)
        assert owner == (await wire.read(answer.body["id"], "Lead"))["OwnerId"]
