"""Judge one link of a run that is rolled back: what goes back, what stays, what cannot (R24).

Takes what the run wrote to its two records and how both stand now; gives operations and words.
Writes nothing.
"""

from collections.abc import Mapping, Sequence

from daemon.core.normalize import comparable
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.values import Side, Value
from daemon.flow.reversal import FieldBack, fields_back
from daemon.flow.rolled import What
from daemon.flow.undo_records import judge_created, judge_removed
from daemon.flow.undoing import Judged, Undoing, Wish, held, item, operation_of, rule_of

PRUNED = "retention took away the values that stood there before"


def judge_link(undoing: Undoing, wish: Wish) -> Judged:
    """Decide what becomes of everything that the run did to a link's records."""
    made = Judged()
    back: dict[Side, list[FieldBack]] = {side: [] for side in Side}
    for side in Side:
        if undoing.writes[side]:
            back[side] = _judge_side(undoing, side, wish, made)
    for side in Side:
        if back[side]:
            made.operations.append(_update(undoing, side, back, wish))
    is_whole = not wish.field and not made.kept and not made.failed
    made.unlinks = undoing.is_match and is_whole and _is_active(undoing)
    if made.unlinks:
        made.reversed.append(item(undoing, Side.CRM, "link"))
    return made


def _is_active(undoing: Undoing) -> bool:
    return undoing.link is not None and undoing.link.status == "active"


def _judge_side(undoing: Undoing, side: Side, wish: Wish, made: Judged) -> list[FieldBack]:
    """Judge what the run did on one side; return the fields that go back by an update."""
    kinds = {write.operation.kind for write in undoing.writes[side]}
    what = _what(kinds, wish)
    obstacle = _obstacle(undoing, side)
    if obstacle:
        made.failed.append(item(undoing, side, what, why=obstacle))
    elif what == "removed":
        judge_removed(undoing, side, wish, made)
    elif what == "created":
        judge_created(undoing, side, wish, made)
    else:
        return _judge_fields(undoing, side, wish, made)
    return []


def _what(kinds: set[OperationKind], wish: Wish) -> What:
    if any(kind.is_removal for kind in kinds):
        return "removed"
    return "created" if OperationKind.CREATE in kinds and not wish.field else "value"


def _obstacle(undoing: Undoing, side: Side) -> str:
    present = undoing.present[side]
    if any(write.is_pruned for write in undoing.writes[side]):
        return PRUNED
    if present.is_busy:
        return "a write of ours to it has no outcome yet; roll back again once that is known"
    if not present.is_answered:
        return "the system did not say how it stands; roll back again later"
    return ""


def _judge_fields(undoing: Undoing, side: Side, wish: Wish, made: Judged) -> list[FieldBack]:
    present = undoing.present[side]
    wanted = [one for one in fields_back(undoing.writes[side]) if wish.covers(one.copy)]
    partner = undoing.present[side.other]
    if present.lives_as or present.record is None or partner.is_merged:
        why = present.became or (
            f"its partner was merged into {partner.lives_as}"
            if partner.is_merged
            else "it is not there any more"
        )
        made.kept += [item(undoing, side, "value", name=one.copy.field, why=why) for one in wanted]
        return []
    back = []
    for one in wanted:
        name = one.copy.field
        value = present.record.values.get(name)
        if name not in present.record.values or rule_of(undoing.pair, one.copy) is None:
            why = "the field is not mapped any more; map it again, or put it back by hand"
            made.failed.append(item(undoing, side, "value", name=name, why=why))
        elif one.is_back(value):
            made.unchanged += 1
        elif one.is_left(value):
            made.reversed.append(item(undoing, side, "value", name=name))
            back.append(one)
        else:
            made.kept.append(
                item(
                    undoing,
                    side,
                    "value",
                    name=name,
                    why=_who(undoing, side, one, value),
                    now=value,
                )
            )
    return back


def _who(undoing: Undoing, side: Side, one: FieldBack, value: Value) -> str:
    """Return who left what stands there now, as far as we know."""
    run, left = undoing.later.get((side.value, one.copy.field), (0, None))
    is_ours = run and comparable(one.copy.kind, left, one.copy.region) == comparable(
        one.copy.kind, value, one.copy.region
    )
    return f"run {run} wrote it since" if is_ours else "edited since"


def _update(
    undoing: Undoing, side: Side, back: Mapping[Side, Sequence[FieldBack]], wish: Wish
) -> Operation:
    """Return the write that puts fields back; each agrees with what the other side then holds."""
    copies = []
    for one in back[side]:
        rule = rule_of(undoing.pair, one.copy)
        if rule is None:
            continue
        record = undoing.present[side].record
        opposite = next((o for o in back[side.other] if o.copy.rule == one.copy.rule), None)
        copies.append(
            Copy(
                rule=one.copy.rule,
                field=one.copy.field,
                value=one.wanted,
                origin=opposite.wanted if opposite else held(undoing, side.other, rule),
                before=record.values[one.copy.field] if record else None,
                kind=rule.kind,
                fingerprint=rule.fingerprint(),
                region=one.copy.region,
            )
        )
    return operation_of(undoing, side, OperationKind.UPDATE, tuple(copies), wish.run)
