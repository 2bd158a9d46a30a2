"""Full listings: pages by id, counted, in as many calls as needed, and never silently short."""

import pytest

from adapters.contract import Complete, Page, Partial
from adapters.errors import AdapterError, RetryLater
from adapters.salesforce.profile import CAPABILITIES
from tests.conformance import wire
from tests.http.doubles import Around, json_answer, scripted
from tests.salesforce.sandboxes import PEOPLE, VERSION, Bench, adapter_on, bench, wire_at

CONTACT = "contact"


async def listed(
    on: Bench, of: str, fields: list[str]
) -> tuple[list[Page], Complete | Partial | None]:
    pages: list[Page] = []
    verdict: Complete | Partial | None = None
    async for item in on.adapter.listing(of, fields):
        if isinstance(item, Page):
            pages.append(item)
        else:
            verdict = item
    return pages, verdict


async def test_pages_go_on_behind_the_last_id() -> None:
    """No offset is ever asked for, so rows that move hide nobody: Salesforce pitfall 5."""
    async with bench({"page_size": 4}, records=20, lead_share=0) as on:
        seen = set()
        async for item in on.adapter.listing(CONTACT, ["Email"]):
            if isinstance(item, Page):
                seen |= {record.id for record in item.records}
                await on.admin("user/Contact/archive", id=item.records[0].id)

        live = await on.live("Contact")
        assert live.keys() <= seen
        assert 20 == len(seen)


async def test_fewer_rows_than_are_there_are_no_proof() -> None:
    """The rows are counted beforehand: Salesforce pitfall 6."""
    async with bench({"page_size": 4}, records=12, lead_share=0) as on, wire_at(on) as net:

        def two_lost(body: dict[str, list[object]]) -> dict[str, object]:
            if len(body["records"]) < 4:
                return {**body, "done": True}
            return {**body, "records": body["records"][1:], "done": False}

        net.on(lambda one: one.path.endswith("/query"), wire.told_otherwise(two_lost))
        _, verdict = await listed(on, CONTACT, ["Email"])

        assert isinstance(verdict, Partial)
        assert "of 12 records" in verdict.why


async def test_a_page_shorter_than_it_says_is_refused() -> None:
    """``totalSize`` says more than the page shows: Salesforce pitfall 6."""
    async with bench(records=5, lead_share=0) as on, wire_at(on) as net:
        short = wire.told_otherwise(lambda body: {**body, "records": body["records"][:-1]})
        net.on(lambda one: one.path.endswith("/query"), short)

        with pytest.raises(RetryLater, match="4 of the 5"):
            await listed(on, CONTACT, ["Email"])


async def test_a_query_that_takes_too_long_is_no_empty_table() -> None:
    """QUERY_TIMEOUT fails the listing, every time: Salesforce pitfall 7."""
    async with bench(records=3) as on:
        await on.adapter.schema(CONTACT)
        await on.fault("vendor_error", value="QUERY_TIMEOUT", times=20)

        with pytest.raises(AdapterError, match="QUERY_TIMEOUT"):
            await listed(on, CONTACT, ["Email"])


async def test_many_fields_travel_in_a_body() -> None:
    """A query too long for an address is asked by POST: Salesforce pitfall 8."""
    async with bench(records=3, lead_share=0) as on:
        schema = await on.adapter.schema(CONTACT)
        ids = sorted(await on.live("Contact"))
        many = [f"{ids[0][:12]}{number:03}" for number in range(450)]
        reading = await on.adapter.read(CONTACT, [*many, *ids], list(schema.fields))

        assert sorted(ids) == sorted(record.id for record in reading.records)
        assert "/composite" in on.calls("read")


async def test_a_web_page_instead_of_an_error_is_understood() -> None:
    """503 with HTML is an outage, and breaks no reader: Salesforce pitfall 8."""
    async with bench(records=3) as on:
        await on.adapter.schema(CONTACT)
        await on.fault("gateway_html_502", times=20)

        with pytest.raises(AdapterError):
            await listed(on, CONTACT, ["Email"])


async def test_formulas_are_read_and_never_waited_for() -> None:
    """They move no stamp, so a full listing comes each week: Salesforce pitfall 10."""
    async with bench(records=1) as on:
        schema = await on.adapter.schema(CONTACT)

        assert not schema["Name"].is_writable
        assert CAPABILITIES.full_listing_every is not None


