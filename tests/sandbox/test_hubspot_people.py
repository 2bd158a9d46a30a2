"""Histories, people at the screen, merges, erasure, owners (hubspot.md 11, 12, 18.3, 19.1)."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.hubspot.sandbox import Switches
from adapters.sandbox.clock import ManualClock
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, Answer, Wire


def history(answer: Answer, name: str) -> list[dict[str, Any]]:
    entries = answer.body["propertiesWithHistory"][name]
    assert isinstance(entries, list)
    return entries


async def test_every_write_leaves_its_trace(wire: Wire, clock: ManualClock) -> None:
    """§12: newest first, with time, source and who; the app's id for a token, the user's for a person."""
    record_id = await wire.create(lastname="L", phone="1")
    clock.advance(timedelta(minutes=1))
    await wire.as_user("edit", id=record_id, properties={"phone": "2"}, userId=4322)
    entries = history(await wire.read(record_id, "propertiesWithHistory=phone"), "phone")
    assert [
        {
            "value": "2",
            "timestamp": "2026-11-20T12:01:00.000Z",
            "sourceType": "CRM_UI",
            "sourceId": "userId:4322",
            "updatedByUserId": 4322,
        },
        {
            "value": "1",
            "timestamp": "2026-11-20T12:00:00.000Z",
            "sourceType": "INTEGRATION",
            "sourceId": "987654",
            "sourceLabel": "Sync app",
        },
    ] == entries


async def test_history_wherever_records_are_read(wire: Wire) -> None:
    """§12: single, listing and batch; a repeated equal write is an entry of its own."""
    record_id = await wire.create(lastname="L", phone="1")
    await wire.patch(record_id, phone="1")
    query = "propertiesWithHistory=phone,city"
    single = await wire.read(record_id, query)
    listed = (await wire.call("GET", f"{CONTACTS}?{query}")).body["results"][0]
    read = await wire.batch("read", [{"id": record_id}], propertiesWithHistory=["phone", "city"])
    assert 2 == len(history(single, "phone"))
    assert single.body["propertiesWithHistory"] == listed["propertiesWithHistory"]
    assert single.body["propertiesWithHistory"] == read.body["results"][0]["propertiesWithHistory"]


async def test_any_write_moves_the_modified_date(wire: Wire, clock: ManualClock) -> None:
    """§10.2: own writes too; `updatedAt` mirrors it."""
    record_id = await wire.create(lastname="L")
    clock.advance(timedelta(milliseconds=1))
    answer = await wire.patch(record_id, phone="1")
    assert "2026-11-20T12:00:00.001Z" == answer.body["updatedAt"]
    assert "2026-11-20T12:00:00.001Z" == answer.body["properties"]["lastmodifieddate"]


async def test_person_creates_archives_restores(wire: Wire) -> None:
    """§11.1: only a person can restore; the API finds the record again."""
    made = await wire.as_user("create", properties={"email": "a@example.com"})
    record_id = made.body["id"]
    await wire.as_user("archive", id=record_id)
    assert 404 == (await wire.read(record_id)).status
    assert 200 == (await wire.read(record_id, "archived=true")).status
    await wire.as_user("restore", id=record_id)
    assert 200 == (await wire.read(record_id)).status


async def test_archived_address_is_free_and_blocks_the_way_back(wire: Wire) -> None:
    """§11.1: while in the bin the address may go to another; then restoring is refused."""
    record_id = await wire.create(email="a@example.com")
    await wire.call("DELETE", f"{CONTACTS}/{record_id}")
    await wire.create(email="a@example.com")
    assert 409 == (await wire.as_user("restore", id=record_id)).status


async def test_person_moves_stages_backward(wire: Wire) -> None:
    """§17: the rule binds the API, not the screen."""
    record_id = await wire.create(lastname="L", lifecyclestage="customer")
    answer = await wire.as_user("edit", id=record_id, properties={"lifecyclestage": "lead"})
    assert "lead" == answer.body["values"]["lifecyclestage"]


async def test_machine_writes_what_no_check_would_pass(wire: Wire) -> None:
    """§24.10, §21: a workflow's write, and a number that is none."""
    record_id = await wire.create(lastname="L", followercount="1")
    await wire.as_user("plant", id=record_id, properties={"followercount": "1234;5678"})
    answer = await wire.read(record_id, "propertiesWithHistory=followercount")
    newest = history(answer, "followercount")[0]
    assert ("1234;5678", "AUTOMATION_PLATFORM") == (newest["value"], newest["sourceType"])


@pytest.mark.parametrize("act", ["edit", "archive", "restore", "merge", "options"])
async def test_act_on_nothing(wire: Wire, act: str) -> None:
    """An act that names nobody is refused and says so."""
    assert 400 == (await wire.as_user(act)).status


async def pair(wire: Wire, clock: ManualClock) -> tuple[str, str]:
    primary = await wire.create(email="a@example.com", phone="1", city="Bath")
    clock.advance(timedelta(minutes=1))
    other = await wire.create(email="b@example.com", phone="2", company="Alba")
    clock.advance(timedelta(minutes=1))
    return primary, other


async def merged(wire: Wire, primary: str, other: str) -> Answer:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    return await wire.call("POST", f"{CONTACTS}/merge", body)


