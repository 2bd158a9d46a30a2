"""What records are compared by: forms, and columns by their names."""

import pytest

from daemon.core.similarity import Feature, forms, read_columns
from daemon.core.similarity.profile import EMAIL, GIVEN, HOUSE_NUMBER, PHONE, STREET, SURNAME
from tests.core.similarity.people import person


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("jose", "José"),
        ("jose", "Jose\u0301"),
        ("muller", "MÜLLER"),
        ("strasse", "Straße"),
        ("oresund", "Øresund"),
        ("محمد", "\u200fمُحَمَّد\u200e"),
        ("नीता", "नीता"),
        ("van", "van"),
        ("gogh", "van Gogh"),
        ("smith", "Dr. Smith"),
        ("smith jr", "Smith Jr."),
        ("", "  "),
    ],
)
def test_a_name_is_compared_without_what_is_only_spelling(expected: str, text: str) -> None:
    """Case, accents, marks of direction, titles and particles go; generations and scripts stay."""
    assert expected == forms.name_form(text)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("acme", "ACME Inc."),
        ("acme", "Acme GmbH & Co. KG"),
        ("acme", "acme s.a."),
        ("holding", "Holding"),
    ],
)
def test_a_company_is_compared_without_its_legal_form(expected: str, text: str) -> None:
    """A legal form is left out, unless nothing else stands there."""
    assert expected == forms.company_form(text)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("19800521", "1980-05-21"),
        ("19800521", "19800521"),
        ("19800521", "21.5.1980"),
        ("19800521", "1980-05-21T00:00:00Z"),
        ("may 80", "May '80"),
    ],
)
def test_a_date_is_eight_digits_where_it_is_clear(expected: str, text: str) -> None:
    """Dates in usual orders are one form; others stay words."""
    assert expected == forms.date_form(text)


def test_a_field_of_ten_thousand_characters_equals_only_itself() -> None:
    """What is too long is cut, and its digest tells apart what differs behind the cut."""
    one, two = forms.fold("a" * 10_000), forms.fold("a" * 9_999 + "b")

    assert max(map(len, (one, two))) < 250
    assert (True, False) == (one == forms.fold("A" * 10_000), one == two)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (("ada", "lovelace"), "Ada Lovelace"),
        (("ada", "lovelace"), "Lovelace, Ada"),
        (("ada", "king lovelace"), "Ada King von Lovelace"),
        (("", "cher"), "Cher"),
    ],
)
def test_a_full_name_is_taken_apart(expected: tuple[str, str], text: str) -> None:
    """One column with both names serves as two."""
    found = person(full_name=text)

    assert expected == (found[GIVEN], found[SURNAME])


def test_several_columns_tell_one_feature() -> None:
    """Phone and mobile are both numbers of a record; what is no number is none."""
    columns = read_columns(["Phone", "Mobile", "E-Mail", "Vorname", "Datum", "id"], key="id")

    assert {
        "Phone": Feature.PHONE,
        "Mobile": Feature.PHONE,
        "E-Mail": Feature.EMAIL,
        "Vorname": Feature.GIVEN_NAME,
    } == columns
    assert (("+4930123456",), ()) == (
        person(phone="030 123456")[PHONE],
        person(phone="n/a")[PHONE],
    )
    assert () == person(email="nobody")[EMAIL]


def test_the_house_number_is_taken_out_of_a_street() -> None:
    """Where no column holds house numbers they are looked for in the street."""
    from daemon.core.similarity import Reading, profile

    found = profile({"street": "Hauptstraße 12 a"}, Reading(columns={"street": Feature.STREET}))

    assert ("hauptstrasse", "12a") == (found[STREET], found[HOUSE_NUMBER])