async def test_a_field_that_vanishes_is_unread() -> None:
    """INVALID_FIELD has the fields read anew, in the same call: Salesforce pitfall 11."""
    async with bench(records=3, lead_share=0) as on:
        await on.adapter.schema(CONTACT)
        await on.fault("hidden_property", value="FirstName", times=1_000)

        pages, verdict = await listed(on, CONTACT, ["FirstName", "LastName"])

        assert isinstance(verdict, Complete)
        assert [{"LastName"}] * 3 == [set(record.values) for record in pages[0].records]


async def test_descriptions_are_read_again_each_hour() -> None:
    """A field that an administrator adds is seen without a restart: Salesforce pitfall 11."""
    async with bench(records=1) as on:
        await on.adapter.read(CONTACT, [], [])
        before = on.calls().count("/sobjects/Contact/describe")
        on.wait(minutes=61)
        await on.adapter.read(CONTACT, [], [])

        assert before + 1 == on.calls().count("/sobjects/Contact/describe")


async def test_a_large_object_is_listed_by_a_job() -> None:
    """Behind the first page one bulk query brings the rest, equal to what pages bring."""
    fields = ["Email", "FirstName", "HasOptedOutOfEmail", "Birthdate"]
    bulk = {"query_from": 10}
    async with bench({"page_size": 4, "bulk": bulk}, records=15, lead_share=0) as on:
        by_job, verdict = await listed(on, CONTACT, fields)
        calls = on.calls("listing")
        around = Around()
        async with adapter_on(on.sandbox.base_url, around, {"page_size": 4}) as other:
            on.adapter = other
            by_pages, _ = await listed(on, CONTACT, fields)

        def records(pages: list[Page]) -> dict[str, object]:
            return {record.id: record for page in pages for record in page.records}

        assert isinstance(verdict, Complete)
        assert records(by_pages) == records(by_job)
        assert 4 == max(len(page.records) for page in by_job)
        assert "/jobs/query" in calls


async def test_a_job_that_shows_fewer_rows_than_it_found_fails() -> None:
    """Its number of rows is compared: Salesforce pitfall 6."""
    settings = {"page_size": 4, "bulk": {"query_from": 10}}
    async with bench(settings, records=15, lead_share=0) as on, wire_at(on) as net:

        async def cut(one: wire.Exchange) -> wire.Reply:
            reply = await one.answer()
            kept = reply.body.splitlines(keepends=True)[:-1]
            return wire.Reply(status=200, body=b"".join(kept), headers=reply.headers)

        net.on(lambda one: one.path.endswith("/results"), cut)

        with pytest.raises(RetryLater, match="of the 11 rows"):
            await listed(on, CONTACT, ["Email"])


async def test_person_accounts_are_told_apart_and_left_alone() -> None:
    """Their name has other rules: Salesforce pitfall 27."""
    names = ("Id", "SystemModstamp", "IsPersonAccount", "LastName")
    described = {"name": "Contact", "fields": [{"name": name} for name in names]}
    rows = [
        {"Id": f"00300000000000{number}AAA", "IsPersonAccount": number == 1, "LastName": "L"}
        for number in range(3)
    ]
    page = {"done": True, "totalSize": 3, "records": rows}
    script = (json_answer(200, described), json_answer(200, page))
    given = {"token": "t", "client_id": "", "client_secret": None}
    async with scripted(*script) as server, adapter_on(server.base_url, Around(), given) as adapter:
        told = [item async for item in adapter.listing(CONTACT, ["LastName"])]

    assert isinstance(told[0], Page)
    assert ["person_account"] == [fault.code for fault in told[0].faults]
    assert ["003000000000001AAA"] == [fault.id for fault in told[0].faults]
    assert 2 == len(told[0].records)


async def test_leads_and_contacts_are_one_listing() -> None:
    """Contacts first; a converted lead is the contact it became, and not listed twice."""
    async with bench(records=10, lead_share=0.5) as on:
        lead = min(await on.live("Lead"))
        converted = await on.admin("user/Lead/convert", id=lead)

        pages, verdict = await listed(on, PEOPLE, ["Email"])

        ids = [record.id for page in pages for record in page.records]
        assert lead not in ids
        assert converted["values"]["ConvertedContactId"] in ids
        assert isinstance(verdict, Complete)
        assert len(ids) == verdict.count
        assert VERSION + "/query" in {call.endpoint for call in on.around.calls}
