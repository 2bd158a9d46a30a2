"""Measure a plan while it is made: the counts its guards judge, in little memory whatever its size.

Takes operations in plan order (a new link directly before what is written over it); gives counts.
"""

from collections import Counter
from dataclasses import dataclass, field

from daemon.core.consent import tightens
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.values import Side, Value, digest, encode_value

VALUES_KEPT = 1000
"""Different values of a field that are counted at a time: a count is at most one in a thousand of
the field's changes too low."""


class Heaviest:
    """How often the most frequent value came (Misra and Gries: frequent items in one pass)."""

    def __init__(self, kept: int = VALUES_KEPT) -> None:
        self._kept = kept
        self._counts: dict[str, int] = {}

    def add(self, value: Value) -> None:
        """Count one more."""
        mark = digest(encode_value(value))
        if mark in self._counts or len(self._counts) < self._kept:
            self._counts[mark] = self._counts.get(mark, 0) + 1
            return
        self._counts = {each: n - 1 for each, n in self._counts.items() if n > 1}

    @property
    def most(self) -> int:
        """How often it came."""
        return max(self._counts.values(), default=0)


@dataclass(kw_only=True, slots=True)
class Measure:
    """What a plan would do to one pair."""

    consent: frozenset[str] = frozenset()
    """Rules of opt-outs: what tightens them is in no guard's scope (R15)."""
    creates: Counter[Side] = field(default_factory=Counter)
    updates: Counter[Side] = field(default_factory=Counter)
    blankings: Counter[Side] = field(default_factory=Counter)
    """Updates that only empty fields; they are no part of ``updates``."""
    removals: Counter[Side] = field(default_factory=Counter)
    blanks: Counter[tuple[Side, str]] = field(default_factory=Counter)
    values: dict[tuple[Side, str], Heaviest] = field(default_factory=dict)
    opt_outs: int = 0
    """Updates that carry one."""
    decided: int = 0
    failed: int = 0
    _new_link: str = ""

    def add(self, operation: Operation) -> None:
        """Take one operation in."""
        if operation.kind is OperationKind.LINK:
            self._new_link = operation.link
        elif operation.kind is OperationKind.CREATE:
            self.creates[operation.side] += 1
        elif operation.kind.is_removal:
            self.removals[operation.side] += 1
        else:
            self._add_update(operation)

    def _add_update(self, operation: Operation) -> None:
        copies = [copy for copy in operation.copies if not tightens(copy, self.consent)]
        self.opt_outs += len(copies) < len(operation.copies)
        if not copies or operation.link == self._new_link:
            return  # what first contact fills in is no burst
        is_blanking = all(copy.value is None for copy in copies)
        (self.blankings if is_blanking else self.updates)[operation.side] += 1
        for copy in copies:
            self._add_copy(operation.side, copy)

    def _add_copy(self, side: Side, copy: Copy) -> None:
        if copy.value is not None:
            self.values.setdefault((side, copy.field), Heaviest()).add(copy.value)
        elif copy.before is not None:
            self.blanks[side, copy.field] += 1
