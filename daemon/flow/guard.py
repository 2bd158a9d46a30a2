"""Judge the whole plan before its first write, and park what a tripped guard stops (I17, R18).

A trip is stored with its reason and figures, and parks exactly what lies in its scope; everything
else flows. What tripped is over once its reason is gone, or when a person lets it pass.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from daemon.core.consent import tightens
from daemon.core.facts import rule_key
from daemon.core.guards import (
    BLANKS_FROM,
    Counts,
    FieldCount,
    Scope,
    Trip,
    tripped,
)
from daemon.core.measure import Measure
from daemon.core.operation import OperationKind
from daemon.core.values import Side
from daemon.flow.park import PAGE, park_copies, park_links
from daemon.flow.parts import PairPart, RunPart
from daemon.flow.plan import PlanMade
from daemon.flow.storm import storms
from state import guards, links, mirror, pairs, parking, runs

LASTING = frozenset({"sample_check", "quarantine_share", "schema_drift", "link_storm"})
"""Guards whose reason shows only once: they stop until a person lets them pass."""

A_DAY = timedelta(days=1)

_KINDS = {Scope.PAIR: parking.EVERY_KIND, Scope.CREATES: (OperationKind.CREATE,),
          Scope.DELETES: parking.REMOVALS}  # fmt: skip


async def guard(run: RunPart, made: PlanMade, *, is_preview: bool = False) -> None:
    """Judge *made* and park what must not flow; a preview only tells what would be."""
    found = list(run.tally.found.values())
    for pair in run.pairs:
        found += await _judged(run, pair, made)
    if is_preview:
        known = {
            row.trip.key: row.trip for row in await run.state.read(guards.open_trips, sync=run.sync)
        }
        run.tally.trips = list({**known, **{trip.key: trip for trip in found}}.values())
        return
    now = run.clock.now()
    rows = await run.state.write(
        guards.keep, found, sync=run.sync, run=run.id, at=now, lasting=LASTING
    )
    run.tally.trips = [row.trip for row in rows]
    await park_tripped(run, made)


async def park_tripped(run: RunPart, made: PlanMade) -> None:
    """Park what lies in the scope of the guards that have tripped so far."""
    for trip in run.tally.trips:
        await _park(run, made, trip)


async def _judged(run: RunPart, pair: PairPart, made: PlanMade) -> list[Trip]:
    limits, measure = run.settings.guards.limits, made.measures[pair.name]
    row = await run.state.read(pairs.find, pair.name)
    found: list[Trip] = []
    if made.total or measure.decided:  # an idle poll counts nothing
        is_first = row is None or row.settled_at is None
        counts = await _counted(run, pair, measure, is_first=is_first)
        if measure.removals:
            counts = await _with_removals(run, pair, made, counts)
        found += [*tripped(counts, limits), *await storms(run, pair, made, limits)]
    if row is not None and row.hold:
        found.append(
            Trip(
                pair=pair.name,
                guard="held",
                scope=Scope.PAIR,
                reason=row.hold,
                measured=1,
                allowed=0,
            )
        )
    return found


async def _counted(run: RunPart, pair: PairPart, measure: Measure, *, is_first: bool) -> Counts:
    """Return what a plan would do to a pair, beside what it is compared with."""
    linked = await run.state.read(links.count, pair=pair.name)
    return Counts(
        pair=pair.name,
        linked=linked,
        is_first=is_first,
        creates=measure.creates,
        updates=_updates(run, measure),
        fields=await _fields(run, pair, measure, linked),
        decided=measure.decided,
        failed=measure.failed,
    )


def _updates(run: RunPart, measure: Measure) -> Mapping[Side, int]:
    """Return how many records change; emptied ones have a guard of their own, unless it is off."""
    is_off = run.settings.guards.blank_burst is None
    return measure.updates + measure.blankings if is_off else measure.updates


async def _fields(
    run: RunPart, pair: PairPart, measure: Measure, linked: int
) -> Mapping[tuple[Side, str], FieldCount]:
    found, share = {}, run.settings.guards.blank_burst or 0
    for key in sorted({*measure.values, *measure.blanks}):
        values, blanks = measure.values.get(key), measure.blanks[key]
        is_asked = BLANKS_FROM <= blanks <= share * linked  # above it trips at any rate
        found[key] = FieldCount(
            blanks=blanks,
            same=values.most if values else 0,
            filled=await _filled(run, pair, key, linked) if is_asked else linked,
        )
    return found


async def _filled(run: RunPart, pair: PairPart, key: tuple[Side, str], linked: int) -> int:
    """Return how many records hold a value in a field."""
    side, name = key
    filled, after = 0, ""
    while rows := await run.state.read(mirror.page, pair.ends[side].end, after, PAGE):
        after = rows[-1].id
        filled += sum(row.is_live and row.values.get(name) is not None for row in rows)
    return min(filled, linked)


async def _with_removals(run: RunPart, pair: PairPart, made: PlanMade, counts: Counts) -> Counts:
    now = run.clock.now()
    return replace(
        counts,
        removals=made.measures[pair.name].removals.total(),
        removed_this_run=await run.state.read(
            guards.removed, pair=pair.name, since=now - A_DAY, run=run.id
        ),
        removed_today=await run.state.read(guards.removed, pair=pair.name, since=now - A_DAY),
        unproven=await _unproven(run, pair, made),
    )


async def _unproven(run: RunPart, pair: PairPart, made: PlanMade) -> int:
    """Return how many removals follow a record that is not proven gone (I6)."""
    unproven, after = 0, -1
    while rows := await run.state.read(
        runs.operations, plan=made.id, pair=pair.name, kinds=parking.REMOVALS, after=after,
        limit=PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        for side in Side:
            gone = [str(one.origin_id) for _, one in rows if one.side is side.other]
            known = await run.state.read(mirror.get, pair.ends[side].end, gone)
            unproven += sum(
                record not in known or not known[record].is_proven_gone for record in gone
            )
    return unproven


async def _park(run: RunPart, made: PlanMade, trip: Trip) -> None:
    if trip.scope is Scope.FIELD:
        await _park_field(run, made, trip)
    elif trip.scope is Scope.LINK:
        await park_links(run, made, trip.pair, why=trip.guard, links=frozenset({trip.subject}))
    else:
        is_one_side = trip.scope is Scope.CREATES
        await run.state.write(
            parking.park,
            plan=made.id,
            pair=trip.pair,
            why=trip.guard,
            kinds=_KINDS[trip.scope],
            side=trip.subject.partition(".")[0] if is_one_side else "",
        )


async def _park_field(run: RunPart, made: PlanMade, trip: Trip) -> None:
    """Park what is written to a field; of one whose definition drifted also what comes from it."""
    side, _, name = trip.subject.partition(".")
    consent = made.measures[trip.pair].consent
    sides = {side, Side(side).other.value} if trip.guard == "schema_drift" else {side}
    rules = {
        rule_key(rule)
        for pair in run.pairs
        if pair.name == trip.pair
        for rule in pair.mapping.rules
        if rule.name(Side(side)) == name
    }
    for one in sorted(sides):
        await park_copies(
            run, made, trip.pair, side=one, why=trip.guard,
            is_chosen=lambda copy: copy.rule in rules and not tightens(copy, consent),
        )  # fmt: skip
    if trip.guard == "schema_drift":  # a record that is not read whole is not removed (R43)
        await run.state.write(
            parking.park, plan=made.id, pair=trip.pair, why=trip.guard, kinds=parking.REMOVALS
        )
