"""Look at both sides: what changed since the last look goes into the mirror and into pending.

A first look, a newly mapped field, a feed that cannot promise completeness or the weekly repair
list everything; otherwise the change feed tells which ids to read, and what is known already is
not read again. A failed read raises; nothing is concluded from it (I6).
"""

from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.contract import Complete, Covered, Hint, Hints, Page, Partial, Reading, batches
from adapters.errors import Unreadable
from daemon.core.values import Side
from daemon.flow import merges
from daemon.flow.believe import is_believed, look_at_canaries, tell_bulk_touch
from daemon.flow.gone import carries_deletes
from daemon.flow.lanes import in_lanes
from daemon.flow.parts import Progress, RunPart, Watch
from daemon.flow.renames import follow_renames
from daemon.flow.state_age import without_what_is_too_old
from state import attention, mirror, observations
from state.attention import Apart
from state.keeping import reconsider
from state.mirror import ABSENCES_NEEDED, Sighting
from state.observations import ObservationRow

RECALL = 500
"""Missing ids that are asked about in one go."""


async def observe(run: RunPart) -> bool:
    """Bring the mirrors of all ends up to date. Returns whether every listing was Complete (R5)."""
    await look_at_canaries(run)
    lanes = max(watch.part.adapter.capabilities.lanes for watch in run.watches)
    is_lacking = await in_lanes(lanes, _looks(run))
    if run.tally.changed_records:
        for pair in run.pairs:
            await run.state.write(reconsider, pair=pair.name)
    return not is_lacking


async def _looks(run: RunPart) -> AsyncIterator[Coroutine[Any, Any, bool]]:
    """Give a look at each end: while one waits for its replies, another is read."""

    async def is_lacking(watch: Watch) -> bool:
        return not await _observe_end(run, watch)

    for watch in run.watches:
        yield is_lacking(watch)


async def observe_again(run: RunPart) -> bool:
    """Look at what changed while a plan is carried out; return whether anything did.

    Ends that would have to be listed anew over the wire wait for the next run.
    """
    before = run.tally.changed_records
    for watch in run.watches:
        row = await run.state.read(observations.get, watch.part.end)
        if _needs_listing(run, watch, row) or await _poll(run, watch, row):
            continue
        if not watch.part.adapter.capabilities.is_remote:
            await list_all(run, watch, row)
    return run.tally.changed_records > before


async def _observe_end(run: RunPart, watch: Watch) -> bool:
    row = await run.state.read(observations.get, watch.part.end)
    row = await without_what_is_too_old(run, watch, row)
    is_doubtful = watch.part.end in run.tally.doubted
    is_doubtful |= await run.state.read(mirror.has_unconfirmed_absence, watch.part.end)
    is_doubtful = is_doubtful or bool(await _unproven(run, watch, "", 1))
    if is_doubtful or _needs_listing(run, watch, row):
        return await list_all(run, watch, row)
    if await _poll(run, watch, row):
        return True
    return await list_all(run, watch, row)


async def _unproven(run: RunPart, watch: Watch, after: str, limit: int) -> list[str]:
    """Return missing records whose partners are to be removed, once the absence is proven (I6)."""
    if not any(carries_deletes(pair, side) for pair, side in watch.users):
        return []
    return await run.state.read(mirror.unproven, watch.part.end, after, limit)


def _needs_listing(run: RunPart, watch: Watch, row: ObservationRow) -> bool:
    if row.listed_at is None or row.cursor is None or not set(watch.fields) <= row.fields:
        return True
    every = run.settings.schedule.full or watch.part.adapter.capabilities.full_listing_every
    return every is not None and run.clock.now() - row.listed_at >= every


