"""What may be said aloud of a system's own words.

Takes text that came from outside. Gives text without tokens, addresses, ids, numbers or quoted
values, and of a would-be code only a real one. Promises to cut too much rather than too little:
errors and logs are read by people who may not see the data (and are kept longer than it).
"""

import re

LONGEST_TEXT = 200
"""Characters kept of foreign text; a reply can be megabytes of HTML."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}")
_LONG_NUMBER = re.compile(r"\d{5,}")

_CUTS = (
    (re.compile(r"(?i)\b(bearer|token|apikey|api_key|password)\b[=:\s]+\S+"), "[secret]"),
    (re.compile(r"\b(?:pat|sk|key)-[A-Za-z0-9-]{8,}"), "[secret]"),
    (re.compile(r"\S+@\S+"), "[address]"),
    (re.compile(r"\w+://\S+"), "[link]"),
    (re.compile(r"\"[^\"]*\"?|'[^']*'?|“[^”]*”?"), "[value]"),
    (re.compile(r"\+?\d[\d ()./-]{4,}"), "[number]"),
    (re.compile(r"[A-Za-z0-9_-]{24,}"), "[secret]"),
)


def redact(text: str) -> str:
    """Return *text*, at most 200 characters of it, with everything personal or secret cut out."""
    line = " ".join(text[: 4 * LONGEST_TEXT].split())
    for pattern, stand_in in _CUTS:
        line = pattern.sub(stand_in, line)
    return line[:LONGEST_TEXT]


def word(text: object) -> str:
    """Return *text* where it is a code or a field's name, else "".

    A code is one word without long numbers; anything else a reply puts in a code's place may be a
    value.
    """
    if not isinstance(text, str) or _LONG_NUMBER.search(text):
        return ""
    return text if _CODE.fullmatch(text) else ""
