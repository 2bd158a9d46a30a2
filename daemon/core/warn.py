"""Warnings: what a person should look at though it can be written as it is.

Takes one field of a record; gives the first warning that applies. Nothing is set apart for a
warning, nothing is held back; promises as for ``daemon.core.validate``: no value in any message.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from disposable_email_domains import blocklist

from daemon.core import places
from daemon.core.field_rules import FieldRule
from daemon.core.match import is_role_address
from daemon.core.normalize.address import email_form, is_url
from daemon.core.normalize.text import as_text, clean
from daemon.core.values import FieldKind, Side, Value

COUNTRY, STATE, CURRENCY = "country", "state", "currency"
NAMES = frozenset({"first_name", "last_name", "full_name"})

_LONGEST = 500
"""Characters beyond which a text is no name, place or address and gets no warning of this kind."""
_LINK = re.compile(r"https?://|www\.|\.(?:com|net|org|ru|xyz|top)\b", re.IGNORECASE)
_FILLERS = frozenset(
    [
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "nan",
        "unknown",
        "unbekannt",
        "inconnu",
        "desconocido",
        "test",
        "tester",
        "testing",
        "asdf",
        "asdfasdf",
        "qwerty",
        "xxx",
        "xyz",
        "abc",
        "foo",
        "bar",
        "firstname",
        "lastname",
        "vorname",
        "nachname",
        "undefined",
    ]
)


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing to look at."""

    rule: str
    message: str
    suggestion: str = ""


def warned_of(rule: FieldRule, value: Value, country: str | None, side: Side) -> Warned | None:
    """Return what is odd about *value* on *side*; *country* is the code of the record's country."""
    text = as_text(value)
    if not text or len(text) > _LONGEST:
        return None
    look = _LOOKS.get(rule.canonical) or _BY_KIND.get(rule.kind)
    return look(text, rule.field(side).label, country) if look else None


def _email(text: str, label: str, _country: str | None) -> Warned | None:
    address = email_form(text)
    if is_role_address(address):
        return Warned(
            "role_email",
            f"{label} belongs to a desk such as info@, not to a person; consent of one person does"
            " not cover it",
        )
    if _is_disposable(address.rpartition("@")[2]):
        return Warned(
            "disposable_email",
            f"{label} is a throw-away address: it stops working soon; ask for another one",
        )
    return None


@lru_cache(maxsize=16_384)
def _is_disposable(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def _name(text: str, label: str, _country: str | None) -> Warned | None:
    if "@" in text:
        return Warned("name_is_address", f"{label} holds an e-mail address; write the name")
    if _LINK.search(text):
        return Warned(
            "name_is_link", f"{label} holds a web address, as forms filled by machines do"
        )
    if not any(letter.isalpha() for letter in text) or text.casefold() in _FILLERS:
        return Warned("name_is_filler", f"{label} holds a filler, not a name; correct or empty it")
    return None


def _country(text: str, label: str, _country: str | None) -> Warned | None:
    if places.country_code(text):
        return None
    return Warned(
        "unknown_country",
        f"{label} names no known country; write its name or its code such as DE",
        places.near_country(text),
    )


def _state(text: str, label: str, country: str | None) -> Warned | None:
    if country is None or not places.has_states(country) or places.state_code(text, country):
        return None
    return Warned(
        "unknown_state",
        f"{label} names no state of {country}; write its name or its code",
        places.near_state(text, country),
    )


def _currency(text: str, label: str, _country: str | None) -> Warned | None:
    code = places.currency_code(text)
    if code == text:
        return None
    return Warned("unknown_currency", f"{label} expects the code of a currency such as EUR", code)


def _url(text: str, label: str, _country: str | None) -> Warned | None:
    if is_url(text):
        return None
    bare = clean("".join(text.split()).strip("<>\"'.,;"))
    return Warned(
        "invalid_url",
        f"{label} expects a web address such as https://example.com",
        bare if is_url(bare) else "",
    )


_LOOKS: dict[str, Callable[[str, str, str | None], Warned | None]] = {
    **dict.fromkeys(sorted(NAMES), _name),
    COUNTRY: _country,
    STATE: _state,
    CURRENCY: _currency,
}
_BY_KIND: dict[FieldKind, Callable[[str, str, str | None], Warned | None]] = {
    FieldKind.EMAIL: _email,
    FieldKind.URL: _url,
}
