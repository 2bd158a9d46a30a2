"""What people do at the screen: edits, merges, conversions, late commits, history (salesforce.md 9 to 11)."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.salesforce.sandbox import Limits
from adapters.sandbox.clock import ManualClock
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import Wire

KEY = "crmsyncd_id__c"


async def test_acts_of_a_person(wire: Wire, clock: ManualClock) -> None:
    """§20.10: create, edit, delete and restore bear the person's id; the same id comes back."""
    made = await wire.act("create", properties={"LastName": "L", "Email": "a@example.com"})
    clock.advance(timedelta(seconds=1))
    edited = await wire.act("edit", id=made["id"], properties={"Title": "T"})
    assert wire.sandbox.org.person == edited["values"]["LastModifiedById"]
    assert made["updatedAt"] < edited["updatedAt"]
    assert (await wire.act("delete", id=made["id"]))["archivedAt"] is not None
    back = await wire.act("restore", id=made["id"])
    assert (made["id"], None) == (back["id"], back["archivedAt"])
    assert "T" == (await wire.read(made["id"]))["Title"]


@pytest.mark.parametrize("name", ["Contact", "contact", "contacts", "people"])
async def test_names_of_an_object(wire: Wire, name: str) -> None:
    """People may be called so; an id tells which they are."""
    made = await wire.act("create", name, properties={"LastName": "L"})
    lead = await wire.act("create", "Lead", properties={"LastName": "L", "Company": "C"})
    assert "003" == made["id"][:3]
    edited = await wire.act("edit", "people", id=lead["id"], properties={"Title": "T"})
    assert "T" == edited["values"]["Title"]


async def test_act_that_cannot_be(wire: Wire) -> None:
    """A refusal has the vendor's words, a strange body a reason."""
    for name, body, status in (
        ("Contact", {"properties": {"LastName": ""}}, 400),
        ("Nothing", {"properties": {}}, 404),
        ("Contact", {}, 400),
    ):
        answer = await wire.call("POST", f"/_sandbox/user/{name}/create", body)
        assert status == answer.status
    answer = await wire.call("POST", "/_sandbox/user/Contact/restore", {"id": "003"})
    assert 404 == answer.status


async def test_merge(wire: Wire, clock: ManualClock) -> None:
    """§10: the loser lies in the bin and points to the winner, who takes what it lacked."""
    campaign = await wire.create("Campaign", Name="C")
    winner = await wire.create(LastName="W", Email="w@example.com", **{KEY: "w"})
    loser = await wire.create(LastName="L", Email="l@example.com", Phone="1", **{KEY: "l"})
    member = await wire.create("CampaignMember", CampaignId=campaign, ContactId=loser)
    clock.advance(timedelta(seconds=5))
    await wire.act("merge", primary=winner, other=loser)
    row = await wire.read(winner)
    assert ("w@example.com", "1", "w") == (row["Email"], row["Phone"], row[KEY])
    assert "2026-11-20T12:00:05.000+0000" == row["SystemModstamp"]
    query = (
        "SELECT Id, IsDeleted, MasterRecordId, SystemModstamp FROM Contact WHERE IsDeleted = true"
    )
    (gone,) = await wire.values(query, "queryAll")
    assert (loser, True, winner, row["SystemModstamp"]) == gone
    assert ["ENTITY_IS_DELETED"] == (await wire.patch(loser, Title="T")).codes
    moved = await wire.read(member, "CampaignMember")
    assert (winner, "2026-11-20T12:00:00.000+0000") == (moved["ContactId"], moved["SystemModstamp"])
    refused = await wire.call("POST", "/_sandbox/user/Contact/restore", {"id": loser})
    assert 400 == refused.status


