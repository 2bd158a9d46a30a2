"""The features records are compared by, and which column tells which.

Takes column names; gives the feature of each column that tells one. A column that nobody knows is
left out of the comparison rather than guessed.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from daemon.core.field_names import plain_name
from daemon.core.synonyms import SYNONYMS


class Feature(StrEnum):
    """One thing that two records may agree on."""

    GIVEN_NAME = "given_name"
    SURNAME = "surname"
    FULL_NAME = "full_name"
    EMAIL = "email"
    PHONE = "phone"
    IDENTIFIER = "identifier"
    BIRTH_DATE = "birth_date"
    COMPANY = "company"
    DOMAIN = "domain"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    STREET_MORE = "street_more"
    CITY = "city"
    POSTCODE = "postcode"
    STATE = "state"


_BY_CANONICAL = {
    Feature.GIVEN_NAME: "first_name",
    Feature.SURNAME: "last_name",
    Feature.FULL_NAME: "full_name",
    Feature.EMAIL: "email",
    Feature.COMPANY: "company",
    Feature.DOMAIN: "website",
    Feature.STREET: "street",
    Feature.CITY: "city",
    Feature.POSTCODE: "zip",
    Feature.STATE: "state",
    Feature.BIRTH_DATE: "birthday",
}

_OTHER_NAMES: Mapping[Feature, tuple[str, ...]] = {
    Feature.GIVEN_NAME: ("givenname", "first names"),
    Feature.FULL_NAME: ("name", "person", "contact", "customer name"),
    Feature.EMAIL: ("email 1", "mail 1", "emailaddress"),
    Feature.PHONE: ("phone 1", "phone 2", "fon"),
    Feature.COMPANY: ("company name", "organisation", "organization", "account name", "firm"),
    Feature.DOMAIN: ("domain", "web", "url", "company domain", "company website"),
    Feature.STREET: ("street name", "addr", "addr 1", "street 1"),
    Feature.HOUSE_NUMBER: ("street number", "house number", "house no", "hausnummer"),
    Feature.STREET_MORE: ("address 2", "address line 2", "street 2", "addr 2", "adresszusatz"),
    Feature.CITY: ("suburb", "town", "locality", "place"),
    Feature.POSTCODE: ("post code", "postal code", "zip code", "postcode", "plz"),
    Feature.STATE: ("province", "region", "county"),
    Feature.BIRTH_DATE: ("birth date", "date of birth", "dob", "born", "geburtsdatum"),
    Feature.IDENTIFIER: (
        "national id", "social security number", "ssn", "soc sec id", "soc sec no", "tax id",
        "passport number", "passport no", "customer id", "customer number", "customer no",
        "member id", "membership number", "external id", "contact id", "crm id", "kundennummer",
        "numero de client", "dni", "codice fiscale", "cpf", "person id", "patient id",
    ),
}  # fmt: skip


def _names() -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    for feature in Feature:
        canonical = _BY_CANONICAL.get(feature)
        own = (feature.value, canonical or "", *SYNONYMS.get(canonical or "", ()))
        for name in (*own, *_OTHER_NAMES.get(feature, ())):
            found.setdefault(plain_name(name), feature)
    for canonical in ("phone", "mobile"):
        for name in (canonical, *SYNONYMS[canonical]):
            found.setdefault(plain_name(name), Feature.PHONE)
    found.pop("", None)
    return found


_BY_NAME = _names()

MANY = frozenset({Feature.PHONE, Feature.IDENTIFIER, Feature.EMAIL})
"""Features that several columns may tell; of the others the first column counts."""


def feature_of(name: str) -> Feature | None:
    """Return the feature that a column of this name tells, or None."""
    return _BY_NAME.get(plain_name(name))


def read_columns(names: Iterable[str], key: str = "") -> dict[str, Feature]:
    """Return column → feature; *key* tells rows apart and so tells no feature."""
    found: dict[str, Feature] = {}
    for name in names:
        feature = None if name == key else feature_of(name)
        if feature and (feature in MANY or feature not in found.values()):
            found[name] = feature
    return found
