"""Prove what was done: read some written records back and compare them with the mirror (E11, R23).

A difference counts only where the record's version shows no later change by somebody else; such a
change is simply the next thing to sync.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from adapters.contract import batches
from daemon.core.guards import Scope, Trip
from daemon.core.record import Record
from daemon.core.values import Side
from daemon.flow import merges
from daemon.flow.conclude import keep_trips
from daemon.flow.observe import keep_reading
from daemon.flow.parts import EndPart, PairPart, RunPart
from state import intents, mirror
from state.mirror import MirrorRow


async def verify(run: RunPart) -> None:
    """Read a random sample of the records this run wrote; a mismatch holds the pair."""
    for pair in run.pairs:
        for side in (Side.CRM, Side.SOURCE):
            part = pair.ends[side]
            ids = await run.state.read(intents.settled_ids, run.id, side)
            chosen = run.luck.sample(ids, run.settings.guards.verify_sample)
            if not chosen:
                continue
            written = await run.state.read(intents.settled_fields, run.id, side, chosen)
            wrong = await _compare(run, part, written)
            run.tally.checked += len(chosen)
            run.tally.mismatched += len(wrong)
            if wrong:
                trip = _mismatch(run, pair, part, len(wrong), len(chosen))
                await keep_trips(run, [trip])


def _mismatch(run: RunPart, pair: PairPart, part: EndPart, wrong: int, checked: int) -> Trip:
    return Trip(
        pair=pair.name,
        guard="sample_check",
        scope=Scope.PAIR,
        subject=part.side.value,
        reason=f"run {run.id}: {wrong} of {checked} records read back from "
        f"{part.connection!r} differ from what was written.",
        measured=wrong,
        allowed=0,
    )


async def _compare(
    run: RunPart, part: EndPart, written: Mapping[str, AbstractSet[str]]
) -> list[str]:
    wrong: list[str] = []
    ids = sorted(written)
    watch = run.watch(part.end)
    known = await run.state.read(mirror.get, part.end, ids)
    size = part.adapter.capabilities.read_batch
    for some in batches(ids, size):
        reading = await merges.read(run, watch, some, "verify")
        found = {record.id: record for record in reading.records}
        wrong += [
            record
            for record in some
            if record in known and differs(known[record], found.get(record), written[record])
        ]
        await keep_reading(run, watch, reading)
        await run.state.write(mirror.suspect, part.end, sorted(reading.missing), None)
    return wrong


def differs(known: MirrorRow, found: Record | None, written: AbstractSet[str]) -> bool:
    """Tell whether written fields differ from the mirror without a later change by somebody else.

    A record that is not there any more was changed by somebody else (R23): it becomes a suspect.
    """
    if found is None or found.version != known.version:
        return False
    return any(
        name in found.values and name in known.values and found.values[name] != known.values[name]
        for name in written
    )
