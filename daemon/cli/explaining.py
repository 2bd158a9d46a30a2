"""``explain``: the story of a record or a field."""

import asyncio
from datetime import UTC, datetime

from daemon.cli.opening import a_state
from daemon.cli.output import escaped, moment, out, print_json, table
from daemon.use_cases.explain import Explanation, SideNow
from daemon.use_cases.explain import explain as tell
from daemon.use_cases.oneoff import Unusable


def explain(*, sync: str, record: str, field: str, at: str, state: str, as_json: bool) -> None:
    """Tell the story, newest last."""
    when = _moment(at) if at else None

    async def work() -> Explanation:
        async with a_state(state) as opened:
            return await tell(opened, sync=sync, record=record, field=field, at=when)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    for side in (found.source, found.crm):
        if side is not None:
            _show_side(side, found.at)
    if found.held_since_run is not None:
        out.print(f"Held since run {found.held_since_run} was rolled back.")
    out.print("What happened, newest last:")
    for event in found.events:
        out.print(f"  {moment(event.at)}  {escaped(event.told)}")
    for note in found.notes:
        out.print(escaped(note))


def _show_side(side: SideNow, at: datetime | None) -> None:
    when = f" on {moment(at)}" if at else " now"
    out.print(escaped(f"{side.connection} {side.record}{when}: {side.presence}"))
    table("", ["field", "value"], [[k, v] for k, v in side.values.items()])


def _moment(text: str) -> datetime:
    """Return a time as written; without a zone it is meant in UTC, as every time is shown."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(
            f"--at {text!r}: give a time like 2026-11-20T08:00 or 2026-11-20 (UTC)."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
