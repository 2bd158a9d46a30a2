"""What an account takes in a day, what we spent of it, and who may still spend.

Takes each request that is about to leave, and what replies say of the day's limit. Gives leave, or
:class:`ShareSpent` with the moment from which asking again makes sense. Promises that all
connections that lead to one account count together, that a count survives a restart (whoever keeps
``unsaved`` and gives it back), and that ordinary work leaves the reserve to what is urgent.

An account's day is a calendar day of its own time zone, or the last 24 hours, as its system counts.
Calls are counted in quarters of an hour: no time zone's midnight falls between two of them.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.errors import ShareSpent
from adapters.limits import Limiter, Observation
from adapters.quota import Quota

P = ParamSpec("P")
T = TypeVar("T")

A_DAY = timedelta(days=1)
SLOT = timedelta(minutes=15)

BELIEVED = timedelta(minutes=15)
"""How long a reply's word on the last 24 hours holds: all the time calls of others drop out."""

TURN = timedelta(minutes=5)
"""After midnight: what is told then may still be of the day before, by clocks that differ."""

_URGENT: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgently() -> Iterator[None]:
    """Let what is sent inside use the reserve: opt-outs, edits by people, and looking for them."""
    token = _URGENT.set(True)
    try:
        yield
    finally:
        _URGENT.reset(token)


def urgent(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Let all that *work* sends use the reserve."""

    @wraps(work)
    async def doing(*args: P.args, **kwargs: P.kwargs) -> T:
        with urgently():
            return await work(*args, **kwargs)

    return doing


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name; UTC for one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@dataclass(frozen=True, kw_only=True, slots=True)
class Headroom:
    """How an account's day stands for one connection, in calls."""

    most: int | None
    """What the account takes in a day; None while no reply has told it."""
    used: int
    """What all of our connections to it used today."""
    account_left: int | None
    """What the account still takes, other tools counted, as the last reply of today said."""
    share: int | None
    """What ordinary work may use of a day."""
    left: int | None
    """What ordinary work may still use today."""
    urgent_left: int | None
    """What opt-outs and edits by people may still use today."""
    resets_at: datetime
    """When the count starts afresh; by the last 24 hours, when the oldest calls drop out."""

    @property
    def is_spent(self) -> bool:
        """Whether ordinary work has to wait."""
        return self.left is not None and self.left <= 0


@dataclass(kw_only=True, slots=True)
class AccountDay:
    """The day of one account; one object for all connections that lead to it."""

    key: str = ""
    """Type and id of the account; empty until it is known."""
    starts_at_midnight: bool = False
    """The account's own midnight, else the last 24 hours count."""
    time_zone: str = ""
    """The account's own; UTC while it is not known."""
    most: int | None = None
    account_left: int | None = None
    told_at: datetime | None = None
    """When a reply last told the two figures."""
    slots: Counter[datetime] = field(default_factory=Counter)
    unsaved: Counter[datetime] = field(default_factory=Counter)
    """What was spent since somebody last kept it."""
    limiter: Limiter | None = None

    def spend(self, now: datetime) -> None:
        """Count one call."""
        slot = _slot(now)
        self.slots[slot] += 1
        self.unsaved[slot] += 1

    def learn(self, seen: Observation, now: datetime) -> None:
        """Take the day's figures from a reply."""
        self.most = seen.maximum if seen.maximum is not None else self.most
        if not self.is_turning(now):
            self.account_left, self.told_at = max(seen.remaining, 0), now

    def is_turning(self, now: datetime) -> bool:
        """Whether midnight was so lately that the system may not have come to it."""
        return self.starts_at_midnight and now - self.begins_at(now) < TURN

    def begins_at(self, now: datetime) -> datetime:
        """Return the moment from which calls count."""
        if not self.starts_at_midnight:
            return now - A_DAY
        zone = zone_of(self.time_zone)
        return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)

    def resets_at(self, now: datetime) -> datetime:
        """Return when there will be more: the next midnight, or when the oldest calls are a day old."""
        if self.starts_at_midnight:
            zone = zone_of(self.time_zone)
            tomorrow = now.astimezone(zone).date() + timedelta(days=1)
            return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
        if self.told_at and not self.left_today(now) and self.left_today(now) is not None:
            return self.told_at + BELIEVED
        counting = [slot for slot in self.slots if slot + SLOT > self.begins_at(now)]
        return min(counting) + A_DAY + SLOT if counting else now + SLOT

    def used(self, now: datetime) -> int:
        """Return the calls that count at *now*; of a slot that is half over, all."""
        begin = self.begins_at(now)
        for slot in [slot for slot in self.slots if slot + SLOT <= begin]:
            del self.slots[slot]
        return self.slots.total()

    def left_today(self, now: datetime) -> int | None:
        """Return what the account takes, if a reply of this day told it."""
        if self.told_at is None:
            return None
        since = self.begins_at(now) if self.starts_at_midnight else now - BELIEVED
        return self.account_left if self.told_at > since else None

    def absorb(self, other: "AccountDay") -> None:
        """Take over what another one counted before its account was known."""
        self.slots += other.slots
        self.unsaved += other.unsaved
        self.starts_at_midnight = other.starts_at_midnight
        self.time_zone = other.time_zone or self.time_zone
        if other.told_at and (self.told_at is None or other.told_at >= self.told_at):
            self.most, self.account_left = other.most, other.account_left
            self.told_at = other.told_at


