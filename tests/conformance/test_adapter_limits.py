"""Limits and credentials: who is asked to wait waits, who is shut out says so, nothing is lost."""

from datetime import timedelta

import pytest

from adapters.contract import Accepted, Verb, Write
from adapters.errors import GrantAccess, Reauthenticate, WaitUntil
from tests.conformance.asking import listing, new, one, patiently, text_of, write
from tests.conformance.cases import case
from tests.conformance.causes import Cause
from tests.conformance.harness import Harness


@case(Cause.RATE_LIMIT)
async def test_a_storm_of_refusals_is_waited_out(harness: Harness) -> None:
    """As long as the system asks for; then it is done, and done once."""
    await _waited_out(harness, Cause.RATE_LIMIT)


@case(Cause.RATE_LIMIT_SILENT)
async def test_a_storm_without_a_word_is_waited_out(harness: Harness) -> None:
    """A refusal that does not say how long is no reason to hurry, or to give up."""
    await _waited_out(harness, Cause.RATE_LIMIT_SILENT)


async def _waited_out(harness: Harness, cause: Cause) -> None:
    id_ = await one(harness)

    await harness.cause(cause)
    reading = await patiently(
        harness, lambda: harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    )
    await harness.cause(cause)
    (outcome,) = await patiently(harness, lambda: write(harness, Verb.CREATE, new(harness, 2)))

    assert [text_of(harness, 1)] == [dict(record.values) for record in reading.records]
    assert isinstance(outcome, Accepted)
    assert 2 == await harness.count()
    assert text_of(harness, 2) == await harness.look(outcome.id)


@case(Cause.RATE_LIMIT_LONG)
async def test_a_long_refusal_is_handed_to_the_engine(harness: Harness) -> None:
    """Nobody sleeps until tomorrow inside a call: the moment to come back is told."""
    await one(harness)
    await harness.cause(Cause.RATE_LIMIT_LONG)
    asked_at = harness.clock.now()

    with pytest.raises(WaitUntil) as reading:
        await listing(harness)
    with pytest.raises(WaitUntil) as writing:
        await write(harness, Verb.CREATE, new(harness, 2))

    assert min(reading.value.until, writing.value.until) - asked_at > timedelta(hours=1)
    assert harness.clock.now() - asked_at < timedelta(minutes=30)
    assert 1 == await harness.count()


@case(Cause.REVOKED)
async def test_refused_credentials_are_for_a_person_to_renew(harness: Harness) -> None:
    """Reading and writing say so alike; nothing is empty, and nothing written."""
    id_ = await one(harness)
    await harness.cause(Cause.REVOKED)

    with pytest.raises(Reauthenticate):
        await listing(harness)
    with pytest.raises(Reauthenticate):
        await harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    with pytest.raises(Reauthenticate):
        await write(harness, Verb.CREATE, new(harness, 2))

    assert 1 == await harness.count()


@case(Cause.FORBIDDEN)
async def test_a_missing_permission_is_named_as_one(harness: Harness) -> None:
    """The credentials are good: the next step is another than for bad ones."""
    id_ = await one(harness)
    await harness.cause(Cause.FORBIDDEN)
    update = Write(token="a", id=id_, values={harness.text_fields[0]: "new"})

    with pytest.raises(GrantAccess):
        await write(harness, Verb.UPDATE, update)
    with pytest.raises(GrantAccess):
        await write(harness, Verb.CREATE, new(harness, 2))

    assert 1 == await harness.count()
    assert text_of(harness, 1) == await harness.look(id_)


@case(Cause.SWAPPED_ACCOUNT)
async def test_another_account_is_another_account(harness: Harness) -> None:
    """The canary: its id is not the one from before."""
    before = await harness.adapter.account()
    await harness.cause(Cause.SWAPPED_ACCOUNT)

    assert before.id != (await harness.adapter.account()).id
