"""``pause`` and ``resume``: rest for one sync, without stopping the daemon."""

import asyncio

from daemon.cli.opening import a_state
from daemon.cli.output import moment, out, print_json
from daemon.clock import SystemClock
from daemon.use_cases import pausing
from daemon.use_cases.pausing import Paused, Resumed


def pause(*, sync: str, reason: str, by: str, state: str, as_json: bool) -> None:
    """Pause a sync."""

    async def work() -> Paused:
        async with a_state(state) as opened:
            return await pausing.pause(opened, SystemClock(), sync=sync, by=by, reason=reason)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(
            f"{sync!r} rests since {moment(found.paused_at)}; a run under way stops after its "
            f"batch. Let it go on: crmsyncd resume {sync}"
        )


def resume(*, sync: str, by: str, state: str, as_json: bool) -> None:
    """Let a paused sync go on."""

    async def work() -> Resumed:
        async with a_state(state) as opened:
            return await pausing.resume(opened, SystemClock(), sync=sync, by=by)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
    else:
        out.print(f"{sync!r} goes on." if found.was_paused else f"{sync!r} was not paused.")
