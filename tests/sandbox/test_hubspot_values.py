"""What HubSpot accepts and keeps (hubspot.md 5, 7, 13.3, 17)."""

import pytest

from adapters.hubspot.sandbox import PartialEmailUpsert, Switches, WriteValidation
from adapters.hubspot.sandbox.settings import ConditionalRequirement
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, Wire

KEPT = [
    ("firstname", "Ada", "Ada"),
    ("firstname", " Ada ", " Ada "),
    ("firstname", 17, "17"),
    ("email", "Ada@Example.COM", "ada@example.com"),
    ("hs_customer_since", "2026-10-29", "2026-10-29"),
    ("hs_customer_since", "1793232000000", "2026-10-29"),
    ("hs_customer_since", "2026-10-29T00:00:00.000Z", "2026-10-29"),
    ("closedate", "1793265164107", "2026-10-29T09:12:44.107Z"),
    ("closedate", "2026-10-29T11:12:44.107+02:00", "2026-10-29T09:12:44.107Z"),
    ("followercount", "67340.0", "67340.0"),
    ("followercount", 17, "17"),
    ("hs_do_not_call", "true", "true"),
    ("hs_do_not_call", False, "false"),
    ("lifecyclestage", "lead", "lead"),
    ("hs_buying_role", "CHAMPION;END_USER", "CHAMPION;END_USER"),
    ("hs_buying_role", ";CHAMPION", "CHAMPION"),
    ("hubspot_owner_id", "96879917", "96879917"),
    ("phone", "030 / 12 34", "030 / 12 34"),
]

REFUSED = [
    ("shoe_size", "42", "PROPERTY_DOESNT_EXIST"),
    ("hs_customer_since", "1793265164107", "INVALID_DATE"),
    ("hs_customer_since", "2026-10-29T22:18:55.865Z", "INVALID_DATE"),
    ("hs_customer_since", "29.10.2026", "INVALID_DATE"),
    ("hs_customer_since", "2026-02-30", "INVALID_DATE"),
    ("closedate", "yesterday", "INVALID_DATE"),
    ("lifecyclestage", "Lead", "INVALID_OPTION"),
    ("lifecyclestage", "Marketing Qualified Lead", "INVALID_OPTION"),
    ("hs_buying_role", "CHAMPION; END_USER", "INVALID_OPTION"),
    ("hs_lead_status", "new", "INVALID_OPTION"),
    ("email", "not an address", "INVALID_EMAIL"),
    ("email", "a@b", "INVALID_EMAIL"),
    ("hs_do_not_call", "True", "INVALID_OPTION"),
    ("hs_do_not_call", "yes", "INVALID_OPTION"),
    ("followercount", "1234;5678", "INVALID_INTEGER"),
    ("followercount", "1,5", "INVALID_INTEGER"),
    ("createdate", "2026-10-29T09:12:44.107Z", "READ_ONLY_VALUE"),
    ("hs_additional_emails", "a@b.example", "READ_ONLY_VALUE"),
    ("hs_email_domain", "b.example", "READ_ONLY_VALUE"),
    ("hubspot_owner_id", "96879920", "INVALID_OWNER_ID"),
    ("hubspot_owner_id", "4321", "INVALID_OWNER_ID"),
    ("firstname", "x" * 65_537, "VALUE_TOO_LONG"),
    ("firstname", {"a": 1}, "INVALID_TYPE"),
]


@pytest.mark.parametrize(("name", "sent", "kept"), KEPT)
async def test_value_is_kept_as_text(wire: Wire, name: str, sent: object, kept: str) -> None:
    """§13.3: everything is text on the wire; dates, times and addresses take one form."""
    record_id = await wire.create(**{"lastname": "Lovelace", name: sent})
    answer = await wire.read(record_id, f"properties={name}")
    assert kept == answer.body["properties"][name]


@pytest.mark.parametrize(("name", "sent", "code"), REFUSED)
async def test_bad_value_is_refused(wire: Wire, name: str, sent: object, code: str) -> None:
    """§7.2, §13.3: a bad value is a 400 naming property and code, and nothing is written."""
    record_id = await wire.create(lastname="Lovelace")
    answer = await wire.patch(record_id, lastname="Byron", **{name: sent})
    assert (400, "VALIDATION_ERROR") == (answer.status, answer.body["category"])
    assert [code] == answer.codes
    assert [name] == answer.body["errors"][0]["context"]["propertyName"]
    assert "Lovelace" == (await wire.read(record_id)).body["properties"]["lastname"]


async def test_all_bad_values_are_named_together(wire: Wire) -> None:
    """§7.1: the message carries the problems as JSON text, `errors` as a list."""
    answer = await wire.call(
        "POST", CONTACTS, {"properties": {"shoe_size": "42", "email": "x", "firstname": "Ada"}}
    )
    assert ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL"] == answer.codes
    assert answer.body["message"].startswith('Property values were not valid: [{"isValid":false')
    assert answer.body["correlationId"]


