"""The contract's promises on reading: whole, typed, never fewer for a failure."""

from datetime import timedelta

import pytest

from adapters.contract import EXTERNAL_ID, Complete
from adapters.errors import AdapterError, Unreadable
from adapters.registry import adapter_kinds
from tests.conformance.asking import UNKNOWN, changes, listing, one, text_of
from tests.conformance.cases import case, declaration_of
from tests.conformance.causes import Ability, Cause
from tests.conformance.harness import Harness


async def test_capabilities_are_usable_numbers(harness: Harness) -> None:
    """Batches and pages hold something, and no lag is negative."""
    able = harness.adapter.capabilities

    assert min(able.read_batch, able.write_batch, able.page_size, able.hint_page_size + 1) >= 1
    lags = (able.index_lag, able.lookup_lag, able.time_resolution, able.request_time_out)
    assert min(lags) >= timedelta(0)


async def test_its_type_leads_to_it(harness: Harness, request: pytest.FixtureRequest) -> None:
    """Whoever writes ``type:`` and its word gets this adapter, ours or another package's."""
    word = declaration_of(request.node.callspec.params["harness"]).word
    kind = adapter_kinds().get(word)

    assert (word == "") == (kind is None)
    if kind is not None:
        assert kind.default_object in await harness.adapter.objects()


async def test_the_account_stays_the_same(harness: Harness) -> None:
    """Asked twice, with a change between, the answer is equal and not empty."""
    first = await harness.adapter.account()
    await one(harness)

    assert first == await harness.adapter.account()
    assert first.id


async def test_the_object_is_offered_with_its_fields(harness: Harness) -> None:
    """The schema names the object and its writable fields; an unknown object is refused."""
    schema = await harness.adapter.schema(harness.object_name)

    assert harness.object_name in await harness.adapter.objects()
    assert harness.object_name == schema.object
    assert all(schema[name].is_writable for name in harness.text_fields)
    assert all(name == item.name for name, item in schema.fields.items())
    with pytest.raises(Unreadable):
        await harness.adapter.schema("no such object")


async def test_preparing_twice_is_preparing_once(harness: Harness) -> None:
    """``prepare`` says whether our id can be carried, and changes nothing the second time."""
    first = await harness.adapter.prepare(harness.object_name)

    assert first == await harness.adapter.prepare(harness.object_name)
    assert first <= harness.adapter.capabilities.has_external_id


async def test_an_empty_end_is_completely_listed(harness: Harness) -> None:
    """Nothing there is a definite answer."""
    found = await listing(harness)

    assert isinstance(found.verdict, Complete)
    assert found.verdict.proof
    assert (0, {}) == (found.verdict.count, found.records)


async def test_a_listing_shows_every_record_in_pages(harness: Harness) -> None:
    """One more record than a page holds: all are there, once, and no page is too large."""
    size = harness.adapter.capabilities.page_size + 1
    ids = await harness.put([harness.sample(number) for number in range(size)])
    await harness.settle()

    found = await listing(harness)

    assert isinstance(found.verdict, Complete)
    assert set(ids) == found.records.keys()
    assert size == found.verdict.count == sum(len(page.records) for page in found.pages)
    assert all(len(page.records) <= harness.adapter.capabilities.page_size for page in found.pages)


async def test_only_the_fields_asked_for_are_read(harness: Harness) -> None:
    """A field that was not asked for is absent, which is not the same as empty (I24)."""
    id_ = await one(harness)
    first, second = harness.text_fields

    found = (await listing(harness, [first])).records[id_]
    reading = await harness.adapter.read(harness.object_name, [id_], [second])

    assert {first: harness.sample(1)[first]} == dict(found.values)
    assert {second: harness.sample(1)[second]} == dict(reading.records[0].values)


async def test_an_empty_field_is_none(harness: Harness) -> None:
    """Read and empty is present as None."""
    first, second = harness.text_fields
    (id_,) = await harness.put([{**harness.sample(1), first: None}])
    await harness.settle()

    found = (await listing(harness)).records[id_]

    assert {first: None, second: harness.sample(1)[second]} == dict(found.values)


@case(Cause.FAILING_READS)
async def test_a_failed_read_raises(harness: Harness) -> None:
    """No reading that fails looks like an empty end (I6)."""
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.cause(Cause.FAILING_READS)

    with pytest.raises(AdapterError):
        await listing(harness)
    with pytest.raises(AdapterError):
        await changes(harness, cursor)
    with pytest.raises(AdapterError):
        await harness.adapter.read(harness.object_name, [id_], harness.text_fields)
    with pytest.raises(AdapterError):
        await harness.adapter.find(harness.object_name, EXTERNAL_ID, ["x"], harness.text_fields)


