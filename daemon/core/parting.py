"""Part an operation in two, so that one part can flow while the other waits (R17, R18). Pure."""

from collections.abc import Callable
from dataclasses import replace

from daemon.core.operation import Copy, Operation


def part(
    operation: Operation, is_chosen: Callable[[Copy], bool]
) -> tuple[Operation | None, Operation | None]:
    """Return (the chosen copies, the others) of an update, each as an operation of its own.

    None stands for a part without copies. Where there are two, each is half of one decision: settled
    alone it takes no record off the list, and the next plan finds what is left (R1).
    """
    chosen = tuple(copy for copy in operation.copies if is_chosen(copy))
    if not chosen:
        return None, operation
    if len(chosen) == len(operation.copies):
        return operation, None
    others = tuple(copy for copy in operation.copies if not is_chosen(copy))
    return _with(operation, chosen), _with(operation, others)


def _with(operation: Operation, copies: tuple[Copy, ...]) -> Operation:
    rules = {copy.rule for copy in copies}
    clashes = tuple(clash for clash in operation.clashes if clash.rule in rules)
    return replace(operation, copies=copies, clashes=clashes, is_half=True)
