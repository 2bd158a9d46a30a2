"""Writing to a HubSpot sandbox over HTTP, and to servers that answer badly."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.contract import Accepted, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import RejectBatch, UnknownOutcome, WaitUntil
from adapters.hubspot.adapter import HubSpotAdapter
from adapters.hubspot.sandbox import WriteValidation
from tests.http.doubles import (
    RESET,
    SILENCE,
    Answer,
    Around,
    ScriptedServer,
    cut_answer,
    json_answer,
    scripted,
    text_answer,
)
from tests.hubspot.sandboxes import CONTACTS, NAMES, Bench, adapter_on, bench

UNIQUE = {"hasUniqueValue": True}
DEFINITIONS = json_answer(
    200,
    {
        "results": [
            {"name": "email", "type": "string"},
            {"name": "firstname", "type": "string"},
            {"name": "crmsyncd_id", "type": "string", **UNIQUE},
        ]
    },
)


def new(token: str, email: str, **more: Any) -> Write:
    return Write(token=token, values={"email": email, "firstname": token}, **more)


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [type(outcome).__name__ for outcome in outcomes]


async def records(on: Bench) -> dict[str, str | None]:
    """E-mail → external id of all that the sandbox holds."""
    held = on.sandbox.contacts.all_live()
    return {one.values["email"]: one.values.get("crmsyncd_id") for one in held}


async def test_creates_carry_our_id_and_come_back_in_order() -> None:
    """A hundred creates are one upsert by our id; outcomes stand in the order of the batch."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        writes = [new(f"t{n}", f"p{n}@example.com", external_id=f"x{n}") for n in range(100)]
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)
        held = await records(on)

    assert ["contacts/batch/upsert"] == on.calls("create")
    assert {f"p{n}@example.com": f"x{n}" for n in range(100)} == held
    for write, outcome in zip(writes, outcomes, strict=True):
        assert isinstance(outcome, Accepted)
        assert outcome.record is not None
        assert dict(write.values) == dict(outcome.record.values)
        assert write.external_id == outcome.record.external_id
        assert outcome.record.version


async def test_creating_twice_with_one_id_makes_one_record() -> None:
    """The external id is the upsert key: a repeated create meets the first one (R7)."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        (first,) = await on.adapter.write(
            CONTACTS, Verb.CREATE, [new("t", "a@example.com", external_id="x")]
        )
        (second,) = await on.adapter.write(
            CONTACTS, Verb.CREATE, [new("u", "a@example.com", external_id="x")]
        )

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.id == second.id


async def test_creates_without_our_id_use_plain_create() -> None:
    """Where the property does not exist the record is created without it."""
    async with bench() as on:
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.CREATE,
            [new("t", "a@example.com", external_id="x"), new("u", "b@example.com")],
        )

    assert ["contacts/batch/create"] == on.calls("create")
    assert ["Accepted", "Accepted"] == kinds(outcomes)


async def test_partial_failures_are_told_record_by_record() -> None:
    """One bad row fails alone: the taken address names its holder, the bad value its property."""
    async with bench() as on:
        (holder,) = await on.people(1)
        await on.adapter.prepare(CONTACTS)
        writes = [
            new("good", "good@example.com", external_id="x1"),
            new("taken", "PERSON0@example.com", external_id="x2"),
            Write(token="bad", values={"email": "c@example.com", "lifecyclestage": "no such stage"}, external_id="x3"),
            new("also good", "d@example.com", external_id="x4"),
        ]  # fmt: skip
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)

    assert ["Accepted", "Refused", "Refused", "Accepted"] == kinds(outcomes)
    _, taken, bad, _ = outcomes
    assert isinstance(taken, Refused)
    assert ("CONFLICT", holder) == (taken.failure.code, taken.existing_id)
    assert isinstance(bad, Refused)
    assert "lifecyclestage" == bad.failure.field
    assert "no such stage" not in bad.failure.message
    assert 1 == len(on.calls("create"))


async def test_updates_set_only_what_they_name() -> None:
    """None clears, unnamed fields stay, an unknown id and an unknown field are refused alone."""
    async with bench() as on:
        first, second = await on.people(2)
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.UPDATE,
            [
                Write(token="a", id=first, values={"firstname": None, "followercount": Decimal("1E+3")}),
                Write(token="b", id="999", values={"firstname": "Nobody"}),
                Write(token="c", id=second, values={"shoe_size": "46"}),
            ],
        )  # fmt: skip
        reading = await on.adapter.read(CONTACTS, [first], [*NAMES, "followercount"])

    assert ["Accepted", "Refused", "Refused"] == kinds(outcomes)
    assert isinstance(outcomes[0], Accepted)
    assert outcomes[0].record is not None
    assert {"firstname": None, "followercount": Decimal(1000)} == dict(outcomes[0].record.values)
    assert outcomes[0].record.version == reading.records[0].version
    values = reading.records[0].values
    assert ("person0@example.com", None, Decimal(1000)) == (values["email"], values["firstname"], values["followercount"])  # fmt: skip
    assert isinstance(outcomes[2], Refused)
    assert "shoe_size" == outcomes[2].failure.field


async def test_what_hubspot_changes_is_shown_as_it_is_kept() -> None:
    """Addresses come back in lower case and a stage that may not go back comes back unchanged."""
    async with bench() as on:
        person = await on.create(email="a@example.com", lifecyclestage="customer")
        (outcome,) = await on.adapter.write(
            CONTACTS, Verb.UPDATE,
            [Write(token="t", id=person, values={"email": "B@Example.com", "lifecyclestage": "lead"})],
        )  # fmt: skip

    assert isinstance(outcome, Accepted)
    assert outcome.record is not None
    assert {"email": "b@example.com", "lifecyclestage": "customer"} == dict(outcome.record.values)


async def test_one_address_twice_in_a_batch_does_not_kill_it() -> None:
    """The second write of an address goes by itself, after the batch, and is refused alone."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        writes = [
            new("a", "same@example.com", external_id="x1"),
            new("b", "Same@example.com", external_id="x2"),
            new("c", "other@example.com", external_id="x3"),
        ]
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, writes)

    assert ["Accepted", "Refused", "Accepted"] == kinds(outcomes)
    assert 2 == len(on.calls("create"))


