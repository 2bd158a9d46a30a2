"""A sync that a person must release before it runs again (R18, R23)."""

from adapters.errors import AdapterError
from daemon.flow.parts import RunPart
from state import pairs


class PairHeld(AdapterError):
    """The sync is held; the message says why."""


async def refuse_held(run: RunPart) -> None:
    """Raise PairHeld where a pair of the run waits for its release."""
    for pair in run.pairs:
        row = await run.state.read(pairs.find, pair.name)
        if row is not None and row.hold:
            raise PairHeld(
                f"Sync {run.sync!r} is held: {row.hold}.",
                next_step=f"Look into it, then: crmsyncd approvals release {run.sync}",
            )
