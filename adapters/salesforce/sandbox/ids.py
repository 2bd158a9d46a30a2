"""Record ids: 15 characters that tell capitals apart, and 18 that need not (salesforce.md 16).

Takes a prefix and a running number. Gives ids that sort in the order they were made.
"""

import re

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
_POD = "xx0"
NO_RECORD = "000000000000000AAA"


def is_id(text: str) -> bool:
    """Say whether a text has the shape of an id; 18 characters must carry their own checksum."""
    if not _SHAPE.fullmatch(text):
        return False
    return len(text) == 15 or full_id(text[:15]).lower() == text.lower()


def full_id(text: str) -> str:
    """Return the 18 characters of an id of 15 or 18; anything else as it is."""
    if not _SHAPE.fullmatch(text):
        return text
    if len(text) == 18:
        return _with_capitals(text)
    checks = (_check(text[start : start + 5]) for start in (0, 5, 10))
    return text + "".join(checks)


def mint(prefix: str, number: int) -> str:
    """Return the id of the record of that number."""
    places = 12 - len(_POD)
    text = ""
    for _ in range(places):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return full_id(f"{prefix}{_POD}{text}")


def _check(five: str) -> str:
    return _CHECK[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]


def _with_capitals(text: str) -> str:
    """Restore the capitals of an id that somebody lowered: the last three letters tell them."""
    letters = [
        letter.upper() if _bits(text[15 + place // 5]) >> place % 5 & 1 else letter.lower()
        for place, letter in enumerate(text[:15])
    ]
    return "".join(letters) + text[15:].upper()


def _bits(check: str) -> int:
    return max(_CHECK.find(check.upper()), 0)
