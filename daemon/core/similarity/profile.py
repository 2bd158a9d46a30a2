"""A record as it is compared: one form for each feature, in one order.

Takes a record's cells and what its columns tell; gives a profile. Total: whatever stands in a cell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daemon.core.similarity import forms
from daemon.core.similarity.features import Feature
from daemon.core.similarity.known import FREE_MAIL

ORDER = (
    Feature.GIVEN_NAME,
    Feature.SURNAME,
    Feature.EMAIL,
    Feature.PHONE,
    Feature.IDENTIFIER,
    Feature.BIRTH_DATE,
    Feature.COMPANY,
    Feature.DOMAIN,
    Feature.STREET,
    Feature.HOUSE_NUMBER,
    Feature.STREET_MORE,
    Feature.CITY,
    Feature.POSTCODE,
    Feature.STATE,
)
"""What a profile holds, position by position; a full name is taken apart into the first two."""

PLACE = {feature: place for place, feature in enumerate(ORDER)}
(GIVEN, SURNAME, EMAIL, PHONE, IDENTIFIER, BIRTH_DATE, COMPANY, DOMAIN, STREET, HOUSE_NUMBER,
 STREET_MORE, CITY, POSTCODE, STATE) = range(len(ORDER))  # fmt: skip

Form = str | tuple[str, ...]
Forms = tuple[Form, ...]
"""By position; "" or () where the record says nothing."""

_SINGLE: Mapping[Feature, Callable[[str], str]] = {
    Feature.GIVEN_NAME: forms.name_form,
    Feature.SURNAME: forms.name_form,
    Feature.BIRTH_DATE: forms.date_form,
    Feature.COMPANY: forms.company_form,
    Feature.DOMAIN: forms.domain_form,
    Feature.STREET: forms.words_form,
    Feature.HOUSE_NUMBER: forms.words_form,
    Feature.STREET_MORE: forms.words_form,
    Feature.CITY: forms.words_form,
    Feature.POSTCODE: forms.identifier_form,
    Feature.STATE: forms.words_form,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How records of one place are read."""

    columns: Mapping[str, Feature]
    region: str | None = None
    """ISO 3166 country of phone numbers written without one."""


def profile(cells: Mapping[str, object], reading: Reading) -> Forms:
    """Return what a record is compared by."""
    found: list[Form] = ["", "", (), (), (), "", "", "", "", "", "", "", "", ""]
    for column, feature in reading.columns.items():
        cell = cells.get(column)
        if cell is None or cell == "":
            continue
        _enter(found, feature, str(cell), reading.region)
    _complete(found, has_house_numbers=Feature.HOUSE_NUMBER in reading.columns.values())
    return tuple(found)


def _enter(found: list[Form], feature: Feature, text: str, region: str | None) -> None:
    single = _SINGLE.get(feature)
    if single is not None:
        found[PLACE[feature]] = single(text)
    elif feature is Feature.FULL_NAME:
        given, surname = forms.split_name(text)
        found[GIVEN] = found[GIVEN] or given
        found[SURNAME] = found[SURNAME] or surname
    else:
        form = _many_form(feature, text, region)
        held = found[PLACE[feature]]
        if form and isinstance(held, tuple) and form not in held:
            found[PLACE[feature]] = (*held, form)


def _many_form(feature: Feature, text: str, region: str | None) -> str:
    if feature is Feature.EMAIL:
        return forms.email_form(text)
    if feature is Feature.PHONE:
        return forms.number_form(text, region)
    return forms.identifier_form(text)


def _complete(found: list[Form], *, has_house_numbers: bool) -> None:
    """Fill what one feature tells of another: the host of an address, the number in a street."""
    emails = found[EMAIL]
    if not found[DOMAIN] and emails:
        found[DOMAIN] = forms.domain_form(emails[0])
    if found[DOMAIN] in FREE_MAIL:
        found[DOMAIN] = ""
    if found[STREET] and not has_house_numbers:
        found[STREET], found[HOUSE_NUMBER] = forms.street_forms(str(found[STREET]))


def filled(profiles: Sequence[Forms]) -> tuple[int, ...]:
    """Return the positions that any of the profiles fills."""
    return tuple(place for place in range(len(ORDER)) if any(one[place] for one in profiles))
