"""Roll a run back (R24, I23, E13): itself a run, its writes promised and settled like any other's.

What people or later runs changed since is kept and told. It may be killed at any moment and run
again: what is back already is left, the rest follows. The rollback of a whole run pauses its sync
before the first write.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.contract import Call
from adapters.errors import AdapterError
from config.fingerprint import sync_fingerprint
from daemon.clock import Luck
from daemon.core.operation import Operation, OperationKind
from daemon.core.values import Side
from daemon.flow.calls import keep_calls
from daemon.flow.parts import PairPart, Progress, RunPart
from daemon.flow.prepare import MappingUnusable, Preparation, prepare
from daemon.flow.recover import recover
from daemon.flow.report import report
from daemon.flow.rolled import LISTED, RollbackReport, RolledItem
from daemon.flow.tally import Tally
from daemon.flow.undo_batch import carry_out, judge_batch, why_not
from daemon.flow.undoing import Judged, Wish
from daemon.flow.verify import verify
from state import observations, pairs, rollbacks, runs
from state.rollbacks import Outcome

REMOVALS = frozenset({OperationKind.ARCHIVE.value, OperationKind.DELETE.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackOrder:
    """What is asked of a rollback."""

    run: int
    sync: str
    record: str = ""
    """Only this one: an id of either side, or ``connection:id``."""
    field: str = ""
    keeps_created: bool = False
    by: str = ""
    is_preview: bool = False
    """Look and tell; write nothing, open no run."""

    @property
    def is_whole(self) -> bool:
        """Whether everything the run did is meant."""
        return not self.record and not self.field

    @property
    def wish(self) -> Wish:
        """What is wanted of each link."""
        return Wish(run=self.run, field=self.field, keeps_created=self.keeps_created)


@dataclass(kw_only=True, slots=True)
class _Progress:
    """How far a rollback came."""

    run: RunPart
    started_at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    items: dict[str, list[RolledItem]] = field(
        default_factory=lambda: {"reversed": [], "kept": [], "failed": []}
    )
    still_open: int = 0
    error: Exception | None = None

    def tell(self, what: str, items: Sequence[RolledItem]) -> None:
        """Count entries, and list as many as a report holds."""
        self.counts[what] += len(items)
        room = LISTED - len(self.items[what])
        self.items[what] += items[: max(0, room)]


OnOperations = Callable[[Sequence[Operation]], None]


async def roll_back(
    work: Preparation,
    luck: Luck,
    order: RollbackOrder,
    calls: list[Call],
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_operations: OnOperations = lambda _: None,
) -> RollbackReport:
    """Put back what a run did and return what became of it.

    *on_operations* hears of the writes of each batch before they are sent. Raises nothing that an
    end can cause: an outage is the outcome of the rollback, and its next attempt goes on.
    """
    progress = _Progress(
        run=await _bare_run(work, luck, order, calls, on_progress), started_at=work.clock.now()
    )
    try:
        ready, watches = await prepare(work, order.sync)
        progress.run = replace(progress.run, pairs=ready, watches=watches)
        await _steps(order, progress, on_operations)
    except (AdapterError, MappingUnusable) as error:
        progress.error = error
    return await _report(order, progress)


async def _steps(order: RollbackOrder, progress: _Progress, on_operations: OnOperations) -> None:
    if not order.is_preview:
        await recover(progress.run)  # of a rollback that was cut short, what came of its writes
    for pair in progress.run.pairs:
        passes = await _passes(progress.run, pair, order)
        total, done = sum(map(len, passes)), 0
        for ids in passes:
            for some in _batches(pair, ids):
                await _roll_some(order, progress, pair, some, on_operations)
                done += len(some)
                place = f"run {order.run} of {pair.name}"
                progress.run.on_progress(
                    Progress(step="roll back", place=place, done=done, total=total)
                )
    if progress.run.id:
        progress.still_open = await recover(progress.run)
        await verify(progress.run)


async def _passes(run: RunPart, pair: PairPart, order: RollbackOrder) -> list[list[str]]:
    """Return the links to go through: those the run made records of, the others, those it unmade."""
    written = await run.state.read(rollbacks.written_links, order.run, pair.name)
    matched = await run.state.read(rollbacks.matched_links, order.run, pair.name)
    ids = sorted(written.keys() | set(matched))
    if order.record:
        meant = await _meant(run, pair, order.record)
        ids = [link for link in ids if link in meant]
    made = [link for link in ids if OperationKind.CREATE.value in written.get(link, ())]
    unmade = [link for link in ids if written.get(link, set()) & REMOVALS]
    rest = sorted(set(ids) - set(made) - set(unmade))
    return [made, rest, sorted(set(unmade) - set(made))]


async def _meant(run: RunPart, pair: PairPart, text: str) -> set[str]:
    """Return the links of the record a person named."""
    place, _, rest = text.partition(":")
    found: set[str] = set()
    for side in Side:
        names = {text} | ({rest} if place == pair.ends[side].connection else set())
        for record in sorted(names):
            found |= await run.state.read(rollbacks.links_of, pair.name, side, record)
    return found


def _batches(pair: PairPart, ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield links in batches that one read and one write call can carry on both sides."""
    able = [part.adapter.capabilities for part in pair.ends.values()]
    size = min(min(one.read_batch, one.write_batch) for one in able)
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


