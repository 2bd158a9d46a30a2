"""Archiving: HubSpot's recycle bin, and what its answers and its silence prove."""

from typing import Any

import pytest

from adapters.contract import Accepted, Refused, Unknown, Verb, Write
from adapters.errors import (
    GrantAccess,
    Reauthenticate,
    RejectBatch,
    UnknownOutcome,
    Unreadable,
    WaitUntil,
)
from adapters.hubspot.sandbox import TokenSettings
from tests.http.doubles import (
    RESET,
    SILENCE,
    Answer,
    Around,
    cut_answer,
    json_answer,
    scripted,
    text_answer,
)
from tests.hubspot.sandboxes import CONTACTS, NAMES, adapter_on, bench


def removals(*ids: str) -> list[Write]:
    return [Write(token=f"t{place}", id=one, values={}) for place, one in enumerate(ids)]


def gone(one: str) -> Accepted:
    return Accepted(id=one, record=None)


async def test_a_hundred_are_one_call() -> None:
    """One request, ids only, no field definitions read, and the log says what it was for."""
    async with bench() as on:
        ids = await on.people(100)
        outcomes = await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(*reversed(ids)))

    assert ["contacts/batch/archive"] == on.calls("archive") == on.calls()
    assert [gone(one) for one in reversed(ids)] == outcomes
    assert [] == on.sandbox.contacts.all_live()


async def test_a_person_can_take_it_back() -> None:
    """What we archive is in the bin: restored, it is the record it was."""
    async with bench() as on:
        (one,) = await on.people(1)
        await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))
        archived = await on.adapter.read(CONTACTS, [one], NAMES)
        await on.admin("user/contacts/restore", id=one)
        restored = await on.adapter.read(CONTACTS, [one], NAMES)

    assert [(one, True)] == [(record.id, record.is_archived) for record in archived.records]
    assert [(one, False)] == [(record.id, record.is_archived) for record in restored.records]
    assert archived.records[0].values == restored.records[0].values


async def test_an_id_that_was_merged_away_takes_nothing_with_it() -> None:
    """Its record lives on under another id, which nobody asked to archive (I20)."""
    async with bench() as on:
        primary, other = await on.people(2)
        merged = await on.admin("user/contacts/merge", primary=primary, other=other)
        survivor = str(merged["id"])
        old = next(one for one in (primary, other) if one != survivor)
        outcomes = await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(old))

    assert [gone(old)] == outcomes
    assert [survivor] == [record.id for record in on.sandbox.contacts.all_live()]


async def test_the_feed_tells_of_our_own_removals() -> None:
    """The archived pass tells of them as of anybody's, a quarter of an hour later."""
    async with bench() as on:
        (one,) = await on.people(1)
        cursor = await on.adapter.start_cursor(CONTACTS)
        await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))
        on.wait(minutes=15)
        hints, _ = await on.hints(cursor)

    assert [(one, True)] == [(hint.id, hint.is_gone) for hint in hints]


async def test_nothing_is_deleted_for_good() -> None:
    """Only the erasure of a person does that, never a removal: it is not offered."""
    async with bench() as on:
        (one,) = await on.people(1)
        with pytest.raises(ValueError, match="ARCHIVE"):
            await on.adapter.write(CONTACTS, Verb.DELETE, removals(one))

    assert {Verb.ARCHIVE} == on.adapter.capabilities.removals
    assert [one] == [record.id for record in on.sandbox.contacts.all_live()]


async def test_nothing_asked_is_no_call() -> None:
    """An empty batch would be HubSpot's 400."""
    async with bench() as on:
        assert [] == await on.adapter.write(CONTACTS, Verb.ARCHIVE, [])

    assert [] == on.calls()


async def test_a_missing_scope_is_named() -> None:
    """A key that may only read: nothing is archived, and the scope to grant is told."""
    reader = TokenSettings(scopes=frozenset({"crm.objects.contacts.read"}))
    async with bench(tokens=(reader,)) as on:
        (one,) = await on.people(1)
        with pytest.raises(GrantAccess) as refusal:
            await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))

    assert ("crm.objects.contacts.write",) == refusal.value.scopes
    assert 1 == len(on.sandbox.contacts.all_live())


@pytest.mark.parametrize("fault", ["timeout_504_after_write", "reset_after"])
async def test_a_lost_reply_is_unknown_and_unrepeated(fault: str) -> None:
    """It has happened: one request, one error, and a read that tells (I11)."""
    async with bench() as on:
        (one,) = await on.people(1)
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        with pytest.raises(UnknownOutcome):
            await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))
        reading = await on.adapter.read(CONTACTS, [one], NAMES)

    assert 1 == len(on.calls("archive"))
    assert [True] == [record.is_archived for record in reading.records]


@pytest.mark.parametrize("fault", ["server_error_500", "gateway_html_502", "reset_before"])
async def test_trouble_before_the_write_is_unknown_too(fault: str) -> None:
    """From here nobody can tell it from trouble after it; a read says that it is still there."""
    async with bench() as on:
        (one,) = await on.people(1)
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        with pytest.raises(UnknownOutcome):
            await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))
        reading = await on.adapter.read(CONTACTS, [one], NAMES)

    assert 1 == len(on.calls("archive"))
    assert [False] == [record.is_archived for record in reading.records]


