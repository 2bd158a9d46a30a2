"""What it takes to put back what a run wrote to one record: values in, values out (R24, I23).

A field goes back to what stood there before the run, if what stands there now is what the run left:
what it sent, or what the system made of that. Writes of one run to one field are undone from the
newest to the oldest as far as nobody came between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from daemon.core.normalize import comparable
from daemon.core.operation import Copy
from daemon.core.values import Value
from daemon.flow.returned import is_stored
from state.rollbacks import Written


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldBack:
    """One field that a run wrote."""

    copy: Copy
    """Of the newest write."""
    left: Value
    """What the system held after it."""
    wanted: Value
    """What stood there before the run."""

    def is_left(self, value: Value) -> bool:
        """Tell whether a field still holds what the run left there."""
        return is_stored(self.copy, value) or self._is_same(value, self.left)

    def is_back(self, value: Value) -> bool:
        """Tell whether a field holds what it held before the run."""
        return self._is_same(value, self.wanted)

    def _is_same(self, one: Value, other: Value) -> bool:
        kind, region = self.copy.kind, self.copy.region
        return comparable(kind, one, region) == comparable(kind, other, region)


def fields_back(writes: Sequence[Written]) -> list[FieldBack]:
    """Return the fields that these writes to one record, newest first, changed."""
    found: dict[str, FieldBack] = {}
    ended: set[str] = set()
    for write in writes:
        for copy in write.operation.copies:
            older = FieldBack(
                copy=copy, left=write.result.get(copy.field, copy.value), wanted=copy.before
            )
            newer = found.get(copy.rule)
            if newer is None:
                found[copy.rule] = older
            elif copy.rule not in ended and older.is_left(newer.wanted):
                found[copy.rule] = replace(newer, wanted=older.wanted)
            else:
                ended.add(copy.rule)  # somebody came between: theirs is what goes back
    return list(found.values())
