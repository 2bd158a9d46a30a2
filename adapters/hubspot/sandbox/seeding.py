"""Invented contacts, the same for the same seed.

Names in several languages, tidy and untidy phones; some have no e-mail address, some a second one.
"""

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.records import Source, app_source, joined, user_source

SHARE_WITHOUT_EMAIL = 0.05
SHARE_WITH_SECOND_EMAIL = 0.06
SHARE_WITHOUT_PHONE = 0.2
OLDEST = timedelta(days=700)
NEWEST = timedelta(hours=1)
_WORDS: Mapping[str, Sequence[str]] = {
    "company": (
        "Alba Foods",
        "Nordlicht GmbH",
        "Café Étoile",
        "Tanaka & Sons",
        "Blue Harbor, Inc.",
    ),
    "jobtitle": ("Head of Marketing", "CEO", "Einkaufsleiter", "Sales Manager", "Buyer"),
    "industry": ("Retail", "Software", "Manufacturing", "Health", "Logistics"),
    "lifecyclestage": ("subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer"),
    "hs_lead_status": ("NEW", "OPEN", "IN_PROGRESS", "CONNECTED"),
    "numemployees": ("1-5", "5-25", "50-100", "1000+"),
}
_LETTERS = str.maketrans({"\u0131": "i", "ł": "l", "ß": "ss"})
_SOURCES = (
    Source(type="IMPORT", id="31415926"),
    user_source(4321),
    app_source(555_001, "Web form"),
)


@cache
def _countries() -> Sequence[Mapping[str, Any]]:
    source = resources.files(__package__).joinpath("people.yaml")
    countries: Sequence[Mapping[str, Any]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return countries


def seed_contacts(account: Account, count: int) -> None:
    """Add so many contacts, created and last changed in the past, already known to search."""
    luck, now, store = account.random, account.clock.now(), account.contacts
    owner_ids = _owner_ids(account)
    ages = sorted((luck.random() for _ in range(count)), reverse=True)
    for number, age in enumerate(ages):
        created = now - NEWEST - (OLDEST - NEWEST) * age
        values = _values(owner_ids, luck, number)
        source = luck.choice(_SOURCES)
        record = store.create(values, created, source, is_indexed_at_once=True)
        changed = created + (now - NEWEST - created) * luck.random()
        store.touch(record, changed, is_indexed_at_once=True)


def _values(owner_ids: Sequence[str], luck: random.Random, number: int) -> dict[str, str]:
    country = luck.choice(_countries())
    first, last = luck.choice(country["first"]), luck.choice(country["last"])
    values = {
        "firstname": first,
        "lastname": last,
        "country": country["country"],
        "city": luck.choice(country["city"]),
        "zip": _digits(country["zip"], luck),
        "hs_language": country["language"],
        "hubspot_owner_id": luck.choice(owner_ids),
    }
    values |= {name: luck.choice(words) for name, words in _WORDS.items() if luck.random() < 0.7}
    values |= _addresses(first, last, number, luck)
    if luck.random() >= SHARE_WITHOUT_PHONE:
        values["phone"] = _digits(luck.choice(country["phones"]), luck)
    return values


def _addresses(first: str, last: str, number: int, luck: random.Random) -> dict[str, str]:
    if luck.random() < SHARE_WITHOUT_EMAIL:
        return {}
    name = f"{_plain(first)}.{_plain(last)}".strip(".") or "person"
    email = f"{name}.{number}@example.{luck.choice(('com', 'org', 'net'))}"
    if luck.random() >= SHARE_WITH_SECOND_EMAIL:
        return {"email": email}
    return {"email": email, "hs_additional_emails": joined([f"{name}.{number}@private.example"])}


def _owner_ids(account: Account) -> list[str]:
    """Return all owners, the one who left included: records keep pointing there."""
    book = account.owners
    return [each.id for each in (*book.all(is_archived=False), *book.all(is_archived=True))]


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return re.sub(r"[^a-z]+", "", folded)


def _digits(pattern: str, luck: random.Random) -> str:
    return re.sub("#", lambda _: str(luck.randrange(10)), pattern)
