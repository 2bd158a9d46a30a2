"""Reading from a HubSpot sandbox over HTTP: listings, ids, keys, times."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.contract import EXTERNAL_ID, Complete, Page, Partial, Verb, Write
from adapters.errors import GrantAccess, Reauthenticate, RetryLater, Unreadable
from adapters.hubspot.sandbox import Limits, Switches, TokenSettings
from daemon.core.record import Record
from daemon.core.values import FieldKind
from tests.http.doubles import NOON, Answer, Around, json_answer, scripted, text_answer
from tests.hubspot.sandboxes import CONTACTS, NAMES, Bench, adapter_on, bench


async def listed(
    on: Bench, fields: Sequence[str] = NAMES
) -> tuple[list[Record], Complete | Partial]:
    """Walk a listing to its end."""
    records: list[Record] = []
    async for item in on.adapter.listing(CONTACTS, fields):
        if not isinstance(item, Page):
            return records, item
        records.extend(item.records)
    raise AssertionError("the listing ended without Complete or Partial")


async def test_the_account_is_known_by_its_number() -> None:
    """The canary: which account, and in which time zone its day ends."""
    async with bench() as on:
        account = await on.adapter.account()

    assert ("1234567", "Europe/Berlin") == (account.id, account.time_zone)


async def test_a_listing_sees_every_record_once() -> None:
    """250 records take three pages, and the last page proves that it is the last."""
    async with bench(records=250) as on:
        records, end = await listed(on)
        calls = on.calls("listing")

    assert 250 == len({record.id for record in records}) == len(records)
    assert isinstance(end, Complete)
    assert 250 == end.count
    assert 3 == len(calls)
    assert set(NAMES) == set(records[0].values)


async def test_a_looping_listing_is_partial() -> None:
    """Page tokens that lead in a circle end the walk without proof: absence means nothing (R4)."""
    async with bench(records=250) as on:
        await on.fault("cursor_loop", times=9)
        records, end = await listed(on)

    assert isinstance(end, Partial)
    assert len(records) < 250


async def test_rows_that_come_twice_are_told_once() -> None:
    """A record that moves between pages is one record."""
    async with bench(records=250) as on:
        await on.fault("duplicated_rows", times=3)
        records, end = await listed(on)

    assert 250 == len({record.id for record in records}) == len(records)
    assert isinstance(end, Complete)
    assert 250 == end.count


async def test_a_long_list_of_properties_is_read_by_batch() -> None:
    """Where a URL would be too long pages give ids and batches values: HubSpot pitfall 9."""
    async with bench(records=150) as on:
        names = [f"custom_property_with_a_long_name_{number:03d}" for number in range(150)]
        for name in names:
            await on.property(name)
        records, end = await listed(on, [*NAMES, *names])
        calls = on.calls()

    assert 150 == len(records)
    assert isinstance(end, Complete)
    assert names[-1] in records[0].values
    assert 2 == calls.count("contacts/batch/read")


async def test_a_listing_that_fails_raises() -> None:
    """A page that never comes is an error, not the end of the list (I6)."""
    async with bench(records=250) as on:
        await on.fault("gateway_html_502", times=9, skip=2, match={"path_prefix": "/crm/objects"})
        with pytest.raises(RetryLater):
            await listed(on)


async def test_a_property_that_no_record_shows_is_unread() -> None:
    """An administrator may archive a property: that is no reason to empty the other side (I24)."""
    async with bench(records=20) as on:
        await on.adapter.schema(CONTACTS)
        await on.fault("hidden_property", value="firstname")
        records, _ = await listed(on)

    assert {"email", "lastname"} == set(records[0].values)


async def test_the_schema_tells_kinds_and_what_can_be_written() -> None:
    """Types, not presentations, decide; an owner is a reference; HubSpot's own dates are read-only."""
    async with bench() as on:
        schema = await on.adapter.schema(CONTACTS)

    assert FieldKind.EMAIL is schema["email"].kind
    assert schema["email"].is_unique
    assert FieldKind.PHONE is schema["phone"].kind
    assert FieldKind.REFERENCE is schema["hubspot_owner_id"].kind
    assert FieldKind.DATETIME is schema["lastmodifieddate"].kind
    assert not schema["lastmodifieddate"].is_writable
    assert schema["firstname"].is_writable
    stages = [choice.value for choice in schema["lifecyclestage"].choices]
    assert ["subscriber", "lead", "marketingqualifiedlead"] == stages[:3]
    assert schema["lifecyclestage"].is_forward_only
    assert ("email", "firstname", "lastname") == schema.required_any