async def test_chain_of_merges(wire: Wire) -> None:
    """§10: a winner may be merged later; three at once; never with itself."""
    ids = [await wire.create(LastName=name) for name in "ABCD"]
    await wire.act("merge", primary=ids[0], other=ids[1])
    await wire.act("merge", primary=ids[3], others=[ids[0], ids[2]])
    query = "SELECT Id, MasterRecordId FROM Contact WHERE MasterRecordId != null ORDER BY Id"
    pairs = await wire.values(query, "queryAll")
    assert [(ids[0], ids[3]), (ids[1], ids[0]), (ids[2], ids[3])] == pairs
    body = {"primary": ids[3], "other": ids[3]}
    assert 400 == (await wire.call("POST", "/_sandbox/user/Contact/merge", body)).status


async def test_conversion(wire: Wire) -> None:
    """§10: a contact and an account appear; the lead stays, converted and frozen."""
    lead = await wire.create(
        "Lead", LastName="L", Company="Acme", Email="l@example.com", City="Bath", Title="T"
    )
    told = await wire.act("convert", "Lead", id=lead)
    values = told["values"]
    contact = await wire.read(values["ConvertedContactId"])
    assert (values["ConvertedAccountId"], "l@example.com", "Bath") == (
        contact["AccountId"],
        contact["Email"],
        contact["MailingCity"],
    )
    assert (True, "2026-11-20") == (values["IsConverted"], values["ConvertedDate"])
    answer = await wire.patch(lead, "Lead", Title="U")
    assert (400, ["CANNOT_UPDATE_CONVERTED_LEAD"]) == (answer.status, answer.codes)
    again = await wire.call("POST", "/_sandbox/user/Lead/convert", {"id": lead})
    assert 400 == again.status


async def test_conversion_into_a_contact(wire: Wire) -> None:
    """§10: only where the contact has nothing yet; the campaign's row gets both ids."""
    contact = await wire.create(LastName="Here", Title="Mine")
    lead = await wire.create("Lead", LastName="L", Company="C", Title="Yours", Phone="1")
    campaign = await wire.create("Campaign", Name="C")
    member = await wire.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    await wire.act("convert", "Lead", id=lead, contact=contact)
    row = await wire.read(contact)
    assert ("Here", "Mine", "1") == (row["LastName"], row["Title"], row["Phone"])
    moved = await wire.read(member, "CampaignMember")
    assert (lead, contact) == (moved["LeadId"], moved["ContactId"])


async def test_late_commit(wire: Wire, clock: ManualClock) -> None:
    """§9.2: the row appears later, with a stamp older than rows already read."""
    slow = await wire.act("create", properties={"LastName": "slow"}, commitDelay=60)
    clock.advance(timedelta(seconds=30))
    await wire.create(LastName="quick")
    query = "SELECT LastName, SystemModstamp FROM Contact ORDER BY SystemModstamp"
    before = await wire.values(query)
    assert 404 == (await wire.call("GET", f"sobjects/Contact/{slow['id']}")).status
    clock.advance(timedelta(seconds=30))
    after = await wire.values(query)
    assert ["quick"] == [name for name, _ in before]
    assert ["slow", "quick"] == [name for name, _ in after]
    assert after[0][1] < before[0][1]


async def test_late_edit_and_delete(start: Start, clock: ManualClock) -> None:
    """§9.2: with an org's delay every act of a person commits late; ours do not."""
    wire = await start(commit_delay=timedelta(seconds=10))
    kept, gone = [await wire.create(LastName=name) for name in "AB"]
    await wire.act("edit", id=kept, properties={"Title": "T"})
    await wire.act("delete", id=gone)
    assert [(None,), (None,)] == await wire.values("SELECT Title FROM Contact")
    clock.advance(timedelta(seconds=10))
    assert [("T",)] == await wire.values("SELECT Title FROM Contact")


