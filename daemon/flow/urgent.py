"""The urgent lane: what people do while a long load is under way does not wait for its end.

Between two batches, every few minutes, the ends are looked at as a run of their own would; edits of
linked records and opt-outs are decided and written at once. What guards stopped in the load stays
stopped, and more than a handful of edits wait: except for opt-outs, which never do (R15).
"""

from datetime import timedelta

from adapters.budget import urgently
from daemon.flow.apply import apply
from daemon.flow.approve import approve
from daemon.flow.guard import park_tripped
from daemon.flow.observe import observe_again
from daemon.flow.park import close_parking
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade, make_plan
from state import parking, runs

EVERY = timedelta(minutes=5)
"""Distance of the looks: as often as a sync runs by default, so that a load costs no more calls."""

HANDFUL = 200
"""Writes up to which edits go first; more are a load themselves, and wait for the guards."""


class UrgentLane:
    """Looks between the batches of one plan."""

    def __init__(self, run: RunPart, load: PlanMade) -> None:
        """Take the run and the plan that is being carried out; the first look is due later."""
        self._run = run
        self._load = load
        self._looked_at = run.clock.now()

    async def drain(self) -> None:
        """Carry out what is urgent, if it is time to look."""
        if self._run.clock.now() - self._looked_at < EVERY:
            return
        with urgently():
            if await observe_again(self._run):
                await carry_out_urgent(self._run, beside=self._load.id)
        self._looked_at = self._run.clock.now()


async def carry_out_urgent(run: RunPart, *, beside: int) -> PlanMade:
    """Decide what waits of linked records and carry it out, beside the plan of that number."""
    made = await make_plan(run, may_create=False, beside=beside)
    await park_tripped(run, made)
    if made.writes > HANDFUL:
        for pair in run.pairs:
            await run.state.write(
                parking.park, plan=made.id, pair=pair.name, why="urgent_burst",
                kinds=parking.EVERY_KIND,
            )  # fmt: skip
    else:
        await approve(run, made)
    made = await close_parking(run, made)
    if made.flowing:
        await apply(run, made)
    # What is parked stays pending; the next plan of the sync finds it again.
    await run.state.write(runs.supersede, plan=made.id)
    return made