async def test_an_unknown_object_is_named() -> None:
    """No object that would fail half-way is offered."""
    async with bench() as on:
        assert ["contacts"] == await on.adapter.objects()
        with pytest.raises(Unreadable, match="quotes"):
            await on.adapter.schema("quotes")
        with pytest.raises(Unreadable, match="quotes"):
            await on.adapter.start_cursor("quotes")


async def test_prepare_creates_the_external_id_once() -> None:
    """The property is made where it is missing, found where it is there, unique in both cases."""
    async with bench() as on:
        before = EXTERNAL_ID in await on.adapter.schema(CONTACTS)
        first = await on.adapter.prepare(CONTACTS)
        asked = len(on.around.calls)
        second = await on.adapter.prepare(CONTACTS)
        schema = await on.adapter.schema(CONTACTS)

    assert (False, True, True) == (before, first, second)
    assert asked + 1 == len(on.around.calls), "the second look costs nothing; the last is schema()"
    assert schema[EXTERNAL_ID].is_unique


async def test_prepare_without_the_scope_says_no() -> None:
    """Without permission for the property the sync still runs (R7)."""
    scopes = TokenSettings().scopes - {"crm.schemas.contacts.write"}
    async with bench(tokens=(TokenSettings(scopes=scopes),)) as on:
        assert not await on.adapter.prepare(CONTACTS)
        (made,) = await on.adapter.write(
            CONTACTS,
            Verb.CREATE,
            [Write(token="t", values={"email": "a@example.com"}, external_id="x")],
        )

    assert "Accepted" == type(made).__name__


async def test_prepare_does_not_take_a_property_that_is_not_unique() -> None:
    """A property of that name without uniqueness cannot serve as a key."""
    async with bench() as on:
        await on.property(EXTERNAL_ID)
        assert not await on.adapter.prepare(CONTACTS)


async def test_reading_by_id_tells_live_archived_and_missing_apart() -> None:
    """Archived records come marked, absent ones are missing, live ones cost one call."""
    async with bench() as on:
        live, binned = await on.people(2)
        await on.adapter.read(CONTACTS, [live], NAMES)
        cheap = on.calls("read")
        await on.admin("user/contacts/archive", id=binned)
        reading = await on.adapter.read(CONTACTS, [live, binned, "999"], NAMES)

    assert ["contacts/batch/read"] == cheap
    assert {live: False, binned: True} == {one.id: one.is_archived for one in reading.records}
    assert {"999"} == reading.missing


@pytest.mark.parametrize("is_404", [True, False])
async def test_a_batch_of_missing_ids_is_no_error(is_404: bool) -> None:
    """A 404 or an empty 207 when HubSpot has none both mean missing: HubSpot pitfall 18."""
    async with bench(switches=Switches(is_all_missing_404=is_404)) as on:
        reading = await on.adapter.read(CONTACTS, ["998", "999"], NAMES)
        found = await on.adapter.find(CONTACTS, "email", ["no@example.com"], NAMES)
        times = await on.adapter.times(CONTACTS, ["998"], NAMES)

    assert {"998", "999"} == reading.missing
    assert [] == list(reading.records)
    assert {"no@example.com"} == found.missing
    assert {} == times


