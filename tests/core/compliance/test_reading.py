"""Facts are read from cells as people fill them; what cannot be read is unknown and told."""

from datetime import UTC, date, datetime

import pytest

from daemon.core.compliance.person import Person
from daemon.core.compliance.reading import read_person
from daemon.core.compliance.suppression import BlockList
from daemon.core.compliance.words import Channel, ConsentStatus, LawfulBasis
from tests.core.compliance.judging import judged


def test_a_record_that_tells_nothing_is_a_person_nobody_knows() -> None:
    """Empty cells and unread fields alike."""
    assert Person() == read_person({}) == read_person({"consent_status": "", "age": None})


@pytest.mark.parametrize(
    ("text", "status"),
    [("yes", "granted"), ("Opt-In", "granted"), ("subscribed", "granted"), ("no", "denied"),
     ("unsubscribed", "withdrawn"), ("Pending", "pending"), ("well", "unknown")],
)  # fmt: skip
def test_a_status_is_read_in_many_words(text: str, status: str) -> None:
    """A word nobody knows is no consent."""
    assert ConsentStatus(status) is read_person({"consent_status": text}).consent.status


def test_what_cannot_be_read_is_told() -> None:
    """By the name of the fact, never with its value."""
    found = read_person({"age": "old", "birthday": "soon", "lawful_basis": "because"})

    assert {"age", "birthday", "lawful_basis"} == found.unread
    assert (None, None, None) == (found.age, found.birthday, found.lawful_basis)


def test_an_end_that_cannot_be_read_is_past() -> None:
    """Not to know when consent ends is not to know that it lasts."""
    found = judged(
        {
            "country": "US",
            "consent_status": "granted",
            "consent_channels": "sms",
            "consent_expires": "later",
        },
        "sms",
    )

    assert "consent_expired" in {one.rule for one in found.findings}


def test_typed_values_are_taken_as_they_are() -> None:
    """Systems tell dates, lists and yes as values."""
    found = read_person(
        {
            "birthday": date(2010, 5, 1),
            "consent_date": datetime(2026, 3, 1, tzinfo=UTC),
            "consent_channels": ("email", "sms"),
            "opt_out": True,
            "lawful_basis": "Legitimate interests",
        }
    )

    assert date(2010, 5, 1) == found.birthday
    assert {Channel.EMAIL, Channel.SMS} == found.consent.channels
    assert (True, LawfulBasis.LEGITIMATE_INTERESTS) == (found.is_opted_out, found.lawful_basis)


@pytest.mark.parametrize("fact", ["objection", "erasure_request", "sale_opt_out", "minor"])
@pytest.mark.parametrize("text", ["2026-01-01", "x", "see mail"])
def test_what_speaks_against_counts_unless_it_is_a_no(fact: str, text: str) -> None:
    """A date, a cross and a remark are all a yes (I8)."""
    assert read_person({fact: text}) != Person()
    assert Person() == read_person({fact: "no"})


def test_a_list_nobody_knows_blocks() -> None:
    """Who is on some list is on the strictest."""
    assert {BlockList.DO_NOT_CONTACT} == read_person({"suppressed": "legal"}).suppressed
