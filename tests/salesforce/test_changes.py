"""The change feed: nobody is left out, however late, however many in one second."""

from datetime import timedelta

import pytest

from adapters.contract import Accepted, Verb, Write
from adapters.errors import RetryLater
from tests.conformance import wire
from tests.salesforce.sandboxes import PEOPLE, Bench, bench, wire_at

CONTACT = "contact"


async def people(on: Bench, count: int) -> list[str]:
    return [await on.create("Contact", LastName=f"P{number}") for number in range(count)]


async def test_what_is_committed_late_is_told_late() -> None:
    """Its stamp is older than the cursor by then: Salesforce pitfall 1."""
    async with bench(commit_delay=timedelta(minutes=8)) as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        on.wait(minutes=1)
        id_ = await on.create("Contact", LastName="Late")
        on.wait(minutes=4)

        early, covered = await on.hints(CONTACT, cursor)
        on.wait(minutes=5)
        late, _ = await on.hints(CONTACT, covered.cursor)

        assert [] == [hint for hint in early if hint.id == id_]
        assert [id_] == [hint.id for hint in late if hint.id == id_]


async def test_a_day_is_read_again_every_six_hours() -> None:
    """A transaction may last longer than the overlap: Salesforce pitfall 1."""
    async with bench(commit_delay=timedelta(hours=2)) as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        on.wait(minutes=1)
        id_ = await on.create("Contact", LastName="Very late")
        told: list[str] = []
        for _ in range(14):
            on.wait(minutes=30)
            hints, covered = await on.hints(CONTACT, cursor)
            cursor = covered.cursor
            told += [hint.id for hint in hints]

        assert id_ in told


async def test_many_in_one_second_are_all_told_once() -> None:
    """Pages end in the middle of equal stamps: Salesforce pitfalls 2 and 3."""
    async with bench({"page_size": 3}) as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        on.wait(seconds=10)
        ids = await people(on, 10)
        on.wait(seconds=10)

        hints, _ = await on.hints(CONTACT, cursor)

        assert sorted(ids) == sorted(hint.id for hint in hints)
        assert 1 == len({hint.version for hint in hints})


async def test_the_cursor_is_the_end_of_the_window() -> None:
    """Not the newest record, and not the time when reading ended: Salesforce pitfall 4."""
    async with bench({"poll": {"search_margin": "5s"}}) as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        on.wait(minutes=3)
        now = on.around.clock.now()

        _, covered = await on.hints(CONTACT, cursor)

        assert now - timedelta(seconds=5) == covered.covered_until


async def test_the_feed_goes_by_the_stamp_of_the_system() -> None:
    """Not by LastModifiedDate, which imports may set: Salesforce pitfall 9."""
    async with bench() as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        on.wait(seconds=10)
        (id_,) = await people(on, 1)
        past = "2020-01-01T00:00:00.000+0000"
        await on.admin("user/Contact/plant", id=id_, properties={"LastModifiedDate": past})
        on.wait(seconds=10)

        hints, _ = await on.hints(CONTACT, cursor)

        assert id_ in {hint.id for hint in hints}


async def test_what_we_wrote_comes_back_as_known() -> None:
    """The feed tells the version that a reading after the write shows: Salesforce pitfall 34."""
    async with bench() as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        (id_,) = await people(on, 1)
        on.wait(seconds=10)
        await on.adapter.write(
            CONTACT, Verb.UPDATE, [Write(token="a", id=id_, values={"FirstName": "Ana"})]
        )
        reading = await on.adapter.read(CONTACT, [id_], ["FirstName"])
        times = await on.adapter.times(CONTACT, [id_], ["FirstName"])
        on.wait(seconds=10)

        hints, _ = await on.hints(CONTACT, cursor)

        assert [reading.records[0].version] == [hint.version for hint in hints]
        assert times[id_]["FirstName"].is_ours


async def test_a_deletion_without_a_trace_is_told() -> None:
    """A campaign member leaves no row behind: Salesforce pitfall 13."""
    async with bench() as on:
        person = await on.create("Contact", LastName="Member")
        campaign = await on.create("Campaign", Name="Spring")
        member = await on.create("CampaignMember", CampaignId=campaign, ContactId=person)
        on.wait(minutes=1)
        cursor = await on.adapter.start_cursor("CampaignMember")
        on.wait(minutes=1)
        await on.admin("user/CampaignMember/archive", id=member)
        on.wait(minutes=20)

        hints, covered = await on.hints("CampaignMember", cursor)
        reading = await on.adapter.read("CampaignMember", [member], [])

        assert [(member, True)] == [(hint.id, hint.is_gone) for hint in hints]
        assert {member} == reading.missing
        assert not covered.is_full_listing_needed