@pytest.mark.parametrize("is_read_in_batch", [True, False])
@pytest.mark.parametrize("is_primary_kept", [True, False])
async def test_a_merged_id_leads_to_its_survivor(
    is_read_in_batch: bool, is_primary_kept: bool
) -> None:
    """Old ids redirect, whichever survives, resolved by a batch or not (I20): HubSpot pitfall 7."""
    switches = Switches(
        is_merged_id_read_in_batch=is_read_in_batch, is_primary_id_preserved=is_primary_kept
    )
    async with bench(switches=switches) as on:
        kept, merged, other = await on.people(3)
        made = await on.admin("user/contacts/merge", primary=kept, other=merged)
        survivor = str(made["id"])
        reading = await on.adapter.read(CONTACTS, [merged, other], NAMES)
        both = await on.adapter.read(CONTACTS, [merged, kept], NAMES)

    assert {merged: survivor} == reading.redirects
    assert frozenset() == reading.missing == both.missing
    assert survivor == both.redirects[merged]
    found = {record.id: record for record in reading.records}
    assert {survivor, other} == set(found)
    assert merged in found[survivor].merged_ids
    assert ("person1@example.com",) == found[survivor].other_emails


@pytest.mark.parametrize("is_secondary_found", [True, False])
async def test_addresses_are_found_whatever_their_case(is_secondary_found: bool) -> None:
    """Keys come back missing as they were given; secondary addresses count where they are shown.

    HubSpot pitfall 16.
    """
    switches = Switches(is_secondary_email_read_in_batch=is_secondary_found)
    async with bench(switches=switches) as on:
        kept, merged, _ = await on.people(3)
        await on.admin("user/contacts/merge", primary=kept, other=merged)
        keys = ["PERSON2@example.com", "person1@example.com", "Nobody@example.com"]
        reading = await on.adapter.find(CONTACTS, "email", keys, NAMES)

    expected = {"Nobody@example.com"}
    expected |= set() if is_secondary_found else {"person1@example.com"}
    assert expected == reading.missing
    assert (2 if is_secondary_found else 1) == len(reading.records)


async def test_times_come_from_property_history() -> None:
    """Each field has its own time; our own writes are learnt and told apart from people's."""
    async with bench() as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        await on.adapter.write(
            CONTACTS, Verb.UPDATE, [Write(token="t", id=person, values={"firstname": "Ours"})]
        )
        on.wait(hours=1)
        await on.edit(person, lastname="Theirs")
        times = (await on.adapter.times(CONTACTS, [person], NAMES))[person]

    assert (NOON + timedelta(hours=1), True) == (times["firstname"].at, times["firstname"].is_ours)
    assert (NOON + timedelta(hours=2), False) == (times["lastname"].at, times["lastname"].is_ours)
    assert not times["email"].is_ours


async def test_our_source_is_learnt_from_another_record_we_wrote() -> None:
    """What an earlier process wrote is recognised as soon as this one has written anything."""
    async with bench() as on:
        first, second = await on.people(2)
        ours = {"firstname": "Ours"}
        await on.adapter.write(CONTACTS, Verb.UPDATE, [Write(token="t", id=first, values=ours)])
        async with adapter_on(on.sandbox.base_url, on.sandbox.token, Around()) as later:
            before = await later.times(CONTACTS, [first], ["firstname"])
            await later.write(CONTACTS, Verb.UPDATE, [Write(token="t", id=second, values=ours)])
            after = await later.times(CONTACTS, [first], ["firstname"])

    assert not before[first]["firstname"].is_ours
    assert after[first]["firstname"].is_ours
    assert {first} == set(after)


async def test_a_configured_app_id_is_ours_from_the_start() -> None:
    """Without a write in this process the setting tells which source is ours."""
    async with bench() as before:
        person = await before.create(email="a@example.com")
        source = {"app_id": "987654"}
        await before.adapter.write(
            CONTACTS, Verb.UPDATE, [Write(token="t", id=person, values={"firstname": "Ours"})]
        )
        told = {}
        for name, settings in {"plain": {}, "told": source}.items():
            async with adapter_on(
                before.sandbox.base_url, before.sandbox.token, Around(), settings
            ) as other:
                told[name] = await other.times(CONTACTS, [person], ["firstname"])

    assert not told["plain"][person]["firstname"].is_ours
    assert told["told"][person]["firstname"].is_ours


