"""Read records so that merges are followed: who was merged away is known by who survived (I20).

Promises that a reading names no survivor that it does not show: a survivor that the reply left out
is asked for, through chains of merges, and one that is not there any more makes the merged record
missing. What is kept of it moves the links, before anything is matched or believed deleted (R9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.contract import Reading, batches
from daemon.core.record import Record
from daemon.flow.parts import RunPart, Watch
from state import merges
from state.mirror import Sighting

CHAIN = 10
"""Merges of merges that are followed in one reading; a longer chain goes on with the next."""


async def read(run: RunPart, watch: Watch, ids: Sequence[str], purpose: str) -> Reading:
    """Read records by id, and those they were merged into."""
    part = watch.part
    reading = await part.adapter.read(part.object, ids, watch.fields)
    run.tally.need(purpose, len(ids), part.adapter.capabilities.read_batch,
                   is_remote=part.adapter.capabilities.is_remote)  # fmt: skip
    return await with_survivors(run, watch, reading, purpose)


async def with_survivors(run: RunPart, watch: Watch, reading: Reading, purpose: str) -> Reading:
    """Return the reading with every survivor it names (R44)."""
    if not reading.redirects:
        return reading
    part = watch.part
    for _ in range(CHAIN):
        there = {record.id for record in reading.records}
        wanted = sorted(
            set(reading.redirects.values())
            - there - reading.missing - reading.redirects.keys()
        )  # fmt: skip
        if not wanted:
            break
        for some in batches(wanted, part.adapter.capabilities.read_batch):
            more = await part.adapter.read(part.object, some, watch.fields)
            run.tally.need(purpose, len(some), part.adapter.capabilities.read_batch,
                           is_remote=part.adapter.capabilities.is_remote)  # fmt: skip
            reading = _both(reading, more)
        if unanswered(reading, wanted) == set(wanted):
            break
    return await _settled(run, watch, reading)


def _both(reading: Reading, more: Reading) -> Reading:
    records = {record.id: record for record in (*reading.records, *more.records)}
    return replace(
        reading,
        records=list(records.values()),
        missing=reading.missing | more.missing,
        redirects={**reading.redirects, **more.redirects},
    )


def unanswered(reading: Reading, ids: Sequence[str]) -> set[str]:
    """Return the ids a reply left out: they are neither there nor gone (I6)."""
    told = {record.id for record in reading.records} | reading.missing | reading.redirects.keys()
    return set(ids) - told


async def _settled(run: RunPart, watch: Watch, reading: Reading) -> Reading:
    """Lead every merged id to the last survivor; doubt those whose survivor was not answered."""
    there = {record.id for record in reading.records} - reading.redirects.keys()
    final = {old: _last(reading.redirects, old) for old in reading.redirects}
    doubtful = {old: new for old, new in final.items() if new not in there | reading.missing}
    if doubtful:
        ids = sorted({*doubtful, *doubtful.values()})
        await run.state.write(merges.doubt, watch.part.end, ids)
    gone = {old for old, new in final.items() if new in reading.missing}
    return replace(
        reading,
        records=[record for record in reading.records if record.id not in doubtful],
        missing=reading.missing | gone,
        redirects={old: new for old, new in final.items() if new in there},
    )


def _last(redirects: Mapping[str, str], record: str) -> str:
    seen = {record}
    while (found := redirects.get(record)) is not None and found not in seen:
        record = found
        seen.add(record)
    return record


async def keep(run: RunPart, watch: Watch, reading: Reading, how: Sighting) -> list[str]:
    """Store what was seen, with the merges it tells of; return the records that changed."""
    told = {**_told(reading.records), **reading.redirects}
    kept = await run.state.write(merges.keep, watch.seen(reading.records), how, told)
    run.tally.changed_records += len(kept.changed)
    if kept.merged:
        run.tally.merges += len(kept.merged)
        run.tally.notes.append(
            f"{'/'.join(watch.part.end)}: {len(kept.merged)} merged away by people; what was linked "
            "to them follows to the records that survived"
        )
    return kept.changed


def _told(records: Sequence[Record]) -> dict[str, str]:
    return {old: record.id for record in records for old in record.merged_ids}
