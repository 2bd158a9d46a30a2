"""How much two forms agree, feature by feature (R8: by edit distance and token measures)."""

from collections import Counter

import pytest

from daemon.core.similarity import Feature, Forms, Reading, profile, weights
from daemon.core.similarity.blocking import LARGEST_BLOCK, candidates, sound
from daemon.core.similarity.levels import (
    CLOSE,
    DIFFERENT,
    EXACT,
    MISSING,
    PARTLY,
    Pattern,
    compare,
    pattern,
)
from daemon.core.similarity.profile import PLACE, STREET, STREET_MORE, filled
from daemon.core.similarity.proof import holdings, proof
from daemon.core.similarity.weights import default_weights, learnt_weights, probability
from tests.core.similarity.people import judged, person

WORKED = [
    (Feature.GIVEN_NAME, EXACT, "Ann", "ANN"),
    (Feature.GIVEN_NAME, CLOSE, "Robert", "Bob"),
    (Feature.GIVEN_NAME, CLOSE, "Katharina", "Katharnia"),
    (Feature.GIVEN_NAME, PARTLY, "Robert", "R."),
    (Feature.GIVEN_NAME, PARTLY, "Zoe Maria", "Maria"),
    (Feature.GIVEN_NAME, DIFFERENT, "Robert", "Zoe"),
    (Feature.GIVEN_NAME, MISSING, "Robert", ""),
    (Feature.SURNAME, CLOSE, "Lovegrove", "Lovegrov"),
    (Feature.SURNAME, CLOSE, "Mc Donnell", "McDonnell"),
    (Feature.SURNAME, PARTLY, "Quux Lovegrove", "Lovegrove"),
    (Feature.SURNAME, PARTLY, "Lovegrove", "L"),
    (Feature.SURNAME, DIFFERENT, "Lovegrove", "Quux"),
    (Feature.EMAIL, CLOSE, "ann.lee@a.example", "ann.lee@b.example"),
    (Feature.EMAIL, CLOSE, "ann.lee@a.example", "ann.leee@a.example"),
    (Feature.EMAIL, PARTLY, "ann.lee@a.example", "ann.leee@b.example"),
    (Feature.EMAIL, DIFFERENT, "ann.lee@a.example", "bob@a.example"),
    (Feature.PHONE, CLOSE, "+49 30 1234567", "+49 30 1234568"),
    (Feature.PHONE, PARTLY, "+49 30 1234567", "+49 30 1234599"),
    (Feature.PHONE, DIFFERENT, "+49 30 1234567", "+49 89 7654321"),
    (Feature.IDENTIFIER, DIFFERENT, "12", "34"),
    (Feature.BIRTH_DATE, CLOSE, "1980-05-21", "1980-05-22"),
    (Feature.BIRTH_DATE, CLOSE, "1980-05-12", "1980-12-05"),
    (Feature.BIRTH_DATE, PARTLY, "1980-05-21", "1981-05-22"),
    (Feature.BIRTH_DATE, DIFFERENT, "1980-05-21", "1955-12-30"),
    (Feature.COMPANY, EXACT, "Acme GmbH", "ACME Inc."),
    (Feature.COMPANY, CLOSE, "Nordwind Logistics", "Logistics Nordwind"),
    (Feature.COMPANY, PARTLY, "Acme", "Acme Northern Europe Trading"),
    (Feature.COMPANY, DIFFERENT, "Acme", "Quux Foods"),
    (Feature.DOMAIN, CLOSE, "shop.acme.example", "https://www.acme.example/x"),
    (Feature.DOMAIN, DIFFERENT, "acme.example", "quux.example"),
    (Feature.STREET, CLOSE, "Hauptstrasse", "Hauptstrase"),
    (Feature.STREET, PARTLY, "Long Garden Lane", "Long Gardens Road"),
    (Feature.STREET, DIFFERENT, "Hauptstrasse", "Am Markt"),
    (Feature.HOUSE_NUMBER, CLOSE, "12", "12a"),
    (Feature.HOUSE_NUMBER, DIFFERENT, "12", "345"),
    (Feature.POSTCODE, CLOSE, "10115", "10116"),
    (Feature.POSTCODE, PARTLY, "10115", "10999"),
    (Feature.POSTCODE, DIFFERENT, "10115", "80331"),
    (Feature.STATE, CLOSE, "nsw", "nsv"),
    (Feature.STATE, DIFFERENT, "nsw", "vic"),
]


@pytest.mark.parametrize(("feature", "expected", "one", "two"), WORKED)
def test_two_forms_agree_by_levels(feature: Feature, expected: int, one: str, two: str) -> None:
    """Each feature has its own measure, and it is the same from either side."""
    place = PLACE[feature]
    left, right = (person(**{feature.value: text})[place] for text in (one, two))

    assert expected == compare(place, left, right) == compare(place, right, left)


def test_of_several_numbers_the_best_counts() -> None:
    """A record with two addresses agrees by the one that fits."""
    place = PLACE[Feature.EMAIL]

    assert EXACT == compare(place, ("a@b.example", "c@d.example"), ("c@d.example",))


def test_two_lines_of_an_address_may_be_transposed() -> None:
    """What stands in the first line of the one and in the second of the other agrees."""
    left = person(street="Garden Lane", street_more="Elm Court")
    right = person(street="Elm Court", street_more="Garden Lane")

    assert (CLOSE, CLOSE) == pattern(left, right, (STREET, STREET_MORE))
    assert (EXACT, EXACT) == pattern(left, left, (STREET, STREET_MORE))