async def list_all(run: RunPart, watch: Watch, row: ObservationRow) -> bool:
    """Walk the whole end. Returns whether it was Complete."""
    adapter, end = watch.part.adapter, watch.part.end
    started = run.clock.now()
    cursor = await adapter.start_cursor(watch.part.object)
    number = await run.state.write(observations.begin_listing, end)
    ending: Complete | Partial = Partial(why="the listing ended without saying so")
    count = 0
    async for item in adapter.listing(watch.part.object, watch.fields):
        match item:
            case Page():
                count += len(item.records)
                await _keep_page(run, watch, item, row, number)
                expected = row.listed_count or None
                run.on_progress(
                    Progress(step="read", place="/".join(end), done=count, total=expected)
                )
            case Complete() | Partial():
                ending = item
    size = adapter.capabilities.page_size
    run.tally.need("listing", max(count, 1), size, is_remote=adapter.capabilities.is_remote)
    if isinstance(ending, Partial):
        run.tally.notes.append(f"{'/'.join(end)}: listing incomplete ({ending.why})")
        return row.listed_at is not None
    is_emptied = not ending.count and await _is_emptied(run, watch, number)
    if not await is_believed(run, watch, number, is_emptied=is_emptied):
        return row.listed_at is not None
    if not await _account_for_unseen(run, watch, number, started):
        run.tally.notes.append(f"{'/'.join(end)}: the listing lacked records that are there")
        return row.listed_at is not None
    await run.state.write(
        observations.note,
        end,
        cursor=cursor,
        covered_until=started,
        listed_at=started,
        listed_count=ending.count,
        fields=watch.fields,
    )
    return True


async def _is_emptied(run: RunPart, watch: Watch, number: int) -> bool:
    """Tell whether an end lost all its records, and a read finds them not in the bin (R39).

    Former records are those of the mirror: most of them may be our own creates since the listing.
    """
    known = await run.state.read(mirror.count_live, watch.part.end)
    return known >= ABSENCES_NEEDED and not await _are_all_archived(run, watch, number)


async def _are_all_archived(run: RunPart, watch: Watch, number: int) -> bool:
    adapter, after = watch.part.adapter, ""
    while ids := await run.state.read(mirror.unseen, watch.part.end, number, after, RECALL):
        after = ids[-1]
        for some in batches(ids, adapter.capabilities.read_batch):
            reading = await adapter.read(watch.part.object, some, watch.fields)
            archived = [record for record in reading.records if record.is_archived]
            if len(archived) < len(some) or reading.redirects:
                return False
            await keep_reading(run, watch, Reading(records=archived))
    return True


async def _keep_page(
    run: RunPart, watch: Watch, page: Page, row: ObservationRow, number: int | None
) -> None:
    how = sighting(run, watch, unchanged_until=row.covered_until, listing=number)
    await merges.keep(run, watch, Reading(records=page.records), how)
    for pair, side in watch.users:
        run.tally.add(side, "read", len(page.records) + len(page.faults))
        if page.faults:
            await _set_faults_apart(run, watch, page, (pair.name, side), number)


async def _set_faults_apart(
    run: RunPart, watch: Watch, page: Page, place: tuple[str, Side], number: int | None
) -> None:
    ids = [fault.id for fault in page.faults if fault.id]
    await run.state.write(mirror.suspect, watch.part.end, ids, number)
    items = [
        Apart(
            pair=place[0],
            side=place[1],
            record=fault.id or fault.place,
            rule=fault.code,
            message=f"{fault.place}: {fault.message}",
        )
        for fault in page.faults
    ]
    run.tally.add(place[1], "invalid", len(items))
    await run.state.write(attention.set_apart, items, run=run.id, at=run.clock.now())


def sighting(
    run: RunPart,
    watch: Watch,
    *,
    unchanged_until: datetime | None = None,
    listing: int | None = None,
    quiet: str = "",
) -> Sighting:
    """Return how records of *watch* are seen right now."""
    capabilities = watch.part.adapter.capabilities
    return Sighting(
        end=watch.part.end,
        seen_at=run.clock.now(),
        unchanged_until=unchanged_until,
        resolution=capabilities.time_resolution if capabilities.is_remote else timedelta(0),
        listing=listing,
        quiet=quiet,
    )


async def _account_for_unseen(run: RunPart, watch: Watch, number: int, started: datetime) -> bool:
    """Ask directly for every record the listing lacked (R39). Returns whether none was there."""
    end, adapter = watch.part.end, watch.part.adapter
    is_whole, after = True, ""
    while ids := await run.state.read(mirror.unseen, end, number, after, RECALL):
        after = ids[-1]
        if adapter.capabilities.is_saved_whole:
            ids = await follow_renames(run, watch, ids, started)
        for some in batches(ids, adapter.capabilities.read_batch):
            reading = await merges.read(run, watch, some, "read")
            await keep_reading(run, watch, reading)
            await run.state.write(
                mirror.note_absence, end, sorted(reading.missing), needed=ABSENCES_NEEDED
            )
            is_whole = is_whole and not _alive_among(reading, some)
            is_whole = is_whole and not merges.unanswered(reading, some)
    return is_whole and await _prove_missing(run, watch)


