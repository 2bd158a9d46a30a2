"""Make the plan: decide every pending record, page by page, and seal the result with a digest.

Operations go into the plan; what needs no write (equal values, conflicts for a person, records set
apart) is kept at once, unless the plan is only a preview. The plan is the same for any order in
which records were read and for any page size.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from adapters.contract import batches
from daemon.core.consent import opt_outs
from daemon.core.measure import Measure
from daemon.core.operation import Operation
from daemon.core.record import FieldTime
from daemon.core.values import Side
from daemon.flow.consider import Considering, consider
from daemon.flow.decide import NO_TIMES, PagePlan, Times
from daemon.flow.parts import PairPart, Progress, RunPart
from state import parking, pending, runs
from state.gathering import gather
from state.keeping import keep_page

PAGE = 500
"""Pending records decided at a time: bounds memory, changes nothing else."""

SAMPLES = 5
"""Operations of each kind shown in full in a plan's summary."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanMade:
    """A sealed plan."""

    id: int
    digest: str
    operations: Counter[str]
    """``side.kind`` → how many."""
    fields: Counter[str]
    """``side.field`` → how many writes touch it."""
    samples: Sequence[Operation] = field(default_factory=tuple)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """Pair → what its guards judge."""
    parked: Mapping[str, Counter[str]] = field(default_factory=dict)
    """What parks operations, a guard or ``approval`` → ``side.kind`` → how many."""
    flowing: int = 0
    """Operations that nothing parks, once that is known."""
    may_create: bool = True
    """False before both sides were listed completely: there is more to come (R5)."""

    @property
    def writes(self) -> int:
        """How many records outside would be written."""
        return writes_in(self.operations)

    @property
    def total(self) -> int:
        """How many operations there are."""
        return sum(self.operations.values())

    @property
    def waiting(self) -> Counter[str]:
        """``side.kind`` → how many operations are parked."""
        return sum(self.parked.values(), Counter())


PageOf = Callable[..., dict[str, int]]
"""``pending.page`` or one like it."""


class _Counting:
    """Counts operations as they are decided, without keeping them."""

    def __init__(self, run: RunPart) -> None:
        self.position = 0
        self.operations: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.samples: list[Operation] = []
        self.measures = {
            pair.name: Measure(consent=opt_outs(pair.mapping.rules)) for pair in run.pairs
        }

    def add(self, operations: Sequence[Operation]) -> None:
        """Take operations in, in order."""
        for operation in operations:
            name = f"{operation.side.value}.{operation.kind.value}"
            self.operations[name] += 1
            if self.operations[name] <= SAMPLES:
                self.samples.append(operation)
            for copy in () if operation.kind.is_removal else operation.copies:
                self.fields[f"{operation.side.value}.{copy.field}"] += 1
            self.measures[operation.pair].add(operation)
        self.position += len(operations)


def told_of(run: RunPart) -> bytes:
    """Return what every plan's digest of this run covers beside its operations (R17)."""
    return orjson.dumps([run.sync, run.fingerprint, [p.mapping.fingerprint() for p in run.pairs]])


async def make_plan(
    run: RunPart, *, may_create: bool, is_preview: bool = False, beside: int | None = None
) -> PlanMade:
    """Decide all pending records of a sync and seal the plan.

    *may_create* is False until both sides were listed completely (R5). *beside* a plan that is
    being carried out only records that are linked are decided, and nothing is created.
    """
    number = await run.state.write(runs.begin_plan, run=run.id, sync=run.sync, at=run.clock.now())
    counting = _Counting(run)
    for pair in run.pairs:
        claims: dict[tuple[Side, str], str] = {}
        considering = Considering(run=run, pair=pair, claims=claims, may_create=may_create)
        for side in Side:
            page = pending.page if beside is None else pending.linked_page
            await _plan_side(considering, side, number, counting, page, is_preview=is_preview)
    made = PlanMade(
        id=number,
        digest=await run.state.read(parking.digest_of, plan=number, told=told_of(run)),
        operations=counting.operations,
        fields=counting.fields,
        samples=counting.samples,
        measures=counting.measures,
        may_create=may_create,
    )
    summary = summary_of(made, made.operations)
    await run.state.write(
        runs.seal_plan, plan=number, digest=made.digest, summary=summary, beside=beside
    )
    return made


