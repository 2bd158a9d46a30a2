"""``mapping`` and ``validate``: how fields belong together, and what is wrong with real rows.

Looks at what was read last; reads no record and writes none. Shows values, to the operator only.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, replace

from daemon.core.field_rules import FieldRule
from daemon.core.filters import Scope
from daemon.core.lossy import losses
from daemon.core.normalize.dates import DateOrder, date_order, read_written, surely
from daemon.core.normalize.text import as_text
from daemon.core.validate import Finding
from daemon.core.values import FieldKind, Side
from daemon.flow.decide import check
from daemon.flow.filtered import scope_here
from daemon.flow.parts import PairPart
from daemon.flow.prepare import prepare
from daemon.flow.report import MappingLine
from daemon.use_cases.attend import Answer
from daemon.use_cases.workspace import Workspace
from state import mirror
from state.mirror import MirrorRow

SAMPLES = 3
"""Values shown of each field."""
SAMPLED = 2000
"""Records looked at for samples."""
LONGEST_SAMPLE = 60
"""Characters of a value shown."""
_PAGE = 500
_DAYS = frozenset({FieldKind.DATE, FieldKind.DATETIME})


class MappedField(MappingLine):
    """One line of the table, with values of real rows."""

    source_samples: list[str]
    crm_samples: list[str]


class LossyPair(Answer):
    """What a pair of fields cannot carry."""

    source: str
    crm: str
    to: str
    """The side that cannot take it."""
    why: str


class PairMapping(Answer):
    """The mapping of one pair."""

    pair: str
    fields: list[MappedField]
    unmapped_source: list[str]
    """Source fields that go nowhere."""
    unmapped_required: list[str]
    """CRM fields that a new record needs and nothing fills."""
    lossy: list[LossyPair]
    records: dict[str, int]
    """How many records of each side the samples were taken from."""


class FoundValue(Answer):
    """One finding: what is wrong with a field of a record, and what may be meant."""

    pair: str
    side: str
    record: str
    field: str
    rule: str
    severity: str
    value_class: str
    message: str
    suggestion: str = ""
    """A likely correction; never applied by itself."""


class DateColumn(Answer):
    """How the dates of a field are written, where not all begin with the year."""

    pair: str
    side: str
    field: str
    orders: dict[str, int]
    """year_first, day_first, month_first, ambiguous → how many records."""
    is_mixed: bool
    """Day first and month first stand in one column: ambiguous ones cannot be told at all."""


class Validation(Answer):
    """What validation finds in the records as they were read last."""

    sync: str
    records: int
    """How many were judged."""
    totals: dict[str, int]
    """Rule → how many findings."""
    findings: list[FoundValue]
    """As many as asked for."""
    date_columns: list[DateColumn]


async def mapping(workspace: Workspace, sync: str) -> list[PairMapping]:
    """Return the mapping tables of *sync*. Raises MappingUnusable, as a run would."""
    pairs, _ = await prepare(workspace.preparation(is_preview=True), sync)
    return [await _mapping(workspace, pair) for pair in pairs]


async def _mapping(workspace: Workspace, pair: PairPart) -> PairMapping:
    samples: dict[tuple[Side, str], dict[str, None]] = {}
    seen: Counter[str] = Counter()
    for side in Side:
        async for row in _rows(workspace, pair, side):
            if seen[side.value] >= SAMPLED:
                break
            seen[side.value] += 1
            for rule in pair.mapping.rules:
                _sample(samples.setdefault((side, rule.name(side)), {}), row, rule.name(side))
    return PairMapping(
        pair=pair.name,
        fields=[
            MappedField(
                **asdict(line),
                source_samples=list(samples.get((Side.SOURCE, line.source), {})),
                crm_samples=list(samples.get((Side.CRM, line.crm), {})),
            )
            for line in pair.mapping.table()
        ],
        unmapped_source=list(pair.mapping.unmapped_source),
        unmapped_required=list(pair.mapping.unmapped_required),
        lossy=[
            LossyPair(source=one.source, crm=one.crm, to=one.to.value, why=one.why)
            for rule in pair.mapping.rules
            for one in losses(rule)
        ],
        records=dict(seen),
    )


def _sample(found: dict[str, None], row: MirrorRow, name: str) -> None:
    text = as_text(row.values.get(name))
    if text and len(found) < SAMPLES:
        found[text if len(text) <= LONGEST_SAMPLE else text[: LONGEST_SAMPLE - 1] + "…"] = None


async def _rows(workspace: Workspace, pair: PairPart, side: Side) -> AsyncIterator[MirrorRow]:
    """Give the live records of a side that filters let in."""
    end, after = pair.ends[side].end, ""
    while rows := await workspace.state.read(mirror.page, end, after, _PAGE):
        after = rows[-1].id
        for row in rows:
            if row.is_live and scope_here(pair, side, row) is not Scope.OUT:
                yield row


async def validation(workspace: Workspace, sync: str, *, limit: int) -> Validation:
    """Return what is wrong with the records of *sync*, at most *limit* findings in full.

    Raises MappingUnusable, as a run would.
    """
    pairs, _ = await prepare(workspace.preparation(is_preview=True), sync)
    records, totals = 0, Counter[str]()
    findings: list[FoundValue] = []
    columns: list[DateColumn] = []
    for pair in pairs:
        for side in Side:
            orders = await _date_orders(workspace, pair, side)
            columns += _columns(pair, side, orders)
            async for row in _rows(workspace, pair, side):
                records += 1
                for finding in check(pair, side, row):
                    totals[finding.rule] += 1
                    if len(findings) < limit:
                        told = _with_order(finding, row, orders)
                        findings.append(_found(pair, side, told))
    return Validation(
        sync=sync,
        records=records,
        totals=dict(totals.most_common()),
        findings=findings,
        date_columns=columns,
    )


def _found(pair: PairPart, side: Side, finding: Finding) -> FoundValue:
    return FoundValue(
        pair=pair.name,
        side=side.value,
        record=finding.record_id,
        field=finding.field,
        rule=finding.rule,
        severity=finding.severity.value,
        value_class=finding.value_class,
        message=finding.message,
        suggestion=finding.suggestion,
    )


_Orders = dict[str, Counter[DateOrder]]


async def _date_orders(workspace: Workspace, pair: PairPart, side: Side) -> _Orders:
    names = [rule.name(side) for rule in pair.mapping.rules if _is_day(rule)]
    orders: _Orders = {name: Counter() for name in names}
    if names:
        async for row in _rows(workspace, pair, side):
            for name in names:
                order = date_order(as_text(row.values.get(name)))
                orders[name].update(() if order is None else (order,))
    return orders


def _is_day(rule: FieldRule) -> bool:
    return rule.kind in _DAYS


def _columns(pair: PairPart, side: Side, orders: _Orders) -> list[DateColumn]:
    return [
        DateColumn(
            pair=pair.name,
            side=side.value,
            field=name,
            orders={order.value: number for order, number in sorted(counted.items())},
            is_mixed=bool(counted[DateOrder.DAY_FIRST] and counted[DateOrder.MONTH_FIRST]),
        )
        for name, counted in orders.items()
        if set(counted) - {DateOrder.ISO}
    ]


def _with_order(finding: Finding, row: MirrorRow, orders: _Orders) -> Finding:
    """Offer an ambiguous date as the rest of its column is written, where that is one order."""
    if finding.rule != "ambiguous_date" or finding.field not in orders:
        return finding
    order = surely(orders[finding.field])
    day = read_written(as_text(row.values[finding.field]), order)
    return replace(finding, suggestion=day.isoformat()) if day else finding
