"""Conclude a pass over a plan: did too much of it fail, and what of it is left to a person."""

from collections.abc import Iterable

from daemon.core.guards import Counts, Trip, failures
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade
from state import guards, pairs, parking, runs
from state.keeping import MATCH_RULES, reconsider
from state.retention import drop_done


async def conclude(run: RunPart, made: PlanMade, *, is_finished: bool) -> None:
    """Write down how far *made* was carried out. *is_finished*: nothing of it is planned anew."""
    await _judge_failures(run)
    now = run.clock.now()
    if made.parked:  # the plan stays open for what a person must see
        await run.state.write(parking.drop_free, plan=made.id)
    else:
        await run.state.write(runs.decide_plan, plan=made.id, status=runs.APPLIED, by="", at=now)
    if is_finished and not made.parked:
        await run.state.write(runs.finish_approved, sync=run.sync, at=now)
    await _forget_done(run)
    is_through = not made.parked or (made.flowing and parking.APPROVAL not in made.parked)
    if is_through and made.may_create:
        await run.state.write(pairs.mark_settled, sync=run.sync, at=now)
    if run.tally.has_written:  # a key may be free now, a twin linked
        for pair in run.pairs:
            await run.state.write(reconsider, pair=pair.name, rules=MATCH_RULES)


async def _forget_done(run: RunPart) -> None:
    """Drop what was carried out from its plan: the intents hold it all, once is enough."""
    dropped = 1
    while dropped:
        dropped = await run.state.write(drop_done, sync=run.sync)


async def _judge_failures(run: RunPart) -> None:
    """See whether the other system refused too much of what was sent (R18)."""
    outcomes = await run.state.read(guards.outcomes, run=run.id)
    for pair, (sent, refused) in outcomes.items():
        row = await run.state.read(pairs.find, pair)
        is_first = row is None or row.settled_at is None
        counts = Counts(pair=pair, linked=0, is_first=is_first, decided=sent, failed=refused)
        await keep_trips(run, failures(counts, run.settings.guards.limits))


async def keep_trips(run: RunPart, trips: Iterable[Trip]) -> None:
    """Store what was found after the writes: it stops the next run."""
    found = [trip for trip in trips if trip.key not in {one.key for one in run.tally.trips}]
    run.tally.trips += found
    await run.state.write(guards.note, found, sync=run.sync, run=run.id, at=run.clock.now())
