"""The daily calls of an org: a rolling day, shared by all who call (salesforce.md 15)."""

from collections import deque
from datetime import datetime, timedelta

from adapters.salesforce.sandbox.settings import Limits

DAY = timedelta(hours=24)


class CallBudget:
    """Counts calls of the last 24 hours."""

    def __init__(self, limits: Limits) -> None:
        self.most = limits.daily_calls
        self._base = 0
        self._calls: deque[datetime] = deque()

    def used(self, now: datetime) -> int:
        """Return the calls of the last 24 hours, those of others included."""
        while self._calls and now - self._calls[0] >= DAY:
            self._calls.popleft()
        return self._base + len(self._calls)

    def take(self, now: datetime, calls: int = 1) -> bool:
        """Count calls and return True, or return False where none is left."""
        if self.used(now) >= self.most:
            return False
        self._calls.extend([now] * calls)
        return True

    def set(self, most: int, used: int) -> None:
        """Begin anew with so many calls of which so many are used."""
        self.most = most
        self._calls.clear()
        self._base = used

    def header(self, now: datetime, *, is_app_told: bool = False) -> dict[str, str]:
        """Return the header every answer carries, in one of its variants."""
        told = f"api-usage={self.used(now)}/{self.most}"
        if is_app_told:
            told += f", per-app-api-usage={len(self._calls)}/250(appName=sandbox)"
        return {"Sforce-Limit-Info": told}
