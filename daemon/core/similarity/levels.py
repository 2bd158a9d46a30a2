"""How much two forms of one feature agree, in four steps.

Takes two forms that are both there and not equal; gives a level. Edit distance and token measures
are rapidfuzz's; each threshold stands here with its name.
"""

from collections.abc import Callable
from typing import Any

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import ratio, token_set_ratio, token_sort_ratio

from daemon.core.similarity.features import Feature
from daemon.core.similarity.known import SHORT_FORMS
from daemon.core.similarity.profile import (
    GIVEN,
    ORDER,
    STREET,
    STREET_MORE,
    SURNAME,
    Form,
    Forms,
)

EXACT, CLOSE, PARTLY, DIFFERENT = range(4)
MISSING = -1
"""One of the two says nothing, which is no evidence either way."""

CLOSE_NAME, ALIKE_NAME = 0.9, 0.8
"""Jaro-Winkler of names with one slip, and of names that may be one."""
CLOSE_TEXT, ALIKE_TEXT = 85.0, 68.0
"""Ratio, in percent, of streets, cities and companies."""
CLOSE_LOCAL_PART = 0.92

_jaro_winkler = JaroWinkler.similarity
_edits = OSA.distance
_FEW_EDITS = 2
_SAME_AREA = 2


def _given_name(one: str, two: str) -> int:
    alike = _jaro_winkler(one, two)
    if alike >= CLOSE_NAME:
        return CLOSE
    if one in SHORT_FORMS and two in SHORT_FORMS and SHORT_FORMS[one] & SHORT_FORMS[two]:
        return CLOSE
    if alike >= ALIKE_NAME or _is_initial(one, two) or _share_word(one, two):
        return PARTLY
    return DIFFERENT


def _is_initial(one: str, two: str) -> bool:
    return one[0] == two[0] and 1 in {len(one), len(two)}


def _share_word(one: str, two: str) -> bool:
    return (" " in one or " " in two) and not set(one.split()).isdisjoint(two.split())


def _surname(one: str, two: str) -> int:
    alike = _jaro_winkler(one, two)
    if alike >= CLOSE_NAME or one.replace(" ", "") == two.replace(" ", ""):
        return CLOSE
    if alike >= ALIKE_NAME or _is_initial(one, two) or _share_word(one, two):
        return PARTLY
    return DIFFERENT


def _words(one: str, two: str) -> int:
    alike = ratio(one, two, score_cutoff=ALIKE_TEXT)
    if alike < CLOSE_TEXT and (" " in one or " " in two):
        alike = max(alike, token_sort_ratio(one, two, score_cutoff=ALIKE_TEXT))
    if alike >= CLOSE_TEXT:
        return CLOSE
    return PARTLY if alike else DIFFERENT


def _company(one: str, two: str) -> int:
    level = _words(one, two)
    if level == DIFFERENT and (" " in one or " " in two) and token_set_ratio(one, two) == 100.0:  # noqa: PLR2004
        return PARTLY  # the one name with a word added
    return level


def _code(one: str, two: str) -> int:
    """Compare numbers and ids, where a slip is one or two characters."""
    edits = _edits(one, two, score_cutoff=_FEW_EDITS)
    if edits == 1:
        return CLOSE
    return PARTLY if edits == _FEW_EDITS and min(len(one), len(two)) > _FEW_EDITS * 2 else DIFFERENT


def _house_number(one: str, two: str) -> int:
    return CLOSE if _edits(one, two, score_cutoff=1) <= 1 else DIFFERENT


def _postcode(one: str, two: str) -> int:
    if _edits(one, two, score_cutoff=1) <= 1:
        return CLOSE
    return PARTLY if one[:_SAME_AREA] == two[:_SAME_AREA] else DIFFERENT


def _birth_date(one: str, two: str) -> int:
    edits = _edits(one, two, score_cutoff=_FEW_EDITS)
    if edits <= 1:
        return CLOSE
    if one[:4] == two[:4] and one[4:6] == two[6:8] and one[6:8] == two[4:6]:
        return CLOSE  # day and month in the other order
    return PARTLY if edits <= _FEW_EDITS else DIFFERENT


def _state(one: str, two: str) -> int:
    return CLOSE if _edits(one, two, score_cutoff=1) <= 1 else DIFFERENT


def _one_email(one: str, two: str) -> int:
    local, _, host = one.rpartition("@")
    other, _, its_host = two.rpartition("@")
    if local == other:
        return CLOSE
    alike = _jaro_winkler(local, other)
    if alike >= CLOSE_LOCAL_PART:
        return CLOSE if host == its_host else PARTLY
    return DIFFERENT


def _one_domain(one: str, two: str) -> int:
    return CLOSE if one.endswith("." + two) or two.endswith("." + one) else DIFFERENT


def _best(compare: Callable[[str, str], int]) -> Callable[[Any, Any], int]:
    """Compare several with several: the best of them counts."""

    def best(ones: tuple[str, ...], twos: tuple[str, ...]) -> int:
        if len(ones) == 1 == len(twos):
            return compare(ones[0], twos[0])
        return min(EXACT if one == two else compare(one, two) for one in ones for two in twos)

    return best


_COMPARE: dict[Feature, Callable[[Any, Any], int]] = {
    Feature.GIVEN_NAME: _given_name,
    Feature.SURNAME: _surname,
    Feature.EMAIL: _best(_one_email),
    Feature.PHONE: _best(_code),
    Feature.IDENTIFIER: _best(_code),
    Feature.BIRTH_DATE: _birth_date,
    Feature.COMPANY: _company,
    Feature.DOMAIN: _one_domain,
    Feature.STREET: _words,
    Feature.HOUSE_NUMBER: _house_number,
    Feature.STREET_MORE: _words,
    Feature.CITY: _words,
    Feature.POSTCODE: _postcode,
    Feature.STATE: _state,
}
COMPARE = tuple(_COMPARE[feature] for feature in ORDER)
"""By position of a profile."""

Pattern = tuple[int, ...]
"""The level of each compared position."""


def pattern(left: Forms, right: Forms, places: tuple[int, ...]) -> Pattern:
    """Return how much two records agree at each of *places*."""
    found = tuple([
        MISSING if not (one := left[place]) or not (two := right[place])
        else EXACT if one == two else COMPARE[place](one, two)
        for place in places
    ])  # fmt: skip
    if found[:2] == _NO_NAMES and places[:2] == _NAMES and is_transposed(left, right, *_NAMES):
        found = (CLOSE, CLOSE, *found[2:])
    if STREET in places and STREET_MORE in places:
        at, more = places.index(STREET), places.index(STREET_MORE)
        if found[at] == DIFFERENT and is_transposed(left, right, STREET, STREET_MORE):
            found = (*found[:at], CLOSE, *found[at + 1 : more], CLOSE, *found[more + 1 :])
    return found


_NAMES = (GIVEN, SURNAME)
_NO_NAMES = (DIFFERENT, DIFFERENT)


def is_transposed(left: Forms, right: Forms, first: int, second: int) -> bool:
    """Tell whether two fields of the one record stand in each other's place in the other."""
    ones, twos = (str(left[first]), str(left[second])), (str(right[second]), str(right[first]))
    return all(
        one and two and (one == two or _jaro_winkler(one, two) >= CLOSE_NAME)
        for one, two in zip(ones, twos, strict=True)
    )


def compare(place: int, one: Form, two: Form) -> int:
    """Return how much two forms of one feature agree."""
    if not one or not two:
        return MISSING
    return EXACT if one == two else COMPARE[place](one, two)
