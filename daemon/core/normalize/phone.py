"""Phone numbers: E.164 where the text is nothing but a possible number, else what was typed.

Takes text and a default region (ISO 3166 alpha-2), gives text; never raises. Only texts made of
the characters people write numbers with are read: the parser would also find the digits inside
"Anna, 030 123456" and make two different cells one number.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneNumber,
    ValidationResult,
    is_possible_number_with_reason,
    is_valid_number,
    national_significant_number,
    parse,
)

from daemon.core.normalize.text import clean

CACHE_SIZE = 65_536
"""Parsed numbers kept; a hit is 200 times faster than parsing (measured), 65,536 take ~15 MB."""

RAW_MARK = "?"
"""Stands before digits that are no known number, so that they never equal one."""

_WRITTEN = re.compile(
    r"(?:tel[.:]?\s*)?"
    r"[+＋]?[\d\s().\-‐-―/\\]+"  # noqa: RUF001 (people do paste these dashes and signs)
    r"(?:(?:;ext=|,?\s*ext\.?|,?\s*extension|x|#)\s*\d{1,7})?",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 3
_SURE_LENGTH = 8
"""National digits from which a possible number needs no look into the assigned ranges."""
_LONGEST_WRITTEN = 64
"""Characters a number is written with at most, extension and blanks included."""
_LONGEST_SEARCHED = 100
"""Characters looked through for a number to suggest."""
_FAKES = frozenset({"1234567890", "123456789", "0123456789", "12345678"})


class Number(NamedTuple):
    """A number that can be dialled from anywhere."""

    dialled: str
    """E.164, an extension as ``;ext=12`` (RFC 3966)."""
    national: str
    """Its digits without the country code."""


@lru_cache(maxsize=CACHE_SIZE)
def read_number(text: str, region: str | None) -> Number | None:
    """Return the possible, fully dialable number that *text* is, or None.

    Without a region only numbers with their country code can be read; there a leading ``00`` is
    taken for the ``+`` it stands for nearly everywhere. Local-only numbers (no area code) are not
    dialable from elsewhere and count as None.

    "Possible" (length and shape) is asked for, not "assigned": the tables of assigned ranges lag
    behind the countries, and a real number must not be refused for that. Only a short number
    without country code has to be an assigned one.
    """
    plain = text.strip()
    if len(plain) > _LONGEST_WRITTEN or not _WRITTEN.fullmatch(plain):
        return None
    if region is None and plain.startswith("00"):
        plain = "+" + plain[2:]
    return _likely_number(plain, region)


def e164(text: str, region: str | None = None) -> str | None:
    """Return *text* in E.164, an extension as ``;ext=12`` (RFC 3966), or None if it is no number."""
    number = read_number(text, region)
    return number.dialled if number else None


def _likely_number(text: str, region: str | None) -> Number | None:
    found = _parse(text, region)
    if found is None or is_possible_number_with_reason(found) != ValidationResult.IS_POSSIBLE:
        return None
    national = str(national_significant_number(found))
    if found.italian_leading_zero and not _is_stable(f"+{found.country_code}{national}", national):
        return None
    if _is_short_guess(found, national):
        return None
    extension = f";ext={found.extension}" if found.extension else ""
    return Number(f"+{found.country_code}{national}{extension}", national)


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return parse(text, region.upper() if region else None, keep_raw_input=True)
    except NumberParseException:
        return None


def _is_stable(dialled: str, national: str) -> bool:
    """Tell whether the number in E.164 is read as itself again; some heaps of zeros are not."""
    again = _parse(dialled, None)
    return again is not None and national_significant_number(again) == national


def _is_short_guess(number: PhoneNumber, national: str) -> bool:
    """Tell a few digits from a number where the country is our assumption: "12345" is none."""
    return (
        len(national) < _SURE_LENGTH
        and number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
        and not is_valid_number(number)
    )


def phone_form(text: str, region: str | None) -> str:
    """Return what *text* is compared by: E.164, else its digits marked raw, else the text."""
    return e164(text, region) or _raw_form(clean(text))


def _raw_form(text: str) -> str:
    digits = "".join(letter for letter in text if letter.isdigit())
    if not digits or any(letter.isalpha() for letter in text):
        return text
    return RAW_MARK + ("+" if text.lstrip(RAW_MARK).startswith("+") else "") + digits


def cannot_be_judged(text: str, region: str | None) -> bool:
    """Tell whether *text* looks like a national number and no region says of which nation."""
    plain = text.strip()
    if region is not None or plain.startswith(("+", "＋", "00")):  # noqa: RUF001
        return False
    if len(plain) > _LONGEST_WRITTEN:
        return False
    digits = sum(letter.isdigit() for letter in plain)
    return digits >= _FEWEST_DIGITS and _WRITTEN.fullmatch(plain) is not None


def is_fake(text: str, region: str | None) -> bool:
    """Tell whether *text* is one of the numbers people type to get past a form."""
    number = read_number(text, region)
    return number is not None and _is_filler(number)


def found_in(text: str, region: str | None) -> str | None:
    """Return the likely number anywhere in *text* in E.164, or None; for a suggestion only."""
    number = _likely_number(text[:_LONGEST_SEARCHED], region)
    return None if number is None or _is_filler(number) else number.dialled


def _is_filler(number: Number) -> bool:
    return len(set(number.national)) == 1 or number.national in _FAKES
