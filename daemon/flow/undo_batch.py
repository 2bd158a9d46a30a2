"""Roll some links of one pair back: look at both records, judge, write, see what came of it (R24).

The writes are those of every run: looked at just before (R21, R35), promised before they are sent,
settled with what came back. A kill between any two of them leaves what the next rollback takes up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import Connection

from adapters.contract import Reading, Verb, batches
from daemon.core.normalize import comparable
from daemon.core.operation import Operation, OperationKind
from daemon.core.values import FieldKind, Side, Value, decode_values
from daemon.flow import merges
from daemon.flow.observe import keep_reading
from daemon.flow.parts import EndPart, PairPart, RunPart
from daemon.flow.recover import recover
from daemon.flow.returned import is_stored
from daemon.flow.send import send
from daemon.flow.undo import judge_link
from daemon.flow.undo_records import holds_more
from daemon.flow.undoing import Judged, Present, Undoing, Wish
from state import history, intents, links, mirror, redirects, rollbacks
from state.links import LinkRow
from state.mirror import End, MirrorRow
from state.rollbacks import Outcome, Written

OPEN = frozenset({intents.SENT, intents.UNKNOWN})

ORDER = (OperationKind.ARCHIVE, OperationKind.DELETE, OperationKind.UPDATE, OperationKind.CREATE)
"""What the run made goes first: it may hold a unique value that an older record gets back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What the state knows around some links."""

    links: Mapping[str, LinkRow]
    writes: Mapping[str, Mapping[Side, Sequence[Written]]]
    later: Mapping[str, Mapping[tuple[str, str], tuple[int, Value]]]
    rows: Mapping[Side, Mapping[str, MirrorRow]]
    changed: Mapping[Side, Mapping[str, frozenset[str]]]
    moved: Mapping[Side, Mapping[str, str]]
    """Record → the one it lives on as."""
    merged: Mapping[Side, frozenset[str]]
    """Records that people merged into others."""
    busy: Mapping[Side, frozenset[str]]
    matched: frozenset[str]
    """Links that the run made by matching."""

    def record(self, link: str, side: Side) -> str:
        """Return the record of a link on *side*; empty where nobody knows."""
        newest = next(iter(self.writes.get(link, {}).get(side, ())), None)
        told = newest.operation.target_id if newest else None
        return told or (self.links[link].record(side) if link in self.links else "")


def gather(connection: Connection, pair: PairPart, run: int, ids: Sequence[str]) -> Around:
    """Read what is known around links that *run* wrote to."""
    written: dict[str, dict[Side, list[Written]]] = {}
    for one in rollbacks.writes(connection, run, ids):
        sides = written.setdefault(one.link, {side: [] for side in Side})
        sides[one.operation.side].append(one)
    later: dict[str, dict[tuple[str, str], tuple[int, Value]]] = {}
    for (link, side, name), write in rollbacks.later_writers(connection, run, ids).items():
        later.setdefault(link, {})[side, name] = write
    around = Around(
        links=links.get(connection, ids),
        writes=written,
        later=later,
        rows={},
        changed={},
        moved={},
        merged={},
        busy={},
        matched=rollbacks.matched_among(connection, run, ids),
    )
    records = {side: sorted({around.record(one, side) for one in ids} - {""}) for side in Side}
    return _with_records(connection, around, pair, records)


def _with_records(
    connection: Connection, around: Around, pair: PairPart, records: Mapping[Side, Sequence[str]]
) -> Around:
    """Return the same with what is known of the records themselves."""
    ends = {side: part.end for side, part in pair.ends.items()}
    writes = around.writes
    return replace(
        around,
        rows={side: mirror.get(connection, ends[side], records[side]) for side in Side},
        changed={side: _changed(connection, ends[side], side, writes) for side in Side},
        moved={side: _moved(connection, ends[side], records[side]) for side in Side},
        merged={
            side: frozenset(redirects.merged(connection, ends[side], records[side]))
            for side in Side
        },
        busy={side: _busy(connection, ends[side]) for side in Side},
    )


def _moved(connection: Connection, end: End, records: Sequence[str]) -> dict[str, str]:
    latest = {record: redirects.latest(connection, end, record) for record in records}
    return {record: new for record, new in latest.items() if new != record}


def _busy(connection: Connection, end: End) -> frozenset[str]:
    rows = intents.open_at(connection, [end])
    return frozenset(str(row.operation.target_id) for row in rows)


def _changed(
    connection: Connection,
    end: End,
    side: Side,
    written: Mapping[str, Mapping[Side, Sequence[Written]]],
) -> dict[str, frozenset[str]]:
    moments = {
        str(sides[side][0].operation.target_id): sides[side][0].settled_at
        for sides in written.values()
        if sides[side]
    }
    return history.changed_since(connection, end, moments)


async def judge_batch(
    run: RunPart, pair: PairPart, wish: Wish, ids: Sequence[str], *, is_preview: bool
) -> dict[str, Judged]:
    """Look at the records of some links and judge each. A preview keeps nothing of the look."""
    around = await run.state.read(gather, pair, wish.run, ids)
    present = {
        side: await _look(run, pair.ends[side], side, around, ids, is_preview=is_preview)
        for side in Side
    }
    found = [_undoing(pair, link, around, present) for link in ids]
    for side in Side:
        await _ask_times(run, pair.ends[side], side, found, present[side])
    return {link: judge_link(_undoing(pair, link, around, present), wish) for link in ids}


async def _ask_times(
    run: RunPart,
    part: EndPart,
    side: Side,
    found: Sequence[Undoing],
    present: dict[str, Present],
) -> None:
    """Ask when fields changed of records the run made, where they hold more than it wrote."""
    able = part.adapter.capabilities
    made = [
        one.record_id(side)
        for one in found
        if any(write.operation.kind is OperationKind.CREATE for write in one.writes[side])
        and holds_more(one, side)
    ]
    if not able.has_field_times:
        return
    size = able.read_batch // 2 or 1
    for some in batches(sorted(made), size):
        told = await part.adapter.times(part.object, some, run.watch(part.end).fields)
        run.tally.need("times", len(some), size, is_remote=able.is_remote)
        for record in some:
            present[record] = replace(present[record], times=told.get(record, {}))


def _undoing(
    pair: PairPart,
    link: str,
    around: Around,
    present: Mapping[Side, Mapping[str, Present]],
) -> Undoing:
    records = {side: around.record(link, side) for side in Side}
    row = around.links.get(link)
    writes = around.writes.get(link, {})
    return Undoing(
        pair=pair,
        link=row,
        id=link,
        writes={side: writes.get(side, ()) for side in Side},
        is_match=link in around.matched,
        present={side: present[side].get(records[side], Present()) for side in Side},
        known={side: around.rows[side].get(records[side]) for side in Side},
        changed={side: around.changed[side].get(records[side], frozenset()) for side in Side},
        later=around.later.get(link, {}),
    )


async def _look(
    run: RunPart,
    part: EndPart,
    side: Side,
    around: Around,
    ids: Sequence[str],
    *,
    is_preview: bool,
) -> dict[str, Present]:
    """Read the records that were written on *side*, and the partners of those written there."""
    wanted = {
        around.record(link, side)
        for link in ids
        if around.writes.get(link, {}).get(side) or _needs_partner(around, link, side)
    }
    watch, able = run.watch(part.end), part.adapter.capabilities
    found: dict[str, Present] = {}
    for some in batches(sorted(wanted - {""}), able.read_batch):
        reading = await merges.read(run, watch, some, "look")
        if not is_preview:
            await keep_reading(run, watch, reading)
            if reading.missing:
                await run.state.write(mirror.note_gone, part.end, sorted(reading.missing))
        found.update(_present(reading, some, around, side))
    return found


def _needs_partner(around: Around, link: str, side: Side) -> bool:
    """Tell whether the other side gets values back, which then agree with what stands here."""
    writes = around.writes.get(link, {}).get(side.other, ())
    return any(write.operation.kind is not OperationKind.CREATE for write in writes)


def _present(
    reading: Reading, ids: Sequence[str], around: Around, side: Side
) -> dict[str, Present]:
    silent, moved = merges.unanswered(reading, ids), around.moved[side]
    merged = around.merged[side] | reading.redirects.keys()
    live = {record.id: record for record in reading.records if not record.is_archived}
    return {
        record: Present(
            record=live.get(record),
            is_answered=record not in silent,
            is_busy=record in around.busy[side],
            is_merged=record in merged,
            lives_as=moved.get(record) or reading.redirects.get(record, ""),
        )
        for record in ids
    }


async def carry_out(
    run: RunPart, pair: PairPart, judged: Mapping[str, Judged]
) -> dict[str, list[Outcome]]:
    """Send what puts these links back; return what came of it, by link."""
    operations = [one for item in judged.values() for one in item.operations]
    for kind in ORDER:
        for side in (Side.CRM, Side.SOURCE):
            some = [one for one in operations if one.kind is kind and one.side is side]
            await _send(run, pair, pair.ends[side], kind, some)
    told = await _outcomes(run, list(judged))
    if any(one.state in OPEN for items in told.values() for one in items):
        await recover(run)
        told = await _outcomes(run, list(judged))
    return told


async def _outcomes(run: RunPart, ids: Sequence[str]) -> dict[str, list[Outcome]]:
    told: dict[str, list[Outcome]] = {}
    for outcome in await run.state.read(rollbacks.outcomes, run.id, ids):
        operation = outcome.operation
        told.setdefault(operation.replaces or operation.link, []).append(outcome)
    return told


async def _send(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    kind: OperationKind,
    operations: Sequence[Operation],
) -> None:
    if kind is OperationKind.CREATE:
        operations = await _with_free_keys(run, part, operations)
    size = part.adapter.capabilities.write_batch
    for some in batches(operations, size):
        await send(run, pair, part, Verb(kind.value), some)


async def _with_free_keys(
    run: RunPart, part: EndPart, operations: Sequence[Operation]
) -> list[Operation]:
    """Return the creates whose unique values nobody holds meanwhile (R33)."""
    taken: set[str] = set()
    able = part.adapter.capabilities
    for name in sorted(able.unique_keys):
        held = {
            str(comparable(FieldKind.EMAIL, value)): operation.replaces
            for operation in operations
            if isinstance(value := operation.values.get(name), str)
        }
        for some in batches(sorted(held), able.read_batch):
            fields = run.watch(part.end).fields
            reading = await part.adapter.find(part.object, name, some, fields)
            run.tally.need("look", len(some), able.read_batch, is_remote=able.is_remote)
            taken |= {held[key] for key in set(some) - reading.missing}
    return [operation for operation in operations if operation.replaces not in taken]


def why_not(outcome: Outcome | None, field: str) -> str:
    """Return why a field, or the whole record where it is empty, was not put back; else nothing."""
    if outcome is None:
        return "somebody has a unique value of it now, or it is linked elsewhere"
    if outcome.state in OPEN:
        return "no reply came yet; roll back again in a while"
    if outcome.state == intents.REFUSED:
        return _refusal(outcome.result)
    if outcome.state != intents.SETTLED:
        return "it changed while the rollback was under way; roll back again"
    stored = {} if outcome.operation.kind.is_removal else decode_values(outcome.result)
    for copy in outcome.operation.copies:
        if copy.field == field and field in stored and not is_stored(copy, stored[field]):
            return "the system keeps another value than it was given"
    return ""


def _refusal(result: str) -> str:
    told = orjson.loads(result).get("message")
    return f"refused: {told}" if told else "another record holds a unique value of it"
