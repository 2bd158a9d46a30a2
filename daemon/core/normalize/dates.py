"""Written dates: in which order day, month and year stand, one by one and in a whole column.

Takes text, gives orders and days; never raises. One date such as 03/04/2026 can be read two ways
and is never read here unless its order is given.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.0+)?", re.ASCII)
_SERIAL_START = date(1899, 12, 30)
"""Day 0 of spreadsheets, as they count days since their leap-year mistake of 1900."""
_SERIALS = range(14_611, 73_051)
"""From 1940 to 2099: a number outside is more likely no date."""
_MONTHS = 12


class DateOrder(StrEnum):
    """How a date is written."""

    ISO = "year_first"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    EITHER = "ambiguous"
    """Day and month could be exchanged."""


def date_order(text: str) -> DateOrder | None:
    """Return how *text* is written, None where it is no date in figures.

    Dots mean day first everywhere they are used; slashes and hyphens mean either.
    """
    plain = text.strip()
    if _ISO.fullmatch(plain):
        return DateOrder.ISO
    match = _WRITTEN.fullmatch(plain)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if not first or not second or min(first, second) > _MONTHS:
        return None
    if match[2] == "." or first > _MONTHS:
        return DateOrder.DAY_FIRST
    if second > _MONTHS:
        return DateOrder.MONTH_FIRST
    return DateOrder.ISO if first == second else DateOrder.EITHER


def orders_in(texts: Iterable[str]) -> Counter[DateOrder]:
    """Return how many of *texts* are written in which order; what is no date is left out."""
    return Counter(order for text in texts if (order := date_order(text)) is not None)


def surely(orders: Counter[DateOrder]) -> DateOrder | None:
    """Return the one order that a whole column is written in, None where it is mixed or unclear."""
    told = {order for order, number in orders.items() if number and order in _TELLING}
    return told.pop() if len(told) == 1 else None


def read_written(text: str, order: DateOrder | None = None) -> date | None:
    """Return the day that *text* means; an ambiguous one is read in *order*, else not at all."""
    plain = text.strip()
    match, found = _WRITTEN.fullmatch(plain), date_order(plain)
    if match is None or found is None:
        return None
    meant = order if found is DateOrder.EITHER else found
    if meant is None or (found is DateOrder.EITHER and meant not in _TELLING):
        return None
    first, second = int(match[1]), int(match[3])
    day, month = (second, first) if meant is DateOrder.MONTH_FIRST else (first, second)
    try:
        return date(int(match[4]), month, day)
    except ValueError:
        return None


def read_serial(text: str) -> date | None:
    """Return the day that a spreadsheet means by a number such as 45123."""
    plain = text.strip()
    if not _SERIAL.fullmatch(plain) or int(plain[:5]) not in _SERIALS:
        return None
    return _SERIAL_START + timedelta(days=int(plain[:5]))


_TELLING = frozenset({DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST})
