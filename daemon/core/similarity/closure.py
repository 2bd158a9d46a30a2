"""What pairs say about further pairs: who is one with a third record is one with its others too.

Takes scores of pairs; gives the least score that others follow to have. If a and b are one with 95 %
and b and c with 95 %, then a and c are with at least 90 %, however little they are alike themselves.
"""

from collections import defaultdict
from collections.abc import Mapping

SURE = 0.9
"""Score from which a pair says something about others."""
MOST_PARTNERS = 12
"""A record that is like so many is a heap of nothing in particular, and speaks for nobody."""

Pair = tuple[int, int]


def followed(scores: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return the pairs that follow from two sure ones, with the score they have at least."""
    partners: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (left, right), score in scores.items():
        if score >= SURE:
            partners[left].append((right, score))
            partners[right].append((left, score))
    found: dict[Pair, float] = {}
    for some in partners.values():
        if not 1 < len(some) <= MOST_PARTNERS:
            continue
        for at, (one, score) in enumerate(some):
            for two, other in some[at + 1 :]:
                pair = (one, two) if one < two else (two, one)
                least = score + other - 1
                if scores.get(pair, 0.0) < least > found.get(pair, 0.0):
                    found[pair] = least
    return found
