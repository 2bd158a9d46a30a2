"""Deadlines and quiet hours."""

from datetime import UTC, date, datetime, time

import pytest

from config.regulations import regulations
from daemon.core.compliance.deadlines import (
    age_on,
    is_quiet,
    months_after,
    stop_by,
    strictest_stop,
)
from daemon.core.compliance.regulation import Regulation
from daemon.core.compliance.words import Channel

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
BY_ID = {one.id: one for one in regulations().regulations}


def some(*ids: str) -> list[Regulation]:
    return [BY_ID[one] for one in ids]


@pytest.mark.parametrize(
    ("regulation", "day"),
    [("gdpr", date(2026, 11, 20)), ("tr", date(2026, 11, 25)), ("au", date(2026, 11, 27)),
     ("can_spam", date(2026, 12, 4)), ("us_states", date(2027, 1, 4))],
)  # fmt: skip
def test_a_refusal_takes_effect_in_time(regulation: str, day: date) -> None:
    """Business days leave weekends out (R15)."""
    assert day == stop_by(BY_ID[regulation].stop, FRIDAY).date()


def test_of_several_deadlines_the_earliest_counts() -> None:
    """The most restrictive wins."""
    assert date(2026, 11, 27) == (strictest_stop(some("can_spam", "au"), FRIDAY) or FRIDAY).date()
    assert strictest_stop([], FRIDAY) is None


def test_months_end_where_the_month_does() -> None:
    """31 August and six months is the end of February."""
    found = months_after(datetime(2026, 8, 31, tzinfo=UTC), 6)

    assert datetime(2027, 2, 28, tzinfo=UTC) == found


def test_an_age_counts_from_the_birthday() -> None:
    """The day before it is one year less, and nobody is younger than nothing."""
    born = date(2010, 11, 20)

    ages = [age_on(born, day) for day in (date(2026, 11, 19), date(2026, 11, 20), date(2009, 1, 1))]

    assert [15, 16, 0] == ages


@pytest.mark.parametrize(
    ("ids", "channel", "at", "quiet"),
    [
        (("tcpa",), Channel.SMS, time(21), True),
        (("tcpa",), Channel.SMS, time(7, 59), True),
        (("tcpa",), Channel.SMS, time(8), False),
        (("tcpa",), Channel.EMAIL, time(23), False),
        (("kr",), Channel.SMS, time(23), False),
        (("kr", "tcpa"), Channel.SMS, time(23), True),
    ],
)
def test_nobody_is_messaged_in_quiet_hours(
    ids: tuple[str, ...], channel: Channel, at: time, *, quiet: bool
) -> None:
    """An extra consent for the night lifts what one law says, not what another does."""
    assert quiet is is_quiet(some(*ids), channel, at, has_night_consent=True)


def test_without_a_consent_for_the_night_it_is_quiet() -> None:
    """South Korea asks for one of its own."""
    assert is_quiet(some("kr"), Channel.SMS, time(3), has_night_consent=False)
