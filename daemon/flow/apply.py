"""Carry a plan out: links first, then updates, then creates, batch by batch.

For each batch: look (where the system has no precondition), store the intents, send, settle. What
moved since the plan is left for the next pass. Returns whether another pass has work to do.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.contract import Verb
from config.words import ErrorPolicy
from daemon.core.operation import Operation, OperationKind
from daemon.core.values import Side
from daemon.flow.calls import keep_calls
from daemon.flow.hold import RunHalted
from daemon.flow.lanes import in_lanes
from daemon.flow.look import look_before_create, look_before_removal, look_before_update
from daemon.flow.parts import EndPart, PairPart, Progress, RunPart
from daemon.flow.pause import refuse_paused
from daemon.flow.plan import PlanMade
from daemon.flow.send import send
from daemon.flow.settle import settle_link
from state import runs

ORDER: tuple[tuple[OperationKind, Side], ...] = (
    (OperationKind.UPDATE, Side.CRM),
    (OperationKind.UPDATE, Side.SOURCE),
    (OperationKind.ARCHIVE, Side.CRM),
    (OperationKind.ARCHIVE, Side.SOURCE),
    (OperationKind.DELETE, Side.CRM),
    (OperationKind.DELETE, Side.SOURCE),
    (OperationKind.CREATE, Side.CRM),
    (OperationKind.CREATE, Side.SOURCE),
)
"""Known records before new ones: an update or a removal can free a unique key that a create needs."""

LINKS_AT_ONCE = 200


Between = Callable[[], Awaitable[None]]
"""What is done between two batches of a long load."""


async def nothing() -> None:
    """Do nothing between batches."""


async def apply(run: RunPart, made: PlanMade, between: Between = nothing) -> bool:
    """Carry *made* out. Returns whether some of it has to be planned anew."""
    is_unfinished = False
    if not made.total:
        return is_unfinished
    for pair in run.pairs:
        is_unfinished |= await _make_links(run, pair, made)
        for kind, side in ORDER:
            is_unfinished |= await _write(run, pair, made, (kind, side), between)
    return is_unfinished


async def _make_links(run: RunPart, pair: PairPart, made: PlanMade) -> bool:
    after, is_unfinished = -1, False
    while rows := await run.state.read(
        runs.operations,
        plan=made.id,
        pair=pair.name,
        kinds=(OperationKind.LINK,),
        parked="",
        after=after,
        limit=LINKS_AT_ONCE,
    ):
        await refuse_paused(run)
        after = rows[-1][0]
        operations = [operation for _, operation in rows]
        linked = await run.state.write(_settle_links, operations, run=run.id, at=run.clock.now())
        run.tally.add(Side.CRM, "merged", linked)
        is_unfinished |= linked < len(operations)
    return is_unfinished


def _settle_links(
    connection: Connection, operations: Sequence[Operation], *, run: int, at: datetime
) -> int:
    return sum(settle_link(connection, operation, run=run, at=at) for operation in operations)


async def _write(
    run: RunPart,
    pair: PairPart,
    made: PlanMade,
    what: tuple[OperationKind, Side],
    between: Between,
) -> bool:
    """Write all operations of one kind to one side; return whether some have to be planned anew."""
    kind, side = what
    part = pair.ends[side]
    total, done = made.operations[f"{side.value}.{kind.value}"], 0

    async def batch(operations: Sequence[Operation]) -> bool:
        nonlocal done
        ready = await _look(run, pair, part, operations, kind)
        is_unfinished = len(ready) < len(operations)
        if ready:
            is_unfinished |= await send(run, pair, part, Verb(kind.value), ready)
            halt_if_wanted(run)
        done += len(operations)
        place = f"{kind.value} {part.connection}"
        run.on_progress(Progress(step="write", place=place, done=done, total=total))
        await keep_calls(run)
        return is_unfinished

    async def batches() -> AsyncIterator[Coroutine[Any, Any, bool]]:
        after, size = -1, batch_size(pair, part)
        while rows := await run.state.read(
            runs.operations,
            plan=made.id,
            pair=pair.name,
            kinds=(kind,),
            side=side.value,
            parked="",
            after=after,
            limit=size,
        ):
            await refuse_paused(run)
            await between()
            after = rows[-1][0]
            yield batch([operation for _, operation in rows])

    return await in_lanes(part.adapter.capabilities.lanes, batches())


def halt_if_wanted(run: RunPart) -> None:
    """Raise RunHalted where a record was refused and the operator wants no more then."""
    refused = run.tally.total("failed")
    if refused and run.settings.errors is ErrorPolicy.HALT:
        raise RunHalted(
            f"Run {run.id} of {run.sync!r} was halted: {refused} records were refused "
            "(`errors: halt`). What it had written is rolled back, and the sync is paused.",
            next_step=f"Look at crmsyncd quarantine, mend the records, then: crmsyncd resume "
            f"{run.sync}",
        )


async def _look(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    operations: Sequence[Operation],
    kind: OperationKind,
) -> list[Operation]:
    if kind is OperationKind.CREATE:
        return await look_before_create(run, pair, part, operations)
    if kind.is_removal:
        return await look_before_removal(run, pair, part, operations)
    return await look_before_update(run, part, operations)


def batch_size(pair: PairPart, part: EndPart) -> int:
    """Return how many records one write call carries."""
    most = part.adapter.capabilities.write_batch
    return min(most, pair.settings.batch_size or most)
