"""Deadlines and hours: by when a refusal must hold, how old a date is, when it is quiet."""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from daemon.core.compliance.regulation import Night, Regulation, Stop
from daemon.core.compliance.words import Channel, Unit

_SATURDAY = 5


def stop_by(stop: Stop, at: datetime) -> datetime:
    """Return by when a refusal of *at* must hold. Public holidays are not known: they may add.

    A deadline in business days counts Monday to Friday.
    """
    if stop.unit is Unit.DAYS:
        return at + timedelta(days=stop.within)
    end, left = at, stop.within
    while left:
        end += timedelta(days=1)
        left -= end.weekday() < _SATURDAY
    return end


def strictest_stop(regulations: Iterable[Regulation], at: datetime) -> datetime | None:
    """Return the earliest deadline of *regulations* for a refusal of *at*; None for none."""
    return min((stop_by(one.stop, at) for one in regulations), default=None)


def months_after(at: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last of that month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def age_on(birthday: date, today: date) -> int:
    """Return how many years old somebody is; born in the future: 0."""
    had_birthday = (today.month, today.day) >= (birthday.month, birthday.day)
    return max(today.year - birthday.year - (not had_birthday), 0)


def is_quiet(
    regulations: Iterable[Regulation], channel: Channel, local: time, *, has_night_consent: bool
) -> bool:
    """Tell whether a message at *local*, the time where the person is, falls into quiet hours."""
    nights = (night for one in regulations for night in one.nights if channel in night.channels)
    return any(
        _is_within(night, local)
        for night in nights
        if not (night.is_lifted_by_consent and has_night_consent)
    )


def _is_within(night: Night, local: time) -> bool:
    if night.begins <= night.ends:
        return night.begins <= local < night.ends
    return local >= night.begins or local < night.ends