async def _prove_missing(run: RunPart, watch: Watch) -> bool:
    """Ask again for records believed missing that this listing lacked too (I6)."""
    end, adapter, after = watch.part.end, watch.part.adapter, ""
    is_whole = True
    while ids := await _unproven(run, watch, after, RECALL):
        after = ids[-1]
        for some in batches(ids, adapter.capabilities.read_batch):
            reading = await merges.read(run, watch, some, "read")
            await keep_reading(run, watch, reading)
            await run.state.write(
                mirror.note_absence, end, sorted(reading.missing), needed=ABSENCES_NEEDED
            )
            is_whole = is_whole and not _alive_among(reading, some)
    return is_whole


def _alive_among(reading: Reading, ids: Sequence[str]) -> bool:
    """Tell whether one of these is there by itself; one that was merged away is not."""
    return any(record.id in ids and not record.is_archived for record in reading.records)


async def keep_reading(run: RunPart, watch: Watch, reading: Reading) -> list[str]:
    """Store what a direct read found, merges among it; return the ids that changed."""
    return await merges.keep(run, watch, reading, sighting(run, watch))


@dataclass(kw_only=True, slots=True)
class _Followed:
    """What following the hints of one end came to."""

    read: int = 0
    changed: int = 0
    is_told: bool = True
    """Every id was answered; else the cursor stays (R3)."""


async def _poll(run: RunPart, watch: Watch, row: ObservationRow) -> bool:
    """Follow the change feed. Returns False where it cannot promise completeness."""
    adapter, end = watch.part.adapter, watch.part.end
    racy = [Hint(id=record) for record in await run.state.read(mirror.racy, end)]
    again, news = _Followed(), _Followed()
    await _read_hints(run, watch, row, racy, again)
    covered: Covered | None = None
    told = 0
    async for item in adapter.changes(watch.part.object, str(row.cursor)):
        match item:
            case Hints(hints=hints):
                told += len(hints)
                await _read_hints(run, watch, row, hints, news)
            case Covered():
                covered = item
    await tell_bulk_touch(run, watch, news.read, news.changed)
    pages = max(1, -(-told // max(1, adapter.capabilities.hint_page_size)))
    if adapter.capabilities.is_remote and adapter.capabilities.hint_page_size:
        run.tally.least_calls["changes"] += pages
    if covered is None:
        raise Unreadable(f"The change feed of {'/'.join(end)} ended without saying how far.")
    if covered.is_full_listing_needed or not (again.is_told and news.is_told):
        return False
    if covered.cursor != row.cursor or covered.covered_until != row.covered_until:
        await run.state.write(
            observations.note, end, cursor=covered.cursor, covered_until=covered.covered_until
        )
    return True


async def _read_hints(
    run: RunPart, watch: Watch, row: ObservationRow, hints: Sequence[Hint], followed: _Followed
) -> None:
    """Read what is news, and count it."""
    adapter, end = watch.part.adapter, watch.part.end
    ids = [hint.id for hint in hints]
    known = await run.state.read(mirror.settled_versions, end, ids, watch.fields)
    gone = await run.state.read(mirror.get, end, [h.id for h in hints if h.is_gone])
    news = [
        hint.id
        for hint in hints
        if not (hint.version and known.get(hint.id) == hint.version and not hint.is_gone)
        and not (hint.is_gone and (hint.id not in gone or not gone[hint.id].is_live))
    ]
    run.tally.echoes += len(hints) - len(news)
    for some in batches(sorted(set(news)), adapter.capabilities.read_batch):
        reading = await merges.read(run, watch, some, "read")
        followed.is_told = followed.is_told and not merges.unanswered(reading, some)
        followed.read += len(reading.records)
        for _, side in watch.users:
            run.tally.add(side, "read", len(reading.records))
        how = sighting(run, watch, unchanged_until=row.covered_until)
        followed.changed += len(await merges.keep(run, watch, reading, how))
        await run.state.write(mirror.suspect, end, sorted(reading.missing), None)