def summary_of(made: PlanMade, operations: Counter[str]) -> str:
    """Return what the list of plans shows of these operations, as JSON."""
    told = {
        "operations": dict(sorted(operations.items())),
        "fields": dict(sorted(made.fields.items())),
        "writes": writes_in(operations),
    }
    return orjson.dumps(told).decode()


def writes_in(operations: Mapping[str, int]) -> int:
    """Return how many of these operations (``side.kind`` → how many) write outside."""
    return sum(number for name, number in operations.items() if not name.endswith(".link"))


async def _plan_side(
    considering: Considering,
    side: Side,
    number: int,
    counting: _Counting,
    page_of: PageOf,
    *,
    is_preview: bool,
) -> None:
    run, pair = considering.run, considering.pair
    waiting, done = await run.state.read(pending.count, pair=pair.name), 0
    after = ""
    while page := await run.state.read(page_of, pair=pair.name, side=side, after=after, limit=PAGE):
        after = max(page)
        made = await _plan_page(considering, side, page)
        done += len(page)
        place = f"{pair.name} ({side.value})"
        run.on_progress(Progress(step="decide", place=place, done=done, total=waiting))
        first = counting.position
        counting.add(made.operations)
        _count(run, pair.name, made)
        apart = await run.state.write(
            keep_page,
            run=run.id,
            plan=number,
            pair=pair.name,
            first=first,
            page=made,
            at=run.clock.now(),
            is_preview=is_preview,
        )
        for one, number_apart in apart.items():
            run.tally.add(one, "quarantined", number_apart)
        _measure(counting.measures[pair.name], made, sum(apart.values()))


def _count(run: RunPart, pair: str, made: PagePlan) -> None:
    for side, is_valid in made.judged:
        run.tally.add(side, "valid" if is_valid else "invalid")
    for side, finding in made.found:
        run.tally.note_finding(pair, side, finding)
    for side, why in made.skipped:
        run.tally.skip(side, why)
    run.tally.add(Side.CRM, "conflicts", sum(len(clashes) for _, _, clashes in made.clashes))
    run.tally.audit.add(made.looked)
    run.tally.operations += len(made.operations)


def _measure(measure: Measure, made: PagePlan, apart: int) -> None:
    """Count who failed: records set apart that were not before, by one field or several."""
    measure.decided += len(made.judged)
    measure.failed += min(apart, len({(item.side, item.record) for item in made.apart}))


async def _plan_page(considering: Considering, side: Side, page: Mapping[str, int]) -> PagePlan:
    run, pair = considering.run, considering.pair
    ends = {one: part.end for one, part in pair.ends.items()}
    known = await run.state.read(gather, pair=pair.name, side=side, ends=ends, page=page)
    made, wanted = await consider(considering, side, known, NO_TIMES)
    if not wanted:
        return made
    times = await _ask_times(run, pair, wanted)
    considering.forget_claims(made)
    made, _ = await consider(considering, side, known, times)
    return made


async def _ask_times(
    run: RunPart, pair: PairPart, wanted: Mapping[Side, Mapping[str, tuple[str, ...]]]
) -> Times:
    """Ask the systems when fields in conflict last changed; nothing else needs that."""
    told: dict[Side, dict[str, Mapping[str, FieldTime]]] = {}
    for side, fields_by_record in wanted.items():
        part = pair.ends[side]
        names = sorted({name for names in fields_by_record.values() for name in names})
        size = part.adapter.capabilities.read_batch // 2 or 1
        answers: dict[str, Mapping[str, FieldTime]] = {record: {} for record in fields_by_record}
        for some in batches(sorted(fields_by_record), size):
            answers.update(await part.adapter.times(part.object, some, names))
            run.tally.need("times", len(some), size, is_remote=True)
        told[side] = answers
    return told