async def test_a_direct_read_finds_what_is_there(harness: Harness) -> None:
    """The records asked for and no others, equal to those of a listing; the rest is missing."""
    ids = await harness.put([harness.sample(number) for number in range(3)])
    await harness.settle()
    await harness.remove(ids[0])
    await harness.settle()

    reading = await harness.adapter.read(harness.object_name, ids[:2], harness.text_fields)

    live = {record.id: record for record in reading.records if not record.is_archived}
    assert {ids[1]} == live.keys()
    assert text_of(harness, 1) == dict(live[ids[1]].values)
    assert (await listing(harness)).records[ids[1]].version == live[ids[1]].version
    archived = {record.id for record in reading.records if record.is_archived}
    assert {ids[0]} == reading.missing | archived


async def test_an_id_that_nobody_has_is_missing(harness: Harness) -> None:
    """An absence that the system itself states is proof; who was asked for beside it is read."""
    id_ = await one(harness)

    reading = await harness.adapter.read(harness.object_name, [UNKNOWN, id_], harness.text_fields)

    assert {UNKNOWN} == reading.missing
    assert [id_] == [record.id for record in reading.records]


async def test_asked_for_twice_is_read_once(harness: Harness) -> None:
    """A repeated id or key is one question."""
    id_ = await one(harness)

    reading = await harness.adapter.read(
        harness.object_name, [id_, UNKNOWN, id_, UNKNOWN], harness.text_fields
    )

    assert [id_] == [record.id for record in reading.records]
    assert {UNKNOWN} == reading.missing


async def test_asking_for_nothing_is_answered_with_nothing(harness: Harness) -> None:
    """No ids, no keys: nobody is found, and nobody is missing."""
    await one(harness)

    reading = await harness.adapter.read(harness.object_name, [], harness.text_fields)
    found = await harness.adapter.find(harness.object_name, EXTERNAL_ID, [], harness.text_fields)

    assert ([], frozenset()) == (list(reading.records), reading.missing)
    assert ([], frozenset()) == (list(found.records), found.missing)


async def test_a_version_changes_with_the_record(harness: Harness) -> None:
    """Two readings of one state have one version; an edit by hand makes another."""
    id_ = await one(harness)
    first = (await listing(harness)).records[id_]
    again = (await listing(harness)).records[id_]

    await harness.edit(id_, {harness.text_fields[0]: "edited"})
    await harness.settle()
    edited = (await listing(harness)).records[id_]

    assert first == again
    assert first.version != edited.version
    assert "edited" == edited.values[harness.text_fields[0]]


async def test_modified_times_are_aware(harness: Harness) -> None:
    """Where there is a modified time it names its zone."""
    id_ = await one(harness)

    moment = (await listing(harness)).records[id_].modified_at

    assert moment is None or moment.utcoffset() == timedelta(0)


async def test_the_change_feed_tells_of_every_edit(harness: Harness) -> None:
    """A new record, an edit: told from the cursor before it, or a full listing is asked for."""
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)

    await harness.edit(id_, {harness.text_fields[0]: "edited"})
    await harness.settle()
    after_edit = await changes(harness, cursor)
    new = await one(harness, 2)
    after_new = await changes(harness, after_edit.covered.cursor)

    assert after_edit.tell_of(id_)
    assert after_new.tell_of(new)
    assert after_edit.covered.covered_until <= after_new.covered.covered_until
    assert after_new.covered.covered_until <= harness.clock.now()


async def test_a_quiet_end_asks_for_no_listing(harness: Harness) -> None:
    """Nothing changed since the cursor: the feed is covered, and its cursor goes on working."""
    await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)

    first = await changes(harness, cursor)
    second = await changes(harness, first.covered.cursor)

    assert not first.covered.is_full_listing_needed
    assert not second.covered.is_full_listing_needed


async def test_records_are_found_by_every_unique_key(harness: Harness) -> None:
    """A key that somebody has finds the record; one that nobody has is missing."""
    id_ = await one(harness)

    for key in harness.adapter.capabilities.unique_keys:
        record = (await listing(harness, [key])).records[id_]
        value = str(record.values[key])
        found = await harness.adapter.find(
            harness.object_name, key, [value, f"no-{value}"], harness.text_fields
        )
        assert [id_] == [record.id for record in found.records]
        assert text_of(harness, 1) == dict(found.records[0].values)
        assert {f"no-{value}"} == found.missing


@case(Ability.FIELD_TIMES)
async def test_field_times_are_told_where_they_are_promised(harness: Harness) -> None:
    """Each asked field of a record has the time of its last change."""
    id_ = await one(harness)

    times = await harness.adapter.times(harness.object_name, [id_], harness.text_fields)

    assert set(harness.text_fields) == times[id_].keys()
    assert all(time.at <= harness.clock.now() for time in times[id_].values())


async def test_closing_twice_is_safe(harness: Harness) -> None:
    """An adapter that was closed can be closed again."""
    await harness.adapter.close()
    await harness.adapter.close()
