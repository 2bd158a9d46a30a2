"""A sync that a person paused writes nothing more, from the next batch on (R16).

What was approved stays approved: after its resume a run goes on with what is left.
"""

from daemon.flow.hold import PairHeld
from daemon.flow.parts import RunPart
from state import pairs


class SyncPaused(PairHeld):
    """The sync is paused; the message says since when, by whom and why."""


async def refuse_paused(run: RunPart) -> None:
    """Raise SyncPaused where the sync of the run was paused."""
    pause = (await run.state.read(pairs.paused)).get(run.sync)
    if pause is not None:
        why = f": {pause.reason}" if pause.reason else ""
        raise SyncPaused(
            f"Sync {run.sync!r} was paused by {pause.by or 'somebody'} at "
            f"{pause.at:%Y-%m-%d %H:%M} UTC{why}.",
            next_step=f"Let it go on with: crmsyncd resume {run.sync}",
        )
