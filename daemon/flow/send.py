"""Send one batch: intents first, then the request, then what came of each record (I9, I14).

A refused batch is halved until the culprit stands alone; a batch without a definite reply leaves
its intents unknown, for recover to look. Nothing is repeated blindly (R20).
"""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from datetime import timedelta

from sqlalchemy import Connection

from adapters.contract import Accepted, Moved, Outcome, Refused, Unknown, Verb, Write
from adapters.errors import AdapterError, Failure, RejectBatch, UnknownOutcome
from config.words import ErrorPolicy
from daemon.core.operation import Operation, OperationKind
from daemon.core.values import Side
from daemon.flow import merges
from daemon.flow.look import set_aside_taken
from daemon.flow.observe import keep_reading, sighting
from daemon.flow.parts import EndPart, PairPart, RunPart
from daemon.flow.removed import settle_removed
from daemon.flow.settle import (
    finish_unsent,
    settle_batch,
    settle_moved,
    settle_refused,
)
from daemon.flow.settling import Settling
from state import intents, mirror
from state.intents import IntentRow

LATE = timedelta(seconds=1)
"""Waiting that is worth a word: less is covered by the margin of the request's time-out."""

LEAVING: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("leaving", default=None)
"""Notes when the write under way really leaves."""

DONE = {
    OperationKind.CREATE: "created",
    OperationKind.UPDATE: "updated",
    OperationKind.ARCHIVE: "removed",
    OperationKind.DELETE: "removed",
}
"""What a report counts an accepted write as."""


async def send(
    run: RunPart, pair: PairPart, part: EndPart, verb: Verb, operations: Sequence[Operation]
) -> bool:
    """Write a batch. Returns whether some of it has to be planned anew."""
    rows = [_intent(run, part, verb, operation) for operation in operations]
    await run.state.write(intents.open_all, rows)
    run.tally.need(verb.value, len(rows), part.adapter.capabilities.write_batch,
                   is_remote=part.adapter.capabilities.is_remote)  # fmt: skip
    return await _send_rows(run, pair, part, verb, rows)


def _intent(run: RunPart, part: EndPart, verb: Verb, operation: Operation) -> IntentRow:
    is_create = operation.kind is OperationKind.CREATE
    return IntentRow(
        id=run.luck.token(),
        run=run.id,
        connection=part.connection,
        object=part.object,
        verb=verb.value,
        link=run.entity_id() if is_create else operation.link,
        operation=operation,
        state=intents.SENT,
        carries_token=is_create and part.carries_external_id,
        sent_at=run.clock.now(),
    )


async def _send_rows(
    run: RunPart, pair: PairPart, part: EndPart, verb: Verb, rows: Sequence[IntentRow]
) -> bool:
    writes = [
        Write(
            token=row.id,
            values={} if verb.is_removal else row.operation.values,
            id=row.operation.target_id,
            external_id=row.link if row.carries_token else None,
            expected={} if verb is Verb.CREATE else row.operation.expected,
        )
        for row in rows
    ]
    token = LEAVING.set(_Departure(run, rows).note)
    try:
        outcomes = await part.adapter.write(part.object, verb, writes)
    except RejectBatch as error:
        return await _halve(run, pair, part, verb, rows, error)
    except UnknownOutcome as error:
        outcomes = [Unknown(failure=Failure.of(error)) for _ in rows]
    except AdapterError:
        await run.state.write(finish_unsent, rows, at=run.clock.now())
        raise
    finally:
        LEAVING.reset(token)
    return await _settle(run, pair, part, rows, outcomes)


class _Departure:
    """Keeps the moment from which a request can land true, however long it was made to wait (R22)."""

    def __init__(self, run: RunPart, rows: Sequence[IntentRow]) -> None:
        self._run = run
        self._ids = [row.id for row in rows]
        self._told = rows[0].sent_at

    async def note(self) -> None:
        now = self._run.clock.now()
        if now - self._told >= LATE:
            await self._run.state.write(intents.note_leaving, self._ids, at=now)
            self._told = now


async def leaving() -> None:
    """Note that the write under way leaves now; adapters await it (``Surroundings.leaving``)."""
    if (note := LEAVING.get()) is not None:
        await note()


async def _halve(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    verb: Verb,
    rows: Sequence[IntentRow],
    error: RejectBatch,
) -> bool:
    """Find the record that makes the system refuse the whole batch (E1)."""
    if len(rows) == 1:
        return await _settle(run, pair, part, rows, [Refused(failure=Failure.of(error))])
    middle = len(rows) // 2
    first = await _send_rows(run, pair, part, verb, rows[:middle])
    second = await _send_rows(run, pair, part, verb, rows[middle:])
    return first or second


