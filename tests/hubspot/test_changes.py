"""The change feed against a HubSpot sandbox whose search lags, lies and stops at 10,000 rows."""

from datetime import datetime, timedelta

import orjson
import pytest

from adapters.contract import Hint
from adapters.errors import RetryLater
from adapters.hubspot.changes import Marks
from adapters.hubspot.sandbox import SearchLag
from tests.http.doubles import NOON, Around, LeapingClock, json_answer, scripted
from tests.hubspot.sandboxes import CONTACTS, Bench, adapter_on, bench


async def start(on: Bench) -> str:
    """The cursor of a feed that starts now, on an adapter that knows HubSpot's time."""
    await on.adapter.account()
    cursor = await on.adapter.start_cursor(CONTACTS)
    on.around.calls.clear()
    return cursor


async def test_an_idle_poll_costs_one_search() -> None:
    """Nothing changed, nothing else is due: one call (R28)."""
    async with bench(records=30) as on:
        cursor = await start(on)
        on.wait(seconds=30)
        hints, covered = await on.hints(cursor)

    assert [] == hints
    assert ["contacts/search"] == on.calls()
    assert NOON + timedelta(seconds=25) == pytest.approx(
        covered.covered_until, abs=timedelta(seconds=1)
    )


async def test_a_change_is_told_with_its_version() -> None:
    """The hint carries what the feed saw, so that a known version need not be read again.

    The sandbox finds contacts by one of the two modified properties only, as HubSpot does: HubSpot
    pitfall 5.
    """
    async with bench() as on:
        first, second = await on.people(2)
        on.wait(hours=1)
        cursor = await start(on)
        on.wait(minutes=5)
        await on.edit(second, firstname="New")
        on.wait(seconds=30)
        hints, covered = await on.hints(cursor)
        reading = await on.adapter.read(CONTACTS, [second], ["firstname"])

    assert [Hint(id=second, version=reading.records[0].version)] == hints
    assert first not in {hint.id for hint in hints}
    assert covered.cursor != cursor


async def test_changes_since_the_start_of_a_listing_are_told() -> None:
    """The cursor is taken before the listing, so what changes during the walk is not lost.

    It is a moment of HubSpot's clock and no record's time: HubSpot pitfall 24.
    """
    async with bench() as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        cursor = await start(on)
        await on.edit(person, firstname="Meanwhile")
        on.wait(seconds=30)
        hints, _ = await on.hints(cursor)

    assert [person] == [hint.id for hint in hints]


async def test_a_late_index_entry_is_caught_by_the_overlap() -> None:
    """A record indexed half a minute late lies behind the mark by then, and is told all the same.

    HubSpot pitfall 3.
    """
    lag = SearchLag(usual=timedelta(seconds=40), jitter=timedelta(0))
    async with bench(search_lag=lag) as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        cursor = await start(on)
        await on.edit(person, firstname="Late")
        on.wait(seconds=20)
        early, covered = await on.hints(cursor)
        on.wait(seconds=30)
        late, _ = await on.hints(covered.cursor)

    assert [] == early
    assert [person] == [hint.id for hint in late]


async def test_a_very_late_index_entry_is_caught_by_the_slow_reading() -> None:
    """What the index shows only after twenty minutes is told by the reading an hour behind.

    HubSpot pitfall 3.
    """
    lag = SearchLag(usual=timedelta(minutes=20), jitter=timedelta(0))
    async with bench(search_lag=lag) as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        cursor = await start(on)
        on.wait(seconds=30)
        await on.edit(person, firstname="Straggler")
        told: list[tuple[timedelta, str]] = []
        for minutes in range(0, 100, 5):
            hints, covered = await on.hints(cursor)
            cursor = covered.cursor
            told += [(timedelta(minutes=minutes), hint.id) for hint in hints]
            on.wait(minutes=5)

    assert [person] == [record_id for _, record_id in told]
    assert timedelta(minutes=60) <= told[0][0] <= timedelta(minutes=80)


async def test_the_archived_are_told_without_a_modified_date() -> None:
    """Search never tells of archived records; their own pass does, every 15 minutes.

    HubSpot pitfall 6.
    """
    async with bench() as on:
        before, after, _ = await on.people(3)
        await on.admin("user/contacts/archive", id=before)
        on.wait(hours=1)
        cursor = await start(on)
        await on.admin("user/contacts/archive", id=after)
        on.wait(minutes=5)
        early, covered = await on.hints(cursor)
        on.wait(minutes=10)
        late, covered = await on.hints(covered.cursor)
        on.wait(minutes=5)
        quiet, _ = await on.hints(covered.cursor)

    assert [] == early
    assert [Hint(id=after, is_gone=True)] == late
    assert [] == quiet


@pytest.mark.slow
async def test_twelve_thousand_equal_times_are_all_told() -> None:
    """HubSpot's mass updates stamp thousands alike: no loop, no 10,000-row wall, no loss.

    HubSpot pitfalls 1 and 2.
    """
    async with bench(records=12_000) as on:
        on.wait(hours=1)
        cursor = await start(on)
        on.wait(seconds=10)
        await on.admin("user/contacts/touch")
        on.wait(seconds=30)
        hints, _ = await on.hints(cursor)

    assert 12_000 == len(hints) == len({hint.id for hint in hints})
    assert 1 == len({hint.version for hint in hints})
    assert 60 == len(on.calls("changes"))
    assert {200} == {call.status for call in on.around.calls}


