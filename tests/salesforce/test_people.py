"""Leads and contacts as one object: told apart by id, followed when they are merged or converted."""

import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Moved, Outcome, Refused, Verb, Write
from adapters.errors import Unreadable
from adapters.salesforce.kind import KIND
from adapters.salesforce.object_types import PEOPLE as PEOPLE_NAME
from daemon.core.values import FieldKind, Values
from tests.salesforce.sandboxes import PEOPLE, Bench, bench


async def written(on: Bench, verb: Verb, *writes: Write) -> list[Outcome]:
    return list(await on.adapter.write(PEOPLE, verb, writes))


def update(id_: str, **values: str | None) -> Write:
    return Write(token=id_, id=id_, values=values)


async def converted(on: Bench, lead: str) -> str:
    told = await on.admin("user/Lead/convert", id=lead)
    return str(told["values"]["ConvertedContactId"])


async def test_the_schema_is_the_union_by_common_names() -> None:
    """An address is one address; what a lead alone needs is filled and not required."""
    async with bench() as on:
        people = await on.adapter.schema(PEOPLE)
        contact = await on.adapter.schema("contact")
        lead = await on.adapter.schema("Lead")

    assert {"Street", "Company", "AccountId", EXTERNAL_ID} <= people.fields.keys()
    assert "MailingStreet" not in people
    assert "MailingStreet" in contact
    assert FieldKind.BOOL is people["HasOptedOutOfEmail"].kind
    assert ["LastName"] == [field.name for field in people.fields.values() if field.is_required]
    assert ["LastName"] == [field.name for field in lead.fields.values() if field.is_required]
    assert 128 == people["Title"].max_length


async def test_a_hidden_field_is_absent() -> None:
    """What the user may not see is in no schema, rather than empty."""
    async with bench(
        hidden=frozenset({"Contact.HasOptedOutOfEmail", "Lead.HasOptedOutOfEmail"})
    ) as on:
        assert "HasOptedOutOfEmail" not in await on.adapter.schema(PEOPLE)


async def test_newcomers_are_leads_unless_they_have_an_account() -> None:
    """Who belongs to an account is a contact; a lead without a company gets a word for it."""
    async with bench() as on:
        account = await on.create("Account", Name="Acme")
        lead = Write(token="a", values={"LastName": "Lee", "City": "Bonn"}, external_id="a")
        values: Values = {
            "LastName": "Con",
            "City": "Bonn",
            "Company": "Acme",
            "AccountId": account,
        }
        first, second = await written(
            on, Verb.CREATE, lead, Write(token="b", values=values, external_id="b")
        )

        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert "[not provided]" == (await on.live("Lead"))[first.id]["Company"]
        assert "Bonn" == (await on.live("Contact"))[second.id]["MailingCity"]
        reading = await on.adapter.read(PEOPLE, [first.id, second.id], ["City", "Company"])
        told = {record.id: dict(record.values) for record in reading.records}
        assert {"City": "Bonn", "Company": None} == told[first.id]
        assert {"City": "Bonn"} == told[second.id]


async def test_a_lead_that_is_emptied_of_its_company_keeps_the_word() -> None:
    """Salesforce wants one; cleared and filled are the same to the reader."""
    async with bench() as on:
        lead = await on.create("Lead", LastName="Lee", Company="Acme")

        (outcome,) = await written(on, Verb.UPDATE, update(lead, Company=None))

        assert isinstance(outcome, Accepted)
        assert "[not provided]" == (await on.live("Lead"))[lead]["Company"]


async def test_one_batch_writes_leads_and_contacts() -> None:
    """Outcomes stand in the batch's order, whatever calls they took."""
    async with bench(records=10, lead_share=0.5) as on:
        ids = sorted([*await on.live("Lead"), *await on.live("Contact")], key=lambda one: one[-6:])

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title=f"T {one}") for one in ids))

        assert [Accepted(id=one, record=None) for one in ids] == outcomes
        seen = {**await on.live("Lead"), **await on.live("Contact")}
        assert {one: f"T {one}" for one in ids} == {one: seen[one]["Title"] for one in ids}


async def test_a_converted_lead_is_its_contact() -> None:
    """Reading leads there, and the lead is never written: Salesforce pitfall 18."""
    async with bench(records=4, lead_share=1) as on:
        lead = min(await on.live("Lead"))
        await on.adapter.read(PEOPLE, [lead], ["Email"])
        contact = await converted(on, lead)

        reading = await on.adapter.read(PEOPLE, [lead, contact], ["Email", "LastName"])
        (outcome,) = await written(on, Verb.UPDATE, update(lead, Title="New"))

        assert {lead: contact} == dict(reading.redirects)
        assert [contact] == [record.id for record in reading.records]
        assert Moved(record=None) == outcome
        assert "New" != (await on.live("Lead"))[lead].get("Title")


