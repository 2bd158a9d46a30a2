"""How likely each level of agreement is between records of one person, and between strangers.

Takes patterns of candidate pairs; gives weights: shipped defaults, moved by what the data itself
shows (expectation and maximisation over the two classes, Fellegi and Sunter's model, no labels).
With little data the defaults stand; the more pairs there are, the less they count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from daemon.core.similarity.features import Feature
from daemon.core.similarity.levels import CLOSE, DIFFERENT, EXACT, Pattern
from daemon.core.similarity.profile import (
    BIRTH_DATE,
    GIVEN,
    HOUSE_NUMBER,
    IDENTIFIER,
    ORDER,
    PHONE,
    POSTCODE,
    STREET,
)

DEFAULT_SHARE = 0.2
"""Part of the candidate pairs that are one person, before any data."""
PRIOR_PAIRS = 30.0
"""For how many pairs the defaults count."""
MOST_SHARED = 2.0
"""At most so much is everything worth that a household or a company has in common, where the given
names differ."""
_ROUNDS = 25
_SETTLED = 0.002
_LEAST = 1e-4
_LEVELS = 4

Chances = tuple[float, float, float, float]
"""Of exact, close, partly, different; together 1."""

DEFAULTS: Mapping[Feature, tuple[Chances, Chances]] = {
    Feature.GIVEN_NAME: ((0.80, 0.10, 0.04, 0.06), (0.05, 0.03, 0.07, 0.85)),
    Feature.SURNAME: ((0.85, 0.08, 0.02, 0.05), (0.25, 0.04, 0.06, 0.65)),
    Feature.EMAIL: ((0.66, 0.10, 0.04, 0.20), (0.004, 0.006, 0.01, 0.98)),
    Feature.PHONE: ((0.70, 0.05, 0.02, 0.23), (0.06, 0.004, 0.006, 0.93)),
    Feature.IDENTIFIER: ((0.90, 0.05, 0.02, 0.03), (0.001, 0.003, 0.006, 0.99)),
    Feature.BIRTH_DATE: ((0.91, 0.05, 0.02, 0.02), (0.01, 0.02, 0.05, 0.92)),
    Feature.COMPANY: ((0.65, 0.10, 0.05, 0.20), (0.20, 0.03, 0.05, 0.72)),
    Feature.DOMAIN: ((0.70, 0.03, 0.01, 0.26), (0.20, 0.01, 0.01, 0.78)),
    Feature.STREET: ((0.70, 0.12, 0.06, 0.12), (0.12, 0.04, 0.12, 0.72)),
    Feature.HOUSE_NUMBER: ((0.80, 0.06, 0.01, 0.13), (0.10, 0.20, 0.01, 0.69)),
    Feature.STREET_MORE: ((0.70, 0.10, 0.05, 0.15), (0.04, 0.03, 0.08, 0.85)),
    Feature.CITY: ((0.80, 0.08, 0.03, 0.09), (0.25, 0.03, 0.05, 0.67)),
    Feature.POSTCODE: ((0.80, 0.08, 0.05, 0.07), (0.20, 0.08, 0.14, 0.58)),
    Feature.STATE: ((0.90, 0.03, 0.01, 0.06), (0.40, 0.05, 0.01, 0.54)),
}
"""Feature → chances between records of one person, and between strangers who share a key."""

HOUSEHOLDS = 0.1
"""Pairs of housemates for each pair of one person from which there are households at all."""
SHARED = frozenset(
    {
        Feature.SURNAME,
        Feature.PHONE,
        Feature.COMPANY,
        Feature.DOMAIN,
        Feature.STREET,
        Feature.HOUSE_NUMBER,
        Feature.STREET_MORE,
        Feature.CITY,
        Feature.POSTCODE,
        Feature.STATE,
    }
)
"""What people have in common who are not one; these features also go together, so that each
further one says less than it would by itself."""

_DOORS = frozenset({PHONE, STREET, HOUSE_NUMBER, POSTCODE})
_OWN = frozenset({BIRTH_DATE, IDENTIFIER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What each level of each compared place is worth, in natural logarithms of odds."""

    places: tuple[int, ...]
    start: float
    """Of any candidate pair."""
    steps: tuple[tuple[float, ...], ...]
    """For each place: by level, and at last (index -1) 0 for what is missing."""
    shared: tuple[int, ...] = ()
    """Which of the places a household or a company has in common."""
    own: tuple[int, ...] = ()
    """Which of the places belong to one person alone."""
    given: int | None = None
    """Where the given name stands among the places; None where there are no households."""
    is_learnt: bool = False

    def odds(self, found: Pattern) -> float:
        """Return the logarithm of the odds that a pair is one person."""
        worth = [step[level] for step, level in zip(self.steps, found, strict=True)]
        if self.given is None or found[self.given] != DIFFERENT or self._is_confirmed(found):
            return self.start + sum(worth)
        shared = sum([worth[at] for at in self.shared])
        return self.start + sum(worth) - max(0.0, shared - MOST_SHARED)

    def _is_confirmed(self, found: Pattern) -> bool:
        """Tell whether something says that it is one person which no household shares."""
        return any(0 <= found[at] <= CLOSE for at in self.own)


