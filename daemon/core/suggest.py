"""Suggestions: the corrected value an operator is offered for a finding.

Takes the rule, the value and the field it should fit; gives text, "" where nothing is likely.
Every suggestion passes the rule it answers; none is ever applied here.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from rapidfuzz.distance import Indel
from rapidfuzz.process import extract

from daemon.core.mojibake import repaired
from daemon.core.normalize import is_email
from daemon.core.normalize.dates import read_serial, read_written
from daemon.core.normalize.phone import found_in
from daemon.core.normalize.reading import number
from daemon.core.normalize.text import as_text, clean, number_text
from daemon.core.schema import Field
from daemon.core.spreadsheet import FIVE_DIGITS, without_controls
from daemon.core.values import Value

OPTION_LIKENESS = 0.75
"""Least likeness of an option worth offering."""

_ENCLOSED = re.compile(r"<([^<>]+)>")
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"([^"\\\s]*)"(@.*)')
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f])\d{3})+(?:([.,])\d+)?", re.ASCII)
_LONGEST = 1000
"""Characters beyond which nothing is offered: whoever reads it could not tell what changed."""


def value_class(value: Value) -> str:
    """Return what *value* looks like without showing it."""
    if value is None or not as_text(value):
        return "empty"
    if isinstance(value, str):
        digits = sum(letter.isdigit() for letter in value)
        return f"text of {len(value)} characters, {digits} digits"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, tuple):
        return f"list of {len(value)} choices"
    return "number" if isinstance(value, Decimal) else "date"


def suggest(rule: str, value: Value, target: Field, region: str | None) -> str:
    """Return a corrected value that fits *target*, or "" when none is likely enough."""
    offer, text = _OFFERS.get(rule), as_text(value)
    return offer(text, target, region) if offer and len(text) <= _LONGEST else ""


def _email(text: str, _target: Field, _region: str | None) -> str:
    enclosed = _ENCLOSED.search(text)
    bare = _COMMENT.sub("", enclosed[1] if enclosed else text)
    quoted = _QUOTED.fullmatch(bare.strip())
    bare = quoted[1] + quoted[2] if quoted else bare
    if '"' in bare:
        return ""  # what is quoted cannot be left out: it would be another mailbox
    bare = "".join(bare.split()).removeprefix("mailto:").replace(",", ".").strip(".;<>")
    return bare if is_email(bare) else ""


def _phone(text: str, _target: Field, region: str | None) -> str:
    return found_in(text, region) or ""


def _number(text: str, _target: Field, _region: str | None) -> str:
    """Offer a number only where both its marks are told apart: ``1.234,5`` or ``1,234,567``."""
    match = _GROUPED.fullmatch(text)
    if match is None or match[1] == match[2]:
        return ""
    if match[2] is None and text.count(match[1]) == 1:
        return ""
    bare = text.replace(match[1], "")
    reading = number(bare.replace(",", ".") if match[2] else bare)
    return "" if reading is None else number_text(reading)


def _date(text: str, _target: Field, _region: str | None) -> str:
    """Offer a date only where day and month cannot be mistaken for each other."""
    found = read_written(text) or read_serial(text)
    return found.isoformat() if found else ""


def _option(text: str, target: Field, _region: str | None) -> str:
    labels = {choice.value: clean(choice.label).casefold() for choice in target.choices}
    found = extract(
        text.casefold(),
        labels,
        scorer=Indel.normalized_similarity,
        score_cutoff=OPTION_LIKENESS,
        limit=1,
    )
    return str(found[0][2]) if found else ""


def _without_controls(text: str, _target: Field, _region: str | None) -> str:
    return clean(without_controls(text))


def _repaired(text: str, _target: Field, _region: str | None) -> str:
    return repaired(text)


def _zip(text: str, _target: Field, _region: str | None) -> str:
    return text.zfill(FIVE_DIGITS)


_OFFERS: dict[str, Callable[[str, Field, str | None], str]] = {
    "control_characters": _without_controls,
    "invalid_email": _email,
    "invalid_phone": _phone,
    "mojibake": _repaired,
    "not_a_date": _date,
    "not_a_number": _number,
    "not_an_option": _option,
    "phone_without_country": _phone,
    "spreadsheet_lost_zeros": _zip,
}
