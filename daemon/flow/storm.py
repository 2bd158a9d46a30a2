"""Find links whose records are written to and fro: two systems that answer each other (R18).

A person changes a value, and may change it back; only where the same records are written again and
again within ten minutes, with values that return to what they were, does nobody mean it.
"""

from collections.abc import Sequence
from datetime import timedelta

from daemon.core.guards import Limits, Trip, storm
from daemon.core.normalize import comparable
from daemon.core.operation import Operation, OperationKind, decode_operation
from daemon.core.values import Side
from daemon.flow.parts import PairPart, RunPart
from daemon.flow.plan import PlanMade
from state import guards, runs

WINDOW = timedelta(minutes=10)

PAGE = 500
"""Operations looked at in one go."""


async def storms(run: RunPart, pair: PairPart, made: PlanMade, limits: Limits) -> list[Trip]:
    """Return a trip for each link of a pair that this plan would write once too often."""
    if limits.link_storm is None or not made.measures[pair.name].updates:
        return []
    since = run.clock.now() - WINDOW
    busy = await run.state.read(
        guards.busy_links, pair=pair.name, since=since, least=max(1, limits.link_storm)
    )
    if not busy:
        return []
    written: dict[str, list[Operation]] = {link: [] for link in busy}
    rows = await run.state.read(guards.writes_of, busy, pair=pair.name, since=since)
    for link, payload in rows:
        written[link].append(decode_operation(payload))
    planned = await _planned(run, pair, made, frozenset(busy))
    found = [
        storm(pair.name, link, writes=len(written[link]) + len(operations),
              returns=returns([*written[link], *operations]), limits=limits)
        for link, operations in sorted(planned.items())
    ]  # fmt: skip
    return [trip for trip in found if trip is not None]


async def _planned(
    run: RunPart, pair: PairPart, made: PlanMade, busy: frozenset[str]
) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    after = -1
    while rows := await run.state.read(
        runs.operations, plan=made.id, pair=pair.name, kinds=(OperationKind.UPDATE,), after=after,
        limit=PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        for _, operation in rows:
            if operation.link in busy:
                found.setdefault(operation.link, []).append(operation)
    return found


def returns(operations: Sequence[Operation]) -> int:
    """Count the writes, in order, that put a value where one before them put it, or took it away."""
    known: set[tuple[Side, str, object]] = set()
    count = 0
    for operation in operations:
        for copy in operation.copies:
            before = comparable(copy.kind, copy.before, copy.region)
            after = comparable(copy.kind, copy.value, copy.region)
            count += (operation.side, copy.rule, after) in known
            known |= {(side, copy.rule, before) for side in Side}
            known.add((operation.side, copy.rule, after))
    return count
