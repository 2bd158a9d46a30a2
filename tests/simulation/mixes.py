"""Which faults come together, and how often: data. Kinds are numbered as in ``kinds``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

USUAL = (0, 1, 2, 2, 3)
"""How many faults a run gets: one of these."""


AROUND_WRITES = frozenset({1, 2, 3, 4, 7, 16, 17, 18, 22, 23, 24, 26, 38, 45})
"""They need a write to show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """A climate of faults."""

    kinds: Mapping[int, int]
    """Kind → weight."""
    numbers: Sequence[int] = USUAL

    def draw(self, luck: Random) -> list[int]:
        """Return the kinds of fault of one run."""
        number = luck.choice(self.numbers) if self.kinds else 0
        return luck.choices(list(self.kinds), list(self.kinds.values()), k=number) if number else []


# What needs a write to show is drawn more often.
_NETWORK = {16: 3, 17: 3, 18: 4, 19: 1, 20: 1, 22: 6, 23: 6, 24: 4, 25: 1, 26: 6}
_CRASHES = {0: 6, 1: 5, 2: 5, 3: 5, 4: 5, 5: 2, 7: 5, 8: 2, 11: 2, 12: 2}
_LISTINGS = {21: 2, 24: 1, 25: 1, 27: 2, 28: 3, 29: 3, 30: 3, 31: 3, 34: 2, 35: 3, 36: 2, 43: 2}
_OUTAGES = {16: 2, 19: 3, 20: 3, 11: 2, 12: 2, 37: 2, 13: 1, 14: 1}
_INTERFERENCE = {38: 6, 45: 6, 22: 2, 26: 2, 18: 1}
_CHANGES = {15: 6, 49: 4, 37: 1, 14: 1, 13: 1, 2: 2, 0: 2}

_EVERYTHING: dict[int, int] = {}
for _part in (_NETWORK, _CRASHES, _LISTINGS, {38: 6, 45: 5}):
    for _kind, _weight in _part.items():
        _EVERYTHING[_kind] = _EVERYTHING.get(_kind, 0) + _weight
_EVERYTHING |= {13: 1, 14: 1, 15: 1, 37: 1, 49: 1}

MERGES = "merges"
"""The mix in which every history has merges; the others have them in a share of theirs."""

MIXES: Mapping[str, Mix] = {
    MERGES: Mix(kinds=_NETWORK | _CRASHES | {24: 6, 36: 3}),
    "calm": Mix(kinds={}),
    "network": Mix(kinds=_NETWORK),
    "crashes": Mix(kinds=_CRASHES),
    "listings": Mix(kinds=_LISTINGS),
    "outages": Mix(kinds=_OUTAGES),
    "interference": Mix(kinds=_INTERFERENCE),
    "changes": Mix(kinds=_CHANGES, numbers=(0, 1, 1, 1, 2)),
    "everything": Mix(kinds=_EVERYTHING),
}
