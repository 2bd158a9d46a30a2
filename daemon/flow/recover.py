"""Settle what a crash or a lost reply left open, by looking; never by sending (R31).

For every open intent: look at its record. What shows that the write happened settles it; what shows
that it did not, once the request can no longer land (R22) and the look cannot be late (R32), closes
it, and the records are planned afresh. Until then they stay busy and everything else goes on.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from adapters.budget import urgent
from adapters.contract import EXTERNAL_ID, Accepted, Reading, Verb, batches
from daemon.core.record import Record
from daemon.flow import merges
from daemon.flow.observe import keep_reading, sighting
from daemon.flow.parts import EndPart, RunPart
from daemon.flow.removed import settle_removed
from daemon.flow.returned import is_stored
from daemon.flow.send import LATE
from daemon.flow.settle import (
    finish_unsent,
    hold_for_person,
    settle_accepted,
    settle_not_happened,
)
from daemon.flow.settling import Settling
from state import intents, mirror, observations
from state.intents import IntentRow


@urgent
async def recover(run: RunPart) -> int:
    """Settle open intents on the ends of this run; return how many are still open."""
    rows = await run.state.read(intents.open_at, [watch.part.end for watch in run.watches])
    unread, left = 0, 0
    for watch in run.watches:
        mine = [row for row in rows if row.end == watch.part.end]
        unread += await _read_back(run, watch.part, [row for row in mine if row.accepted_id])
        lost = [row for row in mine if not row.accepted_id]
        updates = [row for row in lost if row.verb == Verb.UPDATE.value]
        creates = [row for row in lost if row.verb == Verb.CREATE.value]
        removals = [row for row in lost if Verb(row.verb).is_removal]
        left += await _recover_updates(run, watch.part, updates)
        left += await _recover_removals(run, watch.part, removals)
        left += await _recover_creates(run, watch.part, creates)
    run.tally.recovered += sum(not row.accepted_id for row in rows) - left
    return unread + left


def _settling(run: RunPart, part: EndPart, row: IntentRow) -> Settling:
    watch = run.watch(part.end)
    return Settling(
        watch=watch,
        how=sighting(run, watch),
        run=row.run,
        at=run.clock.now(),
        is_found=True,
    )


def can_still_land(run: RunPart, part: EndPart, row: IntentRow) -> bool:
    """Tell whether the request may yet arrive (R22)."""
    return run.clock.now() < row.sent_at + LATE + part.adapter.capabilities.request_time_out


async def _read_back(run: RunPart, part: EndPart, rows: Sequence[IntentRow]) -> int:
    """Settle writes that were accepted without a word about their values (R45)."""
    left = 0
    for some in batches(rows, part.adapter.capabilities.read_batch):
        reading = await _read(run, part, sorted({row.accepted_id for row in some}))
        found = {record.id: record for record in reading.records}
        for row in some:
            record = found.get(row.accepted_id)
            is_gone = row.accepted_id in _not_there(reading) and not can_still_land(run, part, row)
            if record is None and not is_gone:
                left += 1
                continue
            accepted = Accepted(id=row.accepted_id, record=record)
            work = replace(_settling(run, part, row), is_told=True)
            await run.state.write(settle_accepted, work, row, accepted)
    return left


async def _recover_updates(run: RunPart, part: EndPart, rows: Sequence[IntentRow]) -> int:
    left = 0
    size = part.adapter.capabilities.read_batch
    for some in batches(rows, size):
        ids = sorted({str(row.operation.target_id) for row in some})
        reading = await _read(run, part, ids)
        found = {record.id: record for record in reading.records}
        for row in some:
            target = str(row.operation.target_id)
            if target in found or target in _not_there(reading):
                is_missing = target in reading.missing
                left += await _settle_update(
                    run, part, row, found.get(target), is_missing=is_missing
                )
            else:
                left += 1  # the reply left it out, which proves nothing
    return left


async def _read(run: RunPart, part: EndPart, ids: Sequence[str]) -> Reading:
    """Read the records; the mirror learns of them when their intents are settled.

    Of one that was merged away the reply shows who survived: nobody can say any more whether a
    write to it happened.
    """
    watch = run.watch(part.end)
    reading = await merges.read(run, watch, ids, "recover")
    if not reading.redirects:
        return reading
    merged = {*reading.redirects, *reading.redirects.values()}
    survivors = [record for record in reading.records if record.id in merged]
    await keep_reading(run, watch, replace(reading, records=survivors, missing=frozenset()))
    left = [record for record in reading.records if record.id not in reading.redirects]
    return replace(reading, records=left)


def _not_there(reading: Reading) -> AbstractSet[str]:
    return reading.missing | reading.redirects.keys()


async def _settle_update(
    run: RunPart, part: EndPart, row: IntentRow, record: Record | None, *, is_missing: bool
) -> int:
    if record is not None and not record.is_archived and happened(row, record):
        accepted = Accepted(id=record.id, record=record)
        await run.state.write(settle_accepted, _settling(run, part, row), row, accepted)
        return 0
    if can_still_land(run, part, row):
        return 1
    if record is not None:
        await keep_reading(run, run.watch(part.end), Reading(records=[record]))
    elif is_missing:
        await run.state.write(mirror.note_gone, part.end, [str(row.operation.target_id)])
    await run.state.write(settle_not_happened, _settling(run, part, row), row, record)
    return 0


async def _recover_removals(run: RunPart, part: EndPart, rows: Sequence[IntentRow]) -> int:
    """Settle removals whose record is not there, by whomever; the others are planned anew."""
    left = 0
    for some in batches(rows, part.adapter.capabilities.read_batch):
        reading = await _read(run, part, sorted({str(row.operation.target_id) for row in some}))
        there = {record.id: record for record in reading.records if not record.is_archived}
        told = reading.missing | {record.id for record in reading.records}
        gone = [row for row in some if row.operation.target_id in told - there.keys()]
        for row in gone:
            await run.state.write(settle_removed, _settling(run, part, row), [row])
        for row in some:
            target = str(row.operation.target_id)
            record = there.get(target)
            if row in gone:
                continue
            is_silent = record is None and target not in reading.redirects
            if is_silent or can_still_land(run, part, row):
                left += 1
                continue
            if record is not None:
                await keep_reading(run, run.watch(part.end), Reading(records=[record]))
            await run.state.write(finish_unsent, [row], at=run.clock.now())
    return left


def happened(row: IntentRow, record: Record) -> bool:
    """Tell whether a record holds everything an update wrote.

    An update that landed and was edited since shows some other value: then nobody can say so, and
    it is closed as not happened. Its base stays behind, which costs a conflict entry, never a value
    (I10).
    """
    return all(
        copy.field in record.values and is_stored(copy, record.values[copy.field])
        for copy in row.operation.copies
    )


async def _recover_creates(run: RunPart, part: EndPart, rows: Sequence[IntentRow]) -> int:
    with_token = [row for row in rows if row.carries_token]
    without = [row for row in rows if not row.carries_token]
    left = 0
    for some in batches(with_token, part.adapter.capabilities.read_batch):
        left += await _look_by_token(run, part, some)
    for row in without:
        left += await _look_by_key(run, part, row)
    return left


async def _look_by_token(run: RunPart, part: EndPart, rows: Sequence[IntentRow]) -> int:
    fields = run.watch(part.end).fields
    run.tally.need("recover", len(rows), part.adapter.capabilities.read_batch,
                   is_remote=part.adapter.capabilities.is_remote)  # fmt: skip
    reading = await part.adapter.find(part.object, EXTERNAL_ID, [row.link for row in rows], fields)
    found = {record.external_id: record for record in reading.records}
    left = 0
    for row in rows:
        record = found.get(row.link)
        if record is not None:
            await _adopt(run, part, row, record)
        elif row.link in reading.missing and await _is_absence_proven(run, part, row):
            await run.state.write(finish_unsent, [row], at=run.clock.now())
        else:
            left += 1
    return left


async def _is_absence_proven(run: RunPart, part: EndPart, row: IntentRow) -> bool:
    """Tell whether finding nothing means that nothing is there (R32).

    A look that is never late proves it once the request can no longer land. A look that may be late
    proves it only after a Complete listing that began later still.
    """
    if can_still_land(run, part, row):
        return False
    capabilities = part.adapter.capabilities
    if not capabilities.lookup_lag:
        return True
    settled = row.sent_at + capabilities.request_time_out
    settled += max(capabilities.lookup_lag, capabilities.index_lag)
    seen = await run.state.read(observations.get, part.end)
    is_listed = seen.listed_at is not None and seen.listed_at >= settled
    if not is_listed and run.clock.now() >= settled:
        run.tally.doubted.add(part.end)  # only a listing that begins now can tell
    return is_listed


async def _adopt(run: RunPart, part: EndPart, row: IntentRow, record: Record) -> None:
    accepted = Accepted(id=record.id, record=record)
    await run.state.write(settle_accepted, _settling(run, part, row), row, accepted)


async def _look_by_key(run: RunPart, part: EndPart, row: IntentRow) -> int:
    """Without a token: one record with our key and our values is ours; else a person decides."""
    work = _settling(run, part, row)
    for field in sorted(part.adapter.capabilities.unique_keys):
        value = row.operation.values.get(field)
        if not isinstance(value, str):
            continue
        fields = run.watch(part.end).fields
        reading = await part.adapter.find(part.object, field, [value], fields)
        run.tally.need("recover", 1, 1, is_remote=part.adapter.capabilities.is_remote)
        ours = [record for record in reading.records if happened(row, record)]
        if len(ours) == 1 and len(reading.records) == 1:
            await _adopt(run, part, row, ours[0])
            return 0
    if can_still_land(run, part, row):
        return 1
    await run.state.write(hold_for_person, work, row)
    return 0
