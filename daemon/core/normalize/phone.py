"""Phone numbers: E.164 where the text is nothing but a possible number, else what was typed.

Takes text and a default region (ISO 3166 alpha-2), gives text; never raises. Only texts made of
the characters people write numbers with are read: the parser would also find the digits inside
"Anna, 030 123456" and make two different cells one number.
"""

import re
from functools import lru_cache

from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
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
_LONGEST_SEARCHED = 100
"""Characters looked through for a number to suggest."""
_FAKES = frozenset({"1234567890", "123456789", "0123456789", "12345678"})


@lru_cache(maxsize=CACHE_SIZE)
def parsed(text: str, region: str | None) -> PhoneNumber | None:
    """Return the possible, fully dialable number that *text* is, or None.

    Without a region only numbers with their country code can be read; there a leading ``00`` is
    taken for the ``+`` it stands for nearly everywhere. Local-only numbers (no area code) are not
    dialable from elsewhere and count as None.
    """
    plain = text.strip()
    if not _WRITTEN.fullmatch(plain):
        return None
    if region is None and plain.startswith("00"):
        plain = "+" + plain[2:]
    return _read(plain, region)


def _read(text: str, region: str | None) -> PhoneNumber | None:
    try:
        number = parse(text, region.upper() if region else None, keep_raw_input=True)
    except NumberParseException:
        return None
    return number if _is_likely(number) else None


def _is_likely(number: PhoneNumber) -> bool:
    """Ask more of a number whose country is our assumption: "12345" is no German number."""
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return False
    if number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return True
    return len(national_significant_number(number)) >= _SURE_LENGTH or is_valid_number(number)


@lru_cache(maxsize=CACHE_SIZE)
def e164(text: str, region: str | None = None) -> str | None:
    """Return *text* in E.164, an extension as ``;ext=12`` (RFC 3966), or None if it is no number.

    "Possible" (length and shape) is asked for, not "assigned": the tables of assigned ranges lag
    behind the countries, and a real number must not be refused for that. Only a short number
    without country code has to be an assigned one.
    """
    number = parsed(text, region)
    if number is None:
        return None
    dialled = str(format_number(number, PhoneNumberFormat.E164))
    return f"{dialled};ext={number.extension}" if number.extension else dialled


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
    digits = sum(letter.isdigit() for letter in plain)
    return digits >= _FEWEST_DIGITS and _WRITTEN.fullmatch(plain) is not None


def is_fake(text: str, region: str | None) -> bool:
    """Tell whether *text* is one of the numbers people type to get past a form."""
    number = parsed(text, region)
    return number is not None and _is_filler(number)


def found_in(text: str, region: str | None) -> str | None:
    """Return the likely number anywhere in *text* in E.164, or None; for a suggestion only."""
    number = _read(text[:_LONGEST_SEARCHED], region)
    if number is None or _is_filler(number):
        return None
    return str(format_number(number, PhoneNumberFormat.E164))


def _is_filler(number: PhoneNumber) -> bool:
    national = str(national_significant_number(number))
    return len(set(national)) == 1 or national in _FAKES