async def test_field_history(wire: Wire, clock: ManualClock) -> None:
    """§11.2: tracked fields leave old and new value with their time; creation only the fact."""
    made = await wire.create(LastName="L", Phone="1", Department="D")
    clock.advance(timedelta(minutes=3))
    await wire.act("edit", id=made, properties={"Phone": "2", "Department": "E"})
    clock.advance(timedelta(minutes=2))
    await wire.patch(made, DoNotCall=True, Phone="2")
    query = "SELECT Field, OldValue, NewValue, CreatedDate FROM ContactHistory ORDER BY CreatedDate"
    assert [
        ("created", None, None, "2026-11-20T12:00:00.000+0000"),
        ("Phone", "1", "2", "2026-11-20T12:03:00.000+0000"),
        ("DoNotCall", False, True, "2026-11-20T12:05:00.000+0000"),
    ] == await wire.values(query)
    since = f"SELECT Id FROM ContactHistory WHERE ContactId IN ('{made}') AND CreatedDate >= 2026-11-20T12:05:00Z"  # noqa: S608 - SOQL of ours
    assert 1 == len(await wire.values(since))
    refused = await wire.query("SELECT Id FROM ContactHistory WHERE NewValue = 'x'")
    assert ["INVALID_FIELD"] == refused.codes
    assert 403 == (await wire.call("POST", "sobjects/ContactHistory", {})).status


async def test_history_of_a_hidden_field(wire: Wire) -> None:
    """§11.2: what the user may not see has no history for them."""
    await wire.act("edit", id=await wire.create(LastName="L"), properties={"Phone": "2"})
    await wire.admin("POST", "visibility", hide=["Contact.Phone"])
    assert [("created",)] == await wire.values("SELECT Field FROM ContactHistory")


async def test_nothing_tracked(start: Start) -> None:
    """§11.2: an org that tracks nothing has no history."""
    wire = await start(tracked={})
    await wire.act("edit", id=await wire.create(LastName="L"), properties={"Phone": "2"})
    assert [] == await wire.values("SELECT Id FROM ContactHistory")


async def test_bin_is_emptied(wire: Wire) -> None:
    """§10: what is destroyed leaves an entry of the delete log only."""
    soft, hard = [await wire.create(LastName=name) for name in "AB"]
    await wire.act("delete", id=soft)
    await wire.act("delete", id=hard, hard=True)
    assert [(soft,)] == await wire.values("SELECT Id FROM Contact", "queryAll")
    assert {"destroyed": 1} == await wire.act("empty-bin")
    assert [] == await wire.values("SELECT Id FROM Contact", "queryAll")
    assert {soft, hard} == {each["id"] for each in (await deleted(wire)).body["deletedRecords"]}


async def test_account_takes_its_contacts_along(wire: Wire) -> None:
    """§10: deleting a parent deletes its children."""
    account = await wire.create("Account", Name="A")
    await wire.create(LastName="L", AccountId=account)
    await wire.act("delete", "Account", id=account)
    assert [] == await wire.values("SELECT Id FROM Contact")


async def test_plant_touch_and_options(wire: Wire, clock: ManualClock) -> None:
    """§9.1, §19: unchecked values, mass touches with one stamp, lists that change."""
    ids = [await wire.create(LastName=name) for name in "ABC"]
    await wire.act("plant", id=ids[0], properties={"Salutation": "Sir"})
    assert "Sir" == (await wire.read(ids[0]))["Salutation"]
    clock.advance(timedelta(seconds=9))
    assert {"touched": 3} == await wire.act("touch")
    stamps = await wire.values("SELECT SystemModstamp, LastModifiedDate FROM Contact")
    assert 1 == len({stamp for stamp, _ in stamps})
    assert all(stamp > modified for stamp, modified in stamps)
    options = [{"value": "A"}, {"value": "B", "active": False}]
    await wire.act("options", property="LeadSource", options=options, restricted=True)
    assert 204 == (await wire.patch(ids[0], LeadSource="A")).status
    refused = await wire.patch(ids[0], LeadSource="B")
    assert ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"] == refused.codes


async def window(wire: Wire, which: str, begin: str, end: str) -> Any:
    return await wire.call("GET", f"sobjects/Contact/{which}/?start={begin}&end={end}")


