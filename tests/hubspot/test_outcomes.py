"""Which outcome belongs to which write, on servers that answer in every wrong way."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.contract import Accepted, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import RejectBatch, UnknownOutcome
from adapters.hubspot.adapter import HubSpotAdapter
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
from tests.hubspot.sandboxes import CONTACTS, adapter_on

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
    """Without them one bad record would fail its whole batch: HubSpot pitfall 12."""
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