async def test_records_that_leave_the_window_take_nobody_with_them() -> None:
    """A record changed again while the feed is read shifts no other record off the pages.

    HubSpot pitfall 4.
    """
    async with bench(records=500) as on:
        on.wait(hours=1)
        cursor = await start(on)
        on.wait(seconds=10)
        await on.admin("user/contacts/touch")
        on.wait(seconds=30)
        everybody = [record.id for record in on.sandbox.contacts.all_live()]
        told: list[str] = []
        async for item in on.adapter.changes(CONTACTS, cursor):
            told += [hint.id for hint in getattr(item, "hints", ())]
            if len(told) == 200:
                await on.admin("user/contacts/touch", ids=everybody[:150])
                on.wait(seconds=10)

    assert set(everybody) == set(told)


async def test_a_looping_search_is_an_error() -> None:
    """A search whose pages do not go on has no known end; the cursor stays where it was."""
    page = {
        "total": 9,
        "results": [{"id": "5", "properties": {}, "updatedAt": "2026-11-20T12:00:00.000Z"}],
        "paging": {"next": {"after": "200"}},
    }
    around = Around()
    async with (
        scripted(json_answer(200, page)) as server,
        adapter_on(server.base_url, "token", around) as adapter,
    ):
        with pytest.raises(RetryLater, match="circle"):
            async for _ in adapter.changes(CONTACTS, Marks.at(NOON - timedelta(minutes=1)).text()):
                pass

    assert 2 == len(around.calls)


async def test_a_page_shorter_than_its_total_is_an_error() -> None:
    """A last page that shows fewer records than it says there are told of nothing (fault 35)."""
    page = {
        "total": 2,
        "results": [{"id": "5", "properties": {}, "updatedAt": "2026-11-20T12:00:00.000Z"}],
    }
    around = Around()
    async with (
        scripted(json_answer(200, page)) as server,
        adapter_on(server.base_url, "token", around) as adapter,
    ):
        with pytest.raises(RetryLater, match="1 of the 2 records"):
            async for _ in adapter.changes(CONTACTS, Marks.at(NOON - timedelta(minutes=1)).text()):
                pass


async def test_a_looping_archive_is_an_error() -> None:
    """An archive pass without an end moves no mark."""
    async with bench(records=250) as on:
        cursor = await start(on)
        for record in on.sandbox.contacts.all_live():
            await on.admin("user/contacts/archive", id=record.id)
        on.wait(minutes=20)
        await on.fault("cursor_loop", times=9, match={"method": "GET"})
        with pytest.raises(RetryLater, match="circle"):
            await on.hints(cursor)


async def test_a_failing_poll_raises_and_the_next_one_tells_all() -> None:
    """Two minutes of outage: the cursor is not moved by a poll that failed (R3)."""
    async with bench() as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        cursor = await start(on)
        await on.edit(person, firstname="During the outage")
        await on.fault("unavailable_503", times=4)
        on.wait(seconds=30)
        with pytest.raises(RetryLater):
            await on.hints(cursor)
        hints, _ = await on.hints(cursor)

    assert [person] == [hint.id for hint in hints]


@pytest.mark.parametrize("fast", [timedelta(minutes=20), timedelta(minutes=-20)])
async def test_only_hubspots_clock_counts(fast: timedelta) -> None:
    """A machine whose clock is wrong by twenty minutes loses nothing, from the first call on."""
    async with bench() as on:
        (person,) = await on.people(1)
        on.wait(hours=1)
        around = Around(clock=LeapingClock(on.around.clock.now() + fast))
        async with adapter_on(on.sandbox.base_url, on.sandbox.token, around) as adapter:
            cursor = await adapter.start_cursor(CONTACTS)
        on.wait(seconds=10)
        await on.edit(person, firstname="Right time")
        on.wait(seconds=20)
        around = Around(clock=LeapingClock(on.around.clock.now() + fast))
        async with adapter_on(on.sandbox.base_url, on.sandbox.token, around) as wrong:
            on.adapter = wrong
            hints, covered = await on.hints(cursor)
            on.wait(seconds=60)
            around.clock.elapsed += 60
            later, covered = await on.hints(covered.cursor)

    assert person in {hint.id for hint in [*hints, *later]}
    assert covered.covered_until <= on.around.clock.now() - timedelta(seconds=4)


async def test_a_cursor_of_another_making_asks_for_a_full_listing() -> None:
    """What cannot be read is no start: everything is listed, and a new cursor handed over."""
    async with bench() as on:
        hints, covered = await on.hints("not ours")

    assert [] == hints
    assert covered.is_full_listing_needed
    assert Marks.parse(covered.cursor) is not None


async def test_after_ninety_days_the_archive_is_no_longer_complete() -> None:
    """HubSpot forgets archived records after 90 days, so a longer outage needs a full listing."""
    async with bench() as on:
        cursor = await start(on)
        on.wait(days=91)
        _, covered = await on.hints(cursor)
        _, again = await on.hints(covered.cursor)

    assert covered.is_full_listing_needed
    assert not again.is_full_listing_needed


async def test_marks_never_go_back() -> None:
    """Two polls in the same second: the second asks nothing and keeps the cursor."""
    async with bench() as on:
        cursor = await start(on)
        on.wait(seconds=30)
        _, first = await on.hints(cursor)
        asked = len(on.around.calls)
        _, second = await on.hints(first.cursor)

    assert asked == len(on.around.calls)
    assert first == second


def test_cursors_are_stable_text() -> None:
    """A cursor is sorted JSON with aware times, and survives the round."""
    marks = Marks.at(datetime.fromisoformat("2026-11-20T13:00:00+01:00"))

    assert marks == Marks.parse(marks.text())
    assert {"archived", "fast", "slow"} == set(orjson.loads(marks.text()))
    assert "+00:00" in marks.text()
