"""Edited keys in files (R11): a vanished row and a new one that are the same row.

Only where nearly all other cells are equal and only one partner is thinkable on either side; what
is less clear stays as it is and is held for a person by matching.
"""

from collections.abc import Sequence
from datetime import datetime

from daemon.core.values import Values
from daemon.flow.parts import RunPart, Watch
from state import links, mirror
from state.mirror import MirrorRow

ENOUGH_EQUAL = 0.75
"""Share of the filled cells that must be equal for two rows to be one."""

LOOK_AMONG = 5_000
"""New rows compared at most; a file with more is a new file, not an edited key."""


async def follow_renames(
    run: RunPart, watch: Watch, vanished: Sequence[str], since: datetime
) -> list[str]:
    """Move links from edited keys to their new ones; return the ids that stay vanished."""
    new = await run.state.read(mirror.newcomers, watch.part.end, since, LOOK_AMONG)
    if not new:
        return list(vanished)
    old = await run.state.read(mirror.get, watch.part.end, vanished)
    left = list(vanished)
    for before, after in _pairs(list(old.values()), new):
        for pair, side in watch.users:
            found = await run.state.read(
                links.of_records, pair=pair.name, side=side, ids=[before, after]
            )
            if before in found and after not in found:
                await run.state.write(links.move, link=found[before].id, side=side, to=after)
                left = [record for record in left if record != before]
                await run.state.write(mirror.note_absence, watch.part.end, [before], needed=1)
    return left


def _pairs(old: Sequence[MirrorRow], new: Sequence[MirrorRow]) -> list[tuple[str, str]]:
    alike = [
        (before.id, after.id)
        for before in old
        for after in new
        if _share_equal(before.values, after.values) >= ENOUGH_EQUAL
    ]
    befores, afters = [one for one, _ in alike], [two for _, two in alike]
    return [(one, two) for one, two in alike if befores.count(one) == 1 and afters.count(two) == 1]


def _share_equal(before: Values, after: Values) -> float:
    filled = [name for name, value in before.items() if value is not None]
    if not filled:
        return 0.0
    return sum(after.get(name) == before[name] for name in filled) / len(filled)
