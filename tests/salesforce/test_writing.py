"""Writing: one verdict a record, nulls that arrive, keys that are never repeated, locks waited out."""

import orjson
import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import Reauthenticate, UnknownOutcome
from adapters.salesforce.drafts import Draft, requests
from adapters.salesforce.object_types import scope
from adapters.salesforce.sandbox import Switches
from daemon.core.values import Value
from tests.conformance import wire
from tests.salesforce.sandboxes import PEOPLE, Bench, bench, wire_at

CONTACT = "contact"
COLLECTIONS = "/composite/sobjects"


async def written(on: Bench, of: str, verb: Verb, *writes: Write) -> list[Outcome]:
    return list(await on.adapter.write(of, verb, writes))


def update(id_: str, **values: Value) -> Write:
    return Write(token=id_, id=id_, values=values)


def is_collection(one: wire.Exchange) -> bool:
    return COLLECTIONS in one.path


async def test_empty_travels_as_null() -> None:
    """A cleared field is cleared there: Salesforce pitfall 17."""
    async with bench() as on:
        id_ = await on.create("Contact", LastName="Lee", Title="Boss", Birthdate="2000-01-01")

        await written(on, CONTACT, Verb.UPDATE, update(id_, Title=None, Birthdate=None))

        seen = (await on.live("Contact"))[id_]
        assert (None, None) == (seen.get("Title"), seen.get("Birthdate"))


async def test_blanks_are_taken_off_before_they_are_sent() -> None:
    """What is sent is what will be stored: Salesforce pitfall 30."""
    async with bench() as on:
        id_ = await on.create("Contact", LastName="Lee")

        await written(on, CONTACT, Verb.UPDATE, update(id_, Title="  Boss \r\n", FirstName="   "))
        reading = await on.adapter.read(CONTACT, [id_], ["Title", "FirstName"])

        assert {"Title": "Boss", "FirstName": None} == dict(reading.records[0].values)


async def test_one_bad_record_is_refused_alone() -> None:
    """Its neighbours are written, its field is named, its value is not: Salesforce pitfall 28."""
    async with bench() as on:
        ids = [await on.create("Contact", LastName=name) for name in "ABC"]

        outcomes = await written(
            on,
            CONTACT,
            Verb.UPDATE,
            update(ids[0], Title="x"),
            update(ids[1], Email="no address"),
            update("003000000000001", Title="nobody"),
            update(ids[2], No_Such__c="x"),
        )

        assert Accepted(id=ids[0], record=None) == outcomes[0]
        refused = outcomes[1]
        assert isinstance(refused, Refused)
        assert ("INVALID_EMAIL_ADDRESS", "Email") == (refused.failure.code, refused.failure.field)
        assert "no address" not in refused.failure.message
        assert not isinstance(outcomes[2], Accepted | Unknown)
        strange = outcomes[3]
        assert isinstance(strange, Refused)
        assert "No_Such__c" == strange.failure.field


async def test_a_create_is_an_upsert_by_our_id_alone() -> None:
    """Never by address or record id, the key once: Salesforce pitfalls 19, 20 and 21."""
    async with bench() as on:
        twin = await on.create("Lead", LastName="Twin", Company="A", Email="ana@example.com")
        new = Write(
            token="a",
            values={"LastName": "Lee", "Email": "ana@example.com"},
            external_id="ours-1",
        )

        first, second = [(await written(on, PEOPLE, Verb.CREATE, new))[0] for _ in range(2)]

        assert first == second
        assert isinstance(first, Accepted)
        assert twin != first.id
        assert 2 == len(await on.live("Lead"))
        assert ["/composite/sobjects/Lead/crmsyncd_id__c"] * 2 == on.calls("create")


async def test_without_the_field_creates_are_plain() -> None:
    """Nobody may make the field: creates go without a key, one request each batch of 200."""
    async with bench(has_external_id=False, switches=Switches(may_create_fields=False)) as on:
        assert not await on.adapter.prepare(PEOPLE)
        new = Write(token="a", values={"LastName": "Lee"}, external_id="ours-1")

        (outcome,) = await written(on, PEOPLE, Verb.CREATE, new)

        assert isinstance(outcome, Accepted)
        assert 200 == on.adapter.capabilities.write_batch
        assert [COLLECTIONS] == on.calls("create")


