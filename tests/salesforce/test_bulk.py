"""Large loads: the meaning of a batch is the same by a job as by collections."""

from datetime import timedelta

import pytest

from adapters.contract import Accepted, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import UnknownOutcome, WaitUntil
from adapters.salesforce import bulk_text
from adapters.salesforce.sandbox import BulkTiming
from daemon.core.values import Value
from tests.conformance import wire
from tests.salesforce.sandboxes import PEOPLE, Bench, bench, wire_at

BULK = {"bulk": {"write_from": 3, "patience": "10m"}}
NEVER: dict[str, object] = {}


async def written(on: Bench, verb: Verb, *writes: Write) -> list[Outcome]:
    return list(await on.adapter.write(PEOPLE, verb, writes))


def update(id_: str, **values: Value) -> Write:
    return Write(token=id_, id=id_, values=values)


async def people(on: Bench, count: int) -> list[str]:
    return [
        await on.create("Contact", LastName=f"P{number}", Title="Boss", Phone="+49 30 1")
        for number in range(count)
    ]


@pytest.mark.parametrize("settings", [BULK, NEVER], ids=["by a job", "by collections"])
async def test_empty_and_absent_mean_the_same_both_ways(settings: dict[str, object]) -> None:
    """Null clears, each row has its own fields, #N/A is a text: Salesforce pitfalls 15, 16, 24."""
    async with bench(settings) as on:
        ids = await people(on, 5)
        strange = 'two\nlines, "quoted"; #N/A'

        outcomes = await written(
            on,
            Verb.UPDATE,
            update(ids[0], Title=None),
            update(ids[1], FirstName="Ana"),
            update(ids[2], Phone=None, Title=strange),
            update(ids[3], HasOptedOutOfEmail=True, Birthdate=None),
            update(ids[4], Title="#N/A"),
        )

        assert [Accepted(id=one, record=None) for one in ids] == outcomes
        seen = await on.live("Contact")
        told = [
            tuple(seen[one].get(name) for name in ("FirstName", "Title", "Phone")) for one in ids
        ]
        assert [
            (None, None, "+49 30 1"),
            ("Ana", "Boss", "+49 30 1"),
            (None, strange, None),
            (None, "Boss", "+49 30 1"),
            (None, "#N/A", "+49 30 1"),
        ] == told
        assert seen[ids[3]]["HasOptedOutOfEmail"]


async def test_a_job_makes_many_people_once() -> None:
    """By our id, so a second job with the same rows makes nobody new."""
    async with bench(BULK) as on:
        new = [
            Write(token=str(n), values={"LastName": f"P{n}"}, external_id=f"ours-{n}")
            for n in range(5)
        ]

        first = await written(on, Verb.CREATE, *new)
        second = await written(on, Verb.CREATE, *new)

        assert first == second
        assert [Accepted] * 5 == [type(outcome) for outcome in first]
        assert 5 == len(await on.live("Lead"))
        assert "/jobs/ingest" in on.calls("create")


async def test_rows_that_failed_are_read_back() -> None:
    """A job that is complete may have failed with every row: Salesforce pitfall 22."""
    async with bench(BULK) as on:
        ids = await people(on, 4)

        outcomes = await written(
            on, Verb.UPDATE, *(update(one, Email="no address") for one in ids[:3]),
            update(ids[3], Email="fine@example.com"),
        )  # fmt: skip

        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        assert ["Email"] * 3 == [outcome.failure.field for outcome in refused]
        assert Accepted(id=ids[3], record=None) == outcomes[3]


async def test_rows_in_no_result_are_unknown() -> None:
    """What none of the three results names, nobody claims: Salesforce pitfall 22."""
    async with bench(BULK) as on, wire_at(on) as net:
        ids = await people(on, 4)

        async def cut(one: wire.Exchange) -> wire.Reply:
            reply = await one.answer()
            kept = reply.body.splitlines(keepends=True)[:-1]
            return wire.Reply(status=200, body=b"".join(kept), headers=reply.headers)

        net.on(lambda one: one.path.endswith("/successfulResults"), cut)

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))

        assert 3 == len([outcome for outcome in outcomes if isinstance(outcome, Accepted)])
        assert 1 == len([outcome for outcome in outcomes if isinstance(outcome, Unknown)])


async def test_a_job_that_lasts_too_long_is_aborted_and_read() -> None:
    """Whoever stops waiting stops it, and says what its results say: Salesforce pitfall 23."""
    settings = {"bulk": {"write_from": 3, "patience": "5s"}}
    async with bench(settings, bulk=BulkTiming(running=timedelta(hours=2))) as on:
        ids = await people(on, 3)

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))

        assert not [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        titles = {one: values["Title"] for one, values in (await on.live("Contact")).items()}
        done = {outcome.id for outcome in outcomes if isinstance(outcome, Accepted)}
        assert done == {one for one in ids if titles[one] == "x"}


async def test_a_lost_reply_to_the_start_is_looked_up() -> None:
    """The job's state tells whether it began, so nothing is unknown."""
    async with bench(BULK) as on, wire_at(on) as net:
        ids = await people(on, 3)
        net.on(lambda one: one.method == "PATCH", wire.lost_reply, times=1)

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))

        assert [Accepted(id=one, record=None) for one in ids] == outcomes


