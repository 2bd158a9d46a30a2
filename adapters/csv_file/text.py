"""Between typed values and the text of a cell.

Formulas. A spreadsheet runs a cell that begins with ``= + - @``, a tab or a CR. Text that does is
written with one leading apostrophe and read without it. Signed numbers and telephone numbers are
not formulas: a sign followed by digits, which single separators (space ``. , / - ( )``) may group,
with an exponent or a per cent sign at most; nor is a dash that stands for nothing. ``-``, ``-5``, ``+49 30 1234-5`` and ``-1.5E+3`` stay as they are; ``-1+2``,
``+A1`` and ``=1`` are escaped.

So that every text comes back as it was, text that already looks escaped (apostrophes before such a
formula) gets one more apostrophe, and reading takes exactly one away.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal

from daemon.core.values import Value

CHOICE_SEPARATOR = ";"
"""Between the choices of one cell."""

_APOSTROPHE = "'"
_STARTS_FORMULA = frozenset("=+-@\t\r")
_SIGNED_NUMBER = re.compile(
    r"[+-] ?\(?[0-9]+(?:[ ()./,\-][ (]?[0-9]+)*+\)?(?:[eE][+-]?[0-9]+)?%?|-+", re.ASCII
)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would run *text* instead of showing it."""
    return text[:1] in _STARTS_FORMULA and not _SIGNED_NUMBER.fullmatch(text)


def escape(text: str) -> str:
    """Return *text* so that no spreadsheet runs it; :func:`unescape` gives it back."""
    if text[:1] != _APOSTROPHE and text[:1] not in _STARTS_FORMULA:
        return text
    return _APOSTROPHE + text if is_formula(text.lstrip(_APOSTROPHE)) else text


def unescape(text: str) -> str:
    """Return what :func:`escape` was given; text it never made stays as it is."""
    if text[:1] == _APOSTROPHE and is_formula(text.lstrip(_APOSTROPHE)):
        return text[1:]
    return text


def render(value: Value) -> str:
    """Return *value* as plainly as a person would type it: ISO dates, true or false."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return CHOICE_SEPARATOR.join(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat()