def test_one_name_has_one_sound() -> None:
    """Spellings of one name sound alike; scripts without these sounds go by their first letters."""
    assert sound("meyer") == sound("mayer")
    assert "محمد" == sound("محمدي")


def test_a_key_of_very_many_compares_neighbours_only() -> None:
    """A switchboard of a hundred costs some hundred comparisons, and equal names still meet."""
    phone = "+49 30 1234567"
    names = [f"{chr(97 + at // 10)}{chr(97 + at % 10)}" for at in range(100)]
    some = [person(given_name=name * 3, phone=phone) for name in [*names, names[50]]]

    found = set(candidates(some))

    assert len(some) > LARGEST_BLOCK
    assert (50, 100) in found
    assert len(found) <= len(some) * 6


def test_an_identifier_proves_only_with_both_names() -> None:
    """R8: a number that a family shares, or one with a name missing, is for a person."""
    whole = person(given_name="Ann", surname="Lee", identifier="4711")
    half = person(surname="Lee", identifier="47-11")
    other = person(given_name="Bob", surname="Lee", identifier="4711")
    held = holdings([whole, half, other])

    def against(left: Forms, right: Forms) -> tuple[str, ...]:
        shown = proof(left, right, held)
        assert shown is not None
        return shown.against

    assert "the names do not confirm it" in against(whole, half)
    assert "the names differ" in against(whole, other)
    alone = proof(whole, whole, holdings([whole, whole]))
    assert alone is not None
    assert () == alone.against
    assert None is proof(person(given_name="Ann"), person(given_name="Ann"), held)


def test_transposed_names_are_the_same_names() -> None:
    """R8: one identifier and both names, in each other's column, are proof."""
    one = {"given_name": "Ann", "surname": "Lee", "identifier": "4711"}

    (pair,) = judged(one, {**one, "given_name": "Lee", "surname": "Ann"}).pairs

    assert "merge" == pair.action.value


def test_without_data_the_defaults_stand() -> None:
    """No pattern leaves the shipped weights; agreeing less never weighs more."""
    places = filled([person(given_name="Ann", surname="Lee", email="a@b.example")])

    assert default_weights(places) == learnt_weights(places, Counter())
    for step in default_weights(places).steps:
        assert list(step[:4]) == sorted(step[:4], reverse=True)
    assert (0.0, 0.5) == (probability(-1e6), probability(0.0))


def couples(number: int, *, born: bool = False) -> list[Forms]:
    """Couples at one door each, with other given names."""
    found = []
    for at in range(number):
        door = {"surname": f"Name{at:03}x", "street": f"Way{at:03}x", "phone": f"+49 30 1{at:06}",
                "postcode": f"{10_000 + at * 7}"}  # fmt: skip
        day = {"birth_date": f"19{at % 90 + 10}-01-02"} if born else {}
        found += [
            person(given_name="Robert", **door, **day),
            person(given_name="Zoe", **door, **day),
        ]
    return found


def test_a_household_is_not_one_person() -> None:
    """Where the data is full of couples, door, number and surname together make nobody one."""
    from daemon.core.similarity import judge

    assert () == judge(couples(60)).pairs


def test_one_day_of_birth_lifts_the_cap_on_what_a_household_shares() -> None:
    """Somebody of another given name with the same day of birth may be one, for a person to say."""
    from daemon.core.similarity import judge

    found = judge([*couples(60), *couples(3, born=True)], least=0.0).pairs

    assert {"review"} == {pair.action.value for pair in found}


def test_records_without_given_names_have_no_households() -> None:
    """A list of companies is judged by what it holds."""
    rows = [
        {"company": f"Firm {at} Works", "city": "Ulm", "phone": "+49 30 1234567"}
        for at in range(20)
    ]

    assert {"review"} == {pair.action.value for pair in judged(*rows, *rows, least=0.0).pairs}


def test_one_address_under_two_identifiers_is_for_a_person() -> None:
    """R8: two customer numbers speak against one address."""
    one = {"given_name": "Ann", "surname": "Lee", "email": "ann@lee.example"}

    (pair,) = judged({**one, "identifier": "4711"}, {**one, "identifier": "9382"}, least=0.0).pairs

    assert ("ambiguous", "review") == (pair.kind.value, pair.action.value)
    assert "the identifiers differ" in pair.reasons[0]


def test_what_tells_nothing_is_left_out() -> None:
    """A free mail host is no company, a number of thousands of digits no number."""
    found = person(email="ann@gmail.com", phone="1" * 10_000)

    assert ("", ()) == (found[PLACE[Feature.DOMAIN]], found[PLACE[Feature.PHONE]])


def test_a_street_without_a_number_stays_a_street() -> None:
    """Nothing is taken out of a street that holds no number, or nothing else."""
    reading = Reading(columns={"street": Feature.STREET})

    found = [profile({"street": text}, reading) for text in ("Am Markt", "12")]

    assert [("am markt", ""), ("12", "")] == [
        (one[STREET], one[PLACE[Feature.HOUSE_NUMBER]]) for one in found
    ]


def test_one_door_is_worth_a_comparison() -> None:
    """Records of one street and number meet, whatever else they say."""
    one = person(street="Am Markt", house_number="12")

    assert [(0, 1)] == list(candidates([one, one]))


def test_learning_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that never come to rest are taken as they are after some rounds."""
    monkeypatch.setattr(weights, "_SETTLED", -1.0)
    places = filled([person(given_name="Ann", surname="Lee")])
    seen: Counter[Pattern] = Counter(
        {(EXACT, EXACT): 40, (DIFFERENT, EXACT): 40, (MISSING, CLOSE): 3}
    )

    assert learnt_weights(places, seen).is_learnt
