"""What filters leave out: their links rest, base kept, until the records are back (R4).

Nothing is written to or from a record that is out, and nothing is deleted for it. Opt-outs pass
(R15). A record that time alone takes in or out is decided anew on the day it happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from config.filters import RELATIVE, Filter
from config.pair import Pair
from daemon.core.field_names import did_you_mean
from daemon.core.filters import Condition, Scope, Test, scope_of
from daemon.core.normalize.reading import number
from daemon.core.operation import Clearance
from daemon.core.schema import Field, Schema
from daemon.core.values import FieldKind, Side, Value
from daemon.flow.decide import PagePlan
from daemon.flow.opt_outs import opt_outs_of
from daemon.flow.parts import PairPart
from state import mirror, observations
from state.database import State
from state.gathering import Gathered, Kin
from state.links import ACTIVE, LinkRow
from state.mirror import MirrorRow

_PAGE = 500
_TEXTS = frozenset({FieldKind.TEXT})
_TIMED = _TEXTS | {FieldKind.DATE, FieldKind.DATETIME}
_COUNTED = _TEXTS | {FieldKind.NUMBER}
_LISTED = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})


class FilterUnusable(Exception):
    """A filter asks what its field cannot answer; the message says what to write."""


def scope_here(pair: PairPart, side: Side, row: MirrorRow | None) -> Scope:
    """Return whether a mirrored record of *side* is in; one that is not there leaves nothing out."""
    if row is None:
        return Scope.IN
    return scope_of(pair.filters.get(side, ()), row.values, pair.region)


def scope_of_link(pair: PairPart, rows: Mapping[Side, MirrorRow | None]) -> Scope:
    """Return whether both records of a link are in; as they were last seen, where one is gone."""
    found = [scope_here(pair, side, row) for side, row in rows.items()]
    return next((one for one in found if one is not Scope.IN), Scope.IN)


def scope_of_record(pair: PairPart, known: Gathered, side: Side, row: MirrorRow) -> Scope:
    """Return whether a record, and the one it is linked to, are in.

    Where either is gone nothing is left out: what that means is decided elsewhere.
    """
    if not any(pair.filters.values()):
        return Scope.IN
    partner = _partner(known, side, row)
    other = partner[0] if partner else None
    if not row.is_live or (other is not None and not other.is_live):
        return Scope.IN
    return scope_of_link(pair, {side: row, side.other: other})


def _partner(known: Gathered, side: Side, row: MirrorRow) -> tuple[MirrorRow, LinkRow] | None:
    link = known.links.get(row.id)
    if link is None or link.status != ACTIVE:
        return None
    other = known.rows[side.other].get(link.record(side.other))
    return (other, link) if other is not None else None


def leave_out(
    pair: PairPart,
    known: Gathered,
    kin: Kin,
    record: tuple[Side, MirrorRow, Clearance],
    scope: Scope,
    made: PagePlan,
) -> None:
    """Take a record off the list that a filter leaves out, once its opt-out is where it belongs."""
    side, row, clear = record
    carried = opt_outs_of(pair, side, row, kin, clear, _partner(known, side, row))
    made.readmitted.append((side, row.id))
    made.skipped.append((side, scope.value))
    made.operations += carried
    if not carried:
        made.cleared.append(clear)


def conditions_of(
    pair: Pair, schemas: Mapping[Side, Schema], today: date
) -> dict[Side, tuple[Condition, ...]]:
    """Return the filters of a pair on the live schemas. Raises FilterUnusable."""
    return {
        side: tuple(
            condition
            for one in pair.filters.of(side)
            for condition in _conditions(one, side, schemas[side], today)
        )
        for side in Side
    }


def _conditions(written: Filter, side: Side, schema: Schema, today: date) -> list[Condition]:
    if written.field not in schema:
        hint = did_you_mean(written.field, schema.fields)
        raise FilterUnusable(f"filters: the {side.value} side has no field {written.field!r}{hint}")
    definition = schema[written.field]
    asked: list[tuple[Test, tuple[Value, ...] | None, frozenset[FieldKind] | None]] = [
        (Test.IN, _one(written.eq), None),
        (Test.IN, written.among, None),
        (Test.NOT_IN, _one(written.no), None),
        (Test.NOT_IN, written.not_in, None),
        (Test.CONTAINS, _one(written.contains), None),
        (Test.FILLED, _one(written.filled), None),
        (Test.ABOVE, _one(written.above), _COUNTED),
        (Test.BELOW, _one(written.below), _COUNTED),
        (Test.AFTER, _one(_moment(written.after, today)), _TIMED),
        (Test.BEFORE, _one(_moment(written.before, today)), _TIMED),
    ]
    return [
        _condition(definition, test, wanted, able)
        for test, wanted, able in asked
        if wanted is not None
    ]


def _one(value: Value) -> tuple[Value, ...] | None:
    return None if value is None else (value,)


def _condition(
    definition: Field, test: Test, wanted: Sequence[Value], able: frozenset[FieldKind] | None
) -> Condition:
    if able is not None and definition.kind not in able:
        raise FilterUnusable(
            f"filters: {definition.name!r} holds {definition.kind.value}, and `{test.value}` "
            f"compares {' or '.join(sorted(kind.value for kind in able))}; use `in` or `filled`"
        )
    if test in {Test.IN, Test.NOT_IN, Test.CONTAINS}:
        _require_known(definition, wanted)
    return Condition(field=definition, test=test, wanted=tuple(wanted))


def _require_known(definition: Field, wanted: Sequence[Value]) -> None:
    """Refuse a value the field can never hold: the filter would leave everybody out, or nobody."""
    if definition.kind is FieldKind.NUMBER and any(number(one) is None for one in wanted):
        raise FilterUnusable(f"filters: {definition.name!r} holds numbers; write one")
    if definition.kind not in _LISTED or not definition.choices:
        return
    spelled = {word for one in definition.choices for word in (one.value, one.label)}
    known = {word.casefold() for word in spelled}
    for one in wanted:
        if str(one).casefold() not in known:
            hint = did_you_mean(str(one), sorted(spelled))
            raise FilterUnusable(f"filters: {definition.name!r} has no option {str(one)!r}{hint}")


def _moment(written: str | None, today: date) -> datetime | None:
    if written is None:
        return None
    day = today
    if RELATIVE.fullmatch(written) is None:
        day = date.fromisoformat(written)
    elif written != "today":
        unit = timedelta(weeks=1) if written.endswith("w") else timedelta(days=1)
        day = today + int(written[:-1]) * unit
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def follow_time(state: State, pair: PairPart, today: date) -> None:
    """Have records decided anew that time alone took in or out since the last look."""
    if not pair.pair.filters.is_relative:
        return
    key = f"filters:{pair.name}"
    before = date.fromisoformat(await state.write(observations.fact, key, today.isoformat()))
    if before == today:
        return
    schemas = {side: part.schema for side, part in pair.ends.items()}
    was = replace(pair, filters=conditions_of(pair.pair, schemas, before))
    for side, part in pair.ends.items():
        after = ""
        while rows := await state.read(mirror.page, part.end, after, _PAGE):
            after = rows[-1].id
            turned = {
                row.id: row.revision
                for row in rows
                if scope_here(pair, side, row) is not scope_here(was, side, row)
            }
            await state.write(mirror.enter_pair, pair=pair.name, side=side, ids=turned)
    await state.write(observations.set_fact, key, today.isoformat())
