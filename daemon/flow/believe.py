"""What may be concluded from what a listing lacks (I6, R18, R39).

A Complete listing that lacks too much of what was known is not believed until a person says so: a
truncated file, an export with other keys and a wiped account look just like many deletes. Nothing
counts as gone meanwhile.
"""

from adapters.contract import batches
from daemon.core.guards import Scope, Trip, shrunk
from daemon.core.values import Side
from daemon.flow.parts import RunPart, Watch
from state import guards, mirror


async def is_believed(run: RunPart, watch: Watch, number: int, *, is_emptied: bool) -> bool:
    """Tell whether the absences of listing *number* may be counted; else guards hear why not.

    *is_emptied*: it showed nothing where something was, and nobody finds that in the bin.
    """
    if is_emptied:
        return await _is_emptying_believed(run, watch)
    lacking = await run.state.read(guards.lacking, watch.part.end, number)
    return not lacking or await _is_shrinking_believed(run, watch, number, lacking)


async def _is_emptying_believed(run: RunPart, watch: Watch) -> bool:
    known = await run.state.read(mirror.count_live, watch.part.end)
    found = [
        Trip(
            pair=pair.name,
            guard="empty_side",
            scope=Scope.PAIR,
            subject=side.value,
            reason=f"connection {watch.part.connection!r} shows no record at all, and had {known} "
            "before; nothing was concluded from that.",
            measured=known,
            allowed=0,
        )
        for pair, side in watch.users
    ]
    return await _are_accepted(run, found)


async def _is_shrinking_believed(run: RunPart, watch: Watch, number: int, lacking: int) -> bool:
    """Believe a smaller listing where each missing record is read directly, and so proves itself.

    A file answers a direct read from the same bytes as the listing: that proves nothing.
    """
    if watch.part.adapter.capabilities.is_remote:
        return True
    former = lacking + await run.state.read(guards.seen_again, watch.part.end, number)
    limits = run.settings.guards.limits
    found = [
        trip
        for pair, side in watch.users
        if (trip := shrunk(pair.name, side, former=former, lacking=lacking, limits=limits))
    ]
    return await _are_accepted(run, found)


async def _are_accepted(run: RunPart, found: list[Trip]) -> bool:
    """Tell whether a person lets all of it pass; what is not accepted is kept for the plan."""
    now = run.clock.now()
    is_accepted = True
    for trip in found:
        if not await run.state.read(guards.is_accepted, trip, sync=run.sync, at=now):
            run.tally.suspect(trip)
            is_accepted = False
    return is_accepted


async def look_at_canaries(run: RunPart) -> None:
    """Read the records that must be there, of the first pair; one that is not holds the pair."""
    if not run.pairs:
        return
    pair = run.pairs[0]
    for side in Side:
        ids = sorted(run.settings.guards.canary.get(side, ()))
        if not ids:
            continue
        part = pair.ends[side]
        able = part.adapter.capabilities
        there: set[str] = set()
        for some in batches(ids, able.read_batch):
            reading = await part.adapter.read(part.object, some, pair.fields(side))
            there |= {record.id for record in reading.records if not record.is_archived}
        run.tally.need("canary", len(ids), able.read_batch, is_remote=able.is_remote)
        lost = [record for record in ids if record not in there]
        if lost:
            run.tally.suspect(_lost(part.connection, pair.name, side, lost))


def _lost(connection: str, pair: str, side: Side, lost: list[str]) -> Trip:
    return Trip(
        pair=pair,
        guard="canary",
        scope=Scope.PAIR,
        subject=side.value,
        reason=f"{', '.join(lost)} cannot be read from connection {connection!r}: is it another "
        "account, or was a permission taken away? Nothing is written before it can.",
        measured=len(lost),
        allowed=0,
    )


TOUCHED_SHARE, CHANGED_SHARE, TOUCHED_FROM = 0.9, 0.01, 50
"""A bulk touch: so many records with a new stamp, so few with a new value, from so many up."""


async def tell_bulk_touch(run: RunPart, watch: Watch, read: int, changed: int) -> None:
    """Note that nearly all records were touched and nearly none changed (fault 47)."""
    if not run.settings.guards.everything_touched or read < TOUCHED_FROM:
        return
    known = await run.state.read(mirror.count_live, watch.part.end)
    if read > TOUCHED_SHARE * known and changed < CHANGED_SHARE * read:
        run.tally.notes.append(
            f"{'/'.join(watch.part.end)}: everything_touched: {read} of {known} records were "
            f"touched and {changed} changed; nothing is written for the rest"
        )
