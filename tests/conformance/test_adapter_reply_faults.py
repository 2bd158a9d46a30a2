"""Replies under faults: nothing is believed that was not said, and nothing is written twice."""

import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Refused, Unknown, Verb, Write
from adapters.errors import (
    AdapterError,
    Failure,
    RejectBatch,
    RetryLater,
    UnknownOutcome,
    WaitUntil,
)
from tests.conformance.asking import attempt, changes, filled, listing, new, one, text_of, write
from tests.conformance.cases import case
from tests.conformance.causes import Ability, Cause
from tests.conformance.harness import Harness


@case(Cause.LOST_REQUEST)
async def test_a_request_that_never_arrived_is_not_claimed(harness: Harness) -> None:
    """It is unknown, or said not to have happened; only what is there is Accepted (I11)."""
    await harness.cause(Cause.LOST_REQUEST)

    outcome = await attempt(harness, Verb.CREATE, new(harness, 1))
    await harness.settle()

    expected = Accepted if await harness.count() else Unknown | UnknownOutcome | RetryLater
    assert isinstance(outcome, expected)


@case(Cause.LOST_REPLY)
async def test_a_lost_reply_is_unknown_and_unrepeated(harness: Harness) -> None:
    """The write happened, once, and nobody claims to know (I11, R20)."""
    await _unconfirmed(harness, Cause.LOST_REPLY)


@case(Cause.TIME_OUT_AFTER_COMMIT)
async def test_a_time_out_after_the_commit_is_unknown_and_unrepeated(harness: Harness) -> None:
    """A gateway's impatience says nothing about the system behind it."""
    await _unconfirmed(harness, Cause.TIME_OUT_AFTER_COMMIT)


@case(Cause.SLOW_REPLY)
async def test_a_reply_that_comes_too_late_is_unknown_and_unrepeated(harness: Harness) -> None:
    """Who stops waiting knows no more than who lost the reply."""
    await _unconfirmed(harness, Cause.SLOW_REPLY)


async def _unconfirmed(harness: Harness, cause: Cause) -> None:
    first = harness.text_fields[0]
    id_ = await one(harness)

    await harness.cause(cause)
    created = await attempt(harness, Verb.CREATE, new(harness, 2))
    await harness.cause(cause)
    update = Write(token="u", id=id_, values={first: "new"})
    updated = await attempt(harness, Verb.UPDATE, update)

    assert isinstance(created, Unknown | UnknownOutcome)
    assert isinstance(updated, Unknown | UnknownOutcome)
    await harness.settle()
    assert 2 == await harness.count()
    assert {**text_of(harness, 1), first: "new"} == await harness.look(id_)


@case(Cause.HTML_REPLY)
async def test_a_web_page_is_no_answer(harness: Harness) -> None:
    """A log-in page with status 200 is neither an empty end nor a success."""
    await _nothing_is_believed(harness, Cause.HTML_REPLY)


@case(Cause.HTML_ERROR)
async def test_an_error_page_of_a_gateway_is_no_answer(harness: Harness) -> None:
    """A body that is no JSON breaks nothing, and says nothing."""
    await _nothing_is_believed(harness, Cause.HTML_ERROR)


@case(Cause.CUT_REPLY)
async def test_half_a_reply_is_no_answer(harness: Harness) -> None:
    """What came before the break is not taken for all there is."""
    await _nothing_is_believed(harness, Cause.CUT_REPLY)


@case(Cause.ERROR_IN_SUCCESS)
async def test_an_error_inside_a_success_is_no_success(harness: Harness) -> None:
    """The status is not the answer; a body that is an error is an error."""
    await _nothing_is_believed(harness, Cause.ERROR_IN_SUCCESS)


async def _nothing_is_believed(harness: Harness, cause: Cause) -> None:
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.settle()
    await harness.cause(cause)

    with pytest.raises(AdapterError):
        await listing(harness)
    with pytest.raises(AdapterError):
        await changes(harness, cursor)
    with pytest.raises(AdapterError):
        await harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    with pytest.raises(AdapterError):
        await harness.adapter.find(harness.object_name, EXTERNAL_ID, ["x"], harness.text_fields)
    with pytest.raises(AdapterError):
        await harness.adapter.account()
    outcome = await attempt(harness, Verb.CREATE, new(harness, 2))
    assert isinstance(outcome, Unknown | UnknownOutcome | RetryLater | WaitUntil)


@case(Ability.BATCHES, Cause.REFUSED_RECORD)
async def test_a_refused_record_does_not_hold_up_its_neighbours(harness: Harness) -> None:
    """In its place in the batch, or after the batch came back to be split (I22)."""
    creates = [
        Write(token="a", values=harness.sample(1)),
        Write(token="b", values=harness.unacceptable(2)),
        Write(token="c", values=harness.sample(3)),
    ]

    try:
        outcomes = list(await write(harness, Verb.CREATE, *creates))
    except RejectBatch:
        assert 0 == await harness.count()
        outcomes = [(await write(harness, Verb.CREATE, one))[0] for one in creates]

    assert [Accepted, Refused, Accepted] == [type(outcome) for outcome in outcomes]
    assert 2 == await harness.count()
    for number, outcome in ((1, outcomes[0]), (3, outcomes[2])):
        assert isinstance(outcome, Accepted)
        assert text_of(harness, number) == await harness.look(outcome.id)


@case(Cause.REFUSED_RECORD)
async def test_a_refusal_says_why_and_not_what(harness: Harness) -> None:
    """A report shows a code and words, and nobody's data."""
    refused = harness.unacceptable(1)
    told: list[Failure] = []

    outcome = await attempt(harness, Verb.CREATE, Write(token="a", values=refused))
    if isinstance(outcome, Refused):
        told.append(outcome.failure)

    assert 1 == len(told)
    assert told[0].code
    assert [] == [value for value in refused.values() if str(value) in told[0].message]
    assert 0 == await harness.count()


@case(Ability.BATCHES, Cause.SHORT_BATCH)
async def test_who_is_not_mentioned_is_unknown(harness: Harness) -> None:
    """A reply shorter than its batch says nothing of the one it leaves out."""
    first = harness.text_fields[0]
    ids = await filled(harness, 3)
    await harness.cause(Cause.SHORT_BATCH)
    updates = [Write(token=id_, id=id_, values={first: "new"}) for id_ in ids]

    try:
        outcomes = await write(harness, Verb.UPDATE, *updates)
    except UnknownOutcome:
        return

    assert 1 == len([one for one in outcomes if isinstance(one, Unknown)])
    for id_, outcome in zip(ids, outcomes, strict=True):
        assert isinstance(outcome, Unknown) or (isinstance(outcome, Accepted) and id_ == outcome.id)


@case(Ability.BATCHES, Cause.SHUFFLED_BATCH)
async def test_results_in_another_order_find_their_writes(harness: Harness) -> None:
    """Outcomes stand in the batch's order, whatever order the reply has."""
    first = harness.text_fields[0]
    ids = await filled(harness, 4)
    await harness.cause(Cause.SHUFFLED_BATCH)

    outcomes = await write(
        harness,
        Verb.UPDATE,
        *(Write(token=f"t{id_}", id=id_, values={first: f"to {id_}"}) for id_ in ids),
    )

    assert list(ids) == [one.id for one in outcomes if isinstance(one, Accepted)]
    for id_, outcome in zip(ids, outcomes, strict=True):
        record = getattr(outcome, "record", None)
        assert record is None or f"to {id_}" == record.values[first]
