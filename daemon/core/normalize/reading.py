"""Typed readings: a value as number, yes/no, day or instant, or None when it is none of that.

Takes any value, gives the typed value; never raises and never guesses: ``1,234`` (a thousand or
one and a bit?) and ``03/04/2026`` (March or April?) are not read. Spellings that need a locale
are the business of an explicit transform.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from daemon.core.normalize.text import PLAIN_DIGITS, exact, number_text
from daemon.core.values import Value

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = re.compile(r"-?\d{1,15}", re.ASCII)
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)

_YES = "true yes y 1 on ja j wahr oui vrai si sí sì vero verdadero sim verdadeiro waar"
_NO = "false no n 0 off nein falsch non faux falso não nao nee onwaar"
_TRUTH = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NO.split(), False)


def number(value: Value) -> Decimal | None:
    """Return *value* as a number in its one spelling: ``"67340.0"`` and ``67340`` are one."""
    if isinstance(value, Decimal):
        return exact(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > PLAIN_DIGITS or not _NUMBER.fullmatch(text):
        return None
    return exact(Decimal(text))


def truth(value: Value) -> bool | None:
    """Return *value* as yes or no, in the words seven languages use in spreadsheets."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _TRUTH.get(value.strip().casefold())
    if isinstance(value, Decimal):
        return _TRUTH.get(number_text(value))
    return None


def day(value: Value) -> date | None:
    """Return *value* as a calendar day. A day has no zone: the day written is the day meant."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _DAY.fullmatch(text):
        return _iso_day(text)
    moment = _iso_instant(text)
    return moment.date() if moment else None


def instant(value: Value) -> datetime | None:
    """Return *value* as an instant in UTC.

    A time without zone is taken as UTC, which is what this product writes; a bare day is its
    first moment in UTC.
    """
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _DAY.fullmatch(text):
        return instant(_iso_day(text))
    moment = _iso_instant(text)
    return _utc(moment) if moment else None


def epoch(value: Value) -> datetime | None:
    """Return *value* as milliseconds since 1970 in UTC, as some systems answer dates."""
    plain = number_text(value) if isinstance(value, Decimal) else value
    if not isinstance(plain, str) or not _EPOCH.fullmatch(plain.strip()):
        return None
    try:
        return _EPOCH_START + timedelta(milliseconds=int(plain))
    except OverflowError:
        return None


def _utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _iso_instant(text: str) -> datetime | None:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper().replace(" Z", "Z"))
    except ValueError:
        return None
