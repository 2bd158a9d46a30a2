"""Records with an open intent: no sync touches them, whoever wrote the intent (R40)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.core.match import EXTERNAL
from daemon.core.values import Side
from daemon.flow.parts import PairPart
from daemon.flow.returned import is_stored
from state.intents import IntentRow
from state.mirror import End, MirrorRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """Who is busy on the two ends of a pair."""

    taken: frozenset[tuple[End, str]]
    """Records that an open intent reads from or writes to."""
    awaited: frozenset[tuple[End, tuple[str, str]]]
    """Keys of records whose creation is not known to have happened."""
    keyless: frozenset[tuple[End, datetime]]
    """(end, sent at) of unknown creates without any key: everything new there could be theirs."""
    ends: dict[Side, End]
    held: tuple[IntentRow, ...] = ()
    """Creates that a person must look for: whoever shows a value of theirs could be theirs."""

    def is_taken(self, side: Side, record: str) -> bool:
        """Tell whether a record is held by an open intent."""
        return (self.ends[side], record) in self.taken

    def is_busy(self, side: Side, row: MirrorRow, pair: PairPart, *, is_linked: bool) -> bool:
        """Tell whether a record is held, or could be one whose creation is unknown.

        One that is linked has a partner of its own: it is nobody else's (R40).
        """
        end = self.ends[side]
        if (end, row.id) in self.taken:
            return True
        if is_linked:
            return False
        keys = pair.index(side, row.as_record()) if self.awaited else ()
        if any((end, key) in self.awaited for key in keys):
            return True
        if any(place == end and row.first_seen_at >= sent for place, sent in self.keyless):
            return True
        return any(intent.end == end and _could_be(row, intent) for intent in self.held)


def _could_be(row: MirrorRow, intent: IntentRow) -> bool:
    """Tell whether a record could be what a held create made: newer, and one value in common."""
    return row.first_seen_at >= intent.sent_at and any(
        copy.value is not None and is_stored(copy, row.values.get(copy.field))
        for copy in intent.operation.copies
    )


def busy_records(
    pair: PairPart, open_intents: Sequence[IntentRow], held_intents: Sequence[IntentRow] = ()
) -> Busy:
    """Return who is busy, from the intents on both ends of *pair* that are open or held (R40)."""
    ends = {side: part.end for side, part in pair.ends.items()}
    taken: set[tuple[End, str]] = set()
    awaited: set[tuple[End, tuple[str, str]]] = set()
    keyless: set[tuple[End, datetime]] = set()
    for intent in open_intents:
        operation = intent.operation
        if operation.target_id is not None:
            taken.add((intent.end, operation.target_id))
        if operation.pair == pair.name and operation.origin_id is not None:
            taken.add((ends[operation.side.other], operation.origin_id))
        if operation.target_id is None:
            keys = _keys_awaited(pair, intent)
            awaited |= {(intent.end, key) for key in keys}
            if not keys:
                keyless.add((intent.end, intent.sent_at))
    for intent in held_intents:
        operation = intent.operation
        if operation.pair == pair.name and operation.origin_id is not None:
            taken.add((ends[operation.side.other], operation.origin_id))
    return Busy(
        taken=frozenset(taken),
        awaited=frozenset(awaited),
        keyless=frozenset(keyless),
        ends=ends,
        held=tuple(held_intents),
    )


def _keys_awaited(pair: PairPart, intent: IntentRow) -> set[tuple[str, str]]:
    values = intent.operation.values
    keys = {
        (key.name(side, pair.region), value)
        for side, part in pair.ends.items()
        if part.end == intent.end
        for key in pair.keys
        if (value := key.values(side, values, pair.region)) is not None
    }
    return keys | ({(EXTERNAL, intent.link)} if intent.carries_token else set())