async def test_an_administrators_rule_refuses_one_record() -> None:
    """A property made required in the account names itself."""
    async with bench(validation=WriteValidation(required=("city",))) as on:
        outcomes = await on.adapter.write(
            CONTACTS,
            Verb.CREATE,
            [
                new("a", "a@example.com"),
                Write(token="b", values={"email": "b@example.com", "city": "Bonn"}),
            ],
        )

    assert ["Refused", "Accepted"] == kinds(outcomes)
    assert isinstance(outcomes[0], Refused)
    assert ("city", "MISSING_REQUIRED_PROPERTY") == (
        outcomes[0].failure.field,
        outcomes[0].failure.code,
    )


@pytest.mark.parametrize(
    "fault", ["timeout_504_after_write", "reset_after", "truncated_body", "html_200"]
)
async def test_a_lost_reply_leaves_the_write_unknown_and_unrepeated(fault: str) -> None:
    """It may have happened, and mostly has: one request, one error, no second record (I11)."""
    async with bench() as on:
        await on.adapter.prepare(CONTACTS)
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        with pytest.raises(UnknownOutcome):
            await on.adapter.write(
                CONTACTS, Verb.CREATE, [new("t", "a@example.com", external_id="x")]
            )
        found = await on.adapter.find(CONTACTS, "crmsyncd_id", ["x"], NAMES)

    assert 1 == len(on.calls("create"))
    assert (0 if fault == "html_200" else 1) == len(found.records)


@pytest.mark.parametrize("fault", ["locked_423", "throttled_429"])
async def test_a_reply_that_proves_nothing_happened_is_waited_out(fault: str) -> None:
    """Locks and limits are waited out, and the write is made once."""
    async with bench() as on:
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        outcomes = await on.adapter.write(CONTACTS, Verb.CREATE, [new("t", "a@example.com")])

    assert ["Accepted"] == kinds(outcomes)
    assert 1 == len(await records(on))


async def test_a_long_migration_is_handed_to_the_engine() -> None:
    """477 may ask for hours: nothing was written, and the moment to come back is known."""
    async with bench() as on:
        await on.fault("migrating_477", retry_after=7_200, match={"path_prefix": "/crm/objects"})
        with pytest.raises(WaitUntil) as patience:
            await on.adapter.write(CONTACTS, Verb.CREATE, [new("t", "a@example.com")])

    waits = (patience.value.until - on.around.clock.now()).total_seconds()
    assert 7_200 == pytest.approx(waits, abs=2)
    assert {} == await records(on)


