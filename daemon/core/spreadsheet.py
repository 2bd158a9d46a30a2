"""Marks that a spreadsheet or a broken export leaves on a value (R11).

Takes text, tells whether it bears the mark; never raises. Only what is provable counts: a guess
would set healthy values apart.
"""

import re

_MANGLED = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{2,3}", re.ASCII)
"""How spreadsheets show a long number: one digit, a mantissa, ``E+`` and at least two digits."""

_ERRORS = frozenset(
    [
        "#N/A",
        "#NAME?",
        "#VALUE!",
        "#REF!",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#NV",
        "#WERT!",
        "#BEZUG!",
    ]
)
"""What stands in a cell whose formula failed, in the words of common languages."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and lone surrogates: no field holds them on purpose, many systems refuse
them, and UTF-8 cannot carry the latter at all. Tab and line ends are text."""

_SHORT_CODE = re.compile(r"\d{3,4}", re.ASCII)
FIVE_DIGITS = 5
_FIVE_DIGIT_COUNTRIES = frozenset(
    {
        *("de", "deu", "germany", "deutschland", "allemagne", "alemania", "germania", "duitsland"),
        *("fr", "fra", "france", "frankreich", "francia", "frança", "frankrijk"),
        *("it", "ita", "italy", "italien", "italia", "italie", "italië", "itália"),
        *("es", "esp", "spain", "spanien", "espagne", "españa", "spagna", "espanha", "spanje"),
        *("us", "usa", "united states", "united states of america", "vereinigte staaten"),
    }
)


def is_mangled_number(text: str) -> bool:
    """Tell whether *text* is a number a spreadsheet shortened: digits of it are lost for good."""
    return "E+" in text and _MANGLED.fullmatch(text.strip()) is not None


def is_failed_formula(text: str) -> bool:
    """Tell whether *text* is what a spreadsheet shows where a formula failed."""
    return text.startswith("#") and text.strip().upper() in _ERRORS


def stray_control(text: str) -> bool:
    """Tell whether *text* holds a character that no text field should."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def without_controls(text: str) -> str:
    """Return *text* without the characters that :func:`stray_control` finds."""
    return _CONTROL.sub("", text)


def has_lost_zero(zip_code: str, country: str) -> bool:
    """Tell whether a postal code of *country* has provably lost its leading zero.

    Where every code has five digits, a shorter all-digit one was read as a number once.
    """
    return (
        country.strip().casefold() in _FIVE_DIGIT_COUNTRIES
        and _SHORT_CODE.fullmatch(zip_code.strip()) is not None
    )
