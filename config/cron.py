"""Clock times by a cron expression in a time zone, reckoned by APScheduler.

Takes the five fields as crontab writes them; gives the moments they mean, also over the two nights
a year in which clocks change. Three habits of crontab that APScheduler 3 does not share are kept
here: Sunday is 0 and 7, a day of the month and a weekday given together mean either of them, and a
fixed time of day that comes twice in an autumn night is meant once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_FIELDS = 5
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SUNDAY_AT_THE_END = len(_WEEKDAYS)
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_FORM = 'five fields such as "0 6 * * 1-5": minute, hour, day of month, month, weekday'


class Moments:
    """The moments that a cron expression means."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        """Take it apart. Raises ValueError, in an operator's words, where it means nothing."""
        fields = expression.split()
        if len(fields) != _FIELDS:
            raise ValueError(f"expected {_FORM}")
        self._is_every_hour = fields[1].startswith("*")
        self._triggers = [_trigger(each, zone) for each in _alternatives(fields)]
        if self.next_after(_LONG_AGO) is None:
            raise ValueError("these fields never come together, as the 31st of February does not")

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment later than *moment*, in UTC; None where none will come."""
        found = [self._next(trigger, moment) for trigger in self._triggers]
        return min((each for each in found if each is not None), default=None)

    def _next(self, trigger: "CronTrigger", moment: datetime) -> datetime | None:
        while True:
            after = moment + timedelta(microseconds=1)
            due: datetime | None = trigger.get_next_fire_time(None, after)
            if due is None:
                return None
            moment = due.astimezone(UTC)
            if self._is_every_hour or not due.fold:
                return moment


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "expected a time zone by its IANA name, such as Europe/Berlin or UTC"
        ) from None


def _trigger(fields: Sequence[str], zone: ZoneInfo) -> "CronTrigger":
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = fields
    try:
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month.lower(),
            day_of_week=_weekdays(weekday.lower()),
            timezone=zone,
        )
    except ValueError as error:
        reason = str(error)
        raise ValueError(f"{reason[:1].lower()}{reason[1:]}; expected {_FORM}") from None


def _alternatives(fields: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the field lists of which one must fit: two where both kinds of day are given."""
    minute, hour, day, month, weekday = fields
    if day.startswith("*") or weekday.startswith("*"):
        return [tuple(fields)]
    return [(minute, hour, day, month, "*"), (minute, hour, "*", month, weekday)]


def _weekdays(field: str) -> str:
    """Return a weekday field by names, since numbers mean other days to APScheduler."""
    if field == "*":
        return field
    numbers = {day % len(_WEEKDAYS) for part in field.split(",") for day in _days(part)}
    return ",".join(_WEEKDAYS[number] for number in sorted(numbers))


def _days(part: str) -> range:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if slash and (not step.isdecimal() or not int(step)):
        raise ValueError(f'"{part}" is no step')
    if span == "*":
        low, high = 0, len(_WEEKDAYS) - 1
    else:
        low = _day(first)
        high = _day(last) if dash else low
        if dash and not high:
            high = _SUNDAY_AT_THE_END
        if slash and not dash:
            high = len(_WEEKDAYS) - 1
    if high < low:
        raise ValueError(f'"{part}" ends before it begins')
    return range(low, high + 1, int(step) if slash else 1)


def _day(word: str) -> int:
    if word in _WEEKDAYS:
        return _WEEKDAYS.index(word)
    if word.isdecimal() and int(word) <= _SUNDAY_AT_THE_END:
        return int(word)
    raise ValueError(f'"{word}" is no weekday (0 to 7, or sun to sat)')