async def test_date_with_a_time_says_so(wire: Wire) -> None:
    """§24.11: the text of the 400 tells the time of day that was not midnight."""
    record_id = await wire.create(lastname="Lovelace")
    answer = await wire.patch(record_id, hs_customer_since="2026-10-29T22:18:55.865Z")
    assert "is at 22:18:55.865 UTC, not midnight!" in answer.body["message"]


async def test_leading_semicolon_appends(wire: Wire) -> None:
    """§13.3: `;c` adds to a multiple choice, without it the list is replaced."""
    record_id = await wire.create(lastname="L", hs_buying_role="CHAMPION")
    appended = await wire.patch(record_id, hs_buying_role=";END_USER;CHAMPION")
    assert "CHAMPION;END_USER" == appended.body["properties"]["hs_buying_role"]
    replaced = await wire.patch(record_id, hs_buying_role="OTHER")
    assert "OTHER" == replaced.body["properties"]["hs_buying_role"]


async def test_empty_text_clears(wire: Wire) -> None:
    """§13.3, §5.2: "" clears; the write answers "", a read answers null."""
    record_id = await wire.create(lastname="L", phone="1")
    assert "" == (await wire.patch(record_id, phone="")).body["properties"]["phone"]
    assert (await wire.read(record_id, "properties=phone")).body["properties"]["phone"] is None


async def test_read_gives_what_was_asked_and_three_more(wire: Wire) -> None:
    """§5.2: unknown names are ignored, empty ones are null, ids and dates always come."""
    record_id = await wire.create(lastname="L", phone="1")
    answer = await wire.read(record_id, "properties=phone,city&properties=nonsense")
    names = {"phone", "city", "createdate", "lastmodifieddate", "hs_object_id"}
    assert names == set(answer.body["properties"])
    assert answer.body["url"].endswith(f"/contacts/1234567/record/0-1/{record_id}")


async def test_defaults_without_a_list(wire: Wire) -> None:
    """§5.2: without `properties` only the six defaults come back."""
    record_id = await wire.create(lastname="L", phone="1")
    names = {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}
    assert names == set((await wire.read(record_id)).body["properties"])


@pytest.mark.parametrize("properties", [{}, {"phone": "1"}, {"email": ""}])
async def test_create_needs_a_name_or_address(wire: Wire, properties: dict[str, str]) -> None:
    """§5.3: one of email, firstname, lastname has to be there."""
    assert 400 == (await wire.call("POST", CONTACTS, {"properties": properties})).status


async def test_patch_without_properties(wire: Wire) -> None:
    """§6.3: an update of nothing is a 400 with its own words."""
    record_id = await wire.create(lastname="L")
    answer = await wire.patch(record_id)
    assert 400 == answer.status
    assert "No properties found to update, please provide at least one." == answer.body["message"]


@pytest.mark.parametrize("raw", [b'{"properties":{}} x', b"{", b"[]", b"", b"\xff", b'"text"'])
async def test_body_that_is_no_json_object(wire: Wire, raw: bytes) -> None:
    """§7.2: what is no single JSON object is a 400, whatever follows or lacks."""
    answer = await wire.call("POST", CONTACTS, raw=raw)
    assert (400, "VALIDATION_ERROR") == (answer.status, answer.body["category"])


async def test_address_is_unique_in_any_case(wire: Wire) -> None:
    """§17, §7.2: a second contact with the address is a 409 naming the first."""
    record_id = await wire.create(email="ada@example.com")
    answer = await wire.call("POST", CONTACTS, {"properties": {"email": "ADA@example.com"}})
    assert (409, "CONFLICT") == (answer.status, answer.body["category"])
    assert f"Contact already exists. Existing ID: {record_id}" == answer.body["message"]


async def test_secondary_address_is_taken_too(wire: Wire) -> None:
    """§24.16: an address that shows nowhere as primary still makes a create fail."""
    record_id = await wire.create(email="ada@example.com")
    await wire.as_user("edit", id=record_id, properties={"hs_additional_emails": "a@home.example"})
    answer = await wire.call("POST", CONTACTS, {"properties": {"email": "a@home.example"}})
    assert f"Contact already exists. Existing ID: {record_id}" == answer.body["message"]
    found = await wire.read("a@home.example", "idProperty=email")
    assert record_id == found.body["id"]


async def test_changed_address_is_free_again(wire: Wire) -> None:
    """§17: uniqueness follows the present value."""
    record_id = await wire.create(email="ada@example.com")
    await wire.patch(record_id, email="countess@example.com")
    assert record_id != await wire.create(email="ada@example.com")


