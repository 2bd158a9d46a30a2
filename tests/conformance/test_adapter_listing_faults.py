"""Listings under faults: what is not proved whole is not called whole, and nothing comes twice."""

import pytest

from adapters.contract import Complete, Partial, batches
from adapters.errors import AdapterError
from daemon.core.values import Values
from tests.conformance.asking import filled, listing, one, text_of
from tests.conformance.cases import case
from tests.conformance.causes import Cause
from tests.conformance.harness import Harness


@case(Cause.CUT_LISTING)
async def test_what_a_cut_listing_lacks_is_found_when_asked_for(harness: Harness) -> None:
    """It ends Partial, or raises, or every record that it lacks answers to its id (I6)."""
    ids = await filled(harness, 2 * harness.adapter.capabilities.page_size + 1)
    await harness.cause(Cause.CUT_LISTING)

    try:
        found = await listing(harness)
    except AdapterError:
        return

    lacking = sorted(set(ids) - found.records.keys())
    assert lacking
    for some in batches(lacking, harness.adapter.capabilities.read_batch):
        reading = await harness.adapter.read(harness.object_name, some, harness.text_fields)
        assert set(some) == {record.id for record in reading.records}
        assert isinstance(found.verdict, Partial) or not reading.missing


@case(Cause.LOOPING_LISTING)
async def test_a_listing_that_leads_in_a_circle_ends_without_proof(harness: Harness) -> None:
    """It ends, Partial or with an error; absence then means nothing (R4)."""
    await filled(harness, 2 * harness.adapter.capabilities.page_size + 1)
    await harness.cause(Cause.LOOPING_LISTING)

    try:
        found = await listing(harness)
    except AdapterError:
        return

    assert isinstance(found.verdict, Partial)
    assert found.verdict.why


@case(Cause.DUPLICATED_ROWS)
async def test_a_record_that_comes_twice_is_told_once(harness: Harness) -> None:
    """Nobody is two people; who cannot be told apart is at fault, and counted."""
    ids = await filled(harness, harness.adapter.capabilities.page_size + 1)
    await harness.cause(Cause.DUPLICATED_ROWS)

    found = await listing(harness)

    told = [record.id for page in found.pages for record in page.records]
    faulty = {fault.id for page in found.pages for fault in page.faults}
    assert len(told) == len(set(told))
    assert set(ids) == set(told) | faulty
    assert set() == set(told) & faulty


@case(Cause.REORDERED_ROWS)
async def test_the_order_of_a_listing_means_nothing(harness: Harness) -> None:
    """The same records in another order are the same records, version and all (I3)."""
    await filled(harness, 3)
    before = await listing(harness)
    await harness.cause(Cause.REORDERED_ROWS)

    after = await listing(harness)

    assert isinstance(after.verdict, Complete)
    assert list(before.records) != list(after.records)
    assert before.records == after.records


@case(Cause.HIDDEN_FIELD)
async def test_a_field_out_of_sight_is_unread_and_not_empty(harness: Harness) -> None:
    """It is in no schema and no record; the rest is read, or the whole reading fails (I24)."""
    first, second = harness.text_fields
    id_ = await one(harness)
    await harness.cause(Cause.HIDDEN_FIELD)

    schema = await harness.adapter.schema(harness.object_name)
    shown: list[Values] = []
    for wanted in ([first, second], [second]):
        try:
            found = await listing(harness, wanted)
            reading = await harness.adapter.read(harness.object_name, [id_], wanted)
        except AdapterError:
            assert first in wanted
            continue
        shown += [found.records[id_].values, reading.records[0].values]

    assert first not in schema
    assert {second: text_of(harness, 1)[second]} == dict(shown[-1])
    assert all(first not in values for values in shown)


async def test_an_unknown_field_is_not_read_as_empty(harness: Harness) -> None:
    """A name that the system never had is absent from values, or an error (I24)."""
    id_ = await one(harness)
    unknown = "no_such_field"

    try:
        found = await listing(harness, [unknown])
    except AdapterError:
        with pytest.raises(AdapterError):
            await harness.adapter.read(harness.object_name, [id_], [unknown])
        return

    assert {} == dict(found.records[id_].values)
