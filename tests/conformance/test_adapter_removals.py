"""The contract's promises on removals: gone where it was wanted, once, and nothing beside it."""

import pytest

from adapters.contract import Accepted, Moved, Verb, Write
from adapters.errors import UnknownOutcome
from tests.conformance.asking import UNKNOWN, attempt, changes, listing, one, text_of, write
from tests.conformance.cases import case
from tests.conformance.causes import Ability, Cause
from tests.conformance.harness import Harness

REMOVALS = [Verb.ARCHIVE, Verb.DELETE]


@pytest.fixture(params=REMOVALS)
async def removal(request: pytest.FixtureRequest, harness: Harness) -> Verb:
    """One way to remove that this adapter has."""
    verb: Verb = request.param
    if verb not in harness.adapter.capabilities.removals:
        pytest.skip(f"cannot {verb.value}")
    return verb


def test_only_removals_are_declared_as_such(harness: Harness) -> None:
    """An adapter may be unable to remove, but what it declares removes."""
    assert all(verb.is_removal for verb in harness.adapter.capabilities.removals)


@case(Ability.REMOVALS)
async def test_a_removed_record_is_gone(harness: Harness, removal: Verb) -> None:
    """Nobody sees it any more, no listing has it, and its neighbour is as it was."""
    ids = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()

    (outcome,) = await write(harness, removal, Write(token="a", id=ids[0], values={}))

    assert Accepted(id=ids[0], record=None) == outcome
    assert await harness.look(ids[0]) is None
    assert text_of(harness, 2) == await harness.look(ids[1])
    await harness.settle()
    assert [ids[1]] == list((await listing(harness)).records)
    assert 1 == await harness.count()


@case(Ability.REMOVALS)
async def test_a_read_tells_archived_from_deleted(harness: Harness, removal: Verb) -> None:
    """An archived record is read as archived, a deleted one is missing for certain."""
    id_ = await one(harness)

    await write(harness, removal, Write(token="a", id=id_, values={}))
    reading = await harness.adapter.read(harness.object_name, [id_], harness.text_fields)

    archived = {record.id for record in reading.records if record.is_archived}
    assert archived == {record.id for record in reading.records}
    expected = (set(), {id_}) if removal is Verb.DELETE else ({id_}, set())
    assert expected == (archived, set(reading.missing))


@case(Ability.ARCHIVE)
async def test_the_feed_tells_of_what_was_archived(harness: Harness, removal: Verb) -> None:
    """Whoever follows the feed comes to look; a deletion for good only listings may show."""
    if removal is not Verb.ARCHIVE:
        pytest.skip("only a listing shows a deletion for good")
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.settle()

    await write(harness, removal, Write(token="a", id=id_, values={}))
    await harness.settle()

    assert (await changes(harness, cursor)).tell_of(id_)


@case(Ability.REMOVALS)
async def test_removing_again_is_accepted(harness: Harness, removal: Verb) -> None:
    """What was wanted is so already, whatever the removal expected to find."""
    id_ = await one(harness)
    expected = text_of(harness, 1)
    again = Write(token="a", id=id_, values={}, expected=expected)

    outcomes = [*await write(harness, removal, again), *await write(harness, removal, again)]

    assert [Accepted(id=id_, record=None)] * 2 == outcomes


@case(Ability.REMOVALS)
async def test_an_unknown_id_is_accepted(harness: Harness, removal: Verb) -> None:
    """A record that never was is not there, and nothing else is touched."""
    id_ = await one(harness)

    (outcome,) = await write(harness, removal, Write(token="a", id=UNKNOWN, values={}))

    assert Accepted(id=UNKNOWN, record=None) == outcome
    assert text_of(harness, 1) == await harness.look(id_)


@case(Ability.REMOVALS, Ability.BATCHES)
async def test_one_that_is_gone_does_not_hold_up_the_others(
    harness: Harness, removal: Verb
) -> None:
    """Each removal of a batch has its outcome in its place; a repetition has the same one."""
    ids = await harness.put([harness.sample(number) for number in range(4)])
    await harness.settle()
    await harness.remove(ids[1])
    await harness.settle()
    order = [ids[2], ids[1], ids[0], ids[2]]

    outcomes = await write(
        harness,
        removal,
        *(Write(token=f"r{place}", id=id_, values={}) for place, id_ in enumerate(order)),
    )

    assert [Accepted(id=id_, record=None) for id_ in order] == outcomes
    assert 1 == await harness.count()
    assert text_of(harness, 3) == await harness.look(ids[3])


@case(Ability.REMOVALS, Ability.PRECONDITION)
async def test_a_record_that_moved_is_not_removed(harness: Harness, removal: Verb) -> None:
    """A removal never takes an edit with it that its plan has not seen (R35)."""
    first, second = harness.text_fields
    moved, still = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()
    await harness.edit(moved, {first: "by hand"})

    outcomes = await write(
        harness,
        removal,
        Write(token="a", id=moved, values={}, expected=text_of(harness, 1)),
        Write(token="b", id=still, values={}, expected=text_of(harness, 2)),
    )

    assert isinstance(outcomes[0], Moved)
    assert outcomes[0].record is not None
    assert "by hand" == outcomes[0].record.values[first]
    assert Accepted(id=still, record=None) == outcomes[1]
    seen = await harness.look(moved)
    assert {first: "by hand", second: text_of(harness, 1)[second]} == seen
    assert 1 == await harness.count()


@case(Ability.REMOVALS, Cause.MERGED)
async def test_removing_a_merged_id_takes_nobody_with_it(harness: Harness, removal: Verb) -> None:
    """The record that was meant is gone already; who lives on was not meant (I20)."""
    kept, lost = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()
    await harness.cause(Cause.MERGED, kept, lost)

    await attempt(harness, removal, Write(token="a", id=lost, values={}))
    await harness.settle()

    assert 1 == await harness.count()


@case(Ability.REMOVALS, Cause.LOST_REPLY)
async def test_a_lost_reply_is_unknown_and_a_read_tells(harness: Harness, removal: Verb) -> None:
    """Without a reply nobody claims an outcome (I11); the record itself says what happened."""
    id_ = await one(harness)
    await harness.cause(Cause.LOST_REPLY)

    with pytest.raises(UnknownOutcome):
        await write(harness, removal, Write(token="a", id=id_, values={}))

    assert await harness.look(id_) is None
    reading = await harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    assert {id_} == reading.missing | {one.id for one in reading.records if one.is_archived}
