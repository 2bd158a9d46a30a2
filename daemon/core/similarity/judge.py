"""Which records are one: pairs with a confidence, its reasons, and what is to be done.

Takes profiles; gives judged pairs, best first. Only proof merges (``proof``); what is merely alike
goes to a person, however alike it is (R8). Pure, and the same for the same records in any order
of their ids.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

from daemon.core.similarity.blocking import candidates
from daemon.core.similarity.closure import followed
from daemon.core.similarity.levels import EXACT, Pattern, pattern
from daemon.core.similarity.profile import GIVEN, SURNAME, Form, Forms, filled
from daemon.core.similarity.proof import Agreement, holdings, names_agree, proof
from daemon.core.similarity.reasons import Reasons
from daemon.core.similarity.weights import Weights, default_weights, learnt_weights, probability

LEAST = 0.5
"""Confidence from which a pair is shown: more likely one person than not."""
PROVEN = 0.99
"""Least confidence of a pair that a key proves."""
THROUGH = "a third record is one with both"
LEARNT_FROM = 50
"""Candidate pairs from which the data has a say in the weights."""
_RAREST = 2.0
"""At most so much does a rare or a common name move the logarithm of the odds."""


Pair = tuple[int, int]


class Kind(StrEnum):
    """How two records were found to be one."""

    EXACT = "exact"
    """A key proves it."""
    FUZZY = "fuzzy"
    """They are alike."""
    AMBIGUOUS = "ambiguous"
    """A key is shared and something stands against it, or there is more than one candidate."""


class Action(StrEnum):
    """What is to be done."""

    MERGE = "merge"
    """No person is asked."""
    REVIEW = "review"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Two records that may be one."""

    left: int
    right: int
    score: float
    kind: Kind
    action: Action
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Everything that was found among some records."""

    pairs: tuple[Judged, ...]
    compared: int
    """How many pairs were looked at."""
    is_learnt: bool
    """Whether the data had a say in the weights."""


def judge(profiles: Sequence[Forms], *, split: int = 0, least: float = LEAST) -> Judgement:
    """Return the pairs of records that may be one; with *split*, only pairs across that position.

    Records before *split* are of the one side, the others of the other: there each record is
    given to one partner at most, and further ones are ambiguous (R9).
    """
    pairs = list(candidates(profiles, split))
    judging = _Judging(profiles, pairs)
    found = [judging.judged(pair, odds, least) for pair, odds in judging.odds.items()]
    if not split:
        found += [judging.followed(pair, score, least) for pair, score in judging.further().items()]
    kept = _best(one for one in found if one)
    if split:
        kept = _assigned(kept)
    return Judgement(pairs=tuple(kept), compared=len(pairs), is_learnt=judging.is_learnt)


def _best(found: Iterable[Judged]) -> list[Judged]:
    """Return each pair once, the surest first."""
    ordered = sorted(found, key=lambda one: (-one.score, one.left, one.right))
    return list({(one.left, one.right): one for one in reversed(ordered)}.values())[::-1]


class _Judging:
    """What is known of the pairs of some records."""

    def __init__(self, profiles: Sequence[Forms], pairs: Sequence[Pair]) -> None:
        """Compare each pair and learn what agreeing is worth."""
        self._profiles = profiles
        self._places = filled(profiles)
        likes = {
            (left, right): pattern(profiles[left], profiles[right], self._places)
            for left, right in pairs
        }
        self.is_learnt = len(pairs) >= LEARNT_FROM
        self._weights = (
            learnt_weights(self._places, Counter(likes.values()))
            if self.is_learnt
            else default_weights(self._places)
        )
        self._told, self._held = Reasons(self._weights), holdings(profiles)
        rare = _Rarity(profiles, self._weights)
        self._likes = likes
        self.odds = {pair: rare.odds(profiles[pair[0]], like) for pair, like in likes.items()}

    def judged(self, pair: Pair, odds: float, least: float) -> Judged | None:
        """Return what is to be said of a pair, None where it is nothing."""
        left, right = self._profiles[pair[0]], self._profiles[pair[1]]
        shown = proof(left, right, self._held)
        score = probability(odds)
        is_proven = shown is not None and not shown.against
        if score < least and not is_proven:
            return None
        kind = Kind.FUZZY if shown is None else Kind.EXACT if is_proven else Kind.AMBIGUOUS
        return Judged(
            left=pair[0],
            right=pair[1],
            score=round(max(score, PROVEN) if is_proven else min(score, PROVEN), 4),
            kind=kind,
            action=Action.MERGE if is_proven else Action.REVIEW,
            reasons=self._told.of(left, right, self._likes[pair], shown),
        )

    def further(self) -> dict[Pair, float]:
        """Return what follows from the pairs that are sure."""
        return followed({pair: probability(odds) for pair, odds in self.odds.items()})

    def followed(self, pair: Pair, score: float, least: float) -> Judged | None:
        """Return a pair that follows from two others; a person decides it."""
        left, right = self._profiles[pair[0]], self._profiles[pair[1]]
        if score < least or names_agree(left, right) is Agreement.CONTRADICTED:
            return None
        like = pattern(left, right, self._places)
        return Judged(
            left=pair[0],
            right=pair[1],
            score=round(min(score, PROVEN), 4),
            kind=Kind.FUZZY,
            action=Action.REVIEW,
            reasons=(THROUGH, *self._told.of(left, right, like, None)),
        )


class _Rarity:
    """How much more an equal rare name says than an equal common one."""

    def __init__(self, profiles: Sequence[Forms], weights: Weights) -> None:
        """Count the names."""
        self._weights = weights
        self._extra: list[tuple[int, int, dict[Form, float]]] = []
        for place in (GIVEN, SURNAME):
            if place in weights.places:
                counts = Counter(one[place] for one in profiles if one[place])
                self._extra.append((weights.places.index(place), place, _extras(counts)))

    def odds(self, one: Forms, like: Pattern) -> float:
        """Return the logarithm of the odds of a pair, *one* of which is this record."""
        odds = self._weights.odds(like)
        for at, place, extra in self._extra:
            if like[at] == EXACT:
                odds += extra.get(one[place], 0.0)
        return odds


def _extras(counts: Counter[Form]) -> dict[Form, float]:
    total = sum(counts.values())
    usual = sum(number * number for number in counts.values()) / total
    return {
        name: max(-_RAREST, min(_RAREST, log(usual / number))) / 2
        for name, number in counts.items()
    }


def _assigned(pairs: Iterable[Judged]) -> list[Judged]:
    """Give each record to one partner at most, proof and the better score first."""
    ordered = sorted(pairs, key=lambda one: (one.kind is not Kind.EXACT, -one.score))
    hits = Counter(
        end for one in ordered if one.kind is Kind.EXACT for end in (one.left, one.right)
    )
    taken: set[int] = set()
    found = []
    for one in ordered:
        is_free = one.left not in taken and one.right not in taken
        is_only = hits[one.left] <= 1 and hits[one.right] <= 1
        if is_free and (is_only or one.kind is not Kind.EXACT):
            taken.update((one.left, one.right))
            found.append(one)
        else:
            found.append(_contested(one))
    return sorted(found, key=lambda one: (-one.score, one.left, one.right))


def _contested(one: Judged) -> Judged:
    return Judged(
        left=one.left,
        right=one.right,
        score=one.score,
        kind=Kind.AMBIGUOUS,
        action=Action.REVIEW,
        reasons=("more than one candidate: another one fits at least as well", *one.reasons),
    )
