"""Which law a person is under, and how that was found out."""

from datetime import date

import pytest

from config.regulations import regulations
from daemon.core.compliance.countries import country_code, phone_country, state_code
from daemon.core.compliance.jurisdiction import STRICTEST, Derivation, derive
from daemon.core.compliance.person import Person
from tests.core.compliance.judging import judged

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"), ("Deutschland", "DE"), (" GERMANY ", "DE"), ("U.S.A.", "US"), ("UK", "GB"),
        ("Österreich", "AT"), ("日本", "JP"), ("Türkiye", "TR"), ("NO", "NO"), ("AR", "AR"),
        ("Mordor", ""), ("", ""), ("XX", ""), ("Europe", ""),
    ],
)  # fmt: skip
def test_a_country_is_read_as_people_write_it(text: str, code: str) -> None:
    """What is not surely one country is none."""
    assert code == country_code(text)


def test_states_are_read_as_people_write_them() -> None:
    """By name and by postal code."""
    assert ["CA", "CA", "VA", ""] == [
        state_code(text) for text in ("California", "ca", "US-VA", "Bavaria")
    ]


@pytest.mark.parametrize(
    ("number", "country"),
    [("+49 30 901820", "DE"), ("0049 30 901820", "DE"), ("+1 416 555 0199", "CA"),
     ("030 901820", ""), ("+999 1", ""), ("call me", ""), ("", "")],
)  # fmt: skip
def test_a_number_tells_its_country_by_its_code_only(number: str, country: str) -> None:
    """A number without one says where the list is from, not where the person lives."""
    assert country == phone_country(number, "DE")


@pytest.mark.parametrize(
    ("person", "markets", "how"),
    [
        (Person(jurisdiction="US-CA", country="FR", phone="+4930901820"), {"US-CA"}, "explicit"),
        (Person(country="USA", state="Virginia"), {"US-VA"}, "residence"),
        (Person(country="FR", phone="+4930901820"), {"FR"}, "residence"),
        (Person(phone="+4930901820"), {"DE"}, "phone"),
        (Person(), {"AT", "CH"}, "assumed"),
    ],
)
def test_the_surest_ground_decides_and_is_kept(person: Person, markets: set[str], how: str) -> None:
    """The record itself, residence, phone, then the markets of the sync."""
    found = derive(person, ("AT", "CH"))

    assert (frozenset(markets), Derivation(how), False) == (
        found.markets,
        found.how,
        found.is_doubtful,
    )


def test_nothing_known_is_the_strictest() -> None:
    """Never no law at all."""
    found = derive(Person())

    fitting = regulations().fitting(found, TODAY)
    assert Derivation.UNKNOWN is found.how
    assert set(STRICTEST) == {one.id for one, _ in fitting}


def test_what_cannot_be_read_adds_the_strictest() -> None:
    """A country nobody knows is not overruled by a phone number."""
    found = derive(Person(country="Mordor", phone="+6421555123"))

    fitting = {one.id for one, _ in regulations().fitting(found, TODAY)}
    assert ({"NZ"}, True) == (set(found.markets), found.is_doubtful)
    assert {*STRICTEST, "nz"} == fitting


def test_a_country_without_its_state_is_under_the_laws_of_all_states() -> None:
    """Unknown is strict, within a country too."""
    found = derive(Person(country="US"))

    assert {"can_spam", "tcpa", "ccpa", "us_states"} == {
        one.id for one, _ in regulations().fitting(found, TODAY)
    }


def test_a_law_holds_from_its_day_on() -> None:
    """Vermont's begins on 1 January 2028."""
    found = derive(Person(country="US", state="Vermont"))

    before = regulations().fitting(found, date(2027, 12, 31))
    after = regulations().fitting(found, date(2028, 1, 1))
    assert "us_states" not in {one.id for one, _ in before}
    assert "us_states" in {one.id for one, _ in after}


def test_a_country_without_a_regulation_is_judged_strictly() -> None:
    """No file is not the same as no law."""
    assert set(STRICTEST) == set(judged({"country": "AR"}, "email").regulations)