async def test_a_lost_start_is_made_again() -> None:
    """A job that is still open has written nothing."""
    async with bench(BULK) as on, wire_at(on) as net:
        ids = await people(on, 3)
        net.on(lambda one: one.method == "PATCH", wire.lost_request, times=1)

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))

        assert [Accepted(id=one, record=None) for one in ids] == outcomes


async def test_a_job_nobody_can_ask_about_is_unknown() -> None:
    """It was begun; without its results every row may or may not be written."""
    async with bench(BULK) as on, wire_at(on) as net:
        ids = await people(on, 3)
        net.on(lambda one: one.path.endswith("Results"), wire.answered(503, {}))

        with pytest.raises(UnknownOutcome):
            await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))


async def test_without_bulk_collections_do() -> None:
    """The day's jobs are used up, or the API is off: the load goes 200 a call."""
    async with bench(BULK) as on, wire_at(on) as net:
        ids = await people(on, 3)
        refused = [{"errorCode": "LIMIT_EXCEEDED", "message": "Max jobs"}]
        net.on(lambda one: one.path.endswith("/jobs/ingest"), wire.answered(400, refused))

        outcomes = await written(on, Verb.UPDATE, *(update(one, Title="x") for one in ids))

        assert [Accepted(id=one, record=None) for one in ids] == outcomes
        assert "/composite/sobjects" in on.calls("update")


async def test_what_a_rule_refused_goes_again_as_a_collection() -> None:
    """A job can neither say whom a rule found nor be told to save: Salesforce pitfall 26."""
    async with bench(BULK) as on, wire_at(on) as net:
        refused = b'"sf__Id","sf__Error","crmsyncd_id__c","LastName"\n'
        row = b'"","DUPLICATES_DETECTED:Use one of these records?:--","ours-1","P1"\n'
        told = wire.Reply(status=200, body=refused + row, headers={"Content-Type": "text/csv"})

        async def one_refused(_: wire.Exchange) -> wire.Reply:
            return told

        async def others(one: wire.Exchange) -> wire.Reply:
            reply = await one.answer()
            kept = [line for line in reply.body.splitlines(keepends=True) if b"ours-1" not in line]
            return wire.Reply(status=200, body=b"".join(kept), headers=reply.headers)

        net.on(lambda one: one.path.endswith("/failedResults"), one_refused)
        net.on(lambda one: one.path.endswith("/successfulResults"), others)
        new = [
            Write(token=str(n), values={"LastName": f"P{n}"}, external_id=f"ours-{n}")
            for n in range(4)
        ]

        outcomes = await written(on, Verb.CREATE, *new)

        assert [Accepted] * 4 == [type(outcome) for outcome in outcomes]
        assert "/composite/sobjects/Lead/crmsyncd_id__c" in on.calls("create")


async def test_a_load_of_a_former_process_is_waited_for() -> None:
    """Before anything is believed, jobs that were left running have ended: Salesforce pitfall 23."""
    async with bench(BULK) as on, wire_at(on) as net:
        job = {"id": "750000000000001AAA", "state": "InProgress", "createdById": ""}
        states = iter(["InProgress", "InProgress", "JobComplete"])
        net.on(
            lambda one: one.path.endswith("/jobs/ingest"),
            wire.answered(200, {"done": True, "records": [job]}),
        )

        async def state(one: wire.Exchange) -> wire.Reply | None:
            return await wire.answered(200, {**job, "state": next(states)})(one)

        net.on(lambda one: "/jobs/ingest/" in one.path, state)

        await on.adapter.account()

        assert 3 == on.calls("account").count("/jobs/ingest/{id}")


async def test_a_load_that_does_not_end_holds_everything_up() -> None:
    """What it will still write cannot be told apart from what nobody wrote."""
    async with bench(BULK) as on, wire_at(on) as net:
        job = {"id": "750000000000001AAA", "state": "InProgress"}
        net.on(
            lambda one: one.path.endswith("/jobs/ingest"),
            wire.answered(200, {"done": True, "records": [job]}),
        )
        net.on(lambda one: "/jobs/ingest/" in one.path, wire.answered(200, job))

        with pytest.raises(WaitUntil):
            await on.adapter.account()


def test_a_result_says_code_message_and_fields() -> None:
    """One string: up to the first colon, and behind the last."""
    told = bulk_text.error_of("REQUIRED_FIELD_MISSING:Required: [LastName]:LastName Company --")

    assert "REQUIRED_FIELD_MISSING" == told["statusCode"]
    assert ["LastName", "Company"] == told["fields"]


def test_nul_bytes_in_results_are_dropped() -> None:
    """They were seen, and mean nothing."""
    assert [{"Id": "1", "Title": "ab", "Phone": None}] == bulk_text.rows_of(
        '"Id","Title","Phone"\n"1","a\x00b",""\n'
    )