@asynccontextmanager
async def answering(*answers: Answer) -> AsyncIterator[tuple[HubSpotAdapter, ScriptedServer]]:
    """An adapter whose first call reads definitions and whose writes get *answers*."""
    async with (
        scripted(DEFINITIONS, *answers) as server,
        adapter_on(server.base_url, "token", Around(), {"request_time_out": "300ms"}) as adapter,
    ):
        yield adapter, server


def result(number: int, **more: Any) -> dict[str, Any]:
    body = {"id": str(number), "updatedAt": "2026-11-20T12:00:00.000Z", "properties": {}}
    return {**body, **more}


TWO = [new("t1", "a@example.com", external_id="x1"), new("t2", "b@example.com", external_id="x2")]
OLD = [
    Write(token="t1", id="71", values={"firstname": "A"}),
    Write(token="t2", id="72", values={"firstname": "B"}),
]

NO_DEFINITE_REPLY = {
    "reset": RESET,
    "silence": SILENCE,
    "html": text_answer(200, b"<html>", kind="text/html"),
    "cut": cut_answer(200, b'{"results": [', promised=500),
    "empty": text_answer(200, b""),
    "a list": json_answer(200, []),
    "no results": json_answer(200, {"status": "COMPLETE"}),
    "results without ids": json_answer(200, {"results": [{"properties": {}}]}),
    "502": text_answer(502, b"<html>", kind="text/html"),
    "504": json_answer(504, {}),
}


@pytest.mark.parametrize("answer", NO_DEFINITE_REPLY.values(), ids=NO_DEFINITE_REPLY)
async def test_no_definite_reply_is_unknown_for_the_whole_batch(answer: Answer) -> None:
    """Whatever HubSpot or a gateway sends instead of an answer: asked once, told as unknown."""
    async with answering(answer) as (adapter, server):
        with pytest.raises(UnknownOutcome):
            await adapter.write(CONTACTS, Verb.CREATE, TWO)

    assert 2 == len(server.requests)


async def test_a_refused_batch_is_handed_back_whole() -> None:
    """400 for several means that none was written: the engine splits; for one it is the record."""
    refusal = json_answer(
        400, {"category": "VALIDATION_ERROR", "message": "x",
              "errors": [{"code": "INVALID_DATE", "context": {"propertyName": ["birthday"]}}]},
    )  # fmt: skip
    async with answering(refusal) as (adapter, _):
        with pytest.raises(RejectBatch) as whole:
            await adapter.write(CONTACTS, Verb.CREATE, TWO)
        (single,) = await adapter.write(CONTACTS, Verb.CREATE, TWO[:1])

    assert "INVALID_DATE" == whole.value.code
    assert isinstance(single, Refused)
    assert ("INVALID_DATE", "birthday", 400) == (
        single.failure.code,
        single.failure.field,
        single.failure.status,
    )


