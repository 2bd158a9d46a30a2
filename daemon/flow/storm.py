"""Find links whose records are written to and fro: two systems that answer each other (R18).

A person changes a value, and may change it back; only where the same records are written again and
again within ten minutes, with values that return to what they were, does nobody mean it. Systems
that answer with a new value each time, or are asked seldom, show in a day: what we wrote into a
field never stands until the next write.
"""

from collections.abc import Sequence
from datetime import timedelta

from daemon.core.guards import ANSWERS_FOR_RETURN, Limits, Trip, answered, storm
from daemon.core.normalize import comparable
from daemon.core.operation import Copy, Operation, OperationKind, decode_operation
from daemon.core.values import Side
from daemon.flow.parts import PairPart, RunPart
from daemon.flow.plan import PlanMade
from daemon.flow.returned import is_stored
from state import guards, runs

WINDOW = timedelta(minutes=10)

A_DAY = timedelta(days=1)

PAGE = 500
"""Operations looked at in one go."""


async def storms(run: RunPart, pair: PairPart, made: PlanMade, limits: Limits) -> list[Trip]:
    """Return a trip for each link of a pair that this plan would write once too often."""
    if limits.link_storm is None or not made.measures[pair.name].updates:
        return []
    returning = await _busy(run, pair, made, WINDOW, max(1, limits.link_storm))
    found = [
        storm(pair.name, link, writes=len(some), returns=returns(some), limits=limits)
        for link, some in returning.items()
    ]
    often = limits.link_storm * ANSWERS_FOR_RETURN + 1
    answering = await _busy(run, pair, made, A_DAY, often)
    found += [
        answered(pair.name, link, answers=answers(some), limits=limits)
        for link, some in answering.items()
    ]
    trips = {trip.subject: trip for trip in reversed(found) if trip is not None}
    return [trips[link] for link in sorted(trips)]


async def _busy(
    run: RunPart, pair: PairPart, made: PlanMade, window: timedelta, least: int
) -> dict[str, list[Operation]]:
    """Return link → its writes within *window* and those planned, of links written *least* times."""
    since = run.clock.now() - window
    busy = await run.state.read(guards.busy_links, pair=pair.name, since=since, least=least)
    if not busy:
        return {}
    written: dict[str, list[Operation]] = {link: [] for link in busy}
    rows = await run.state.read(guards.writes_of, busy, pair=pair.name, since=since)
    for link, payload in rows:
        written[link].append(decode_operation(payload))
    planned = await _planned(run, pair, made, frozenset(busy))
    return {link: [*written[link], *some] for link, some in planned.items()}


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


def answers(operations: Sequence[Operation]) -> int:
    """Count how often in a row, up to the last, what was written into a field stood no more.

    That is so where the next write to the field finds another value than was written, or brings
    another value back from there.
    """
    last: dict[str, tuple[Side, Copy]] = {}
    streak: dict[str, int] = {}
    for operation in operations:
        for copy in operation.copies:
            if copy.rule in last:
                side, written = last[copy.rule]
                there = copy.before if operation.side is side else copy.origin
                is_left = is_stored(written, there)
                streak[copy.rule] = 0 if is_left else streak.get(copy.rule, 0) + 1
            last[copy.rule] = (operation.side, copy)
    return max(streak.values(), default=0)