async def test_two_objects_of_one_sync_are_one_call() -> None:
    """Leads and contacts together are polled by one composite call."""
    async with bench(records=5) as on:
        cursor = await on.adapter.start_cursor(PEOPLE)
        await on.adapter.schema(PEOPLE)
        on.wait(minutes=1)

        await on.hints(PEOPLE, cursor)

        assert ["/composite"] == on.calls("changes")


async def test_objects_polled_in_turn_share_a_call() -> None:
    """From the second round on, the first poll asks for all: three objects, one call."""
    async with bench() as on:
        names = ("Lead", "Contact", "Account")
        cursors = {name: await on.adapter.start_cursor(name) for name in names}
        told: dict[str, list[str]] = {}
        for _ in range(2):
            on.wait(minutes=1)
            before = len(on.calls("changes"))
            new = await on.create("Contact", LastName="New")
            on.wait(seconds=10)
            for name in names:
                hints, covered = await on.hints(name, cursors[name])
                cursors[name] = covered.cursor
                told[name] = [hint.id for hint in hints]
            calls = on.calls("changes")[before:]

        assert ["/composite"] == calls
        assert new in told["Contact"]
        assert [] == told["Account"]


async def test_an_answer_kept_for_long_is_not_used() -> None:
    """What was asked along is good for seconds; later the object is asked itself."""
    async with bench() as on:
        cursors = {name: await on.adapter.start_cursor(name) for name in ("Lead", "Contact")}
        for name in list(cursors):
            on.wait(seconds=30)
            _, covered = await on.hints(name, cursors[name])
            cursors[name] = covered.cursor
        on.wait(seconds=30)
        await on.hints("Lead", cursors["Lead"])
        on.wait(seconds=30)
        new = await on.create("Contact", LastName="New")
        on.wait(seconds=10)

        hints, _ = await on.hints("Contact", cursors["Contact"])

        assert [new] == [hint.id for hint in hints]


async def test_trouble_with_one_object_is_not_the_others() -> None:
    """A composite call that fails for a neighbour is asked again for the object alone."""
    async with bench() as on, wire_at(on) as net:
        cursors = {name: await on.adapter.start_cursor(name) for name in ("Lead", "Contact")}
        for name in list(cursors):
            on.wait(seconds=30)
            _, covered = await on.hints(name, cursors[name])
            cursors[name] = covered.cursor
        on.wait(seconds=30)
        new = await on.create("Lead", LastName="New", Company="A")
        on.wait(seconds=10)
        hidden = [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Contact'"}]

        def contact_is_hidden(told: dict[str, list[dict[str, object]]]) -> dict[str, object]:
            parts = told["compositeResponse"]
            return {
                "compositeResponse": [parts[0], {**parts[1], "httpStatusCode": 400, "body": hidden}]
            }

        net.on(lambda one: one.path.endswith("/composite"), wire.told_otherwise(contact_is_hidden))

        hints, _ = await on.hints("Lead", cursors["Lead"])

        assert [new] == [hint.id for hint in hints]


async def test_an_object_without_a_usable_stamp_is_listed() -> None:
    """Where no stamp may be filtered by, describe says so: Salesforce pitfall 12."""
    from adapters.salesforce.description import description_of
    from adapters.salesforce.records import stamp_field

    def described(*names: str, filterable: tuple[str, ...]) -> str:
        fields = [{"name": name, "filterable": name in filterable} for name in names]
        return stamp_field(description_of({"name": "X", "fields": fields}))

    stamps = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
    assert "SystemModstamp" == described(*stamps, filterable=stamps)
    assert "CreatedDate" == described(*stamps, filterable=("CreatedDate",))
    assert "" == described(*stamps, filterable=())


async def test_an_error_is_no_quiet_feed() -> None:
    """A time-out of the query fails the poll, and its cursor stays: Salesforce pitfall 7."""
    async with bench(records=3) as on:
        cursor = await on.adapter.start_cursor(CONTACT)
        await on.adapter.schema(CONTACT)
        on.wait(minutes=1)
        await on.fault("vendor_error", value="QUERY_TIMEOUT", times=20)

        with pytest.raises(RetryLater):
            await on.hints(CONTACT, cursor)


async def test_creations_of_ours_are_told_as_well() -> None:
    """The engine knows them by their version; the feed makes no exceptions."""
    async with bench() as on:
        cursor = await on.adapter.start_cursor(PEOPLE)
        on.wait(seconds=10)
        new = Write(token="a", values={"LastName": "New"}, external_id="ours")
        (outcome,) = await on.adapter.write(PEOPLE, Verb.CREATE, [new])
        on.wait(seconds=10)

        hints, _ = await on.hints(PEOPLE, cursor)

        assert isinstance(outcome, Accepted)
        assert [outcome.id] == [hint.id for hint in hints]
