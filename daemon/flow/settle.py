"""Settle a write whose outcome is known: outcome, id, values, link, base, pending, as one (R26).

Plain functions over one connection, so that a crash leaves either all of it or none. What came back
is compared with what was sent (R19): equal or a known rewriting makes the new base; equal to the
value before means the system ignored the write; anything else is an edit of the other system.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import Connection

from adapters.contract import Accepted
from adapters.errors import Failure
from daemon.core.base import BaseField
from daemon.core.normalize import comparable, registered_normalisation
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.record import Evidence, Record
from daemon.core.values import FieldKind, Side, Value, Values, encode_values
from daemon.flow.parts import Watch
from state import attention, intents, links, mirror, pending
from state.attention import Apart
from state.intents import IntentRow
from state.keeping import end_conflicts
from state.mirror import MirrorRow, Seen, Sighting


@dataclass(frozen=True, kw_only=True, slots=True)
class Settling:
    """What settling an intent needs besides the intent."""

    watch: Watch
    how: Sighting
    run: int
    at: datetime
    is_found: bool = False
    """The record was found by looking, not by a reply: values that differ are nobody's (R36)."""
    is_told: bool = False
    """A reply said that the write happened, and no more (R45)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What became of one write."""

    ignored: tuple[str, ...] = ()
    """Fields the system accepted without changing them."""
    new_edits: tuple[str, ...] = ()
    """Fields in which something else than sent came back."""


def settle_accepted(
    connection: Connection, work: Settling, intent: IntentRow, accepted: Accepted
) -> Settled:
    """Settle a write that happened."""
    operation = _with_target(intent.operation, accepted.id)
    record = accepted.record or Record(id=accepted.id, values={})
    known = mirror.get(connection, intent.end, [accepted.id]).get(accepted.id)
    stored = _merged(record, known, work)
    judged = {copy.rule: _judge(copy, record.values, work) for copy in operation.copies}
    _link_or_agree(connection, work, intent, operation, judged)
    seen = Seen(
        record=stored,
        keys=work.watch.keys(stored),
        copied=_copied(operation, judged),
        is_partly=not record.values.keys() >= set(work.watch.fields),
    )
    _mirror(connection, work, operation, seen, known, judged)
    ignored = [copy for copy in operation.copies if judged[copy.rule].is_ignored]
    attention.set_apart(
        connection, [_ignored(operation, copy) for copy in ignored], run=work.run, at=work.at
    )
    _close(connection, work, intent, operation, stored)
    return Settled(
        ignored=tuple(copy.field for copy in ignored),
        new_edits=tuple(copy.field for copy in operation.copies if judged[copy.rule].is_edit),
    )


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    base: BaseField | None
    is_ignored: bool = False
    is_edit: bool = False


def _judge(copy: Copy, returned: Values, work: Settling) -> _Judged:
    """Compare what came back with what was sent (R19)."""
    if copy.field not in returned:
        return _Judged(base=_base(copy, copy.value, is_unseen=True))
    value = returned[copy.field]
    if _is_same(copy, value):
        return _Judged(base=_base(copy, value))
    is_old = _is_old(copy, value)
    if is_old and (work.is_told or not work.is_found):
        return _Judged(base=None, is_ignored=True)
    if _is_cut(copy, value) and not is_old:
        return _Judged(base=_base(copy, value))
    if work.is_found:
        return _Judged(base=_base(copy, copy.value, is_unseen=True), is_edit=True)
    return _Judged(base=_base(copy, copy.value), is_edit=True)


def is_stored(copy: Copy, value: Value) -> bool:
    """Tell whether *value* is what a system makes of the value that was sent (R19, R37)."""
    return _is_same(copy, value) or (_is_cut(copy, value) and not _is_old(copy, value))


def _is_old(copy: Copy, value: Value) -> bool:
    """Tell whether the field holds what it held before the write."""
    return comparable(copy.kind, value, copy.region) == comparable(
        copy.kind, copy.before, copy.region
    )


def _is_same(copy: Copy, value: Value) -> bool:
    form = comparable(copy.kind, copy.value, copy.region)
    return form == comparable(copy.kind, value, copy.region) or registered_normalisation(
        copy.kind, copy.value, value, copy.region
    )


def _is_cut(copy: Copy, value: Value) -> bool:
    """Tell whether a text came back cut short: lossy, but ours (R37)."""
    if copy.kind is not FieldKind.TEXT or not isinstance(value, str) or not value:
        return False
    return isinstance(copy.value, str) and copy.value.startswith(value)


def _base(copy: Copy, stored: Value, *, is_unseen: bool = False) -> BaseField:
    """Return the base in terms of (origin, target); the caller turns it by side."""
    return BaseField(
        source=copy.origin, crm=stored, fingerprint=copy.fingerprint, is_unseen=is_unseen
    )