async def test_the_field_is_made_where_that_is_allowed() -> None:
    """For leads and for contacts, once."""
    async with bench(has_external_id=False) as on:
        assert await on.adapter.prepare(PEOPLE)
        assert await on.adapter.prepare(PEOPLE)

        assert 2 == on.calls("prepare").count("/tooling/sobjects/CustomField")
        assert EXTERNAL_ID in await on.adapter.schema(PEOPLE)


async def test_a_lock_is_waited_out() -> None:
    """Salesforce says that nothing was written, so it is sent again: Salesforce pitfall 25."""
    async with bench() as on, wire_at(on) as net:
        ids = [await on.create("Contact", LastName=name) for name in "ABC"]
        locked = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked", "fields": []}

        async def second_is_locked(one: wire.Exchange) -> wire.Reply:
            body = orjson.loads(one.body)
            kept = [record for record in body["records"] if record["Id"] != ids[1]]
            reply = await one.pass_on(orjson.dumps({**body, "records": kept}))
            told = orjson.loads(reply.body)
            told.insert(1, {"success": False, "errors": [locked]})
            return wire.Reply(status=200, body=orjson.dumps(told), headers=reply.headers)

        net.on(is_collection, second_is_locked, times=1)

        outcomes = await written(on, CONTACT, Verb.UPDATE, *(update(i, Title="x") for i in ids))

        assert [Accepted(id=one, record=None) for one in ids] == outcomes
        assert 2 == len(on.calls("update"))
        assert on.around.clock.slept


def test_rows_of_one_parent_stand_together() -> None:
    """Requests do not lock each other's accounts, or repeat a record: Salesforce pitfalls 25, 29."""
    member = scope("contact", {}).newcomer

    def draft(record: str, parent: str) -> Draft:
        write = Write(token=record, id=record, values={})
        return Draft(write=write, member=member, id=record, key="", body={"AccountId": parent})

    some = [draft("1", "A"), draft("2", "B"), draft("3", "A"), draft("4", "B"), draft("1", "A")]

    made = requests(some, 3)

    assert [["1", "3", "2"], ["1", "4"]] == [[one.id for one in few] for few in made]


async def test_a_campaign_member_is_not_made_twice() -> None:
    """In one batch or later: the one that is there is named: Salesforce pitfall 29."""
    async with bench() as on:
        person = await on.create("Contact", LastName="Lee")
        campaign = await on.create("Campaign", Name="Spring")
        values: dict[str, Value] = {"CampaignId": campaign, "ContactId": person}
        new = [Write(token=f"t{number}", values=values) for number in range(2)]

        first, second = await written(on, "CampaignMember", Verb.CREATE, *new)

        assert isinstance(first, Accepted)
        assert isinstance(second, Refused)
        assert first.id == second.existing_id
        assert 1 == len(await on.live("CampaignMember"))


async def test_a_campaign_member_is_not_removed_for_good() -> None:
    """There is no bin to take it back from."""
    async with bench() as on:
        person = await on.create("Contact", LastName="Lee")
        campaign = await on.create("Campaign", Name="Spring")
        member = await on.create("CampaignMember", CampaignId=campaign, ContactId=person)

        (outcome,) = await written(
            on, "CampaignMember", Verb.ARCHIVE, Write(token="a", id=member, values={})
        )

        assert isinstance(outcome, Refused)
        assert 1 == len(await on.live("CampaignMember"))


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
async def test_a_duplicate_rule_names_whom_it_found(key: str) -> None:
    """As it is misspelt, or right; with several matches nobody is named: Salesforce pitfall 26."""
    async with bench() as on, wire_at(on) as net:
        there = await on.create("Contact", LastName="Lee")

        def match(*found: str) -> dict[str, object]:
            records = [{"record": {"Id": one}} for one in found]
            results = [{"matchRecords": records}]
            told = {key: {"allowSave": True, "matchResults": results}}
            return {**told, "statusCode": "DUPLICATES_DETECTED", "message": "?", "fields": []}

        answers = [
            {"success": False, "errors": [match(there)]},
            {"success": False, "errors": [match(there, there[:-4] + "9AAA")]},
        ]
        net.on(is_collection, wire.answered(200, answers))
        new = [Write(token=name, values={"LastName": name}, external_id=name) for name in "ab"]

        outcomes = await written(on, PEOPLE, Verb.CREATE, *new)

        assert [there, ""] == [o.existing_id for o in outcomes if isinstance(o, Refused)]


