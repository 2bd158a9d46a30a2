"""Names of fields as people spell them."""

import pytest

from daemon.core.field_names import did_you_mean, likeness, plain_name, words
from daemon.core.synonyms import SYNONYMS


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("address 1", "address 2"),
        ("hs analytics first url", "hs analytics last url"),
        ("state", "status"),
        ("", "x"),
    ],
)
def test_different_things_are_not_alike(left: str, right: str) -> None:
    """Numbers and single words tell apart what a letter count would not."""
    assert likeness(left, right) < 0.9


def test_no_synonym_means_two_things() -> None:
    """Each spelling stands for one canonical name, so that a column never means two."""
    spellings = [
        plain
        for canonical, others in SYNONYMS.items()
        for plain in {plain_name(name) for name in (canonical, *others)}
    ]

    assert sorted(set(spellings)) == sorted(spellings)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("E-MailAddress", ("e", "mail", "address")),
        ("firstName", ("first", "name")),
        ("HTTPStatus", ("http", "status")),
        ("Prénom ", ("prenom",)),
        ("Straße_1", ("strasse", "1")),
        ("名前", ("名前",)),
    ],
)
def test_names_are_read_as_words(name: str, found: tuple[str, ...]) -> None:
    """Casing, punctuation and accents are matters of spelling."""
    assert found == words(name)


def test_nothing_near_is_not_suggested() -> None:
    """A far-fetched suggestion would mislead."""
    assert "" == did_you_mean("zzz", ["email", "phone"])
