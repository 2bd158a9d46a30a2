"""Rate limits of one account: burst by app, search by account, day by account (hubspot.md 8).

Takes one question per call. Gives yes or the name of the policy that says no. Promises windows
measured on the sandbox's clock and a day that ends at the account's own midnight.
"""

from collections import deque
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.hubspot.sandbox.settings import Limits
from adapters.sandbox.exchange import JsonObject

TEN_SECONDLY = "TEN_SECONDLY_ROLLING"
SECONDLY = "SECONDLY"
DAILY = "DAILY"
MESSAGES = {
    TEN_SECONDLY: "You have reached your ten_secondly_rolling limit.",
    SECONDLY: "You have reached your secondly limit.",
    DAILY: "You have reached your daily limit.",
}


class RollingWindow:
    """Counts what happened within a span before now."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._moments: deque[datetime] = deque()

    def used(self, now: datetime) -> int:
        """Return how many are inside the window."""
        while self._moments and now - self._moments[0] >= self._span:
            self._moments.popleft()
        return len(self._moments)

    def note(self, now: datetime) -> None:
        """Add one."""
        self._moments.append(now)


class RateLimits:
    """The counters of one account."""

    def __init__(self, limits: Limits, zone: ZoneInfo) -> None:
        self.limits = limits
        self.used_today = 0
        self._zone = zone
        self._today = ""
        self._bursts: dict[int, RollingWindow] = {}
        self._searches = RollingWindow(timedelta(seconds=1))

    def refused_by(self, app_id: int, now: datetime, *, is_search: bool) -> str | None:
        """Count a call and return None, or the policy that refuses it."""
        self._turn_page(now)
        if self.used_today >= self.limits.daily:
            return DAILY
        window = self._searches if is_search else self._burst(app_id)
        allowed = self.limits.search_per_second if is_search else self.limits.burst
        if window.used(now) >= allowed:
            return SECONDLY if is_search else TEN_SECONDLY
        window.note(now)
        if not is_search or self.limits.search_counts_toward_day:
            self.used_today += 1
        return None

    def headers(self, app_id: int, now: datetime) -> dict[str, str]:
        """Return the rate headers of every answer but search."""
        self._turn_page(now)
        left = self.limits.burst - self._burst(app_id).used(now)
        window = self.limits.burst_window // timedelta(milliseconds=1)
        return {
            "X-HubSpot-RateLimit-Max": str(self.limits.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(left, 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(window),
            "X-HubSpot-RateLimit-Daily": str(self.limits.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(self.limits.daily - self.used_today, 0)),
        }

    def burst_used(self, app_id: int, now: datetime) -> int:
        """Return the calls of an app inside the present window."""
        return self._burst(app_id).used(now)

    def searches_used(self, now: datetime) -> int:
        """Return the searches of the last second."""
        return self._searches.used(now)

    def resets_at(self, now: datetime) -> datetime:
        """Return the account's next midnight."""
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone)

    def _burst(self, app_id: int) -> RollingWindow:
        return self._bursts.setdefault(app_id, RollingWindow(self.limits.burst_window))

    def _turn_page(self, now: datetime) -> None:
        today = now.astimezone(self._zone).date().isoformat()
        if today != self._today:
            self._today = today
            self.used_today = 0


def rate_limited(policy: str, correlation_id: str) -> JsonObject:
    """Return the body of a 429: it has `errorType` where other errors have `category`."""
    return {
        "status": "error",
        "message": MESSAGES[policy],
        "errorType": "RATE_LIMIT",
        "correlationId": correlation_id,
        "policyName": policy,
        "groupName": "publicapi:private-apps-api-calls",
        "requestId": correlation_id,
    }