def probability(odds: float) -> float:
    """Return the probability that *odds*, a logarithm, mean."""
    return 1.0 / (1.0 + exp(-odds)) if odds > -500.0 else 0.0  # noqa: PLR2004 (exp overflows)


def default_weights(places: tuple[int, ...]) -> Weights:
    """Return the weights that ship."""
    tables = [DEFAULTS[ORDER[place]] for place in places]
    return _weights(places, DEFAULT_SHARE, [(list(m), list(u)) for m, u in tables])


def learnt_weights(places: tuple[int, ...], patterns: Counter[Pattern]) -> Weights:
    """Return the weights that *patterns* (with how often each occurs) speak for."""
    if not patterns:
        return default_weights(places)
    items = list(patterns.items())
    total = sum(patterns.values())
    capped = has_households(places, items)
    seen = [[0.0] * (_LEVELS + 1) for _ in places]
    for found, times in items:
        for row, level in zip(seen, found, strict=True):
            row[level] += times
    weights = default_weights(places)
    for _ in range(_ROUNDS):
        share, same = _expect(weights, items, len(places))
        before, weights = (
            weights,
            _maximise(places, (share / total, total), same, seen, capped=capped),
        )
        if _moved(before, weights) < _SETTLED:
            break
    return weights


def _expect(
    weights: Weights, items: Sequence[tuple[Pattern, int]], width: int
) -> tuple[float, list[list[float]]]:
    """Return how many pairs are one person, and how many of them are at each level."""
    same = [[0.0] * (_LEVELS + 1) for _ in range(width)]
    share = 0.0
    for found, times in items:
        part = times * probability(weights.odds(found))
        share += part
        for row, level in zip(same, found, strict=True):
            row[level] += part
    return share, same


def has_households(places: tuple[int, ...], items: Sequence[tuple[Pattern, int]]) -> bool:
    """Tell whether there are people of other given names at one address or number.

    Where hardly any are, a given name that differs in a pair that agrees otherwise is a slip.
    """
    if GIVEN not in places:
        return False
    given = places.index(GIVEN)
    doors = [at for at, place in enumerate(places) if place in _DOORS]
    near = [at for at, place in enumerate(places) if place in {PHONE, STREET}]
    own = [at for at, place in enumerate(places) if place in _OWN]
    housemates = persons = 0
    for found, times in items:
        is_own = any(0 <= found[at] <= CLOSE for at in own)
        is_door = any(found[at] == EXACT for at in near)
        is_door = is_door and sum([found[at] == EXACT for at in doors]) > 1
        if found[given] == DIFFERENT:
            housemates += times * (is_door and not is_own)
        elif found[given] >= EXACT:
            persons += times * (is_door or is_own)
    return housemates > HOUSEHOLDS * persons


def _maximise(places: tuple[int, ...], share: tuple[float, int],
              same: Sequence[Sequence[float]], seen: Sequence[Sequence[float]],
              *, capped: bool) -> Weights:  # fmt: skip
    tables = []
    for place, ours, all_ in zip(places, same, seen, strict=True):
        prior = DEFAULTS[ORDER[place]]
        m = _smoothed(ours, prior[0])
        u = _smoothed([every - one for every, one in zip(all_, ours, strict=True)], prior[1])
        tables.append((m, u))
    part, total = share
    settled = (part * total + DEFAULT_SHARE * PRIOR_PAIRS) / (total + PRIOR_PAIRS)
    return _weights(places, settled, tables, is_learnt=True, capped=capped)


def _smoothed(counts: Sequence[float], prior: Chances) -> list[float]:
    whole = sum(counts[:_LEVELS]) + PRIOR_PAIRS
    return [(counts[level] + PRIOR_PAIRS * prior[level]) / whole for level in range(_LEVELS)]


def _weights(places: tuple[int, ...], share: float,
             tables: Sequence[tuple[Sequence[float], Sequence[float]]],
             *, is_learnt: bool = False, capped: bool = True) -> Weights:  # fmt: skip
    share = min(max(share, _LEAST), 1 - _LEAST)
    steps = []
    for m, u in tables:
        row = [log(max(a, _LEAST) / max(b, _LEAST)) for a, b in zip(m, u, strict=True)]
        # Agreeing less never speaks more for one person, whatever a sample shows.
        for level in range(1, _LEVELS):
            row[level] = min(row[level], row[level - 1])
        steps.append((*row, 0.0))
    shared = tuple([at for at, place in enumerate(places) if ORDER[place] in SHARED])
    own = tuple([at for at, place in enumerate(places) if place in _OWN])
    given = places.index(GIVEN) if capped and GIVEN in places else None
    return Weights(places=places, start=log(share / (1 - share)), steps=tuple(steps),
                   shared=shared, own=own, given=given, is_learnt=is_learnt)  # fmt: skip


def _moved(before: Weights, after: Weights) -> float:
    return max(
        abs(one - two)
        for row, other in zip(before.steps, after.steps, strict=True)
        for one, two in zip(row, other, strict=True)
    )