def _turned(side: Side, copy: Copy, base: BaseField) -> BaseField:
    if side is Side.CRM:
        return base
    return BaseField(
        source=base.crm,
        crm=base.source,
        fingerprint=base.fingerprint,
        is_unseen=base.is_unseen,
        source_before=copy.before,
        wrote_source=True,
    )


def _link_or_agree(
    connection: Connection,
    work: Settling,
    intent: IntentRow,
    operation: Operation,
    judged: Mapping[str, _Judged],
) -> None:
    fields = {
        copy.rule: _turned(operation.side, copy, base)
        for copy in operation.copies
        if (base := judged[copy.rule].base) is not None
    }
    if operation.kind is OperationKind.CREATE:
        links.add(
            connection,
            link=intent.link,
            pair=operation.pair,
            source_id=str(operation.source_id),
            crm_id=str(operation.crm_id),
            how="created",
            run=work.run,
            at=work.at,
            base={**operation.agreed, **fields},
        )
    else:
        links.agree(connection, link=intent.link, fields=fields)


def _copied(operation: Operation, judged: Mapping[str, _Judged]) -> dict[str, Evidence]:
    """Return the evidence that travels along with the values that arrived (R12)."""
    return {
        copy.field: copy.evidence
        for copy in operation.copies
        if copy.evidence and not judged[copy.rule].is_edit and not judged[copy.rule].is_ignored
    }


def _mirror(
    connection: Connection,
    work: Settling,
    operation: Operation,
    seen: Seen,
    known: MirrorRow | None,
    judged: Mapping[str, _Judged],
) -> None:
    """Store what the record now holds; edits of the other system enter pending (R1)."""
    stored = seen.record
    how = replace(work.how, quiet=operation.pair)
    mirror.put(connection, [seen], how)
    written = {copy.field for copy in operation.copies}
    before = known.values if known else {}
    strange = any(item.is_edit for item in judged.values()) or any(
        stored.values.get(name) != before.get(name)
        for name in stored.values
        if name not in written and (known is not None or stored.values[name] is not None)
    )
    if strange:
        revision = mirror.get(connection, work.how.end, [stored.id])[stored.id].revision
        mirror.enter_pair(
            connection, pair=operation.pair, side=operation.side, ids={stored.id: revision}
        )


def _ignored(operation: Operation, copy: Copy) -> Apart:
    return Apart(
        pair=operation.pair,
        side=operation.side.other,
        record=str(operation.origin_id),
        field=copy.rule,
        rule="ignored_write",
        message=f"{copy.field} was accepted and not changed by the other system; a rule of "
        "that system keeps the old value. Change it there, or leave the field out.",
    )


def _close(
    connection: Connection,
    work: Settling,
    intent: IntentRow,
    operation: Operation,
    stored: Record,
) -> None:
    intents.finish(
        connection,
        intent=intent.id,
        state=intents.SETTLED,
        at=work.at,
        result=encode_values(
            {copy.field: stored.values.get(copy.field) for copy in operation.copies}
        ),
        crm_id=operation.crm_id,
        source_id=operation.source_id,
    )
    records = (str(operation.source_id), str(operation.crm_id))
    attention.note_clashes(
        connection,
        pair=operation.pair,
        link=intent.link,
        records=records,
        clashes=operation.clashes,
        run=work.run,
        at=work.at,
    )
    rules = tuple(copy.rule for copy in operation.copies)
    end_conflicts(connection, [(intent.link, rules)], work.at)
    attention.end_verdicts(connection, link=intent.link, fields=rules)
    pending.clear(connection, pair=operation.pair, clearances=operation.clears)


def settle_refused(
    connection: Connection, work: Settling, intent: IntentRow, failure: Failure
) -> None:
    """Settle a write that was refused for good: the record goes to quarantine with the reason."""
    operation = intent.operation
    _finish(connection, intent, intents.REFUSED, work.at, failure)
    item = Apart(
        pair=operation.pair,
        side=operation.side.other,
        record=str(operation.origin_id),
        field=_origin_field(operation, failure.field),
        rule=(failure.code or "refused").lower(),
        message=failure.message,
        intent=intent.id,
    )
    attention.set_apart(connection, [replace(item, intent="")], run=work.run, at=work.at)
    pending.clear(connection, pair=operation.pair, clearances=operation.clears)


def _origin_field(operation: Operation, field: str) -> str:
    return next((copy.rule for copy in operation.copies if copy.field == field), "")


def settle_moved(
    connection: Connection, work: Settling, intent: IntentRow, record: Record | None
) -> None:
    """Settle a write whose precondition failed: look again, plan anew (I16)."""
    finish_unsent(connection, [intent], at=work.at, state=intents.MOVED)
    if record is None:
        target = str(intent.operation.target_id)
        mirror.note_absence(connection, intent.end, [target], needed=1)
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
