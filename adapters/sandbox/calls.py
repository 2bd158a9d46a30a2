"""The sandbox's own count of what was asked of it.

Takes one line per vendor call. Gives totals by endpoint and by status and the last calls. Promises
to count every call that reached the server, refused and broken-off ones included, and none of the
admin's.
"""

from collections import Counter, deque
from dataclasses import asdict, dataclass

from adapters.sandbox.exchange import JsonObject

KEPT_CALLS = 1_000
"""How many single calls are remembered; the totals know no limit."""

BROKEN_OFF = 0
"""The status noted when the connection was reset instead of answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: when (ISO, UTC), what, and the status it got (0: connection reset)."""

    at: str
    method: str
    endpoint: str
    path: str
    status: int


class CallCounter:
    """Totals and the last calls, since the start or the last reset."""

    def __init__(self) -> None:
        self._last: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._by_endpoint: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()

    def note(self, call: Call) -> None:
        """Count one call."""
        self._last.append(call)
        self._by_endpoint[f"{call.method} {call.endpoint}"] += 1
        self._by_status[str(call.status)] += 1

    def reset(self) -> None:
        """Start again at zero."""
        self._last.clear()
        self._by_endpoint.clear()
        self._by_status.clear()

    @property
    def total(self) -> int:
        """All calls since the last reset."""
        return self._by_status.total()

    def last(self, count: int) -> list[Call]:
        """Return up to `count` calls, newest first."""
        return list(reversed(self._last))[: max(count, 0)]

    def wire(self, last: int) -> JsonObject:
        """Return everything as JSON values."""
        return {
            "total": self.total,
            "by_endpoint": dict(sorted(self._by_endpoint.items())),
            "by_status": dict(sorted(self._by_status.items())),
            "last": [asdict(call) for call in self.last(last)],
        }
