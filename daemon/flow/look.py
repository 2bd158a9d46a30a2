"""Look just before writing (R21, R33, R35).

Has the record moved; does the person exist there already?

What was seen goes into the mirror, so nothing is looked at twice and what moved is decided anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from adapters.contract import Reading, batches
from daemon.core.normalize import comparable
from daemon.core.operation import Clearance, Operation
from daemon.core.values import FieldKind, Values
from daemon.flow import merges
from daemon.flow.observe import keep_reading
from daemon.flow.parts import EndPart, PairPart, RunPart
from state import attention, intents, links, mirror, pending, relations
from state.attention import Apart
from state.links import LinkRow


async def look_before_update(
    run: RunPart, part: EndPart, operations: Sequence[Operation]
) -> list[Operation]:
    """Return the updates whose record still holds what the plan saw, and is not busy."""
    ready = await _still_linked(run, part, operations)
    capabilities = part.adapter.capabilities
    if capabilities.has_precondition or not ready:
        return ready
    ids = sorted({str(operation.target_id) for operation in ready})
    found: dict[str, Values] = {}
    watch = run.watch(part.end)
    for some in batches(ids, capabilities.read_batch):
        reading = await merges.read(run, watch, some, "look")
        await keep_reading(run, watch, reading)
        await run.state.write(mirror.note_gone, part.end, sorted(reading.missing))
        found.update({r.id: r.values for r in reading.records if not r.is_archived})
    still = [operation for operation in ready if holds(operation, found)]
    run.tally.moved += len(ready) - len(still)
    return still


def holds(operation: Operation, found: dict[str, Values]) -> bool:
    """Tell whether the fields about to be overwritten still hold what the plan saw (R35)."""
    values = found.get(str(operation.target_id))
    if values is None:
        return False
    return all(
        copy.field in values
        and comparable(copy.kind, values[copy.field], copy.region)
        == comparable(copy.kind, copy.before, copy.region)
        for copy in operation.copies
    )


async def look_before_removal(
    run: RunPart, pair: PairPart, part: EndPart, operations: Sequence[Operation]
) -> list[Operation]:
    """Return the removals whose record is unmoved and whose partner still is not there (I6, R43)."""
    ready = await look_before_update(run, part, operations)
    origin = pair.ends[part.side.other]
    size, watch = origin.adapter.capabilities.read_batch, run.watch(origin.end)
    back: set[str] = set()
    for some in batches(sorted({str(operation.origin_id) for operation in ready}), size):
        reading = await merges.read(run, watch, some, "look")
        await keep_reading(run, watch, reading)
        archived = {record.id for record in reading.records if record.is_archived}
        archived -= reading.redirects.keys()  # merged away is not deleted (I6)
        back |= set(some) - reading.missing - archived
    run.tally.moved += len(back)
    return [operation for operation in ready if str(operation.origin_id) not in back]


async def _still_linked(
    run: RunPart, part: EndPart, operations: Sequence[Operation]
) -> list[Operation]:
    rows = await run.state.read(links.get, [operation.link for operation in operations])
    open_now = await run.state.read(intents.open_at, [part.end])
    busy = {intent.operation.target_id for intent in open_now}
    return [
        operation
        for operation in operations
        if operation.target_id not in busy and _is_as_planned(operation, rows.get(operation.link))
    ]


def _is_as_planned(operation: Operation, link: LinkRow | None) -> bool:
    """Tell whether a link still holds and is of the same two records: a merge moves it (I20)."""
    return (
        link is not None
        and link.status == links.ACTIVE
        and (link.source_id, link.crm_id) == (operation.source_id, operation.crm_id)
    )


async def look_before_create(
    run: RunPart, pair: PairPart, part: EndPart, operations: Sequence[Operation]
) -> list[Operation]:
    """Return the creates for which nobody holds a unique key yet, and no other sync made one (R33)."""
    taken: set[str] = await run.state.read(
        relations.made_elsewhere,
        pair=pair.name,
        side=part.side.other,
        ids=[str(operation.origin_id) for operation in operations],
    )
    run.tally.moved += len(taken)
    operations = [operation for operation in operations if str(operation.origin_id) not in taken]
    for field in sorted(part.adapter.capabilities.unique_keys):
        wanted = _keys_in(operations, field)
        size = part.adapter.capabilities.read_batch
        for some in batches(sorted(wanted), size):
            watch = run.watch(part.end)
            fields = tuple(sorted({*watch.fields, field}))
            reading = await part.adapter.find(part.object, field, some, fields)
            run.tally.need("look", len(some), size, is_remote=part.adapter.capabilities.is_remote)
            there = set(some) - reading.missing
            taken |= {origin for key in there for origin in wanted[key]}
            if reading.records:
                await _take_in(run, pair, part, reading, [o for o in operations
                                                          if str(o.origin_id) in taken])  # fmt: skip
    return [operation for operation in operations if str(operation.origin_id) not in taken]


def _keys_in(operations: Sequence[Operation], field: str) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for operation in operations:
        value = operation.values.get(field)
        form = comparable(FieldKind.EMAIL, value) if isinstance(value, str) else None
        if form is not None:
            wanted.setdefault(str(form), []).append(str(operation.origin_id))
    return wanted


async def _take_in(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    reading: Reading,
    operations: Sequence[Operation],
) -> None:
    """Take in who holds the key (R33).

    A stranger is matched on the next pass; an old acquaintance that matching did not choose is a
    matter for a person.
    """
    known = await run.state.read(mirror.get, part.end, [record.id for record in reading.records])
    await keep_reading(run, run.watch(part.end), reading)
    strangers = [record for record in reading.records if record.id not in known]
    run.tally.moved += len(strangers)
    if not strangers:
        await set_aside_taken(run, pair, operations)


async def set_aside_taken(run: RunPart, pair: PairPart, operations: Sequence[Operation]) -> None:
    """Leave creates to a person whose unique key belongs to a record that does not match."""
    items = [
        Apart(
            pair=pair.name,
            side=operation.side.other,
            record=str(operation.origin_id),
            rule="key_taken",
            message="its e-mail address or another unique key belongs to a record on the other "
            "side that is linked elsewhere or does not match; merge the two or change one.",
        )
        for operation in operations
    ]
    clears = [clear for operation in operations for clear in operation.clears]
    for item in items:
        run.tally.add(item.side, "quarantined")
    await run.state.write(set_apart_and_clear, pair.name, items, clears, run.id, run.clock.now())


def set_apart_and_clear(
    connection: Connection,
    pair: str,
    items: Sequence[Apart],
    clears: Sequence[Clearance],
    run: int,
    at: datetime,
) -> None:
    """Put records into quarantine and take them off the pending list, as one."""
    attention.set_apart(connection, items, run=run, at=at)
    pending.clear(connection, pair=pair, clearances=clears)
