"""The fifty-two kinds of fault: what each is, and why some do not strike in a seed.

A kind strikes in the seeds, or is held by a test elsewhere, or is open with its reason.
"""

from collections import Counter
from collections.abc import Mapping

TITLES: Mapping[int, str] = {
    1: "kill after the intent is stored, before it is sent",
    2: "kill after it is sent, before the reply",
    3: "kill after the reply, before the outcome is stored",
    4: "kill between outcome and base or link",
    5: "kill between base and cursor",
    6: "kill during a migration",
    7: "asked to stop with requests in flight",
    8: "cancelled at any await",
    9: "two daemons on one state",
    10: "lock lost in mid-cycle, the old holder wakes up",
    11: "disk full",
    12: "database locked",
    13: "state restored from an older copy",
    14: "state lost",
    15: "configuration changed between runs",
    16: "time-out before or after sending",
    17: "connection reset in mid-reply",
    18: "error reply after the write took effect",
    19: "too many requests",
    20: "credentials refused in mid-run",
    21: "one field forbidden",
    22: "success with an error inside",
    23: "whole batch refused",
    24: "batch reply shorter or in another order",
    25: "reply cut off",
    26: "request lands after its time-out",
    27: "last page missing",
    28: "empty page that is not the last",
    29: "page token repeats",
    30: "a record on two pages, another on none",
    31: "listing capped",
    32: "all stamps equal",
    33: "index or lookup lags behind",
    34: "half of the records hidden",
    35: "total count disagrees",
    36: "listed, yet not readable",
    37: "credentials lead to another account",
    38: "edit between our look and our write",
    39: "edit on both sides in one second",
    40: "deleted on one side, edited on the other",
    41: "merge of records",
    42: "taken back from the bin",
    43: "notification late, twice, out of order, of somebody unknown",
    44: "our write comes back rewritten",
    45: "a workflow answers our write",
    46: "clocks apart",
    47: "everything touched, nothing changed",
    48: "one field of everybody changed",
    49: "field renamed, required, retyped, option removed",
    50: "id reused or type of record changed",
    51: "consent withdrawn between plan and write",
    52: "unusual characters",
}

ELSEWHERE: Mapping[int, str] = {
    6: "tests/simulation/test_crash_in_migration.py",
    9: "tests/state/test_lock.py",
    10: "tests/acceptance/test_lost_lock.py",
    50: "tests/acceptance/test_ring.py",
}
"""Kinds that need a real database, a real lock or a vendor's types, and the test that holds them."""

OPEN: Mapping[int, str] = {
    43: "strikes in the change feed; notifications from outside are not received yet",
    51: "consent is not synced yet",
}


def table(counts: Counter[int]) -> str:
    """Return how often each kind struck, for people."""
    lines = []
    for kind, title in TITLES.items():
        note = f"held by {ELSEWHERE[kind]}" if kind in ELSEWHERE else ""
        note = f"open: {OPEN[kind]}" if kind in OPEN else note
        told = str(counts[kind]) if counts[kind] or not note else ""
        lines.append(f"{kind:>3}  {told:>7}  {title}" + (f" ({note})" if note else ""))
    lines.append(f"  0  {counts[0]:>7}  kill at any other step")
    return "\n".join(lines)


def unstruck(counts: Counter[int]) -> list[int]:
    """Return the kinds that should have struck and did not."""
    excused = ELSEWHERE.keys() | OPEN.keys()
    return [kind for kind in TITLES if kind not in excused and not counts[kind]]