@pytest.mark.parametrize("fault", ["locked_423", "throttled_429"])
async def test_a_reply_that_proves_nothing_happened_is_waited_out(fault: str) -> None:
    """Locks and limits are waited out, and then it is archived."""
    async with bench() as on:
        (one,) = await on.people(1)
        await on.fault(fault, match={"path_prefix": "/crm/objects"})
        assert [gone(one)] == await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))

    assert 2 == len(on.calls("archive"))
    assert [] == on.sandbox.contacts.all_live()


async def test_a_long_migration_is_handed_to_the_engine() -> None:
    """477 may ask for hours: nothing was archived."""
    async with bench() as on:
        (one,) = await on.people(1)
        await on.fault("migrating_477", retry_after=7_200, match={"path_prefix": "/crm/objects"})
        with pytest.raises(WaitUntil):
            await on.adapter.write(CONTACTS, Verb.ARCHIVE, removals(one))

    assert 1 == len(on.sandbox.contacts.all_live())


async def archived(answer: Answer, *ids: str) -> list[str]:
    """What becomes of these ids under one answer, in a mark each."""
    async with (
        scripted(answer) as server,
        adapter_on(server.base_url, "token", Around(), {"request_time_out": "300ms"}) as adapter,
    ):
        outcomes = await adapter.write(CONTACTS, Verb.ARCHIVE, removals(*ids))
    assert 1 == len(server.requests)
    marks = {Accepted: "gone", Refused: "refused", Unknown: "unknown"}
    return [marks[type(outcome)] for outcome in outcomes]


def finished(*errors: dict[str, Any], status: int = 207) -> Answer:
    return json_answer(status, {"status": "COMPLETE", "results": [], "errors": list(errors)})


def about(category: str, *ids: str) -> dict[str, Any]:
    return {"category": category, "message": "x", "context": {"ids": list(ids)}}


ANSWERS: dict[str, tuple[Answer, list[str]]] = {
    "no content": (text_answer(204, b""), ["gone", "gone"]),
    "a finished batch": (finished(status=200), ["gone", "gone"]),
    "one was not there": (finished(about("OBJECT_NOT_FOUND", "72")), ["gone", "gone"]),
    "one refused": (finished(about("VALIDATION_ERROR", "72")), ["gone", "refused"]),
    "one in trouble": (finished(about("INTERNAL_ERROR", "71")), ["unknown", "gone"]),
    "one told twice": (
        finished(about("VALIDATION_ERROR", "72"), about("OBJECT_NOT_FOUND", "72")),
        ["gone", "unknown"],
    ),
    "refused, nobody knows who": (finished(about("VALIDATION_ERROR")), ["unknown", "unknown"]),
    "success without a word": (text_answer(200, b""), ["unknown", "unknown"]),
}


@pytest.mark.parametrize(("answer", "marks"), ANSWERS.values(), ids=ANSWERS)
async def test_what_a_success_says_of_each(answer: Answer, marks: list[str]) -> None:
    """204 is all of them; a body is looked through; whatever is not said is not claimed."""
    assert marks == await archived(answer, "71", "72")


async def test_one_alone_needs_no_name() -> None:
    """An error in a batch of one is about that one."""
    assert ["refused"] == await archived(finished(about("VALIDATION_ERROR")), "71")


async def test_a_404_of_hubspots_own_is_proof_for_one() -> None:
    """Should it say so instead of 204: one alone is gone, of several nobody knows which."""
    absent = json_answer(404, {"category": "OBJECT_NOT_FOUND", "message": "x"})

    assert ["gone"] == await archived(absent, "71")
    with pytest.raises(RejectBatch):
        await archived(absent, "71", "72")


NO_DEFINITE_REPLY = {
    "reset": RESET,
    "silence": SILENCE,
    "html": text_answer(200, b"<html>", kind="text/html"),
    "cut": cut_answer(200, b'{"status": ', promised=500),
    "a list": json_answer(200, []),
    "another's body": json_answer(200, {"ok": True}),
    "unfinished": json_answer(200, {"status": "PROCESSING", "results": []}),
    "504": json_answer(504, {}),
}


@pytest.mark.parametrize("answer", NO_DEFINITE_REPLY.values(), ids=NO_DEFINITE_REPLY)
async def test_no_definite_reply_is_unknown_for_the_whole_batch(answer: Answer) -> None:
    """Asked once, told as unknown."""
    with pytest.raises(UnknownOutcome):
        await archived(answer, "71", "72")


async def test_a_refused_batch_is_handed_back_whole() -> None:
    """400 for several means that none was archived: the engine splits; for one it is the record."""
    refusal = json_answer(400, {"category": "VALIDATION_ERROR", "message": "x"})

    with pytest.raises(RejectBatch):
        await archived(refusal, "71", "72")
    assert ["refused"] == await archived(refusal, "71")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer(401, {"category": "EXPIRED_AUTHENTICATION"}), Reauthenticate),
        (text_answer(404, b"<html>", kind="text/html"), Unreadable),
    ],
)
async def test_what_concerns_the_connection_is_raised(
    answer: Answer, error: type[Exception]
) -> None:
    """A refused token and a server that is not HubSpot are no record's fault."""
    with pytest.raises(error):
        await archived(answer, "71")
