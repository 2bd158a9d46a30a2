"""An account's day: our share of it, the reserve, and when it starts afresh (E2)."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.budget import AccountDay, Spending, urgent, urgently
from adapters.errors import ShareSpent
from adapters.limits import Limit, Limiter, Observation
from adapters.quota import Quota
from tests.http.doubles import NOON, LeapingClock

DAY = Limit(name="daily", interval=timedelta(days=1), starts_at_midnight=True)
ROLLING = Limit(name="daily", interval=timedelta(days=1))
BURST = Limit(name="burst", interval=timedelta(seconds=10), count=5)


def told(remaining: int, maximum: int | None = 100) -> Observation:
    return Observation(name="daily", remaining=remaining, maximum=maximum)


def spending(limit: Limit = DAY, **quota: float) -> Spending:
    """A connection whose account takes 100 calls a day, all of them left."""
    made = Spending("crm", Quota.model_validate(quota))
    made.carry(Limiter((limit, BURST), LeapingClock()))
    made.day.learn(told(100), NOON)
    return made


def spend(one: Spending, calls: int, at: datetime = NOON) -> None:
    for _ in range(calls):
        one.admit(at)
        one.day.spend(at)


def test_ordinary_work_stops_at_its_share_and_what_is_urgent_goes_on() -> None:
    """Sixty of a hundred, then ten more for opt-outs and people's edits, then nothing."""
    one = spending(daily_share=0.6, reserve=0.1)

    spend(one, 60)

    with pytest.raises(ShareSpent, match="60 of the 60") as refused:
        one.admit(NOON)
    assert datetime(2026, 11, 21, tzinfo=UTC) == refused.value.until
    assert "quota" in refused.value.next_step
    with urgently():
        spend(one, 10)
        with pytest.raises(ShareSpent):
            one.admit(NOON)
    assert 70 == one.headroom(NOON).used


async def test_a_step_that_is_urgent_as_a_whole_uses_the_reserve() -> None:
    """As preparing and recovering do, whoever calls them."""
    one = spending(daily_share=0)

    @urgent
    async def look() -> int | None:
        return one.left(NOON)

    assert 10 == await look()
    assert 0 == one.left(NOON)


def test_what_others_leave_is_kept_as_reserve() -> None:
    """Other tools use up the account: ordinary work stops at the reserve, urgent work at nothing."""
    one = spending()

    one.day.learn(told(10), NOON)

    assert one.headroom(NOON).is_spent
    assert 10 == one.headroom(NOON).urgent_left
    with pytest.raises(ShareSpent, match="reserve"):
        one.admit(NOON)
    with urgently():
        one.admit(NOON)


def test_without_a_word_of_the_limit_nothing_is_held_back() -> None:
    """Calls are counted, and no figure is made up."""
    one = Spending("crm")
    one.carry(Limiter((DAY,), LeapingClock()))

    spend(one, 1_000)

    found = one.headroom(NOON)
    assert (1_000, None, None, None) == (found.used, found.most, found.left, found.urgent_left)


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/Berlin", datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 11, 20, 18, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 21, 5, tzinfo=UTC)),
        ("Mars/Olympus", datetime(2026, 11, 21, tzinfo=UTC)),
        ("", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_the_accounts_midnight(zone: str, midnight: datetime) -> None:
    """Whatever its zone; for one that nobody knows, at midnight UTC."""
    one = spending()
    one.day.time_zone = zone

    spend(one, 60)

    assert midnight == one.headroom(NOON).resets_at
    assert one.headroom(midnight - timedelta(seconds=1)).is_spent
    found = one.headroom(midnight)
    assert (0, 60, None) == (found.used, found.left, found.account_left)


def test_a_day_of_the_last_hours_gives_back_bit_by_bit() -> None:
    """Where a system counts the last 24 hours, calls drop out as they become a day old."""
    one = spending(ROLLING)
    spend(one, 40, NOON - timedelta(hours=20))
    spend(one, 20, NOON)

    found = one.headroom(NOON)

    assert found.is_spent
    assert timedelta(hours=4) < found.resets_at - NOON <= timedelta(hours=4, minutes=30)
    assert 20 == one.headroom(found.resets_at).used


def test_a_rolling_day_believes_what_it_was_told_for_a_while() -> None:
    """Calls of other tools drop out too, and only asking again shows it."""
    one = spending(ROLLING)

    refused = one.exhausted(NOON)

    assert NOON + timedelta(minutes=15) == refused.until
    assert one.headroom(NOON).is_spent
    assert not one.headroom(refused.until).is_spent


def test_a_refusal_just_after_midnight_is_still_yesterdays() -> None:
    """Clocks differ by seconds: a day must not be lost for it."""
    one = spending()
    midnight = datetime(2026, 11, 21, tzinfo=UTC)

    refused = one.exhausted(midnight + timedelta(seconds=2))
    one.day.learn(told(0), midnight + timedelta(seconds=3))

    assert timedelta(minutes=6) > refused.until - midnight
    assert not one.headroom(midnight + timedelta(seconds=4)).is_spent


def test_two_connections_to_one_account_count_together() -> None:
    """Each with its own share of what both used; their short limits are one too."""
    first, second = spending(daily_share=0.6), spending(daily_share=0.3)
    spend(first, 20)
    spend(second, 5)
    day = AccountDay(key="memory:1")

    first.join(day)
    second.join(day)

    assert 25 == first.headroom(NOON).used == second.headroom(NOON).used
    spend(second, 5)
    assert second.headroom(NOON).is_spent
    assert 30 == first.headroom(NOON).left
    assert 30 == day.unsaved.total()


async def test_the_windows_of_one_account_are_shared() -> None:
    """What one connection sent in the last seconds leaves no room for the other."""
    first, second = spending(), spending()
    day, clock = AccountDay(key="memory:1"), LeapingClock()
    one, other = Limiter((BURST,), clock), Limiter((BURST,), clock)
    first.carry(one)
    second.carry(other)
    for limiter in (one, other):
        async with limiter.slot(["burst"], 100):
            pass

    first.join(day)
    second.join(day)

    assert 3 == one.free("burst") == other.free("burst")
    assert {"burst": (5, timedelta(seconds=10), 3)} == other.bursts()


@pytest.mark.parametrize(
    ("written", "share"), [("60%", 0.6), ("12.5 %", 0.125), (0.2, 0.2), ("100%", 1), (0, 0)]
)
def test_a_share_is_written_as_people_write_it(written: object, share: float) -> None:
    """With a percent sign or as a number from 0 to 1."""
    assert share == Quota.model_validate({"daily_share": written}).daily_share


def test_a_quota_can_be_written_and_read_back() -> None:
    """As a configuration would have it."""
    quota = Quota(daily_share=0.07, reserve=0.125)

    assert {"daily_share": "7%", "reserve": "12.5%"} == quota.model_dump()
    assert quota == Quota.model_validate(quota.model_dump())


@pytest.mark.parametrize("written", ["60", "101%", 1.5, -0.1, True, "most", None])
def test_anything_else_is_no_share(written: object) -> None:
    """A wish that cannot be meant is refused."""
    with pytest.raises(ValueError, match="expected a share"):
        Quota.model_validate({"reserve": written})
