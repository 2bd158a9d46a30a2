"""Settle a write whose outcome is known: outcome, id, values, link, base, pending, as one (R26).

Plain functions over one connection, so that a crash leaves either all of it or none. What a value
that came back means is told by ``daemon.flow.returned``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import Connection

from adapters.contract import Accepted
from adapters.errors import Failure
from daemon.core.base import BaseField
from daemon.core.operation import Copy, Operation, OperationKind, vain_mark
from daemon.core.record import Evidence, Record
from daemon.core.values import Side, encode_values
from daemon.flow.decide import ignored_write
from daemon.flow.removed import succeed
from daemon.flow.returned import Judged, is_changed, judge, turned
from daemon.flow.settling import Settling
from state import attention, intents, links, merges, mirror, observations, pending, rollbacks
from state.attention import Apart
from state.intents import IntentRow
from state.keeping import end_conflicts
from state.links import LinkRow
from state.mirror import MirrorRow, Seen
from state.rollbacks import Undone


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What became of one write."""

    ignored: tuple[str, ...] = ()
    """Fields the system accepted without changing them."""
    new_edits: tuple[str, ...] = ()
    """Fields in which something else than sent came back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """One write that happened, judged; nothing of it is stored yet."""

    intent: IntentRow
    operation: Operation
    """With the record that was written."""
    known: MirrorRow | None
    seen: Seen
    judged: Mapping[str, Judged]


def settle_accepted(
    connection: Connection, work: Settling, intent: IntentRow, accepted: Accepted
) -> Settled:
    """Settle a write that happened."""
    return settle_batch(connection, work, [(intent, accepted)])[0]


def settle_batch(
    connection: Connection, work: Settling, written: Sequence[tuple[IntentRow, Accepted]]
) -> list[Settled]:
    """Settle writes of one pair to one end that happened, each to another record.

    Each statement is made for all of them at once: the cost of a large load lies here.
    """
    ids = [accepted.id for _, accepted in written]
    known = mirror.get(connection, work.how.end, ids)
    taken = [_take(work, intent, said, known.get(said.id)) for intent, said in written]
    linked = _link_or_agree(connection, work, taken)
    _mirror(connection, work, taken)
    ignored = [_ignored(one.operation, copy) for one in taken for copy in _ignored_in(one)]
    attention.set_apart(connection, ignored, run=work.run, at=work.at)
    _close(connection, work, taken)
    merges.decide_folded(connection, linked)
    rollbacks.settle(connection, [_undone(one) for one in taken], at=work.at)
    return [_settled(one) for one in taken]


def _undone(one: _Taken) -> Undone:
    fields = tuple(rule for rule, judged in one.judged.items() if judged.base is not None)
    return Undone(link=one.intent.link, operation=one.operation, fields=fields)


def _take(work: Settling, intent: IntentRow, accepted: Accepted, known: MirrorRow | None) -> _Taken:
    operation = _with_target(intent.operation, accepted.id)
    record = accepted.record or Record(id=accepted.id, values={})
    stored = _merged(record, known, work)
    judged = {
        copy.rule: judge(copy, record.values, is_found=work.is_found, is_told=work.is_told)
        for copy in operation.copies
    }
    seen = Seen(
        record=stored,
        keys=work.watch.keys(stored),
        copied=_copied(operation, judged),
        is_partly=not record.values.keys() >= set(work.watch.fields),
    )
    return _Taken(intent=intent, operation=operation, known=known, seen=seen, judged=judged)


def _ignored_in(one: _Taken) -> list[Copy]:
    return [copy for copy in one.operation.copies if one.judged[copy.rule].is_ignored]


def _settled(one: _Taken) -> Settled:
    edited = [copy.field for copy in one.operation.copies if one.judged[copy.rule].is_edit]
    return Settled(ignored=tuple(copy.field for copy in _ignored_in(one)), new_edits=tuple(edited))


def _with_target(operation: Operation, target: str) -> Operation:
    if operation.side is Side.CRM:
        return replace(operation, crm_id=target)
    return replace(operation, source_id=target)


def _merged(record: Record, known: MirrorRow | None, work: Settling) -> Record:
    """Return the record with the fields the reply did not show as they were known."""
    if known is None or work.is_found:
        return record
    return replace(
        record,
        values={**known.values, **record.values},
        version=record.version or known.version,
        modified_at=record.modified_at or known.modified_at,
        external_id=record.external_id or known.external_id,
        other_emails=record.other_emails or known.other_emails,
    )


def _link_or_agree(
    connection: Connection, work: Settling, taken: Sequence[_Taken]
) -> list[LinkRow]:
    """Store what became of the links; return the new ones, as they were placed."""
    made: list[LinkRow] = []
    agreed: dict[str, dict[str, BaseField]] = {}
    for one in taken:
        fields = {
            copy.rule: turned(one.operation.side, _known_before(copy, one, work), base)
            for copy in one.operation.copies
            if (base := one.judged[copy.rule].base) is not None
        }
        if one.operation.kind is OperationKind.CREATE:
            made.append(_new_link(one, fields))
        else:
            agreed.setdefault(one.intent.link, {}).update(fields)
    for one in taken:
        if one.operation.replaces:
            succeed(connection, work.how.end, one.operation, at=work.at)
    placed = merges.placed(connection, made)
    links.add_all(connection, placed, run=work.run, at=work.at)
    links.agree_all(connection, list(agreed.items()))
    return placed


def _known_before(copy: Copy, one: _Taken, work: Settling) -> Copy:
    """Return the copy with a value before only where its return would be a stale save (R11).

    That is a file saved whole over our write-back. Elsewhere, and in a record we made, somebody who
    enters that value again means it.
    """
    can_be_stale = work.watch.part.adapter.capabilities.is_saved_whole
    if can_be_stale and one.operation.kind is not OperationKind.CREATE:
        return copy
    return replace(copy, before=copy.value)


def _new_link(one: _Taken, fields: Mapping[str, BaseField]) -> LinkRow:
    return LinkRow(
        id=one.intent.link,
        pair=one.operation.pair,
        source_id=str(one.operation.source_id),
        crm_id=str(one.operation.crm_id),
        status=links.ACTIVE,
        how="created",
        base={**one.operation.agreed, **fields},
    )


def _copied(operation: Operation, judged: Mapping[str, Judged]) -> dict[str, Evidence]:
    """Return the evidence that travels along with the values that arrived (R12)."""
    return {
        copy.field: copy.evidence
        for copy in operation.copies
        if copy.evidence and not judged[copy.rule].is_edit and not judged[copy.rule].is_ignored
    }


def _mirror(connection: Connection, work: Settling, taken: Sequence[_Taken]) -> None:
    """Store what the records now hold; edits of the other system enter pending (R1)."""
    pair, side = taken[0].operation.pair, taken[0].operation.side
    mirror.put(connection, [one.seen for one in taken], replace(work.how, quiet=pair))
    strange = [one.seen.record.id for one in taken if _is_strange(one)]
    rows = mirror.get(connection, work.how.end, strange)
    revisions = {record: row.revision for record, row in rows.items()}
    mirror.enter_pair(connection, pair=pair, side=side, ids=revisions)


def _is_strange(one: _Taken) -> bool:
    """Tell whether a record shows something that neither we wrote nor the mirror knew.

    A record that was archived before its write could be settled is one: its partner must learn.
    """
    values, known = one.seen.record.values, one.known
    if one.seen.record.is_archived:
        return True
    written = {copy.field for copy in one.operation.copies}
    before = known.values if known else {}
    return any(item.is_edit for item in one.judged.values()) or any(
        values.get(name) != before.get(name)
        for name in values
        if name not in written and (known is not None or values[name] is not None)
    )


def _ignored(operation: Operation, copy: Copy) -> Apart:
    return ignored_write(operation.pair, operation.side.other, str(operation.origin_id), copy)


def _close(connection: Connection, work: Settling, taken: Sequence[_Taken]) -> None:
    done = [(one.intent.id, one.operation, _result(one)) for one in taken]
    intents.settle_all(connection, done, at=work.at)
    for one in taken:
        attention.note_clashes(
            connection,
            pair=one.operation.pair,
            link=one.intent.link,
            records=(str(one.operation.source_id), str(one.operation.crm_id)),
            clashes=one.operation.clashes,
            run=work.run,
            at=work.at,
        )
    rules = {one.intent.link: tuple(c.rule for c in one.operation.copies) for one in taken}
    end_conflicts(connection, list(rules.items()), work.at)
    whole = [one.operation for one in taken if not one.operation.is_half]
    clears = [clear for operation in whole for clear in operation.clears]
    pending.clear(connection, pair=taken[0].operation.pair, clearances=clears)


def _result(one: _Taken) -> str:
    values = one.seen.record.values
    return encode_values({copy.field: values.get(copy.field) for copy in one.operation.copies})


def settle_refused(
    connection: Connection, work: Settling, intent: IntentRow, failure: Failure
) -> bool:
    """Settle a write that was refused for good: what is at fault is set apart, or only counted.

    Where it is one field of several, the others go without it. Returns whether they are to be
    planned anew.
    """
    operation = intent.operation
    _finish(connection, intent, intents.REFUSED, work.at, failure)
    copy = next((copy for copy in operation.copies if copy.field == failure.field), None)
    item = Apart(
        pair=operation.pair,
        side=operation.side.other,
        record=str(operation.origin_id),
        field=copy.rule if copy else "",
        rule=(failure.code or "refused").lower(),
        message=failure.message,
        mark=vain_mark(copy) if copy else "",
    )
    if copy:  # its definition may have changed: the next run reads it anew
        observations.forget_definitions(connection, [intent.end])
    if work.sets_apart:
        attention.set_apart(connection, [item], run=work.run, at=work.at)
        if copy and operation.kind is OperationKind.UPDATE and len(operation.copies) > 1:
            return True
    pending.clear(connection, pair=operation.pair, clearances=operation.clears)
    return False


def settle_not_happened(
    connection: Connection, work: Settling, intent: IntentRow, record: Record | None
) -> None:
    """Close an update of which nobody can say that it landed; its records are planned afresh.

    It may have landed and been edited since: a loser that is no longer there is logged now, because
    the next plan cannot see it any more (I1).
    """
    finish_unsent(connection, [intent], at=work.at)
    operation = intent.operation
    there = record.values if record else {}
    gone = tuple(
        clash
        for copy in operation.copies
        for clash in operation.clashes
        if clash.rule == copy.rule and is_changed(copy, there.get(copy.field))
    )
    attention.note_clashes(
        connection,
        pair=operation.pair,
        link=intent.link,
        records=(str(operation.source_id), str(operation.crm_id)),
        clashes=gone,
        run=work.run,
        at=work.at,
    )


def settle_moved(
    connection: Connection, work: Settling, intent: IntentRow, record: Record | None
) -> None:
    """Settle a write whose precondition failed: look again, plan anew (I16)."""
    finish_unsent(connection, [intent], at=work.at, state=intents.MOVED)
    if record is None:
        mirror.note_gone(connection, intent.end, [str(intent.operation.target_id)])
        return
    seen = Seen(record=record, keys=work.watch.keys(record))
    mirror.put(connection, [seen], work.how)


def finish_unsent(
    connection: Connection,
    rows: Sequence[IntentRow],
    *,
    at: datetime,
    state: str = intents.SUPERSEDED,
) -> None:
    """Close intents of writes that did not happen; their records stay pending."""
    for row in rows:
        intents.finish(connection, intent=row.id, state=state, at=at)


def hold_for_person(connection: Connection, work: Settling, intent: IntentRow) -> None:
    """Close a create nobody can look for: a person says whether it happened (R7)."""
    operation = intent.operation
    intents.finish(connection, intent=intent.id, state=intents.HELD, at=work.at)
    item = Apart(
        pair=operation.pair,
        side=operation.side.other,
        record=str(operation.origin_id),
        rule="unknown_create",
        message="no reply came to its creation, and without the external-id field nobody can "
        "look whether it happened; see whether it is there, then retry or dismiss this entry.",
        intent=intent.id,
    )
    attention.set_apart(connection, [item], run=work.run, at=work.at)
    pending.clear(connection, pair=operation.pair, clearances=operation.clears)


def _finish(
    connection: Connection, intent: IntentRow, state: str, at: datetime, failure: Failure
) -> None:
    told = {
        "kind": failure.kind,
        "code": failure.code,
        "message": failure.message,
        "field": failure.field,
        "status": failure.status,
    }
    intents.finish(
        connection, intent=intent.id, state=state, at=at, result=orjson.dumps(told).decode()
    )


def settle_link(connection: Connection, operation: Operation, *, run: int, at: datetime) -> bool:
    """Make a planned link and clear what waited for it. Returns False where one record is taken."""
    for side, record in ((Side.SOURCE, operation.source_id), (Side.CRM, operation.crm_id)):
        found = links.of_records(connection, pair=operation.pair, side=side, ids=[str(record)]).get(
            str(record)
        )
        if found is not None and found.status == links.ACTIVE:
            return False
    links.add(
        connection,
        link=operation.link,
        pair=operation.pair,
        source_id=str(operation.source_id),
        crm_id=str(operation.crm_id),
        how=operation.how,
        run=run,
        at=at,
        base=operation.agreed,
    )
    pending.clear(connection, pair=operation.pair, clearances=operation.clears)
    return True
