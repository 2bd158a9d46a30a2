"""The contract's promises on writing: definite outcomes, in order, only the fields named."""

import asyncio

import pytest

from adapters.contract import EXTERNAL_ID, Accepted, Moved, Refused, Verb, Write
from daemon.core.values import Values
from tests.conformance.asking import created, filled, listing, one, text_of, write
from tests.conformance.cases import case
from tests.conformance.causes import Ability
from tests.conformance.harness import Harness

TEXTS = ["Zoë O'Hara", 'say "hi"; then, go', "ש\u05c2לם", "𝄞 clef", "=1+1", "-5", "+49 30 1234"]


async def test_a_created_record_is_there(harness: Harness) -> None:
    """The outcome's id leads to the values sent, for a reader and for a person."""
    outcome = await created(harness, 1)

    assert text_of(harness, 1) == await harness.look(outcome.id)
    assert text_of(harness, 1) == dict((await listing(harness)).records[outcome.id].values)
    assert 1 == await harness.count()


@case(Ability.EXTERNAL_ID)
async def test_a_created_record_carries_our_id(harness: Harness) -> None:
    """What was created under an id of ours is found by it, and nothing else is (R7)."""
    outcome = await created(harness, 1, "ours-1")

    found = await harness.adapter.find(
        harness.object_name, EXTERNAL_ID, ["ours-1", "ours-2"], harness.text_fields
    )

    assert [(outcome.id, "ours-1")] == [(item.id, item.external_id) for item in found.records]
    assert {"ours-2"} == found.missing


@case(Ability.EXTERNAL_ID)
async def test_our_id_is_given_once(harness: Harness) -> None:
    """A create repeated under the same id of ours makes no second record."""
    first = await created(harness, 1, "ours-1")

    repeated = Write(token="again", values=harness.sample(2), external_id="ours-1")
    (outcome,) = await write(harness, Verb.CREATE, repeated)
    await harness.settle()

    assert 1 == await harness.count()
    match outcome:
        case Accepted():
            assert first.id == outcome.id
        case Refused():
            assert outcome.existing_id in {first.id, ""}
        case _:
            pytest.fail(f"neither accepted nor refused: {outcome}")


async def test_an_update_touches_the_named_fields_only(harness: Harness) -> None:
    """What is not in the write stays as it was (I18); None clears."""
    first, second = harness.text_fields
    ids = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()

    await write(
        harness,
        Verb.UPDATE,
        Write(token="a", id=ids[0], values={first: "new"}),
        Write(token="b", id=ids[1], values={second: None}),
    )

    assert {**text_of(harness, 1), first: "new"} == await harness.look(ids[0])
    assert {**text_of(harness, 2), second: None} == await harness.look(ids[1])


async def test_outcomes_come_in_the_order_of_the_batch(harness: Harness) -> None:
    """Each write has its own outcome in its own place."""
    count = min(5, harness.adapter.capabilities.write_batch)
    ids = await harness.put([harness.sample(number) for number in range(count)])
    await harness.settle()
    order = list(reversed(ids))

    outcomes = await write(
        harness,
        Verb.UPDATE,
        *(Write(token=id_, id=id_, values={harness.text_fields[0]: f"to {id_}"}) for id_ in order),
    )

    assert order == [outcome.id for outcome in outcomes if isinstance(outcome, Accepted)]
    for id_ in ids:
        seen = await harness.look(id_)
        assert seen is not None
        assert f"to {id_}" == seen[harness.text_fields[0]]


@case(Ability.REPLIES)
async def test_a_reply_shows_what_is_stored(harness: Harness) -> None:
    """Where replies carry values they are the written fields as they now are."""
    id_ = await one(harness)
    values: Values = {harness.text_fields[0]: "new", harness.text_fields[1]: None}

    (outcome,) = await write(harness, Verb.UPDATE, Write(token="a", id=id_, values=values))

    assert isinstance(outcome, Accepted)
    assert outcome.record is not None
    assert values == {name: outcome.record.values[name] for name in values}
    await harness.settle()
    assert (await listing(harness)).records[id_].version == outcome.record.version


@case(Ability.BATCHES)
async def test_an_update_of_nothing_creates_nothing(harness: Harness) -> None:
    """A record that is gone is not written, and its neighbours in the batch are."""
    ids = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()
    await harness.remove(ids[0])
    await harness.settle()
    first = harness.text_fields[0]

    outcomes = await write(
        harness,
        Verb.UPDATE,
        Write(token="a", id=ids[0], values={first: "x"}),
        Write(token="b", id=ids[1], values={first: "y"}),
    )

    assert isinstance(outcomes[0], Moved | Refused)
    assert isinstance(outcomes[1], Accepted)
    assert 1 == await harness.count()
    assert {**text_of(harness, 2), first: "y"} == await harness.look(ids[1])


