"""The guard ``state_age``: a state that was put back, or that slept too long, is not believed.

Takes how far an end has been seen; gives the same, without the listing it rested on where it is too
old for that. The end is then listed whole, nothing is created before that is Complete (R5), and
nothing counts as gone in that run: absences are counted anew (I6, fault 13).
"""

from dataclasses import replace
from datetime import timedelta

from daemon.flow.parts import RunPart, Watch
from state.backup import doubt_absences, restored_at
from state.observations import ObservationRow


async def without_what_is_too_old(
    run: RunPart, watch: Watch, row: ObservationRow
) -> ObservationRow:
    """Return *row* as far as it can be relied on, and tell where it cannot."""
    why = await _why_not_believed(run, row)
    if not why:
        return row
    await run.state.write(doubt_absences, watch.part.end)
    end = "/".join(watch.part.end)
    run.tally.notes.append(
        f"{end}: {why}: all of it is listed anew, and nothing counts as gone in this run"
    )
    return replace(row, listed_at=None)


async def _why_not_believed(run: RunPart, row: ObservationRow) -> str:
    if row.listed_at is None:
        return ""
    put_back = await run.state.read(restored_at)
    if put_back is not None and row.listed_at < put_back:
        return f"state_age: the state was restored on {put_back:%Y-%m-%d %H:%M} UTC"
    age = run.clock.now() - max(row.listed_at, row.covered_until or row.listed_at)
    allowed = run.settings.guards.state_age
    if age > allowed:
        return f"state_age: last seen {_days(age)} ago, {_days(allowed)} allowed"
    return ""


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):.1f} days"
