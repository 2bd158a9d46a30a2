"""Record ids: 18 characters, of which the first three tell the object.

The 15-character form differs by case alone, so only the long one is ever kept or compared.
"""

import re

_SHAPE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_GROUPS = (0, 5, 10)
_GROUP = 5
PREFIX = 3


def is_id(text: str) -> bool:
    """Whether a text can be a record id at all: Salesforce refuses queries that name others."""
    is_shaped = _SHAPE.fullmatch(text) is not None
    return is_shaped and (len(text) == _SHORT or long_id(text[:_SHORT]) == text)


def long_id(text: str) -> str:
    """Return an id with its three check characters; anything else as it is."""
    if len(text) != _SHORT or _SHAPE.fullmatch(text) is None:
        return text
    return text + "".join(_check(text[start : start + _GROUP]) for start in _GROUPS)


def prefix(text: str) -> str:
    """Return the part of an id that tells its object."""
    return text[:PREFIX]


def _check(group: str) -> str:
    # Bit i says whether character i is a capital letter.
    return _CHECK[sum(1 << place for place, one in enumerate(group) if "A" <= one <= "Z")]
