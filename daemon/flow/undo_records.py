"""Judge records that a run made or took away: taken back, made again, or left (R24)."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from adapters.contract import Verb
from daemon.core.facts import rule_key
from daemon.core.field_rules import FieldRule
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.record import Record
from daemon.core.values import Side, Value
from daemon.flow.parts import PairPart
from daemon.flow.reversal import FieldBack, fields_back
from daemon.flow.undoing import Judged, Undoing, Wish, held, item, operation_of, rule_of


def judge_created(undoing: Undoing, side: Side, wish: Wish, made: Judged) -> None:
    """Take a record back that the run made, unless somebody edited it since."""
    present = undoing.present[side]
    if present.lives_as:
        made.kept.append(item(undoing, side, "created", why=present.became))
        return
    if present.record is None:
        made.unchanged += 1
        return
    edited = _edited_fields(undoing, side, present.record)
    verb = _removal(undoing.pair, side)
    if wish.keeps_created:
        made.kept.append(item(undoing, side, "created", why="you asked to keep what it created"))
    elif edited:
        why = f"edited since: {', '.join(edited)}"
        made.kept.append(item(undoing, side, "created", why=why))
    elif verb is None:
        why = "this system lets nobody remove records from outside; remove it there by hand"
        made.failed.append(item(undoing, side, "created", why=why))
    else:
        made.reversed.append(item(undoing, side, "created"))
        copies = _as_it_stands(undoing, side, present.record)
        made.operations.append(
            operation_of(undoing, side, OperationKind(verb.value), copies, wish.run)
        )


def _edited_fields(undoing: Undoing, side: Side, record: Record) -> list[str]:
    """Return the mapped fields that are not as the run left the record it made."""
    written = {one.copy.field: one for one in fields_back(undoing.writes[side])}
    return [
        name
        for name, value in sorted(record.values.items())
        if (
            not written[name].is_left(value)
            if name in written
            else value is not None and _is_foreign(undoing, side, name, written.keys())
        )
    ]


def holds_more(undoing: Undoing, side: Side) -> bool:
    """Tell whether a record that the run made holds something that the run did not write."""
    record = undoing.present[side].record
    written = {copy.field for write in undoing.writes[side] for copy in write.operation.copies}
    return record is not None and any(
        value is not None and name not in written for name, value in record.values.items()
    )


def _is_foreign(undoing: Undoing, side: Side, name: str, written: AbstractSet[str]) -> bool:
    """Tell whether somebody may have filled a field that the run left alone.

    The system's own times tell: what is no younger than our write came with the record (a default).
    Without them only what the reply to our write showed did so; of anything else nobody can say,
    and a person's work is worth more than a tidy end.
    """
    times = undoing.present[side].times
    ours = [times[field].at for field in written if field in times]
    if name in times and ours:
        return times[name].at > max(ours)
    row = undoing.known[side]
    return name in undoing.changed[side] or row is None or name not in row.values


def _removal(pair: PairPart, side: Side) -> Verb | None:
    able = pair.ends[side].adapter.capabilities.removals
    return next((verb for verb in (Verb.ARCHIVE, Verb.DELETE) if verb in able), None)


def _as_it_stands(undoing: Undoing, side: Side, record: Record) -> tuple[Copy, ...]:
    """Return what is about to go, so that it can be told and made again."""
    pair = undoing.pair
    return tuple(
        Copy(
            rule=rule_key(rule),
            field=rule.name(side),
            value=None,
            origin=None,
            before=record.values[rule.name(side)],
            kind=rule.kind,
            fingerprint=rule.fingerprint(),
            region=pair.region,
        )
        for rule in pair.mapping.rules
        if rule.name(side) in record.values
    )


def judge_removed(undoing: Undoing, side: Side, wish: Wish, made: Judged) -> None:
    """Make a removed record again, unless it is back already."""
    present = undoing.present[side]
    if present.record is not None or present.lives_as:
        made.unchanged += 1
        return
    copies = []
    for one in fields_back(undoing.writes[side]):
        rule = rule_of(undoing.pair, one.copy)
        if rule is not None and one.wanted is not None:
            origin = held(undoing, side.other, rule)
            copies.append(_made_again(rule, one, origin))
    if not copies:
        why = "nothing is known of what it held"
        made.failed.append(item(undoing, side, "removed", why=why))
        return
    made.reversed.append(item(undoing, side, "removed"))
    operation = operation_of(undoing, side, OperationKind.CREATE, tuple(copies), wish.run)
    made.operations.append(_without_record(operation, undoing.id))


def _without_record(operation: Operation, link: str) -> Operation:
    """Return a create that takes the place of the record that *link* lost (R41)."""
    if operation.side is Side.CRM:
        return replace(operation, crm_id=None, link="", replaces=link)
    return replace(operation, source_id=None, link="", replaces=link)


def _made_again(rule: FieldRule, one: FieldBack, origin: Value) -> Copy:
    return Copy(
        rule=one.copy.rule,
        field=one.copy.field,
        value=one.wanted,
        origin=origin,
        before=None,
        kind=rule.kind,
        fingerprint=rule.fingerprint(),
        region=one.copy.region,
    )