async def test_association_to_nothing(wire: Wire) -> None:
    """§7.2: a link to a record that does not exist is a 400 with INVALID_OBJECT_IDS."""
    link = {"to": {"id": "442222359747"}, "types": []}
    body = {"properties": {"lastname": "L"}, "associations": [link]}
    answer = await wire.call("POST", CONTACTS, body)
    assert (400, ["442222359747"]) == (answer.status, answer.body["context"]["objectId"])


async def test_lifecycle_stage_does_not_go_back(wire: Wire) -> None:
    """§17: a backward write is answered with 200 and not applied; other values are."""
    record_id = await wire.create(lastname="L", lifecyclestage="customer")
    answer = await wire.patch(record_id, lifecyclestage="lead", city="Bath")
    assert 200 == answer.status
    assert "customer" == answer.body["properties"]["lifecyclestage"]
    assert "Bath" == answer.body["properties"]["city"]


async def test_lifecycle_stage_goes_anywhere_once_cleared(wire: Wire) -> None:
    """§17: cleared in one request, set in the next."""
    record_id = await wire.create(lastname="L", lifecyclestage="customer")
    await wire.patch(record_id, lifecyclestage="")
    answer = await wire.patch(record_id, lifecyclestage="lead")
    assert "lead" == answer.body["properties"]["lifecyclestage"]


async def test_lifecycle_stage_moves_freely_by_switch(start: Start) -> None:
    """§25.5: by a third-party text v3 takes any direction; a switch plays that."""
    wire = await start(switches=Switches(is_lifecycle_forward_only=False))
    record_id = await wire.create(lastname="L", lifecyclestage="customer")
    answer = await wire.patch(record_id, lifecyclestage="lead")
    assert "lead" == answer.body["properties"]["lifecyclestage"]


async def test_normalisations_are_switches(start: Start) -> None:
    """§21, §25: trimming and lower-casing can be turned round."""
    wire = await start(switches=Switches(is_text_trimmed=True, is_email_lowercased=False))
    record_id = await wire.create(firstname="  Ada ", email="Ada@Example.com")
    properties = (await wire.read(record_id)).body["properties"]
    assert ("Ada", "Ada@Example.com") == (properties["firstname"], properties["email"])


RULES = WriteValidation(
    required=("lastname",),
    conditional=(
        ConditionalRequirement(
            required="phone", when="lifecyclestage", values=frozenset({"customer"})
        ),
    ),
)


@pytest.mark.parametrize(
    ("version", "properties", "code"),
    [
        ("2026-09", {"firstname": "A"}, "MISSING_REQUIRED_PROPERTY"),
        (
            "2026-09",
            {"lastname": "A", "lifecyclestage": "customer"},
            "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
        ),
        ("2026-09", {"lastname": "A", "lifecyclestage": "customer", "phone": "1"}, None),
        ("2026-09", {"lastname": "A", "lifecyclestage": "lead"}, None),
        ("2026-03", {"firstname": "A"}, None),
    ],
)
async def test_administrators_rules_bind_from_2026_09(
    start: Start, version: str, properties: dict[str, str], code: str | None
) -> None:
    """§2.4: required and conditionally required properties, on the newest version alone."""
    wire = await start(validation=RULES)
    answer = await wire.call("POST", f"/crm/objects/{version}/contacts", {"properties": properties})
    assert ((201, []) if code is None else (400, [code])) == (answer.status, answer.codes)


async def test_required_property_cannot_be_cleared(start: Start) -> None:
    """§2.4: an update is judged by what it would leave, and only for what it touches."""
    wire = await start(validation=RULES)
    record_id = await wire.create(lastname="L", firstname="A")
    assert 200 == (await wire.patch(record_id, firstname="")).status
    answer = await wire.patch(record_id, lastname="")
    assert ["MISSING_REQUIRED_PROPERTY"] == answer.codes


@pytest.mark.parametrize(
    ("choice", "status", "phone"),
    [
        (PartialEmailUpsert.REFUSE, 400, "1"),
        (PartialEmailUpsert.CLEAR, 200, None),
        (PartialEmailUpsert.ACCEPT, 200, "1"),
    ],
)
async def test_partial_upsert_by_address(
    start: Start, choice: PartialEmailUpsert, status: int, phone: str | None
) -> None:
    """§6.4, §23.6: an upsert by e-mail that leaves out values is refused, or clears them."""
    wire = await start(switches=Switches(partial_email_upsert=choice))
    record_id = await wire.create(email="a@example.com", phone="1")
    one = {"idProperty": "email", "id": "a@example.com", "properties": {"city": "Bath"}}
    assert status == (await wire.batch("upsert", [one])).status
    answer = await wire.read(record_id, "properties=phone")
    assert phone == answer.body["properties"]["phone"]