async def _roll_some(
    order: RollbackOrder,
    progress: _Progress,
    pair: PairPart,
    ids: Sequence[str],
    on_operations: OnOperations,
) -> None:
    judged = await judge_batch(progress.run, pair, order.wish, ids, is_preview=order.is_preview)
    operations = [one for item in judged.values() for one in item.operations]
    on_operations(operations)
    for item in judged.values():
        progress.counts["unchanged"] += item.unchanged
        progress.tell("kept", item.kept)
        progress.tell("failed", item.failed)
    if order.is_preview:
        for item in judged.values():
            progress.tell("reversed", item.reversed)
        return
    if operations or any(item.unlinks for item in judged.values()):
        await _begin(order, progress)
        told = await carry_out(progress.run, pair, judged)
        unlinked = _conclude(progress, judged, told)
        await progress.run.state.write(
            rollbacks.unlink,
            pair=pair.name,
            ids=unlinked,
            run=order.run,
            at=progress.run.clock.now(),
        )
        await keep_calls(progress.run)


async def _begin(order: RollbackOrder, progress: _Progress) -> None:
    """Open the run with the first thing it has to do; a rollback with nothing to do leaves none."""
    if progress.run.id:
        return
    number = await progress.run.state.write(
        rollbacks.begin,
        sync=order.sync,
        reverses=order.run,
        at=progress.run.clock.now(),
        by=order.by,
        is_whole=order.is_whole,
    )
    progress.run = replace(progress.run, id=number)


def _conclude(
    progress: _Progress, judged: Mapping[str, Judged], told: Mapping[str, Sequence[Outcome]]
) -> list[str]:
    """Tell what came of a batch; return the matches to take back: all else of theirs is."""
    unlinked = []
    for link, item in judged.items():
        outcomes = told.get(link, ())
        failed = [_failed(one, outcomes) for one in item.reversed if one.what != "link"]
        progress.tell("failed", [one for one in failed if one.why])
        is_whole = not any(one.why for one in failed)
        if item.unlinks and is_whole:
            unlinked.append(link)
        done = [one for one in failed if not one.why]
        links = [one for one in item.reversed if one.what == "link" and is_whole]
        progress.tell("reversed", done + links)
        progress.run.tally.operations += len(done) + len(links)
    return unlinked


def _failed(item: RolledItem, outcomes: Sequence[Outcome]) -> RolledItem:
    """Return an entry with the reason why it was not put back, if it was not."""
    mine = next((one for one in outcomes if one.operation.side.value == item.side), None)
    return item.model_copy(update={"why": why_not(mine, item.field)})


async def _report(order: RollbackOrder, progress: _Progress) -> RollbackReport:
    run = progress.run
    told = {name: progress.counts[name] for name in ("reversed", "kept", "failed", "unchanged")}
    if run.id:
        figures = ", ".join(f"{number} {name}" for name, number in told.items())
        run.tally.notes.append(f"rollback of run {order.run}: {figures}")
        await keep_calls(run)
        await report(
            run, started_at=progress.started_at, made=None, verdict=None, error=progress.error,
            still_open=progress.still_open,
        )  # fmt: skip
    is_paused = order.sync in await run.state.read(pairs.paused)
    return RollbackReport(
        run=run.id,
        reverses=order.run,
        sync=order.sync,
        record=order.record,
        field=order.field,
        outcome=_outcome(order, progress),
        started_at=progress.started_at,
        ended_at=run.clock.now(),
        counts=told,
        reversed=_sorted(progress.items["reversed"]),
        kept=_sorted(progress.items["kept"]),
        failed=_sorted(progress.items["failed"]),
        is_paused=is_paused,
        api_calls=await _calls(run),
        error=str(progress.error) if progress.error else "",
        next_steps=_next_steps(order, progress, is_paused=is_paused),
    )


def _sorted(items: Sequence[RolledItem]) -> list[RolledItem]:
    return sorted(items, key=lambda one: (one.pair, one.side, one.record, one.field))


async def _calls(run: RunPart) -> int:
    """Return how many calls it took; those of a rollback without a run were not logged."""
    logged = await run.state.read(runs.calls_by_purpose, run.id) if run.id else {}
    return sum(logged.values()) + len(run.calls)


def _outcome(order: RollbackOrder, progress: _Progress) -> str:
    if progress.error is not None:
        return "failed"
    if order.is_preview:
        return "preview"
    if progress.still_open:
        return "unfinished"
    return "done" if progress.run.id else "nothing"


def _next_steps(order: RollbackOrder, progress: _Progress, *, is_paused: bool) -> list[str]:
    steps = []
    if isinstance(progress.error, AdapterError) and progress.error.next_step:
        steps.append(progress.error.next_step)
    if progress.error is not None or progress.still_open:
        steps.append(f"crmsyncd rollback {order.run}: goes on where this one stopped")
    if progress.counts["reversed"] and not order.is_preview:
        steps.append("crmsyncd held: what stays as it is until either side changes")
    if is_paused and not order.is_preview:
        steps.append(f"crmsyncd resume {order.sync}: lets the sync go on")
    return steps


async def _bare_run(
    work: Preparation,
    luck: Luck,
    order: RollbackOrder,
    calls: list[Call],
    on_progress: Callable[[Progress], None],
) -> RunPart:
    instance = await work.state.write(observations.fact, "instance", luck.token()[:6])
    return RunPart(
        id=0,
        sync=order.sync,
        settings=work.config.syncs[order.sync],
        trigger=f"rollback of run {order.run}",
        fingerprint=sync_fingerprint(work.config, order.sync),
        state=work.state,
        clock=work.clock,
        luck=luck,
        instance=instance,
        pairs=(),
        watches=(),
        tally=Tally(),
        calls=calls,
        on_progress=on_progress,
    )
