"""What each feature of a record is compared by: folded text, one spelling, never empty blanks.

Takes cells as they stand, gives forms; never raises. Case, accents, punctuation, direction marks
and legal forms are gone; what is too long is cut, its digest kept, so that only equal is equal.
"""

import re
from functools import lru_cache
from unicodedata import category, combining, normalize

from daemon.core.normalize import comparable
from daemon.core.normalize.phone import RAW_MARK, phone_form
from daemon.core.normalize.text import clean
from daemon.core.similarity.known import LEGAL_FORMS, PARTICLES, TITLES
from daemon.core.values import FieldKind, digest

LONGEST = 200
"""Characters that are compared letter by letter; the rest counts as a whole."""

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ə": "e",
    }
)
_WORD = re.compile(r"[^\W_]+")
_HOUSE_NUMBER = re.compile(r"(?<![^\W\d_])\d+\s?[a-z]?\b")
_DIGITS = re.compile(r"\D+")
_FEWEST_PHONE_DIGITS = 6
_ISO = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\D(\d{1,2})\D(\d{4})", re.ASCII)


def fold(text: str) -> str:
    """Return *text* without case, accents, invisible marks and outer blanks."""
    if text.isascii():
        plain = text.casefold().strip()
        return plain if len(plain) <= LONGEST else _cut(plain)
    parts = normalize("NFKD", text).casefold().translate(_LETTERS)
    plain = "".join(x for x in parts if not combining(x) and category(x) != "Cf").strip()
    return plain if len(plain) <= LONGEST else _cut(plain)


def _cut(text: str) -> str:
    return f"{text[:LONGEST]} {digest(text)[:16]}"


@lru_cache(maxsize=65_536)
def words_form(text: str) -> str:
    """Return the words of a text, one blank between them."""
    plain = fold(text)
    if plain.isalnum():
        return plain
    if plain.isascii():
        return " ".join(_WORD.findall(plain))
    return " ".join("".join([x if _is_letter(x) else " " for x in plain]).split())


def _is_letter(x: str) -> bool:
    """Tell letters, digits and the vowel signs of scripts that write them as marks."""
    return x.isalnum() or category(x)[0] == "M"


def name_form(text: str) -> str:
    """Return a given name or a surname: titles and particles left out unless nothing stays."""
    words = words_form(text)
    if " " not in words:
        return words
    parts = words.split()
    kept = [part for part in parts if part not in TITLES and part not in PARTICLES]
    return " ".join(kept or parts)


def split_name(text: str) -> tuple[str, str]:
    """Return (given, surname) of a full name; ``Surname, Given`` is understood."""
    if "," in text:
        last, _, first = text.partition(",")
        return name_form(first), name_form(last)
    parts = [part for part in words_form(text).split() if part not in TITLES]
    if len(parts) < 2:  # noqa: PLR2004 (a given name and a surname)
        return "", "".join(parts)
    return parts[0], name_form(" ".join(parts[1:]))


def company_form(text: str) -> str:
    """Return a company's name without its legal form."""
    parts = words_form(text.replace(".", "")).split()
    return " ".join([part for part in parts if part not in LEGAL_FORMS] or parts)


def email_form(text: str) -> str:
    """Return what an address is compared by; "" for what is none."""
    form = str(comparable(FieldKind.EMAIL, text) or "") if "@" in text else ""
    return form if len(form) <= LONGEST else _cut(form)


def domain_form(text: str) -> str:
    """Return the host of a web address or an e-mail address, without ``www.``."""
    plain = clean(text).lower()
    host = re.split(r"[/?#:]", plain.rpartition("@")[2].rpartition("//")[2])[0]
    host = host.removeprefix("www.")
    return host if "." in host and len(host) <= LONGEST else ""


def number_form(text: str, region: str | None = None) -> str:
    """Return what a phone number is compared by; "" for text that holds none."""
    if len(text) > LONGEST:
        return ""
    form = phone_form(text, region)
    digits = _DIGITS.sub("", form)
    if len(digits) < _FEWEST_PHONE_DIGITS or len(set(digits)) == 1:
        return ""
    return f"{RAW_MARK}{digits}" if form.startswith(RAW_MARK) else form


def identifier_form(text: str) -> str:
    """Return an id: letters and digits only; "" where it cannot tell anybody apart."""
    form = words_form(text).replace(" ", "")
    return "" if len(set(form)) <= 1 else form


@lru_cache(maxsize=65_536)
def date_form(text: str) -> str:
    """Return a date as eight digits where its parts are clear, else its words."""
    plain = text.strip()
    found = _ISO.fullmatch(plain)
    if found:
        return f"{found[1]}{found[2]:0>2}{found[3]:0>2}"
    found = _DOTTED.fullmatch(plain)
    return f"{found[3]}{found[2]:0>2}{found[1]:0>2}" if found else words_form(plain)


def street_forms(street: str) -> tuple[str, str]:
    """Return (street, house number) of a line that holds both."""
    plain = words_form(street)
    found = _HOUSE_NUMBER.search(plain)
    if found is None or len(found[0]) == len(plain):
        return plain, ""
    name = " ".join((plain[: found.start()] + plain[found.end() :]).split())
    return name, found[0].replace(" ", "")
