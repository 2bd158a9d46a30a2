"""The reserve of an account's day: ordinary work leaves it to opt-outs and edits by people (E2).

Where the share of a connection is spent, a run looks at the change feeds only, carries out what is
urgent, and is put off until the count starts afresh. What it did not do stays pending (R1); an
approved plan stays approved and goes on then.
"""

from adapters.budget import share_spent, urgently
from adapters.errors import ShareSpent
from daemon.flow.observe import observe_again
from daemon.flow.parts import RunPart
from daemon.flow.urgent import carry_out_urgent
from state import guards, runs


async def refuse_spent(run: RunPart, *, is_preview: bool = False) -> None:
    """Where the share of an end is spent, do what is urgent and raise ShareSpent."""
    spent = _spent(run)
    if spent is None:
        return
    if is_preview:
        raise spent
    run.tally.trips = [row.trip for row in await run.state.read(guards.open_trips, sync=run.sync)]
    with urgently():
        await observe_again(run)
        # Looks of former runs may have found something too, so there is no need of news.
        await carry_out_urgent(run, beside=await _plan_that_waits(run))
    raise spent


def _spent(run: RunPart) -> ShareSpent | None:
    """Return why ordinary work has to wait, by the connection that has to wait longest."""
    now = run.clock.now()
    found = [
        share_spent(one.connection, room)
        for one in run.spendings
        if (room := one.headroom(now)).is_spent
    ]
    return max(found, key=lambda error: error.until, default=None)


async def _plan_that_waits(run: RunPart) -> int:
    """Return the sync's open plan, which must stay as a person saw it; 0 where there is none."""
    waiting = await run.state.read(runs.plans, sync=run.sync)
    return waiting[0].id if waiting else 0
