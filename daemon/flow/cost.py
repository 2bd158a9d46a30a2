"""What a plan costs in API calls, before it is carried out (R28)."""

from collections import Counter

from daemon.core.operation import OperationKind
from daemon.core.values import Side
from daemon.flow.parts import EndPart, RunPart
from daemon.flow.plan import PlanMade

REMOVALS = (OperationKind.ARCHIVE, OperationKind.DELETE)


def cost_of(run: RunPart, made: PlanMade) -> Counter[str]:
    """Return connection → API calls a plan costs there: looks, writes and the sample read back."""
    cost: Counter[str] = Counter()
    for pair in run.pairs:
        for side, part in pair.ends.items():
            if part.adapter.capabilities.is_remote:
                cost[part.connection] += _cost_at(side, part, made)
    return cost


def _cost_at(side: Side, part: EndPart, made: PlanMade) -> int:
    able = part.adapter.capabilities
    updates = _planned(made, side, OperationKind.UPDATE)
    creates = _planned(made, side, OperationKind.CREATE)
    removals = [_planned(made, side, kind) for kind in REMOVALS]
    looks = (0 if able.has_precondition else updates + sum(removals)) + (
        creates if able.unique_keys else 0
    )
    writes = sum(_batches(some, able.write_batch) for some in (updates, creates, *removals))
    return _batches(looks, able.read_batch) + writes + bool(updates + creates)


def _planned(made: PlanMade, side: Side, kind: OperationKind) -> int:
    return made.operations[f"{side.value}.{kind.value}"]


def _batches(records: int, size: int) -> int:
    return -(-records // size)