AccountDays = dict[str, AccountDay]
"""Key of an account → its day; one for all connections of a process."""


class Spending:
    """What one connection may spend of its account's day; its requests pass here."""

    def __init__(self, connection: str = "", quota: Quota | None = None) -> None:
        """Begin without knowing the account; the limits of one that nobody told are unknown."""
        self.connection = connection
        self.quota = quota or Quota()
        """May be replaced at any time; counts from the next call on (R16)."""
        self.day = AccountDay()

    def carry(self, limiter: Limiter) -> None:
        """Learn how the connection's system counts, and what is shared with the account's others."""
        self.day.limiter = limiter
        self.day.starts_at_midnight = limiter.starts_at_midnight

    @property
    def is_by_the_day(self) -> bool:
        """Whether the connection's system has a daily limit."""
        return self.day.limiter is not None and bool(self.day.limiter.daily)

    def join(self, day: AccountDay) -> None:
        """Share the day of an account, and the windows of its limits, with its other connections."""
        if day is self.day:
            return
        own = self.day.limiter
        if day.limiter is None:
            day.limiter = own
        elif own is not None:
            own.join(day.limiter)
        day.absorb(self.day)
        self.day = day

    def admit(self, now: datetime) -> None:
        """See that a call may leave now. Raises ShareSpent where it must not."""
        left = self.left(now)
        if left is not None and left <= 0:
            raise self.spent(now)

    def left(self, now: datetime) -> int | None:
        """Return what whoever asks may still send: more inside of :func:`urgently`."""
        found = self.headroom(now)
        return found.urgent_left if _URGENT.get() else found.left

    def headroom(self, now: datetime) -> Headroom:
        """Return how the day stands."""
        return headroom(self.day, self.quota, now)

    def exhausted(self, now: datetime) -> ShareSpent:
        """Note that the account takes no more today; return the error to raise."""
        if self.day.is_turning(now):
            return ShareSpent(
                f"Connection {self.connection!r}: the account's day is only about to start afresh.",
                until=now + TURN,
                code="daily_share",
                next_step="Nothing is lost: it goes on by itself.",
            )
        self.day.account_left, self.day.told_at = 0, now
        return self.spent(now)

    def spent(self, now: datetime) -> ShareSpent:
        """Return the error of a call that must wait."""
        return share_spent(self.connection, self.headroom(now))


def headroom(day: AccountDay, quota: Quota, now: datetime) -> Headroom:
    """Return what *quota* leaves of a day at *now*."""
    used, account_left, most = day.used(now), day.left_today(now), day.most
    share = None if most is None else int(most * quota.daily_share)
    reserve = 0 if most is None else int(most * quota.reserve)
    return Headroom(
        most=most,
        used=used,
        account_left=account_left,
        share=share,
        left=_least(
            None if share is None else share - used,
            None if account_left is None else account_left - reserve,
        ),
        urgent_left=_least(None if share is None else share + reserve - used, account_left),
        resets_at=day.resets_at(now),
    )


def share_spent(connection: str, found: Headroom) -> ShareSpent:
    """Return the error that tells why a call must wait, and until when."""
    until = f"{found.resets_at:%Y-%m-%d %H:%M} UTC"
    if not found.account_left and found.account_left is not None:
        why = f"the account takes no more API calls before {until}"
    elif found.share is not None and found.used >= found.share:
        why = f"{found.used} of the {found.share} API calls of our daily share are used"
    else:
        why = "what the account has left today is kept as reserve"
    return ShareSpent(
        f"Connection {connection!r}: {why}; ordinary work goes on from {until}.",
        until=found.resets_at,
        code="daily_share",
        next_step="Nothing is lost: it goes on by itself then, and opt-outs and edits by people "
        "use the reserve meanwhile. To let it use more of the account's day, raise "
        "`quota: {daily_share: …}` of the connection; that counts at once.",
    )


def _least(*figures: int | None) -> int | None:
    """Return the least known figure, not below zero."""
    known = [max(figure, 0) for figure in figures if figure is not None]
    return min(known, default=None)


def _slot(now: datetime) -> datetime:
    quarter = now.minute - now.minute % (SLOT // timedelta(minutes=1))
    return now.astimezone(UTC).replace(minute=quarter, second=0, microsecond=0)