async def deleted(wire: Wire) -> Any:
    return await window(
        wire, "deleted", "2026-11-20T11:00:00%2B00:00", "2026-11-20T12:30:00%2B00:00"
    )


async def test_updated(wire: Wire, clock: ManualClock) -> None:
    """§9.4: ids of a window, seconds cut off, the covered end held back by an open transaction."""
    made = await wire.create(LastName="A")
    clock.advance(timedelta(seconds=50))
    await wire.act("create", properties={"LastName": "slow"}, commitDelay=600)
    clock.advance(timedelta(minutes=5))
    told = await window(wire, "updated", "2026-11-20T12:00:40Z", "2026-11-20T12:04:59Z")
    assert {"ids": [made], "latestDateCovered": "2026-11-20T12:00:50.000+0000"} == told.body
    clock.advance(timedelta(minutes=10))
    later = await window(wire, "updated", "2026-11-20T12:00:00Z", "2026-11-20T12:04:00Z")
    assert (2, "2026-11-20T12:04:00.000+0000") == (
        len(later.body["ids"]),
        later.body["latestDateCovered"],
    )


async def test_deleted(wire: Wire, clock: ManualClock) -> None:
    """§9.4: who was deleted and when; who came back is not among them."""
    ids = [await wire.create(LastName=name) for name in "AB"]
    clock.advance(timedelta(seconds=7))
    for each in ids:
        await wire.act("delete", id=each)
    await wire.act("restore", id=ids[1])
    (entry,) = (await deleted(wire)).body["deletedRecords"]
    assert {"id": ids[0], "deletedDate": "2026-11-20T12:00:07.000+0000"} == entry


async def test_too_many_ids(start: Start) -> None:
    """§9.4: a window with more ids than the limit is refused."""
    wire = await start(limits=Limits(replicated_ids=1))
    for name in "AB":
        await wire.act("delete", id=await wire.create(LastName=name))
    assert ["EXCEEDED_ID_LIMIT"] == (await deleted(wire)).codes


@pytest.mark.parametrize(
    ("which", "begin", "end"),
    [
        ("updated", "2026-11-20T12:00:00Z", "2026-11-20T12:00:30Z"),
        ("deleted", "2026-11-20T12:00:00Z", "2026-11-20T12:00:59Z"),
        ("updated", "2026-10-01T12:00:00Z", "2026-11-20T12:00:00Z"),
        ("deleted", "2026-11-01T12:00:00Z", "2026-11-20T12:00:00Z"),
        ("updated", "yesterday", "2026-11-20T12:00:00Z"),
    ],
)
async def test_windows_that_cannot_be(wire: Wire, which: str, begin: str, end: str) -> None:
    """§9.4: empty once seconds are cut, too far back, or no dates."""
    answer = await window(wire, which, begin, end)
    assert (400, ["INVALID_REPLICATION_DATE"]) == (answer.status, answer.codes)


async def test_delete_log_is_purged(wire: Wire, clock: ManualClock) -> None:
    """§9.4: afterwards a window before the purge is refused."""
    await wire.admin("POST", "deleted/purge")
    assert ["INVALID_REPLICATION_DATE"] == (await deleted(wire)).codes


async def test_bin_keeps_for_fifteen_days(start: Start, clock: ManualClock) -> None:
    """§10: then nothing can be restored, and queryAll does not know it either."""
    wire = await start(limits=Limits(session_idle=timedelta(days=99)))
    made, later = [await wire.create(LastName=name) for name in "AB"]
    await wire.act("delete", id=made)
    clock.advance(timedelta(days=2))
    await wire.act("delete", id=later)
    clock.advance(timedelta(days=14))
    assert [(later,)] == await wire.values("SELECT Id FROM Contact", "queryAll")
    answer = await wire.call("POST", "/_sandbox/user/Contact/restore", {"id": made})
    assert 404 == answer.status