async def test_a_single_conflict_names_the_holder() -> None:
    """409 for one record says who has the address."""
    taken = json_answer(
        409, {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 12345"}
    )
    async with answering(taken) as (adapter, _):
        (outcome,) = await adapter.write(CONTACTS, Verb.CREATE, TWO[:1])

    assert isinstance(outcome, Refused)
    assert "12345" == outcome.existing_id


REPLIES: dict[str, tuple[list[Write], dict[str, Any], list[str]]] = {
    "shuffled, by trace id": (
        TWO,
        {"results": [result(2, objectWriteTraceId="t2"), result(1, objectWriteTraceId="t1")]},
        ["1", "2"],
    ),
    "by our own id": (
        TWO,
        {"results": [result(2, properties={"crmsyncd_id": "x2"}), result(1, properties={"crmsyncd_id": "x1"})]},
        ["1", "2"],
    ),
    "by address": (
        TWO,
        {"results": [result(2, properties={"email": "B@example.com"}), result(1, properties={"email": "a@example.com"})]},
        ["1", "2"],
    ),
    "by record id": (OLD, {"results": [result(72), result(71)]}, ["71", "72"]),
    "never by position": (TWO, {"results": [result(1), result(2)]}, ["?", "?"]),
    "one not mentioned": (TWO, {"results": [result(1, objectWriteTraceId="t1")]}, ["1", "?"]),
    "both done and refused": (
        TWO,
        {"results": [result(1, objectWriteTraceId="t1"), result(2, objectWriteTraceId="t2")],
         "errors": [{"category": "CONFLICT", "message": "x", "context": {"objectWriteTraceId": ["t2"]}}]},
        ["1", "?"],
    ),
    "refused by record id": (
        OLD,
        {"results": [result(71)], "errors": [{"category": "OBJECT_NOT_FOUND", "message": "x", "context": {"ids": ["72"]}}]},
        ["71", "!"],
    ),
    "refused, nobody knows who": (
        TWO,
        {"results": [], "numErrors": 2, "errors": [{"category": "CONFLICT", "message": "x"}]},
        ["?", "?"],
    ),
    "one alone needs no name": (
        TWO[:1],
        {"results": [], "errors": [{"category": "CONFLICT", "message": "x"}]},
        ["!"],
    ),
    "trouble inside is no refusal": (
        TWO[:1],
        {"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "x"}]},
        ["?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("writes", "body", "expected"), REPLIES.values(), ids=REPLIES)
async def test_outcomes_find_their_writes(
    writes: list[Write], body: dict[str, Any], expected: list[str]
) -> None:
    """By trace id, our id or address, then record id; what cannot be told is unknown (?)."""
    verb = Verb.UPDATE if writes[0].id else Verb.CREATE
    async with answering(json_answer(207, body)) as (adapter, _):
        outcomes = await adapter.write(CONTACTS, verb, writes)

    told = [
        outcome.id
        if isinstance(outcome, Accepted)
        else "!"
        if isinstance(outcome, Refused)
        else "?"
        for outcome in outcomes
    ]
    assert expected == told


async def test_a_reply_without_the_written_fields_gives_no_record() -> None:
    """What is not shown is read back before the base moves (R45)."""
    async with answering(json_answer(200, {"results": [result(71)]})) as (adapter, _):
        (outcome,) = await adapter.write(CONTACTS, Verb.UPDATE, OLD[:1])

    assert outcome == Accepted(id="71", record=None)


async def test_what_is_sent_after_the_batch_hides_nothing() -> None:
    """When the second of two colliding writes gets no reply, the first keeps its outcome."""
    fine = json_answer(200, {"results": [result(1, objectWriteTraceId="a")]})
    async with answering(fine, RESET) as (adapter, server):
        outcomes = await adapter.write(
            CONTACTS, Verb.CREATE, [new("a", "s@example.com"), new("b", "s@example.com")]
        )

    assert ["Accepted", "Unknown"] == kinds(outcomes)
    assert isinstance(outcomes[1], Unknown)
    assert 3 == len(server.requests)


async def test_every_input_carries_its_own_trace_id() -> None:
    """Without them one bad record would fail its whole batch."""
    both = {"results": [result(1, objectWriteTraceId="t1"), result(2, objectWriteTraceId="t2")]}
    async with answering(json_answer(200, both)) as (adapter, server):
        await adapter.write(CONTACTS, Verb.CREATE, TWO)

    (sent,) = server.bodies
    assert isinstance(sent, dict)
    assert ["t1", "t2"] == [one["objectWriteTraceId"] for one in sent["inputs"]]
    assert [("crmsyncd_id", "x1"), ("crmsyncd_id", "x2")] == [
        (one["idProperty"], one["id"]) for one in sent["inputs"]
    ]
    assert {"email": "a@example.com", "firstname": "t1", "crmsyncd_id": "x1"} == sent["inputs"][0][
        "properties"
    ]


async def test_an_unknown_property_makes_the_definitions_be_read_again() -> None:
    """Somebody deleted a property: the next write works with the account as it is."""
    refusal = {"results": [], "errors": [{"category": "VALIDATION_ERROR", "message": "x",
               "errors": [{"code": "PROPERTY_DOESNT_EXIST", "message": "x"}]}]}  # fmt: skip
    fine = json_answer(200, {"results": [result(1, objectWriteTraceId="t1")]})
    async with answering(json_answer(207, refusal), DEFINITIONS, fine) as (adapter, server):
        await adapter.write(CONTACTS, Verb.CREATE, TWO[:1])
        await adapter.write(CONTACTS, Verb.CREATE, TWO[:1])

    paths = [head.split()[1].split("?")[0].rpartition("2026-09/")[2] for head, _ in server.requests]
    assert ["contacts", "contacts/batch/upsert", "contacts", "contacts/batch/upsert"] == paths