async def test_histories_are_read_fifty_at_a_time() -> None:
    """With history a batch holds half as many."""
    async with bench() as on:
        people = await on.people(60)
        times = await on.adapter.times(CONTACTS, people, ["email"])

    assert 60 == len(times)
    assert 2 == len(on.calls("times"))


async def test_a_wrong_token_stops_the_connection() -> None:
    """One call, one clear error that names the next step and not the token."""
    async with bench({"token": "pat-eu1-wrong"}) as on:
        with pytest.raises(Reauthenticate, match="service key") as refused:
            await on.adapter.account()

    assert 1 == len(on.around.calls)
    assert "wrong" not in str(refused.value)


async def test_a_missing_scope_is_named() -> None:
    """The person who grants it needs to know which."""
    async with bench(
        tokens=(TokenSettings(scopes=frozenset({"crm.schemas.contacts.read"})),)
    ) as on:
        with pytest.raises(GrantAccess) as refused:
            await on.adapter.read(CONTACTS, ["1"], NAMES)

    assert ("crm.objects.contacts.read",) == refused.value.scopes


async def test_our_own_pace_never_meets_a_limit() -> None:
    """Four hundred reads as fast as they will go: slower than the limit, without one 429."""
    async with bench(limits=Limits(burst=100)) as on:
        for _ in range(400):
            await on.adapter.account()

    assert {200} == {call.status for call in on.around.calls}
    assert on.around.clock.elapsed >= 30


async def test_hurried_strangers_are_waited_out() -> None:
    """When others use the limit up, 429 is waited for and the read succeeds: HubSpot pitfall 22."""
    async with bench() as on:
        (person,) = await on.people(1)
        await on.fault("throttled_429", times=3, match={"path_prefix": "/crm/objects"})
        reading = await on.adapter.read(CONTACTS, [person], NAMES)

    assert 1 == len(reading.records)
    assert 4 == len(on.calls("read"))


async def test_a_404_of_another_server_proves_nothing() -> None:
    """A wrong base URL answers 404 to everything: no record is missing because of that."""
    definitions = json_answer(200, {"results": [{"name": "email", "type": "string"}]})
    not_here = text_answer(404, b"<html>Not here</html>", kind="text/html")
    async with (
        scripted(definitions, not_here) as server,
        adapter_on(server.base_url, "token", Around()) as adapter,
    ):
        with pytest.raises(Unreadable, match="base_url"):
            await adapter.read(CONTACTS, ["1"], ["email"])


async def test_trouble_inside_a_batch_read_is_no_absence() -> None:
    """A 207 that reports anything but missing records was no whole reading: HubSpot pitfall 17."""
    definitions = json_answer(200, {"results": [{"name": "email", "type": "string"}]})
    trouble: Answer = json_answer(
        207,
        {"results": [], "numErrors": 1, "errors": [{"category": "INTERNAL_ERROR", "message": "x"}]},
    )
    async with (
        scripted(definitions, trouble) as server,
        adapter_on(server.base_url, "token", Around()) as adapter,
    ):
        with pytest.raises(RetryLater):
            await adapter.read(CONTACTS, ["1"], ["email"])


async def test_too_large_a_batch_is_a_mistake_of_ours() -> None:
    """The engine cuts batches; the adapter says so instead of sending half."""
    async with bench() as on:
        with pytest.raises(ValueError, match="at most 100"):
            await on.adapter.read(CONTACTS, ["1"] * 101, NAMES)
    assert 100 == on.adapter.capabilities.read_batch
    assert replace(on.adapter.capabilities) == on.adapter.capabilities