async def _settle(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    rows: Sequence[IntentRow],
    outcomes: Sequence[Outcome],
) -> bool:
    watch = run.watch(part.end)
    work = Settling(
        watch=watch,
        how=sighting(run, watch),
        run=run.id,
        at=run.clock.now(),
        sets_apart=run.settings.errors is not ErrorPolicy.SKIP,
    )
    again = await run.state.write(_settle_all, work, list(zip(rows, outcomes, strict=True)))
    _count(run, part, rows, outcomes)
    await _meet_existing(run, pair, part, rows, outcomes)
    return again


def _settle_all(
    connection: Connection, work: Settling, results: Sequence[tuple[IntentRow, Outcome]]
) -> bool:
    """Settle a batch in one transaction. Returns whether something is to be planned anew."""
    again = False
    rounds: list[dict[str, tuple[IntentRow, Accepted]]] = [{}]
    removed = [row for row, outcome in results if _is_removed(row, outcome)]
    settle_removed(connection, work, removed)
    for row, outcome in results:
        if _is_removed(row, outcome):
            continue
        if isinstance(outcome, Accepted) and _is_told(row, outcome):
            if outcome.id in rounds[-1]:  # one record twice: one after the other
                rounds.append({})
            rounds[-1][outcome.id] = (row, outcome)
        else:
            again |= _settle_other(connection, work, row, outcome)
    for some in filter(None, rounds):
        settled = settle_batch(connection, work, list(some.values()))
        again |= any(one.new_edits for one in settled)
    return again


def _is_removed(row: IntentRow, outcome: Outcome) -> bool:
    return row.operation.kind.is_removal and isinstance(outcome, Accepted)


def _settle_other(connection: Connection, work: Settling, row: IntentRow, outcome: Outcome) -> bool:
    """Settle what is not known to be stored. Returns whether it is to be planned anew."""
    match outcome:
        case Accepted(id=found):
            told = intents.ACCEPTED_AS + found
            intents.mark_unknown(connection, ids=[row.id], result=told)
        case Refused(failure=failure, existing_id=existing):
            if not existing:
                return settle_refused(connection, work, row, failure)
            finish_unsent(connection, [row], at=work.at, state=intents.REFUSED)
        case Moved(record=record):
            settle_moved(connection, work, row, record)
        case Unknown(failure=failure):
            intents.mark_unknown(connection, ids=[row.id], result=failure.message)
    return True


def _is_told(row: IntentRow, outcome: Accepted) -> bool:
    """Tell whether the reply shows every written field (R45)."""
    values = outcome.record.values if outcome.record else {}
    return all(copy.field in values for copy in row.operation.copies)


def _count(
    run: RunPart, part: EndPart, rows: Sequence[IntentRow], outcomes: Sequence[Outcome]
) -> None:
    done = DONE[rows[0].operation.kind]
    for row, outcome in zip(rows, outcomes, strict=True):
        match outcome:
            case Accepted():
                run.tally.add(part.side, done)
                run.tally.add(Side.CRM, "conflicts", len(row.operation.clashes))
            case Refused(existing_id=""):
                run.tally.add(part.side, "failed")
            case Moved():
                run.tally.moved += 1
            case Unknown():
                run.tally.unknown += 1
            case Refused():
                run.tally.moved += 1


async def _meet_existing(
    run: RunPart,
    pair: PairPart,
    part: EndPart,
    rows: Sequence[IntentRow],
    outcomes: Sequence[Outcome],
) -> None:
    """Take in the records that stood in the way of a create, so that matching meets them."""
    blocked = {
        outcome.existing_id: row
        for row, outcome in zip(rows, outcomes, strict=True)
        if isinstance(outcome, Refused) and outcome.existing_id
    }
    if not blocked:
        return
    watch = run.watch(part.end)
    known = await run.state.read(mirror.get, part.end, sorted(blocked))
    reading = await merges.read(run, watch, sorted(blocked), "look")
    changed = await keep_reading(run, watch, reading)
    found = {record.id for record in reading.records}
    hopeless = [
        row.operation
        for record, row in blocked.items()
        if record in reading.missing or (record in known and record in found - set(changed))
    ]
    if hopeless:
        await set_aside_taken(run, pair, hopeless)
