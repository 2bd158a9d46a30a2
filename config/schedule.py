"""When a sync runs: by distance, by the clock, once, or when a file changes (B3).

Takes what stands under ``schedule``; gives one frozen model in which nothing contradicts itself.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from config.cron import Moments, time_zone
from config.scalars import Duration, YesNo, duration_text, duration_value, yes_or_no
from config.words import Frozen

ALWAYS = timedelta(0)
"""``full: always``: every run lists everything."""

_SHORT: Mapping[str, Mapping[str, object]] = {
    "once": {"once": True},
    "hourly": {"every": "hourly"},
    "daily": {"daily": "00:00"},
    "weekly": {"weekly": "mon 00:00"},
    "on_change": {"on_change": "only"},
}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?(?: +(.+))?", re.IGNORECASE)
_MIDNIGHT = "00:00"
_SHORTEST_FULL, _LONGEST_FULL = timedelta(minutes=1), timedelta(days=366)


class OnChange(StrEnum):
    """Whether a changed file starts a run."""

    YES = "yes"
    NO = "no"
    ONLY = "only"


class Missed(StrEnum):
    """What becomes of runs that were due while nothing ran."""

    RUN_ONCE = "run_once"
    SKIP = "skip"


def _on_change(given: object) -> object:
    if given == OnChange.ONLY:
        return OnChange.ONLY
    try:
        return OnChange.YES if yes_or_no(given) else OnChange.NO
    except ValueError:
        raise ValueError("expected yes, no or only") from None


def _full(given: object) -> timedelta:
    if given in {"always", ALWAYS}:
        return ALWAYS
    found = duration_value(given)
    if not _SHORTEST_FULL <= found <= _LONGEST_FULL:
        limits = f"{duration_text(_SHORTEST_FULL)} to {duration_text(_LONGEST_FULL)}"
        raise ValueError(f"must be {limits}, or always")
    return found


def _full_text(full: timedelta) -> str:
    return duration_text(full) if full else "always"


def _clock(given: object) -> str:
    matched = _CLOCK.fullmatch(str(given).strip())
    if matched is None:
        raise ValueError('expected a time of day such as "06:00"')
    return f"{int(matched[1]):02}:{matched[2]}"


def _weekday_clock(given: object) -> str:
    matched = _WEEKDAY.fullmatch(str(given).strip())
    if matched is None:
        raise ValueError('expected a weekday and a time such as "mon 06:00"')
    return f"{matched[1].lower()} {_clock(matched[2] or _MIDNIGHT)}"


def _zone_name(given: str) -> str:
    time_zone(given)
    return given


ChangeWord = Annotated[
    OnChange,
    BeforeValidator(
        _on_change, json_schema_input_type=bool | Literal["yes", "no", "on", "off", "only"]
    ),
]
FullDistance = Annotated[
    timedelta,
    BeforeValidator(_full, json_schema_input_type=Literal["always"] | Duration),
    PlainSerializer(_full_text, return_type=str),
]
TimeOfDay = Annotated[str, BeforeValidator(_clock, json_schema_input_type=str)]
TimeOfWeek = Annotated[str, BeforeValidator(_weekday_clock, json_schema_input_type=str)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]


class Schedule(Frozen):
    """When a sync runs. One word does: `hourly`, `daily`, `weekly`, `once`, `on_change`, `15m`."""

    every: Duration = Field(
        default=timedelta(minutes=5),
        description="Distance between runs. Five minutes cost one cheap call an object and side "
        "and stay far below every daily quota.",
        ge=timedelta(seconds=1),
        le=timedelta(days=366),
        json_schema_extra={"default": "5m"},
    )
    daily: TimeOfDay | None = Field(
        default=None, description='In place of `every`: once a day at this time, `"06:00"`.'
    )
    weekly: TimeOfWeek | None = Field(
        default=None,
        description='In place of `every`: once a week on this day at this time, `"mon 06:00"`.',
    )
    cron: str | None = Field(
        default=None,
        description='In place of `every`: five fields as crontab has them, `"0 6 * * 1-5"`: '
        "minute, hour, day of month, month, weekday (0 and 7 are Sunday).",
    )
    once: YesNo = Field(
        default=False,
        description="In place of `every`: run until one run got through, and never again by "
        "itself, restarts included.",
    )
    on_change: ChangeWord | None = Field(
        default=None,
        description="Also run as soon as a file end changes; `only`: run for nothing else. Left "
        "out: yes beside `every`, where it costs nothing, and no beside times of the clock, "
        "which somebody chose.",
    )
    time_zone: ZoneName = Field(
        default="UTC",
        description="Time zone of `daily`, `weekly` and `cron`, by its IANA name such as "
        "`Europe/Berlin`. A time that clocks skip in spring is made up for when they have moved; "
        "one that comes twice in autumn counts once.",
    )
    missed: Missed = Field(
        default=Missed.RUN_ONCE,
        description="When runs were due while the daemon was down: `run_once` makes up for all "
        "of them with one at its start, `skip` waits for the next time.",
    )
    full: FullDistance | None = Field(
        default=None,
        description="Distance between full listings, which find what a change feed misses; "
        "`always`: every run. Left out: what the connection's type needs.",
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        chosen = self._chosen()
        if len(chosen) > 1:
            first, second, *_ = chosen
            raise ValueError(f"`{first}` and `{second}` exclude each other; delete one of them")
        if "missed" in self.model_fields_set and {"once", "on_change: only"} & set(chosen):
            raise ValueError(f"`missed` means nothing beside `{chosen[0]}`; delete it")
        if self.full and self.distance and self.full < self.distance:
            raise ValueError("`full` is shorter than `every`; full listings happen within runs")
        try:
            self.moments()
        except ValueError as error:
            raise ValueError(f"`cron`: {error}") from None
        return self

    def _chosen(self) -> list[str]:
        """Return which of the ways that exclude each other were asked for."""
        words = ["once"] if self.once else []
        words += ["every"] if "every" in self.model_fields_set else []
        words += [word for word in ("daily", "weekly", "cron") if getattr(self, word) is not None]
        if self.on_change is OnChange.ONLY or (self.once and self.on_change is OnChange.YES):
            words.append(f"on_change: {self.on_change.value}")
        return words

    @property
    def distance(self) -> timedelta | None:
        """Distance between runs; None where something else decides."""
        others = (self.once, self.daily, self.weekly, self.cron, self.on_change is OnChange.ONLY)
        return None if any(others) else self.every

    @property
    def is_woken_by_files(self) -> bool:
        """Whether a changed file starts a run."""
        if self.on_change is None:
            return self.distance is not None
        return self.on_change is not OnChange.NO

    def moments(self) -> Moments | None:
        """Return the times of the clock it runs at; None where none decide."""
        expression = self.cron
        if self.daily is not None:
            hour, minute = self.daily.split(":")
            expression = f"{int(minute)} {int(hour)} * * *"
        if self.weekly is not None:
            day, _, clock = self.weekly.partition(" ")
            hour, minute = clock.split(":")
            expression = f"{int(minute)} {int(hour)} * * {day}"
        return Moments(expression, time_zone(self.time_zone)) if expression is not None else None


def _long_form(given: object) -> object:
    if not isinstance(given, str):
        return given
    if given in _SHORT:
        return _SHORT[given]
    try:
        duration_value(given)
    except ValueError:
        words = ", ".join(_SHORT)
        raise ValueError(f"expected {words}, a distance such as 15m, or keys") from None
    return {"every": given}


ScheduleWritten = Annotated[
    Schedule,
    BeforeValidator(
        _long_form,
        json_schema_input_type=Schedule
        | Literal["once", "hourly", "daily", "weekly", "on_change"]
        | Duration,
    ),
]
"""A schedule as it may be written: in one word, or with keys."""
