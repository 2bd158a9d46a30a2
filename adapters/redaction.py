"""What may be said aloud of a system's own words: its codes and field names, nothing else.

Takes what a reply puts where a code belongs. Gives it only where it is one. Promises to drop too
much rather than too little: messages quote values, so no message is ever passed on; errors and
logs are read by people who may not see the data, and are kept longer than it.
"""

import re

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}")
_LONG_NUMBER = re.compile(r"\d{5,}")


def word(text: object) -> str:
    """Return *text* where it is a code or a field's name, else "".

    A code is one word without long numbers; anything else a reply puts in a code's place may be a
    value.
    """
    if not isinstance(text, str) or _LONG_NUMBER.search(text):
        return ""
    return text if _CODE.fullmatch(text) else ""
