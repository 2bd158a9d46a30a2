"""What joins two records without a person's yes, and what forbids it (R8).

Takes two profiles; gives the key that proves them one, or what stands against it. A shared key is
proof only where nothing else contradicts; likeness of any degree is never proof.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

from daemon.core.match import is_role_address
from daemon.core.similarity.known import SHORT_FORMS
from daemon.core.similarity.levels import PARTLY, compare
from daemon.core.similarity.profile import (
    BIRTH_DATE,
    EMAIL,
    GIVEN,
    IDENTIFIER,
    PHONE,
    SURNAME,
    Forms,
)

_LONG_NAME = 5
"""Letters from which one slip does not make another name."""
_SHORT_FORM = 4
"""Letters up to which a name of a group is a short form and not another name: Bob, not Pierre."""
_PAIR = 2


class Agreement(StrEnum):
    """How far the names of two records speak for one person."""

    SAME = "same"
    """Given name and surname are there on both sides and say the same."""
    OPEN = "open"
    """Nothing contradicts, and something is missing."""
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """A key that two records share."""

    key: str
    against: tuple[str, ...] = ()
    """What stands against it; empty = it joins them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """Which records hold each key."""

    emails: Mapping[str, Sequence[int]]
    phones: Mapping[str, Sequence[int]]
    identifiers: Mapping[str, Sequence[int]]
    contested: frozenset[tuple[int, str]]
    """(place, form) of the keys whose holders contradict each other."""


def holdings(profiles: Sequence[Forms]) -> Holdings:
    """Return who holds which key."""
    emails, phones, identifiers = (_held(profiles, at) for at in (EMAIL, PHONE, IDENTIFIER))
    contested = {
        (place, form)
        for place, held in ((EMAIL, emails), (IDENTIFIER, identifiers))
        for form, some in held.items()
        if len(some) > _PAIR and _is_contested([profiles[one] for one in some])
    }
    return Holdings(emails=emails, phones=phones, identifiers=identifiers,
                    contested=frozenset(contested))  # fmt: skip


def _held(profiles: Sequence[Forms], place: int) -> Mapping[str, Sequence[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(profiles):
        for form in one[place]:
            found[form].append(at)
    return found


def _is_contested(some: Sequence[Forms]) -> bool:
    """Tell whether holders of one key contradict each other; each distinct name is looked at once."""
    distinct = list({(one[GIVEN], one[SURNAME], one[BIRTH_DATE]): one for one in some}.values())
    return any(
        contradictions(one, two) for at, one in enumerate(distinct) for two in distinct[at + 1 :]
    )


def proof(left: Forms, right: Forms, held: Holdings) -> Proof | None:
    """Return the strongest key that two records share, with what stands against it."""
    return (
        _by_identifier(left, right, held)
        or _by_email(left, right, held)
        or _by_phone(left, right, held)
    )


def _by_identifier(left: Forms, right: Forms, held: Holdings) -> Proof | None:
    shared = set(left[IDENTIFIER]).intersection(right[IDENTIFIER])
    if not shared:
        return None
    against = [*contradictions(left, right)]
    if not against and names_agree(left, right) is not Agreement.SAME:
        against.append("the names do not confirm it")
    against += _contest(IDENTIFIER, shared, held)
    return Proof(key="identifier", against=tuple(against))


def _by_email(left: Forms, right: Forms, held: Holdings) -> Proof | None:
    shared = {form for form in set(left[EMAIL]).intersection(right[EMAIL])
              if not is_role_address(form)}  # fmt: skip
    if not shared:
        return None
    against = [*contradictions(left, right), *_contest(EMAIL, shared, held)]
    if left[IDENTIFIER] and right[IDENTIFIER]:
        against.append("the identifiers differ")
    return Proof(key="e-mail", against=tuple(against))


def _by_phone(left: Forms, right: Forms, held: Holdings) -> Proof | None:
    shared = {form for form in set(left[PHONE]).intersection(right[PHONE])
              if form.startswith("+") and len(held.phones.get(form, ())) == _PAIR}  # fmt: skip
    is_plain = (
        shared
        and names_agree(left, right) is Agreement.SAME
        and not contradictions(left, right)
        and not _differ(left, right, EMAIL)
        and not _differ(left, right, IDENTIFIER)
    )
    return Proof(key="phone") if is_plain else None


def _contest(place: int, shared: Iterable[str], held: Holdings) -> list[str]:
    is_contested = any((place, form) in held.contested for form in shared)
    return ["others with it contradict each other"] if is_contested else []


def _differ(left: Forms, right: Forms, place: int) -> bool:
    ones, twos = left[place], right[place]
    return bool(ones and twos) and set(ones).isdisjoint(twos)


def contradictions(left: Forms, right: Forms) -> tuple[str, ...]:
    """Return what speaks for two people: differing names, differing days of birth."""
    found = []
    if names_agree(left, right) is Agreement.CONTRADICTED:
        found.append("the names differ")
    if compare(BIRTH_DATE, left[BIRTH_DATE], right[BIRTH_DATE]) >= PARTLY:
        found.append("the birth dates differ")
    return tuple(found)


def names_agree(left: Forms, right: Forms) -> Agreement:
    """Return what the names of two records say."""
    given = (str(left[GIVEN]), str(right[GIVEN]))
    surname = (str(left[SURNAME]), str(right[SURNAME]))
    if given[0] and given[0] == surname[1] and surname[0] == given[1]:
        return Agreement.SAME  # transposed
    for one, two in (given, surname):
        if one and two and not _is_same_name(one, two):
            return Agreement.CONTRADICTED
    is_whole = all((*given, *surname)) and min(map(len, (*given, *surname))) > 1
    return Agreement.SAME if is_whole else Agreement.OPEN


def _is_same_name(one: str, two: str) -> bool:
    """Tell whether two names are one for certain; Daniel and Daniela, Chris and Christine are not."""
    if one == two or (1 in {len(one), len(two)} and one[0] == two[0]):
        return True
    groups, others = SHORT_FORMS.get(one), SHORT_FORMS.get(two)
    if groups and others:
        shorter, longer = sorted((one, two), key=len)
        is_short = len(shorter) <= _SHORT_FORM and len(longer) - len(shorter) >= _PAIR
        return len(groups) == 1 == len(others) and groups == others and is_short
    if min(len(one), len(two)) < _LONG_NAME or one[-2:] != two[-2:]:
        return False
    return bool(OSA.distance(one, two, score_cutoff=1) == 1)
