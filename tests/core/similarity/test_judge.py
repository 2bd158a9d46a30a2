"""Which pairs are shown, how surely, and which of them nobody is asked about (R8, R9)."""

from itertools import permutations

import pytest

from daemon.core.similarity import Action, Kind
from daemon.core.similarity.proof import Agreement, names_agree
from tests.core.similarity.people import judged, person

ANN = {"given_name": "Annabel", "surname": "Lovegrove", "email": "annabel@love.example",
       "phone": "+49 30 1234567", "city": "Berlin", "postcode": "10115"}  # fmt: skip


def test_one_address_and_one_name_are_proof() -> None:
    """R8: the same personal address, however it is written, joins where nothing contradicts."""
    (pair,) = judged(ANN, {**ANN, "email": "ANNABEL@LOVE.example ", "phone": ""}).pairs

    assert (Kind.EXACT, Action.MERGE) == (pair.kind, pair.action)
    assert pair.score >= 0.99
    assert "e-mail: proves it" == pair.reasons[0]


@pytest.mark.parametrize(
    "other",
    [
        {**ANN, "given_name": "Bruno"},
        {**ANN, "surname": "Lovegrove Jr."},
        {**ANN, "identifier": "77", "birth_date": "1980-01-02"},
    ],
)
def test_one_address_of_two_people_is_for_a_person(other: dict[str, str]) -> None:
    """R8: a shared mailbox with another name, generation or day of birth never merges."""
    first = {**ANN, "identifier": "66", "birth_date": "1955-01-02"}

    found = judged(first, other, least=0.0).pairs

    assert [Action.REVIEW] == [pair.action for pair in found]
    assert [Kind.AMBIGUOUS] == [pair.kind for pair in found]


def test_a_desks_address_is_no_proof() -> None:
    """R8: info@ never links people by itself."""
    one = {"given_name": "Ann", "surname": "Lee", "email": "info@love.example"}

    found = judged(one, dict(one), {**one, "given_name": "Bob"}, least=0.0).pairs

    assert {Action.REVIEW} == {pair.action for pair in found}


def test_a_number_is_proof_only_for_two() -> None:
    """R8: a number that belongs to these two alone, with both names; a switchboard is not."""
    one = {**ANN, "email": ""}
    more = {"given_name": "Zoe", "surname": "Quux", "phone": ANN["phone"]}

    assert [Action.MERGE] == [pair.action for pair in judged(one, ANN).pairs]
    assert Action.MERGE not in [pair.action for pair in judged(one, ANN, more).pairs]
    differing = judged(one | {"email": "other@love.example"}, ANN, least=0.0).pairs
    assert [Action.REVIEW] == [pair.action for pair in differing]


def test_likeness_alone_never_merges() -> None:
    """R8: two rows alike in everything but a key go to a person."""
    one = {**ANN, "email": "", "phone": "", "birth_date": "1980-05-21"}

    (pair,) = judged(one, dict(one)).pairs

    assert (Kind.FUZZY, Action.REVIEW) == (pair.kind, pair.action)
    assert pair.score > 0.9


def test_when_three_share_an_address_and_two_contradict_none_is_merged() -> None:
    """R8: more than one candidate is never a guess, not even for the one without a name."""
    family = [
        ANN,
        {**ANN, "given_name": "Bruno"},
        {"surname": "Lovegrove", "email": ANN["email"]},
    ]

    assert Action.MERGE not in [pair.action for pair in judged(*family, least=0.0).pairs]


def test_transposed_names_are_seen() -> None:
    """Given name and surname in each other's column are told as that."""
    one = {**ANN, "email": ""}
    other = {**one, "given_name": one["surname"], "surname": one["given_name"], "phone": ""}

    (pair,) = judged(one, other).pairs

    assert "names: transposed" in pair.reasons


@pytest.mark.parametrize(
    ("expected", "one", "two"),
    [
        (Agreement.SAME, "Robert", "Bob"),
        (Agreement.SAME, "Elizabeth", "Liz"),
        (Agreement.SAME, "Katharina", "Kathariina"),
        (Agreement.OPEN, "Robert", "R."),
        (Agreement.OPEN, "Robert", ""),
        (Agreement.CONTRADICTED, "Daniel", "Daniela"),
        (Agreement.CONTRADICTED, "Andreas", "Andrea"),
        (Agreement.CONTRADICTED, "Christian", "Chris"),
        (Agreement.CONTRADICTED, "Pierre", "Peter"),
        (Agreement.CONTRADICTED, "Ann", "Bob"),
    ],
)
def test_names_that_could_be_anothers_are_no_proof(expected: Agreement, one: str, two: str) -> None:
    """A short form counts where it is of one name only; a slip, where it makes no other name."""
    left = person(given_name=one, surname="Miller")
    right = person(given_name=two, surname="Miller")

    assert expected is names_agree(left, right) is names_agree(right, left)


def test_across_sides_each_record_has_one_partner() -> None:
    """R9: of two that fit one record, neither is merged; pairs inside a side are not asked for."""
    found = judged(ANN, ANN, {**ANN, "phone": ""}, split=1).pairs

    assert [(0, 1), (0, 2)] == sorted((pair.left, pair.right) for pair in found)
    assert {(Kind.AMBIGUOUS, Action.REVIEW)} == {(pair.kind, pair.action) for pair in found}


def test_across_sides_a_single_partner_is_proven() -> None:
    """R9: one record on each side with one address is a match."""
    (pair,) = judged(ANN, {"given_name": "Zed"}, ANN, split=2).pairs

    assert (0, 2, Action.MERGE) == (pair.left, pair.right, pair.action)


def test_the_order_of_records_does_not_matter() -> None:
    """The same people are found with the same scores, whoever stands first."""
    people = [
        {**ANN, "city": "Berlin"},
        {**ANN, "email": "", "city": "Berlim"},
        {**ANN, "given_name": "Anabel", "email": "", "phone": ""},
        {"given_name": "Zoe", "surname": "Quux", "city": "Berlin", "postcode": "10115"},
    ]

    def found(order: tuple[int, ...]) -> set[tuple[frozenset[int], float, str]]:
        return {
            (frozenset((order[one.left], order[one.right])), one.score, one.action.value)
            for one in judged(*(people[at] for at in order)).pairs
        }

    assert 1 == len({frozenset(found(order)) for order in permutations(range(4))})


def test_who_is_one_with_a_third_is_one_with_its_other() -> None:
    """What follows from two sure pairs is shown, and left to a person."""
    from daemon.core.similarity.closure import followed

    assert {(0, 2): pytest.approx(0.9)} == followed({(0, 1): 0.95, (1, 2): 0.95, (0, 2): 0.1})
    assert {} == followed({(0, 1): 0.95, (1, 2): 0.6})


def test_nobody_is_like_nobody() -> None:
    """No record, one record and records without anything give no pair."""
    assert () == judged().pairs == judged(ANN).pairs == judged({}, {}).pairs


def test_reasons_hold_no_value_of_a_record() -> None:
    """Reasons name features and levels, so that they may be logged and shown."""
    told = " ".join(
        reason for pair in judged(ANN, {**ANN, "phone": ""}).pairs for reason in pair.reasons
    )

    assert [] == [value for value in ANN.values() if value in told]