@pytest.mark.parametrize("is_preserved", [True, False])
async def test_merge(start: Start, clock: ManualClock, is_preserved: bool) -> None:
    """§11.2, §24.7: the primary's address stays, newer values win, both old ids lead to the survivor."""
    wire = await start(switches=Switches(is_primary_id_preserved=is_preserved))
    primary, other = await pair(wire, clock)
    survivor = (await merged(wire, primary, other)).body["id"]
    assert is_preserved == (survivor == primary)
    wanted = "email,phone,city,company,hs_additional_emails,hs_merged_object_ids"
    for old in {primary, other, survivor}:
        answer = await wire.read(old, f"properties={wanted}")
        assert survivor == answer.body["id"]
    values = answer.body["properties"]
    assert ("a@example.com", "2", "Bath", "Alba") == (
        values["email"],
        values["phone"],
        values["city"],
        values["company"],
    )
    assert "b@example.com" == values["hs_additional_emails"]
    gone = {primary, other} - {survivor}
    assert gone == set(values["hs_merged_object_ids"].split(";"))
    assert [survivor] == (await wire.call("GET", CONTACTS)).ids


async def test_old_id_writes_singly_but_not_in_a_batch(wire: Wire, clock: ManualClock) -> None:
    """§11.2: PATCH follows the merge, batch update does not."""
    primary, other = await pair(wire, clock)
    await merged(wire, primary, other)
    assert primary == (await wire.patch(other, city="London")).body["id"]
    one = {"id": other, "objectWriteTraceId": "t", "properties": {"city": "Rome"}}
    assert 207 == (await wire.batch("update", [one])).status


@pytest.mark.parametrize(("resolves", "status"), [(True, 200), (False, 404)])
async def test_old_id_in_a_batch_read(
    start: Start, clock: ManualClock, resolves: bool, status: int
) -> None:
    """§11.2: batch read of a merged id is not documented; a switch decides."""
    wire = await start(switches=Switches(is_merged_id_read_in_batch=resolves))
    primary, other = await pair(wire, clock)
    await merged(wire, primary, other)
    assert status == (await wire.batch("read", [{"id": other}])).status


async def test_chain_of_merges(wire: Wire, clock: ManualClock) -> None:
    """§11.2: an id merged twice over still leads to the last survivor."""
    first, second = await pair(wire, clock)
    third = await wire.create(email="c@example.com")
    await merged(wire, second, first)
    await merged(wire, third, second)
    answer = await wire.read(first, "properties=hs_merged_object_ids,hs_additional_emails")
    assert third == answer.body["id"]
    assert {first, second} == set(answer.body["properties"]["hs_merged_object_ids"].split(";"))
    assert (
        409
        == (await wire.call("POST", CONTACTS, {"properties": {"email": "a@example.com"}})).status
    )


async def test_merge_with_itself_or_nobody(wire: Wire) -> None:
    """§11.2: nothing to merge is refused."""
    record_id = await wire.create(lastname="L")
    assert 400 == (await merged(wire, record_id, record_id)).status
    assert 404 == (await merged(wire, record_id, "1")).status


@pytest.mark.parametrize("by_address", [True, False])
async def test_erasure(wire: Wire, by_address: bool) -> None:
    """§18.3: the record is gone for good; the screen refuses the address, the API does not."""
    record_id = await wire.create(email="a@example.com")
    body = {"objectId": "a@example.com", "idProperty": "email"}
    path = f"{CONTACTS}/gdpr-delete"
    answer = await wire.call("POST", path, body if by_address else {"objectId": record_id})
    assert 204 == answer.status
    assert 404 == (await wire.read(record_id, "archived=true")).status
    again = await wire.as_user("create", properties={"email": "a@example.com"})
    assert 400 == again.status
    assert await wire.create(email="a@example.com")


async def test_erasure_of_a_stranger(wire: Wire) -> None:
    """§18.3: an unknown address is a 204 too, and on the block list."""
    body = {"objectId": "x@example.com", "idProperty": "email"}
    assert 204 == (await wire.call("POST", f"{CONTACTS}/gdpr-delete", body)).status
    assert 400 == (await wire.as_user("create", properties={"email": "x@example.com"})).status


async def test_owners(wire: Wire) -> None:
    """§19.1, §24.25: the deactivated one is listed apart and has no `userId`."""
    active = (await wire.call("GET", "/crm/owners/2026-09")).body["results"]
    gone = (await wire.call("GET", "/crm/owners/2026-09?archived=true")).body["results"]
    assert (3, 1) == (len(active), len(gone))
    assert "userId" not in gone[0]
    assert 4324 == gone[0]["userIdIncludingInactive"]
    path = "/crm/owners/2026-09?email=REA.pepper@example.com"
    assert ["96879917"] == [row["id"] for row in (await wire.call("GET", path)).body["results"]]
    by_user = await wire.call("GET", "/crm/owners/2026-09/4322?idProperty=userId")
    assert "96879918" == by_user.body["id"]
    assert 404 == (await wire.call("GET", "/crm/owners/2026-09/1")).status


async def test_owner_who_leaves(wire: Wire) -> None:
    """§24.25: records keep pointing at a deactivated owner; new assignments are refused."""
    record_id = await wire.create(lastname="L", hubspot_owner_id="96879917")
    await wire.as_user("archive-owner", id="96879917")
    answer = await wire.read(record_id, "properties=hubspot_owner_id")
    assert "96879917" == answer.body["properties"]["hubspot_owner_id"]
    assert ["INVALID_OWNER_ID"] == (await wire.patch(record_id, hubspot_owner_id="96879917")).codes


async def test_owners_in_pages(wire: Wire) -> None:
    """§19.1: `limit` and `after`."""
    first = (await wire.call("GET", "/crm/owners/2026-09?limit=2")).body
    after = first["paging"]["next"]["after"]
    rest = (await wire.call("GET", f"/crm/owners/2026-09?limit=2&after={after}")).body
    assert (2, 1) == (len(first["results"]), len(rest["results"]))
    assert "paging" not in rest
