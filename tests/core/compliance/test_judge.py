"""What no line of the table shows: the order of findings, and facts beside the question asked."""

from datetime import time

import pytest

from daemon.core.compliance.deadlines import is_quiet
from daemon.core.compliance.regulation import Basis, Night, Regulation, Stop
from daemon.core.compliance.words import Channel, Question, Severity
from daemon.core.values import Value
from tests.core.compliance.judging import CONSENT, SALE, facts, judged


def rules(told: dict[str, Value], *channels: str) -> set[str]:
    """Return the rules that something was found on."""
    return {one.rule for one in judged(told, *channels).findings}


def test_the_heaviest_finding_is_the_verdict() -> None:
    """And nothing found is no verdict."""
    found = judged(facts("IT", "email", {"consent": "ok", "objection": "yes"}), "email", "post")

    assert Severity.BLOCK is found.verdict(Question.MESSAGE, Channel.EMAIL)
    assert Severity.BLOCK is found.verdict(Question.MESSAGE, Channel.POST)
    assert found.verdict(Question.STORE) is None


def test_a_refusal_of_one_channel_is_none_of_another() -> None:
    """Without a channel it is one of all."""
    told: dict[str, Value] = {"country": "US", "consent_status": "denied"}

    assert "stopped" not in rules(told | {"consent_channels": "sms"}, "email")
    assert "stopped" in rules(told, "email")


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"lawful_basis": "soft_opt_in"}, "basis"),
        ({"lawful_basis": "soft_opt_in", **SALE}, ""),
        ({"lawful_basis": "consent", "consent_channels": "post", **CONSENT}, ""),
        ({"lawful_basis": "consent", "consent_channels": "post"}, "basis_consent"),
    ],
)
def test_a_claimed_basis_has_to_hold(told: dict[str, Value], rule: str) -> None:
    """A word in a column is not what it stands for."""
    found = judged({"country": "NL", **told})

    assert rule == "".join(one.rule for one in found.on(Question.STORE))


def test_a_consent_that_was_not_confirmed_in_time_says_so() -> None:
    """After seven days it waits no more."""
    told: dict[str, Value] = {
        "country": "NL", "lawful_basis": "contract",
        "consent_status": "pending", "consent_date": "2026-11-01",
    }  # fmt: skip

    (found,) = judged(told, "email").findings

    assert "not confirmed in time" in found.message


def test_a_birthday_tells_the_age() -> None:
    """On the day of judging."""
    told: dict[str, Value] = {"jurisdiction": "US-CA"}

    assert "minors" in rules(told | {"birthday": "2010-11-21"}, "email")
    assert "minors" not in rules(told | {"birthday": "2010-11-20"}, "email")


def test_who_was_asked_once_is_not_asked_again() -> None:
    """South Africa allows one request; the remedy of the other finding would be wrong."""
    told: dict[str, Value] = {"country": "ZA", "asked_on": "2025-01-01"}

    assert {"basis", "consent", "asked"} == rules(told, "email")


def test_what_cannot_be_read_and_where_nobody_knows_is_told() -> None:
    """Both lie in the data, not in a law."""
    assert {"jurisdiction", "unread"} <= rules({"age": "old"})


def test_a_remedy_of_the_regulation_goes_before_the_usual_one() -> None:
    """Türkiye has a national register of consents."""
    found = judged({"country": "TR", "lawful_basis": "contract"}, "sms")

    assert "IYS" in found.on(Question.MESSAGE)[0].remedy


def test_quiet_hours_may_lie_within_a_day() -> None:
    """A noon that is quiet begins before it ends."""
    regulation = Regulation(
        id="noon",
        name="Noon",
        markets=("DE",),
        basis=Basis(any_of=(), article="1"),
        stop=Stop(within=0, article="2"),
        nights=(Night(channels=(Channel.PHONE,), begins=time(12), ends=time(14), article="3"),),
    )

    quiet = [
        is_quiet([regulation], Channel.PHONE, time(hour), has_night_consent=False)
        for hour in (11, 12, 14)
    ]

    assert [False, True, False] == quiet
