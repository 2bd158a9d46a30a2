"""HubSpot's day: its size and its rest come from replies, its end from the account's time zone."""

from datetime import timedelta

import pytest

from adapters.errors import ShareSpent, WaitUntil
from adapters.hubspot.sandbox import Limits
from adapters.quota import Quota
from tests.http.doubles import NOON
from tests.hubspot.sandboxes import bench


async def test_a_used_up_day_waits_for_the_accounts_midnight() -> None:
    """The day's limit pauses the connection until midnight in Berlin, not in UTC."""
    async with bench(limits=Limits(daily=3)) as on:
        on.around.spending.quota = Quota(daily_share=1, reserve=0)
        for _ in range(3):
            await on.adapter.account()
        with pytest.raises(WaitUntil) as patience:
            await on.adapter.account()
        asked = len(on.around.calls)
        with pytest.raises(WaitUntil):
            await on.adapter.account()

    midnight = NOON.replace(hour=23)
    assert timedelta(seconds=-2) < patience.value.until - midnight < timedelta(seconds=2)
    assert asked == len(on.around.calls)


async def test_our_share_is_never_exceeded_and_the_account_hears_no_more() -> None:
    """Six of ten calls, then none, though HubSpot would take more."""
    async with bench(limits=Limits(daily=10)) as on:
        for _ in range(6):
            await on.adapter.account()
        with pytest.raises(ShareSpent, match="6 of the 6"):
            await on.adapter.account()

    assert 6 == len(on.around.calls)


async def test_other_tools_count_as_soon_as_a_reply_tells() -> None:
    """What they leave is the reserve; ordinary work does not touch it."""
    async with bench(limits=Limits(daily=100)) as on:
        await on.adapter.account()
        for _ in range(89):  # another key of the account
            await on.session.get(
                f"{on.sandbox.base_url}/account-info/2026-09/details",
                headers={"Authorization": f"Bearer {on.sandbox.token}"},
            )
            on.wait(seconds=1)
        await on.adapter.account()
        with pytest.raises(ShareSpent, match="kept as reserve"):
            await on.adapter.account()

    assert 9 == on.around.spending.headroom(on.around.clock.now()).account_left
