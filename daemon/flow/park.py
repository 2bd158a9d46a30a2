"""Park operations of a plan, or single copies in them, and let opt-outs pass (R15, R17, R18).

What is parked is not carried out and stays pending. The plan that is left open for a person holds
just that, and has the same digest in every run until something of it moves.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from daemon.core.consent import tightens
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.parting import part
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade, summary_of, told_of
from state import parking, runs

PAGE = 500
"""Operations looked at in one go."""

CARRY_FIELDS = (OperationKind.UPDATE, OperationKind.CREATE)

Rows = Sequence[tuple[int, Operation]]


async def park_copies(
    run: RunPart,
    made: PlanMade,
    pair: str,
    *,
    side: str,
    why: str,
    is_chosen: Callable[[Copy], bool],
) -> None:
    """Park some copies of a pair's writes to *side*; what else an update carries goes on.

    A create that carries such a copy waits whole: half a record is worse than none.
    """
    after = -1
    while rows := await run.state.read(
        runs.operations, plan=made.id, pair=pair, kinds=CARRY_FIELDS, side=side, parked="",
        after=after, limit=PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        await run.state.write(_park_copies, made.id, rows, why, is_chosen)


def _park_copies(
    connection: Connection, plan: int, rows: Rows, why: str, is_chosen: Callable[[Copy], bool]
) -> None:
    whole = []
    for position, operation in rows:
        chosen, others = part(operation, is_chosen)
        if chosen is None:
            continue
        if others is None or operation.kind is OperationKind.CREATE:
            whole.append(position)
        else:
            parking.part_at(
                connection, plan=plan, position=position, flowing=others, parked=chosen, why=why
            )
    parking.park_at(connection, plan=plan, positions=whole, why=why)


async def park_links(
    run: RunPart, made: PlanMade, pair: str, *, why: str, links: frozenset[str]
) -> None:
    """Park the writes to the records of some links."""
    after = -1
    while rows := await run.state.read(
        runs.operations, plan=made.id, pair=pair, kinds=parking.WRITES, parked="",
        after=after, limit=PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        positions = [position for position, operation in rows if operation.link in links]
        await run.state.write(parking.park_at, plan=made.id, positions=positions, why=why)


async def close_parking(run: RunPart, made: PlanMade) -> PlanMade:
    """Take opt-outs out of what is parked, and let the stored plan stand for the rest of it."""
    counts = await run.state.read(parking.counts, made.id)
    for pair, measure in made.measures.items():
        for why in sorted(filter(None, counts)) if measure.opt_outs else ():
            await _let_opt_outs_pass(run, made, pair, why)
    counts = await run.state.read(parking.counts, made.id)
    flowing = counts.pop("", None)
    made = replace(made, parked=counts, flowing=flowing.total() if flowing else 0)
    if not counts:
        return made
    digest = await run.state.read(
        parking.digest_of, plan=made.id, told=told_of(run), is_parked=True
    )
    made = replace(made, digest=digest)
    summary = summary_of(made, made.waiting)
    await run.state.write(parking.reseal, plan=made.id, digest=digest, summary=summary)
    return made


async def _let_opt_outs_pass(run: RunPart, made: PlanMade, pair: str, why: str) -> None:
    """Part each parked update that carries an opt-out; a link it needs is made with it."""
    consent, links, after = made.measures[pair].consent, set[str](), -1
    while rows := await run.state.read(
        runs.operations, plan=made.id, pair=pair, kinds=(OperationKind.UPDATE,), parked=why,
        after=after, limit=PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        links |= await run.state.write(_part_opt_outs, made.id, rows, why, consent)
    after = -1
    while links and (
        rows := await run.state.read(
            runs.operations, plan=made.id, pair=pair, kinds=(OperationKind.LINK,), parked=why,
            after=after, limit=PAGE,
        )
    ):  # fmt: skip
        after = rows[-1][0]
        positions = [position for position, operation in rows if operation.link in links]
        await run.state.write(parking.unpark_at, plan=made.id, positions=positions)


def _part_opt_outs(
    connection: Connection, plan: int, rows: Rows, why: str, consent: frozenset[str]
) -> set[str]:
    links = set()
    for position, operation in rows:
        chosen, others = part(operation, lambda copy: tightens(copy, consent))
        if chosen is None:
            continue
        links.add(operation.link)
        if others is None:
            parking.unpark_at(connection, plan=plan, positions=[position])
        else:
            parking.part_at(
                connection, plan=plan, position=position, flowing=chosen, parked=others, why=why
            )
    return links
