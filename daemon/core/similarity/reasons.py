"""Why two records are taken for one: each feature, how it compares, what that is worth.

Takes patterns and weights; gives words. No value of a record stands in them.
"""

from daemon.core.similarity.levels import (
    CLOSE,
    DIFFERENT,
    EXACT,
    MISSING,
    PARTLY,
    Pattern,
    is_transposed,
)
from daemon.core.similarity.profile import GIVEN, ORDER, SURNAME, Forms
from daemon.core.similarity.proof import Proof
from daemon.core.similarity.weights import Weights

WORDS = {EXACT: "equal", CLOSE: "nearly equal", PARTLY: "partly alike", DIFFERENT: "different"}


class Reasons:
    """The reasons of many pairs under one set of weights; pairs of one pattern share theirs."""

    def __init__(self, weights: Weights) -> None:
        """Word each feature at each level once."""
        self._told = [
            [
                (
                    step[level],
                    f"{ORDER[place].value.replace('_', ' ')}: {word} ({step[level]:+.1f})",
                )
                for level, word in WORDS.items()
            ]
            for place, step in zip(weights.places, weights.steps, strict=True)
        ]
        self._has_names = weights.places[:2] == (GIVEN, SURNAME)
        self._known: dict[Pattern, tuple[str, ...]] = {}

    def of(self, left: Forms, right: Forms, like: Pattern, shown: Proof | None) -> tuple[str, ...]:
        """Return what speaks for and against a pair, the strongest first."""
        told = self._known.get(like)
        if told is None:
            told = self._known[like] = self._ordered(like)
        may_be_moved = self._has_names and like[:2] == (CLOSE, CLOSE)
        if may_be_moved and is_transposed(left, right, GIVEN, SURNAME):
            told = ("names: transposed", *told)
        if shown is None:
            return told
        word = "proves it" if not shown.against else f"shared, but {' and '.join(shown.against)}"
        return (f"{shown.key}: {word}", *told)

    def _ordered(self, like: Pattern) -> tuple[str, ...]:
        told = [row[level] for row, level in zip(self._told, like, strict=True) if level != MISSING]
        return tuple([text for _, text in sorted(told, key=lambda item: -abs(item[0]))])
