"""The change feed under faults: what it cannot promise it says, and it always ends."""

import pytest

from adapters.errors import AdapterError
from tests.conformance.asking import changes, filled, one
from tests.conformance.cases import case
from tests.conformance.causes import Ability, Cause
from tests.conformance.harness import Harness


@case(Ability.FEED, Cause.EQUAL_TIMES)
async def test_any_number_of_equal_times_is_told(harness: Harness) -> None:
    """Records touched in one instant, more than a page and a cap: no circle, and nobody left out."""
    ids = await filled(harness, 2 * harness.adapter.capabilities.hint_page_size + 1)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.settle()
    await harness.cause(Cause.EQUAL_TIMES)
    await harness.settle()

    told = await changes(harness, cursor)

    assert [] == [id_ for id_ in ids if not told.tell_of(id_)]


@case(Cause.EQUAL_TIMES, Cause.LOOPING_FEED)
async def test_a_feed_that_leads_in_a_circle_is_no_feed(harness: Harness) -> None:
    """It ends with an error, so that the cursor stays, or asks for a full listing (R3)."""
    await filled(harness, 2 * harness.adapter.capabilities.hint_page_size + 1)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.settle()
    await harness.cause(Cause.EQUAL_TIMES)
    await harness.settle()
    await harness.cause(Cause.LOOPING_FEED)

    try:
        told = await changes(harness, cursor)
    except AdapterError:
        return

    assert told.covered.is_full_listing_needed


@pytest.mark.parametrize("cursor", ["", "no cursor of ours", "{}", "2026-11-20"])
async def test_a_cursor_of_another_making_asks_for_a_full_listing(
    harness: Harness, cursor: str
) -> None:
    """What cannot be read is no start; the cursor that is handed back works again."""
    id_ = await one(harness)

    told = await changes(harness, cursor)
    await harness.edit(id_, {harness.text_fields[0]: "edited"})
    await harness.settle()
    again = await changes(harness, told.covered.cursor)

    assert told.covered.is_full_listing_needed
    assert again.tell_of(id_)


@case(Cause.EXPIRED_CURSOR)
async def test_an_expired_cursor_asks_for_a_full_listing(harness: Harness) -> None:
    """After a pause longer than the feed remembers, only a listing shows what happened."""
    await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.cause(Cause.EXPIRED_CURSOR)

    told = await changes(harness, cursor)

    assert told.covered.is_full_listing_needed
    assert not (await changes(harness, told.covered.cursor)).covered.is_full_listing_needed


@case(Cause.LATE_INDEX)
async def test_what_the_feed_learns_late_is_told_late(harness: Harness) -> None:
    """A poll after the change and before the index knows of it does not make it lost."""
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.settle()
    await harness.cause(Cause.LATE_INDEX)
    await harness.edit(id_, {harness.text_fields[0]: "edited"})
    lag = harness.adapter.capabilities.index_lag.total_seconds()

    await harness.clock.sleep(lag / 2)
    early = await changes(harness, cursor)
    await harness.clock.sleep(lag)
    late = await changes(harness, early.covered.cursor)

    assert late.tell_of(id_)


@case(Cause.CLOCK_AHEAD)
async def test_a_clock_ahead_of_ours_loses_nothing(harness: Harness) -> None:
    """The feed is told by the system's clock, whatever ours says (I21)."""
    await _told_by_another_clock(harness, Cause.CLOCK_AHEAD)


@case(Cause.CLOCK_BEHIND)
async def test_a_clock_behind_ours_loses_nothing(harness: Harness) -> None:
    """The feed is told by the system's clock, whatever ours says (I21)."""
    await _told_by_another_clock(harness, Cause.CLOCK_BEHIND)


async def _told_by_another_clock(harness: Harness, apart: Cause) -> None:
    await harness.cause(apart)
    id_ = await one(harness)
    cursor = await harness.adapter.start_cursor(harness.object_name)
    await harness.edit(id_, {harness.text_fields[0]: "edited"})
    await harness.settle()

    told = await changes(harness, cursor)
    new = await one(harness, 2)

    assert told.tell_of(id_)
    assert (await changes(harness, told.covered.cursor)).tell_of(new)
