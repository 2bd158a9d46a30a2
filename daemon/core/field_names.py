"""Names of fields as people spell them, and when two spellings are one name.

Takes names and labels, gives plain forms; never raises. Casing, punctuation, accents and
camelCase do not make a different name.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import combining, normalize

from rapidfuzz.distance import Indel
from rapidfuzz.process import extractOne

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")

WORD_LIKENESS = 0.8
"""Each word of two alike names must be this alike, so that "first url" is never "last url"."""
SUGGESTION_LIKENESS = 0.6
"""A "did you mean" below this is more likely to mislead than to help."""


@lru_cache(maxsize=16_384)
def words(name: str) -> tuple[str, ...]:
    """Return the words of *name*: ``"E-MailAddress"`` → ``("e", "mail", "address")``."""
    spaced = _CAMEL.sub(" ", name)
    bare = "".join(letter for letter in normalize("NFKD", spaced) if not combining(letter))
    return tuple(_WORD.findall(bare.casefold()))


def plain_name(name: str) -> str:
    """Return *name* without anything that is only a matter of spelling."""
    return "".join(words(name))


def likeness(left: str, right: str) -> float:
    """Return how alike two names are, 0 to 1; 0 where their numbers differ.

    "Address 1" and "Address 2" differ in one letter and mean different things.
    """
    left_words, right_words = words(left), words(right)
    left_plain, right_plain = "".join(left_words), "".join(right_words)
    if not left_plain or _DIGITS.findall(left_plain) != _DIGITS.findall(right_plain):
        return 0.0
    if len(left_words) == len(right_words) and any(
        Indel.normalized_similarity(one, other) < WORD_LIKENESS
        for one, other in zip(left_words, right_words, strict=True)
    ):
        return 0.0
    return Indel.normalized_similarity(left_plain, right_plain)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest of *known*, or "" when none is near."""
    found = extractOne(
        name,
        sorted(known),
        processor=plain_name,
        scorer=Indel.normalized_similarity,
        score_cutoff=SUGGESTION_LIKENESS,
    )
    return f" (did you mean {found[0]!r}?)" if found else ""