@case(Ability.PRECONDITION)
async def test_a_precondition_guards_the_fields_it_names(harness: Harness) -> None:
    """A field that was edited since is not overwritten; another field's edit does not matter."""
    first, second = harness.text_fields
    id_ = await one(harness)
    seen = harness.sample(1)[first]

    await harness.edit(id_, {second: "by hand"})
    (allowed,) = await write(
        harness, Verb.UPDATE, Write(token="a", id=id_, values={first: "x"}, expected={first: seen})
    )
    (refused,) = await write(
        harness, Verb.UPDATE, Write(token="b", id=id_, values={first: "y"}, expected={first: seen})
    )

    assert isinstance(allowed, Accepted)
    assert isinstance(refused, Moved)
    assert refused.record is not None
    assert "x" == refused.record.values[first]
    assert {first: "x", second: "by hand"} == await harness.look(id_)


@case(Ability.PRECONDITION)
async def test_an_empty_expectation_is_an_expectation(harness: Harness) -> None:
    """A field that was seen empty and is no longer so has moved."""
    first = harness.text_fields[0]
    id_ = await one(harness)

    (outcome,) = await write(
        harness, Verb.UPDATE, Write(token="a", id=id_, values={first: "x"}, expected={first: None})
    )

    assert isinstance(outcome, Moved)
    assert text_of(harness, 1) == await harness.look(id_)


@pytest.mark.parametrize("text", TEXTS)
async def test_text_arrives_as_it_was_sent(harness: Harness, text: str) -> None:
    """Quotes, separators, signs, other scripts and wide characters survive both ways."""
    first = harness.text_fields[0]
    id_ = await one(harness)

    await write(harness, Verb.UPDATE, Write(token="a", id=id_, values={first: text}))
    await harness.settle()

    assert text == (await listing(harness)).records[id_].values[first]


@pytest.mark.parametrize("times", [20_000, 300_000])
async def test_a_very_long_text_is_refused_or_seen_as_it_is_kept(
    harness: Harness, times: int
) -> None:
    """What a system cuts, it does not cut silently: the reply or the reading shows it (R45)."""
    first = harness.text_fields[0]
    id_ = await one(harness)

    (outcome,) = await write(
        harness, Verb.UPDATE, Write(token="a", id=id_, values={first: "long " * times})
    )
    await harness.settle()

    kept = (await harness.look(id_) or {})[first]
    assert kept == (await listing(harness)).records[id_].values[first]
    if isinstance(outcome, Refused):
        assert text_of(harness, 1)[first] == kept
    else:
        assert isinstance(outcome, Accepted)
        assert outcome.record is None or kept == outcome.record.values[first]


async def test_writing_nothing_does_nothing(harness: Harness) -> None:
    """An empty batch has no outcomes, whatever the verb."""
    await one(harness)

    for verb in (Verb.CREATE, Verb.UPDATE, *harness.adapter.capabilities.removals):
        assert [] == list(await write(harness, verb))

    assert 1 == await harness.count()


async def test_batches_side_by_side_do_not_mix(harness: Harness) -> None:
    """As many batches at once as there are lanes: each gets its own outcomes."""
    first = harness.text_fields[0]
    lanes = max(2, harness.adapter.capabilities.lanes)
    ids = await filled(harness, lanes)

    outcomes = await asyncio.gather(
        *(
            write(harness, Verb.UPDATE, Write(token="same", id=id_, values={first: f"to {id_}"}))
            for id_ in ids
        )
    )

    told = [one.id for (one,) in outcomes if isinstance(one, Accepted)]
    assert list(ids) == told
    seen = [await harness.look(id_) for id_ in ids]
    assert [f"to {id_}" for id_ in ids] == [(one or {})[first] for one in seen]


async def test_writing_the_same_again_is_accepted(harness: Harness) -> None:
    """Values that are there already are no error."""
    id_ = await one(harness)
    same = Write(token="a", id=id_, values=text_of(harness, 1))

    (outcome,) = await write(harness, Verb.UPDATE, same)

    assert isinstance(outcome, Accepted)
    assert text_of(harness, 1) == await harness.look(id_)