async def test_leads_alone_refuse_converted_ones_and_say_why() -> None:
    """Without contacts there is nowhere to follow to: Salesforce pitfall 18."""
    async with bench(records=2, lead_share=1) as on:
        lead = min(await on.live("Lead"))
        await converted(on, lead)

        (outcome,) = await on.adapter.write("lead", Verb.UPDATE, [update(lead, Title="New")])

        assert isinstance(outcome, Refused)
        assert "{lead, contact}" in outcome.failure.message


async def test_the_feed_leads_from_a_lead_to_its_contact() -> None:
    """A conversion is told; whoever reads the hint finds the contact."""
    async with bench(records=2, lead_share=1) as on:
        lead = min(await on.live("Lead"))
        cursor = await on.adapter.start_cursor(PEOPLE)
        on.wait(seconds=10)
        contact = await converted(on, lead)
        on.wait(seconds=10)

        hints, _ = await on.hints(PEOPLE, cursor)

        assert {lead, contact} <= {hint.id for hint in hints}


async def test_merges_of_merges_lead_to_the_last_winner() -> None:
    """MasterRecordId is followed as far as it goes: Salesforce pitfall 14."""
    async with bench() as on:
        first, second, third = [await on.create("Contact", LastName=name) for name in "ABC"]
        await on.admin("user/Contact/merge", primary=second, other=first)
        await on.admin("user/Contact/merge", primary=third, other=second)

        reading = await on.adapter.read(PEOPLE, [first, second, third], ["LastName"])
        (outcome,) = await written(on, Verb.UPDATE, update(first, Title="New"))

        assert {first: third, second: third} == dict(reading.redirects)
        assert [third] == [record.id for record in reading.records]
        assert set() == reading.missing
        assert Moved(record=None) == outcome


async def test_a_deleted_winner_is_told_as_deleted() -> None:
    """The loser's trail ends at a record in the bin, not at nothing."""
    async with bench() as on:
        lost, kept = [await on.create("Contact", LastName=name) for name in "AB"]
        await on.admin("user/Contact/merge", primary=kept, other=lost)
        await on.admin("user/Contact/archive", id=kept)

        reading = await on.adapter.read(PEOPLE, [lost], ["LastName"])

        assert {lost: kept} == dict(reading.redirects)
        assert [(kept, True)] == [(one.id, one.is_archived) for one in reading.records]


async def test_a_person_is_looked_for_in_the_order_of_standing() -> None:
    """Contacts, then leads, then the contacts that other leads became: Salesforce pitfall 19."""
    async with bench() as on:
        email = "ana@example.com"
        old_lead = await on.create("Lead", LastName="Old", Company="A", Email=email)
        other = await converted(on, old_lead)
        await on.edit("Contact", other, Email="other@example.com")
        lead = await on.create("Lead", LastName="Lee", Company="A", Email=email)
        contact = await on.create("Contact", LastName="Con", Email=email)
        on.wait(seconds=1)
        newest = await on.create("Contact", LastName="Con", Email=email.upper())

        reading = await on.adapter.find(PEOPLE, "Email", [email, "no@example.com"], ["LastName"])

        assert [newest, contact, lead, other] == [record.id for record in reading.records]
        assert {old_lead: other} == dict(reading.redirects)
        assert {"no@example.com"} == reading.missing


async def test_a_text_with_quotes_is_looked_for_as_it_is() -> None:
    """Nothing in a key ends its literal."""
    async with bench(records=3) as on:
        strange = ["o'hara@example.com", "a' OR Email != '", "back\\slash", "new\nline"]

        reading = await on.adapter.find(PEOPLE, "Email", strange, ["LastName"])

        assert set(strange) == reading.missing


async def test_an_unknown_key_is_refused() -> None:
    """A look-up by a field that is not there proves nothing."""
    async with bench() as on:
        with pytest.raises(Unreadable, match="looked up"):
            await on.adapter.find(PEOPLE, "No_Such__c", ["x"], [])


def test_the_standard_mapping_has_the_opt_out() -> None:
    """For people, for each kind of them; any casing of an object's name will do."""
    for name in (PEOPLE_NAME, "lead", "Contact"):
        assert "HasOptedOutOfEmail" == KIND.standard_fields[name]["opt_out"]
    assert PEOPLE_NAME == KIND.default_object
