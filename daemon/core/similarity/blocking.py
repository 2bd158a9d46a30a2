"""Which pairs are worth comparing: records that share at least one key.

Takes profiles; gives pairs of positions. A key that too many share tells nothing by itself: there
only neighbours in the order of names are compared, so that the work grows with the records.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from daemon.core.match import is_role_address
from daemon.core.similarity.profile import (
    BIRTH_DATE,
    CITY,
    COMPANY,
    DOMAIN,
    EMAIL,
    GIVEN,
    HOUSE_NUMBER,
    IDENTIFIER,
    PHONE,
    POSTCODE,
    STREET,
    SURNAME,
    Forms,
)

LARGEST_BLOCK = 40
"""Records of one key that are all compared with each other."""
NEIGHBOURS = 6
"""In a larger block: how many of the next names each record is compared with."""
_SHORTEST_LOCAL_PART = 5

Key = tuple[object, ...]

_SOUNDS = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556", "aeiouyhw")


@lru_cache(maxsize=65_536)
def sound(name: str) -> str:
    """Return how a name begins and its consonants by kind, much as Soundex: one for its spellings."""
    if not name.isascii():
        return name[:4]
    code = name[1:].translate(_SOUNDS)
    kept = [letter for place, letter in enumerate(code) if not place or letter != code[place - 1]]
    return name[0] + "".join(kept)[:3]


def keys(one: Forms) -> Iterator[Key]:
    """Yield what a record may share with another one of the same person."""
    yield from _own_keys(one)
    given, surname = str(one[GIVEN]), str(one[SURNAME])
    if given and surname:
        yield "names", *sorted((given[:5], surname[:5]))
        yield "sounds", sound(given), sound(surname)
    for word, name in (("given", given), ("surname", surname)):
        if name:
            yield from _with_name(word, sound(name), one)
    yield from _of_places(one)


def _with_name(word: str, heard: str, one: Forms) -> Iterator[Key]:
    """Yield one name, as it sounds, with each other thing that is known."""
    born, city, street = str(one[BIRTH_DATE]), str(one[CITY]), str(one[STREET])
    if born:
        yield word, "month", heard, born[:6]
        yield word, "day", heard, born[4:]
    if city:
        yield word, "city", heard, city[:4]
    if street:
        yield word, "street", heard, street[:5]
    for place in (POSTCODE, COMPANY, DOMAIN):
        if one[place]:
            yield word, place, heard, one[place]


def _of_places(one: Forms) -> Iterator[Key]:
    street = str(one[STREET])[:6]
    for place in (BIRTH_DATE, POSTCODE):
        if one[place]:
            yield place, one[place]
    if street and one[HOUSE_NUMBER]:
        yield "door", street, one[HOUSE_NUMBER]
    if street and one[POSTCODE]:
        yield "street", street, one[POSTCODE]


def _own_keys(one: Forms) -> Iterator[Key]:
    for place in (EMAIL, PHONE, IDENTIFIER):
        for form in one[place]:
            yield place, form
    for address in one[EMAIL]:
        local = address.partition("@")[0]
        if len(local) >= _SHORTEST_LOCAL_PART and not is_role_address(address):
            yield "local part", local


def blocks(profiles: Sequence[Forms]) -> Iterator[Sequence[int]]:
    """Yield the positions of records that share a key, for each key that is shared."""
    held: dict[Key, list[int]] = {}
    for place, one in enumerate(profiles):
        for key in keys(one):
            held.setdefault(key, []).append(place)
    for some in held.values():
        if len(some) > 1:
            yield some


def candidates(profiles: Sequence[Forms], split: int = 0) -> Iterable[tuple[int, int]]:
    """Return the pairs to compare, each once; with *split*, only pairs across that position."""
    count = len(profiles)
    found: set[int] = set()
    for some in blocks(profiles):
        if len(some) > LARGEST_BLOCK:
            found.update(_neighbours(profiles, some, count))
            continue
        found.update(
            [left * count + right for at, left in enumerate(some) for right in some[at + 1 :]]
        )
    pairs = (divmod(code, count) for code in sorted(found))
    if not split:
        return pairs
    return ((left, right) for left, right in pairs if left < split <= right)


def _neighbours(profiles: Sequence[Forms], some: Sequence[int], count: int) -> Iterator[int]:
    ordered = sorted(
        some, key=lambda place: (profiles[place][SURNAME], profiles[place][GIVEN], place)
    )
    for at, one in enumerate(ordered):
        for two in ordered[at + 1 : at + 1 + NEIGHBOURS]:
            yield min(one, two) * count + max(one, two)
