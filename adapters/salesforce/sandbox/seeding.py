"""The people an org has from the start, the same for the same seed.

Users first: the integration user, colleagues, one who left. Then invented people: most as contacts
of accounts, some as leads; names in several languages, phones tidy and not, some without address.
"""

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from adapters.salesforce.sandbox.catalog import delivered_kinds
from adapters.salesforce.sandbox.deriving import derived
from adapters.salesforce.sandbox.fields import Field
from adapters.salesforce.sandbox.ids import mint
from adapters.salesforce.sandbox.moments import as_text
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.person_accounts import switch_on
from adapters.salesforce.sandbox.store import Row

SHARE_WITHOUT_EMAIL = 0.05
SHARE_WITHOUT_PHONE = 0.2
OLDEST = timedelta(days=700)
NEWEST = timedelta(hours=1)
ACCOUNTS = (
    ("Alba Foods", "https://albafoods.example", "Food & Beverage"),
    ("Nordlicht GmbH", "https://nordlicht.example", "Electronics"),
    ("Café Étoile", "https://cafe-etoile.example", "Hospitality"),
    ("Tanaka & Sons", "https://tanaka.example", "Manufacturing"),
    ("Blue Harbor, Inc.", "https://blueharbor.example", "Shipping"),
)
USERS = (
    ("Integration", "User", "integration@acme.example", True),
    ("Rosa", "Berger", "rosa.berger@acme.example", True),
    ("Tom", "Ekholm", "tom.ekholm@acme.example", True),
    ("Left", "Longago", "left.longago@acme.example", False),
)
TITLES = ("Head of Marketing", "CEO", "Einkaufsleiter", "Sales Manager", "Buyer")
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_LETTERS = str.maketrans({"\u0131": "i", "ł": "l", "ß": "ss"})
_BELL_TYPE = "CrmsyncdAlert"


@cache
def _countries() -> Sequence[Mapping[str, Any]]:
    source = resources.files(__package__).joinpath("people.yaml")
    countries: Sequence[Mapping[str, Any]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return countries


def username(org: Org) -> str:
    """Return the name under which the integration user logs in."""
    return str(org.store("User").rows[org.integration_user].get("Username"))


def seed(org: Org) -> None:
    """Fill an org: its users and itself always, people as many as its settings say."""
    if org.settings.has_person_accounts:
        switch_on(org)
    _seed_setup(org)
    count = org.settings.records
    if count:
        accounts = _seed_accounts(org)
        _seed_people(org, accounts, count)


def _seed_setup(org: Org) -> None:
    long_ago = org.clock.now() - OLDEST
    for number, (first, last, email, is_active) in enumerate(USERS, start=1):
        values = {
            "FirstName": first,
            "LastName": last,
            "Email": email,
            "Username": f"{email}.sandbox",
            "Alias": last[:8].lower(),
            "IsActive": is_active,
            "UserType": "Standard",
            "TimeZoneSidKey": "Europe/Berlin",
            "LocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US",
        }
        _plant(org, "User", values, long_ago, row_id=mint("005", number))
    organization = {
        "Name": "Acme",
        "OrganizationType": "Developer Edition",
        "IsSandbox": False,
        "InstanceName": "EU99",
        "TimeZoneSidKey": "Europe/Berlin",
        "LanguageLocaleKey": "en_US",
    }
    _plant(org, "Organization", organization, long_ago, row_id=org.id)
    queue = {"Name": "New leads", "DeveloperName": "New_leads", "Type": "Queue"}
    _plant(org, "Group", queue, long_ago)
    bell = {"DeveloperName": _BELL_TYPE, "MasterLabel": "crmsyncd alert"}
    _plant(org, "CustomNotificationType", bell, long_ago)


def _seed_accounts(org: Org) -> list[Row]:
    at = org.clock.now() - OLDEST
    return [
        _plant(org, "Account", {"Name": name, "Website": site, "Industry": industry}, at)
        for name, site, industry in ACCOUNTS
    ]


def _seed_people(org: Org, accounts: list[Row], count: int) -> None:
    luck, now = org.random, org.clock.now()
    ages = sorted((luck.random() for _ in range(count)), reverse=True)
    for number, age in enumerate(ages):
        created = now - NEWEST - (OLDEST - NEWEST) * age
        changed = created + (now - NEWEST - created) * luck.random()
        values = _person(luck, number)
        country = luck.choice(_countries())
        values |= _name_and_address(country, number, luck)
        if luck.random() < org.settings.lead_share:
            _plant(org, "Lead", _as_lead(values, luck), created, changed)
        else:
            account = luck.choice(accounts)
            _plant(org, "Contact", {**values, "AccountId": account.id}, created, changed)


def _person(luck: random.Random, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {"OwnerId": mint("005", 1 + number % len(USERS))}
    if luck.random() < 0.7:
        values["Title"] = luck.choice(TITLES)
    if luck.random() < 0.7:
        values["LeadSource"] = luck.choice(SOURCES)
    if luck.random() < 0.1:
        values["HasOptedOutOfEmail"] = True
    return values


def _name_and_address(
    country: Mapping[str, Any], number: int, luck: random.Random
) -> dict[str, Any]:
    first, last = luck.choice(country["first"]), luck.choice(country["last"])
    values = {
        "FirstName": first,
        "LastName": last,
        "MailingCity": luck.choice(country["city"]),
        "MailingPostalCode": _digits(country["zip"], luck),
        "MailingCountry": country["country"],
    }
    if luck.random() >= SHARE_WITHOUT_EMAIL:
        name = f"{_plain(first)}.{_plain(last)}".strip(".") or "person"
        values["Email"] = f"{name}.{number}@example.{luck.choice(('com', 'org', 'net'))}"
    if luck.random() >= SHARE_WITHOUT_PHONE:
        values["Phone"] = _digits(luck.choice(country["phones"]), luck)
    return values


def _as_lead(values: Mapping[str, Any], luck: random.Random) -> dict[str, Any]:
    renamed = {name.removeprefix("Mailing"): value for name, value in values.items()}
    return {**renamed, "Company": luck.choice(ACCOUNTS)[0], "Status": "Open - Not Contacted"}


def _plant(
    org: Org,
    name: str,
    values: Mapping[str, Any],
    created: datetime,
    changed: datetime | None = None,
    *,
    row_id: str = "",
) -> Row:
    """Put a row in as if it had been there for long."""
    store = org.store(name)
    row_id = row_id or store.next_id()
    begun, last = as_text(created), as_text(changed or created)
    by = org.person
    stamps = {
        "Id": row_id,
        "CreatedDate": begun,
        "CreatedById": by,
        "LastModifiedDate": last,
        "LastModifiedById": by,
        "SystemModstamp": last,
    }
    whole = {**_defaults(name), "OwnerId": by, **values, **stamps}
    row = Row(row_id, {key: whole[key] for key in whole if key in store.kind.fields})
    row = Row(row_id, {**row.values, **derived(org, store.kind, row)})
    org.put(store, row, Actor(user_id=by, is_person=True))
    return row


@cache
def _defaults(name: str) -> Mapping[str, Any]:
    """Return what a record of an object has without being told."""
    fields = delivered_kinds()[name].fields.values()
    return {each.name: each.default for each in fields if _has_default(each)}


def _has_default(field: Field) -> bool:
    return field.type == "boolean" or (field.may("createable") and field.default is not None)


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return re.sub(r"[^a-z]+", "", folded)


def _digits(pattern: str, luck: random.Random) -> str:
    return re.sub("#", lambda _: str(luck.randrange(10)), pattern)
