"""Manners of systems: what they make of a write, and of a person's records, is seen."""

from adapters.contract import Accepted, Verb, Write
from tests.conformance.asking import attempt, changes, listing, one, text_of, write
from tests.conformance.cases import case
from tests.conformance.causes import Cause
from tests.conformance.harness import Harness

PADDED = "  Padded Name  "


@case(Cause.NORMALISED)
async def test_what_a_system_rewrites_is_seen_as_it_is_kept(harness: Harness) -> None:
    """The reply and every reading show what is stored, not what was sent (R45)."""
    first = harness.text_fields[0]
    id_ = await one(harness)
    await harness.cause(Cause.NORMALISED)

    (outcome,) = await write(harness, Verb.UPDATE, Write(token="a", id=id_, values={first: PADDED}))
    await harness.settle()

    kept = ((await harness.look(id_)) or {})[first]
    assert PADDED != kept
    assert isinstance(outcome, Accepted)
    assert outcome.record is None or kept == outcome.record.values[first]
    assert kept == (await listing(harness)).records[id_].values[first]


@case(Cause.IGNORED)
async def test_what_a_system_ignores_is_seen_as_it_stayed(harness: Harness) -> None:
    """A write that is accepted and changes nothing does not look like a change (R19)."""
    first = harness.text_fields[0]
    id_ = await one(harness)
    await harness.cause(Cause.IGNORED)

    (outcome,) = await write(harness, Verb.UPDATE, Write(token="a", id=id_, values={first: "new"}))
    await harness.settle()

    old = text_of(harness, 1)[first]
    assert isinstance(outcome, Accepted)
    assert outcome.record is None or old == outcome.record.values[first]
    assert old == (await listing(harness)).records[id_].values[first]
    assert text_of(harness, 1) == await harness.look(id_)


@case(Cause.ANSWERED)
async def test_what_a_system_writes_in_answer_is_told(harness: Harness) -> None:
    """A workflow's edit after ours is news: the feed tells of it under another version."""
    first, second = harness.text_fields
    id_ = await one(harness)
    await harness.cause(Cause.ANSWERED)
    cursor = await harness.adapter.start_cursor(harness.object_name)

    (outcome,) = await write(harness, Verb.UPDATE, Write(token="a", id=id_, values={first: "new"}))
    await harness.settle()
    told = await changes(harness, cursor)

    seen = (await listing(harness)).records[id_]
    assert "new" == seen.values[first]
    assert text_of(harness, 1)[second] != seen.values[second]
    assert told.tell_of(id_)
    assert isinstance(outcome, Accepted)
    record = outcome.record
    assert (
        record is None
        or seen.values[second] == record.values.get(second, "")
        or (seen.version != record.version)
    )


@case(Cause.MERGED)
async def test_a_merged_id_leads_to_the_record_that_lives_on(harness: Harness) -> None:
    """Nobody is missing who only has another id now (I20)."""
    kept, lost = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.cause(Cause.MERGED, kept, lost)
    await harness.settle()

    reading = await harness.adapter.read(harness.object_name, [lost, kept], harness.text_fields)
    told = await changes(harness, cursor)

    survivor = reading.redirects[lost]
    assert reading.redirects.get(kept, kept) == survivor
    assert {survivor} == {record.id for record in reading.records if not record.is_archived}
    assert not reading.missing
    assert told.tell_of(survivor) or told.tell_of(lost)
    assert [survivor] == list((await listing(harness)).records)


@case(Cause.MERGED)
async def test_a_write_to_a_merged_id_makes_nobody_new(harness: Harness) -> None:
    """It reaches who lives on, or is refused; the losing id is never made again (I20)."""
    kept, lost = await harness.put([harness.sample(1), harness.sample(2)])
    await harness.settle()
    await harness.cause(Cause.MERGED, kept, lost)

    update = Write(token="a", id=lost, values={harness.text_fields[0]: "new"})
    outcome = await attempt(harness, Verb.UPDATE, update)
    await harness.settle()

    assert 1 == await harness.count()
    if isinstance(outcome, Accepted):
        seen = (await listing(harness)).records
        assert ["new"] == [record.values[harness.text_fields[0]] for record in seen.values()]


@case(Cause.RESTORED)
async def test_who_comes_back_from_the_bin_is_seen(harness: Harness) -> None:
    """A reading shows the record live again, and the feed or a listing tells."""
    id_ = await one(harness)
    await harness.remove(id_)
    await harness.settle()
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.cause(Cause.RESTORED, id_)
    await harness.settle()

    reading = await harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    told = await changes(harness, cursor)

    assert [False] == [record.is_archived for record in reading.records]
    assert text_of(harness, 1) == dict(reading.records[0].values)
    assert [id_] == list((await listing(harness)).records)
    is_listed = harness.adapter.capabilities.full_listing_every is not None
    assert told.tell_of(id_) or is_listed


@case(Cause.ID_REUSED)
async def test_an_id_given_to_somebody_else_has_another_version(harness: Harness) -> None:
    """A known id with a known version is the known record."""
    id_ = await one(harness)
    before = (await listing(harness)).records[id_]
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.cause(Cause.ID_REUSED, id_)
    await harness.settle()

    after = (await listing(harness)).records[id_]

    assert text_of(harness, 77) == dict(after.values)
    assert before.version != after.version
    assert (await changes(harness, cursor)).tell_of(id_)