async def test_a_field_for_creation_only_is_left_out_of_updates() -> None:
    """The read that follows shows that it stayed; the others are written."""
    async with bench() as on:
        person = await on.create("Contact", LastName="Lee")
        campaign = await on.create("Campaign", Name="Spring")
        member = await on.create("CampaignMember", CampaignId=campaign, ContactId=person)

        both = update(member, CampaignId="701000000000001AAA", Status="Responded")
        (outcome,) = await written(on, "CampaignMember", Verb.UPDATE, both)

        assert Accepted(id=member, record=None) == outcome
        seen = (await on.live("CampaignMember"))[member]
        assert (campaign, "Responded") == (seen["CampaignId"], seen["Status"])


async def test_yes_or_no_is_never_emptied() -> None:
    """An opt-out is not undone by a field that happens to be empty."""
    async with bench() as on:
        id_ = await on.create("Contact", LastName="Lee", HasOptedOutOfEmail=True)

        (outcome,) = await written(on, CONTACT, Verb.UPDATE, update(id_, HasOptedOutOfEmail=None))

        assert isinstance(outcome, Refused)
        assert (await on.live("Contact"))[id_]["HasOptedOutOfEmail"]


async def test_what_was_sent_before_an_error_keeps_its_verdict() -> None:
    """Of two requests the second is refused: its records are unknown, the first ones done."""
    async with bench({"bulk": {"write_from": 10_000}}) as on, wire_at(on) as net:
        ids = [await on.create("Contact", LastName=str(number)) for number in range(201)]
        seen: list[int] = []

        def is_second(one: wire.Exchange) -> bool:
            if is_collection(one):
                seen.append(1)
            return is_collection(one) and len(seen) > 1

        net.on(is_second, wire.lost_reply)

        outcomes = await written(on, CONTACT, Verb.UPDATE, *(update(i, Title="x") for i in ids))

        assert 200 == len([o for o in outcomes if isinstance(o, Accepted)])
        assert 1 == len([o for o in outcomes if isinstance(o, Unknown)])


async def test_an_error_of_the_first_request_is_raised() -> None:
    """Nothing was sent before it, so it is true of the whole batch."""
    async with bench() as on, wire_at(on) as net:
        id_ = await on.create("Contact", LastName="Lee")
        net.on(is_collection, wire.lost_reply, times=1)
        with pytest.raises(UnknownOutcome):
            await written(on, CONTACT, Verb.UPDATE, update(id_, Title="x"))

        await on.admin("tokens/expire")
        with pytest.raises(Reauthenticate):
            await written(on, CONTACT, Verb.UPDATE, update(id_, Title="y"))


async def test_a_field_that_vanished_fails_no_neighbour() -> None:
    """A request is refused as a whole for one unknown name; read anew, one record is at fault."""
    async with bench() as on, wire_at(on) as net:
        ids = [await on.create("Contact", LastName=name) for name in "AB"]
        await on.adapter.read(CONTACT, ids, [])
        await on.fault("hidden_property", value="Title", times=1_000)
        gone = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Title' on Contact"}]
        net.on(lambda one: b"Title" in one.body, wire.answered(400, gone))

        outcomes = await written(
            on, CONTACT, Verb.UPDATE, update(ids[0], Title="x"), update(ids[1], FirstName="y")
        )

        assert isinstance(outcomes[0], Refused)
        assert "Title" == outcomes[0].failure.field
        assert Accepted(id=ids[1], record=None) == outcomes[1]
