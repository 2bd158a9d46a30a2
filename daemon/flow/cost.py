"""What a plan costs in API calls, before it is carried out (R28)."""

from daemon.core.operation import OperationKind
from daemon.core.values import Side
from daemon.flow.parts import RunPart
from daemon.flow.plan import PlanMade

REMOVALS = (OperationKind.ARCHIVE, OperationKind.DELETE)


def cost_of(run: RunPart, made: PlanMade) -> int:
    """Return the API calls a plan costs: looks, writes and the sample read back."""
    cost = 0
    for pair in run.pairs:
        for side, part in pair.ends.items():
            able = part.adapter.capabilities
            if not able.is_remote:
                continue
            updates = _planned(made, side, OperationKind.UPDATE)
            creates = _planned(made, side, OperationKind.CREATE)
            removals = [_planned(made, side, kind) for kind in REMOVALS]
            looks = (0 if able.has_precondition else updates + sum(removals)) + (
                creates if able.unique_keys else 0
            )
            cost += _batches(looks, able.read_batch)
            cost += sum(_batches(some, able.write_batch) for some in (updates, creates, *removals))
            cost += bool(updates + creates)
    return cost


def _planned(made: PlanMade, side: Side, kind: OperationKind) -> int:
    return made.operations[f"{side.value}.{kind.value}"]


def _batches(records: int, size: int) -> int:
    return -(-records // size)
