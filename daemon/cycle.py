"""One run of one sync, step by step. READ THIS FIRST.

Each step is a call into a file of the same name in ``daemon/flow``. A step raises when it cannot do
its work; what was stored until then is true and enough for the next run to go on from (I9, I10), at
whatever moment this one is killed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.contract import Call
from adapters.errors import AdapterError
from config.fingerprint import sync_fingerprint
from daemon.clock import Luck
from daemon.flow.apply import apply
from daemon.flow.approve import approve
from daemon.flow.calls import keep_calls
from daemon.flow.conclude import conclude
from daemon.flow.guard import guard
from daemon.flow.how_far import HowFar
from daemon.flow.observe import observe
from daemon.flow.park import close_parking
from daemon.flow.parts import Progress, RunPart
from daemon.flow.pause import refuse_paused
from daemon.flow.plan import make_plan
from daemon.flow.prepare import MappingUnusable, Preparation, prepare
from daemon.flow.recover import recover
from daemon.flow.report import RunReport, report
from daemon.flow.reserve import refuse_spent
from daemon.flow.tally import Tally
from daemon.flow.urgent import UrgentLane
from daemon.flow.verify import verify
from state import observations, runs

PASSES = 4
"""Plans made in one run at most: what moved while one was carried out is planned anew, and a record
that moves faster than that waits for the next run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is asked of a run."""

    sync: str
    trigger: str
    is_preview: bool = False
    """Plan and stop: nothing outside is written, and no bookkeeping moves."""
    approve: str = ""
    """Digest of the plan that a person approved with this order."""
    by: str = ""
    """Who approved."""
    is_recovery: bool = False
    """Settle what is open and stop: for a sync that is not configured any more (R16)."""


async def cycle(
    work: Preparation,
    luck: Luck,
    order: Order,
    calls: list[Call],
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> RunReport:
    """Run a sync once and return its report. *calls* fills with the API calls it makes.

    Raises nothing that an end can cause: an outage, a refusal or a damaged file is the outcome of
    the run. Faults of our own are raised, for the process to log.
    """
    started = work.clock.now()
    number = await work.state.write(runs.begin, sync=order.sync, trigger=order.trigger, at=started)
    run = await _empty_run(work, luck, order, number, calls)
    run = replace(run, on_progress=on_progress)
    progress = HowFar()
    try:
        run = await _prepared(work, run)
        await _steps(run, order, progress)
    except (AdapterError, MappingUnusable) as error:
        progress.error = error
    return await report(
        run,
        started_at=started,
        made=progress.made,
        verdict=progress.verdict,
        error=progress.error,
        still_open=progress.still_open,
    )


async def _steps(run: RunPart, order: Order, progress: HowFar) -> None:
    if not (order.is_preview or order.is_recovery):
        await refuse_paused(run)
    if not order.is_preview:
        progress.still_open = await recover(run)
    if order.is_recovery:
        return
    await refuse_spent(run, is_preview=order.is_preview)
    is_complete = await observe(run)
    await keep_calls(run)
    for turn in range(PASSES):
        made = await make_plan(run, may_create=is_complete, is_preview=order.is_preview)
        await guard(run, made, is_preview=order.is_preview)
        progress.take(made)
        if order.is_preview:
            return
        verdict = await approve(run, made, "" if turn else order.approve, order.by)
        made = await close_parking(run, made)
        progress.take(made, verdict)
        is_unfinished = verdict.is_to_plan_again
        if made.flowing:
            is_unfinished |= await apply(run, made, UrgentLane(run, made).drain)
            progress.still_open = await recover(run)
        await conclude(run, made, is_finished=not is_unfinished)
        if not is_unfinished:
            break
    await verify(run)


async def _empty_run(
    work: Preparation, luck: Luck, order: Order, number: int, calls: list[Call]
) -> RunPart:
    instance = await work.state.write(observations.fact, "instance", luck.token()[:6])
    return RunPart(
        id=number,
        sync=order.sync,
        settings=work.config.syncs[order.sync],
        trigger=order.trigger,
        fingerprint=sync_fingerprint(work.config, order.sync),
        state=work.state,
        clock=work.clock,
        luck=luck,
        instance=instance,
        pairs=(),
        watches=(),
        tally=Tally(),
        calls=calls,
        on_progress=lambda _: None,
    )


async def _prepared(work: Preparation, run: RunPart) -> RunPart:
    ready, watches = await prepare(work, run.sync)
    return replace(run, pairs=ready, watches=watches)
