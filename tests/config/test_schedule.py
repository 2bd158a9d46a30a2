"""Schedules say one thing, in one word or by keys, and mean moments of a clock (B3)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from config.cron import Moments, time_zone
from config.problems import ConfigProblems
from config.schedule import Missed, Schedule, ScheduleWritten
from tests.config.samples import MINIMAL, loaded

WRITTEN: TypeAdapter[Schedule] = TypeAdapter(ScheduleWritten)


def schedule(written: Any) -> Schedule:
    return WRITTEN.validate_python(written)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(expression: str, start: str, number: int, zone: str = "UTC") -> list[str]:
    """The first moments after a start, in UTC."""
    told, now = [], at(start)
    found = Moments(expression, time_zone(zone))
    for _ in range(number):
        due = found.next_after(now)
        assert due is not None
        told.append(f"{due:%m-%d %H:%M}")
        now = due
    return told


@pytest.mark.parametrize(
    ("word", "long"),
    [
        ("once", {"once": "yes"}),
        ("hourly", {"every": "1h"}),
        ("15m", {"every": "15m"}),
        ("daily", {"daily": "00:00"}),
        ("weekly", {"weekly": "mon 00:00"}),
        ("on_change", {"on_change": "only"}),
    ],
)
def test_one_word_is_short_for_keys(word: str, long: dict[str, str]) -> None:
    """Each short form means the same as its keys."""
    assert schedule(long) == schedule(word)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"once": True, "cron": "* * * * *"}, "`once` and `cron` exclude each other"),
        ({"every": "5m", "daily": "06:00"}, "`every` and `daily` exclude each other"),
        ({"daily": "06:00", "weekly": "mon"}, "`daily` and `weekly` exclude each other"),
        ({"on_change": "only", "every": "5m"}, "`every` and `on_change: only` exclude"),
        ({"once": True, "on_change": True}, "`once` and `on_change: yes` exclude"),
        ({"once": True, "missed": "skip"}, "`missed` means nothing beside `once`"),
        ({"every": "1h", "full": "30m"}, "`full` is shorter than `every`"),
        ({"full": "30s"}, "must be 1m to 366d, or always"),
        ({"full": "sometimes"}, "expected a duration"),
        ({"daily": "6 o'clock"}, 'expected a time of day such as "06:00"'),
        ({"daily": "24:00"}, 'expected a time of day such as "06:00"'),
        ({"weekly": "someday 06:00"}, 'expected a weekday and a time such as "mon 06:00"'),
        ({"time_zone": "Middle/Earth"}, "expected a time zone by its IANA name"),
        ({"on_change": "maybe"}, "expected yes, no or only"),
        ({"cron": "0 6 * *"}, "`cron`: expected five fields such as"),
        ({"cron": "61 6 * * *"}, "higher than the maximum value (59)"),
        ({"cron": "0 6 * * someday"}, '"someday" is no weekday'),
        ({"cron": "0 6 * * 5-1"}, '"5-1" ends before it begins'),
        ({"cron": "0 6 * * */0"}, '"*/0" is no step'),
        ({"cron": "0 6 31 2 *"}, "never come together"),
        ("sometimes", "expected once, hourly, daily, weekly, on_change, a distance such as 15m"),
    ],
)
def test_what_contradicts_itself_is_refused(written: Any, message: str) -> None:
    """Each wrong schedule is refused in words that say what to write."""
    with pytest.raises(ValidationError) as problem:
        schedule(written)

    assert message in str(problem.value)


def test_a_wrong_schedule_is_told_with_its_place(tmp_path: Path) -> None:
    """File, line and column, as of every problem."""
    text = MINIMAL + '    schedule: {cron: "0 6 * *"}\n    direction: push\n'

    with pytest.raises(ConfigProblems) as problem:
        loaded(tmp_path, text)

    assert "crmsyncd.yaml:8:5: syncs.news-to-crm.schedule: `cron`: expected five" in str(
        problem.value
    )


def test_the_form_of_the_documentation_is_taken() -> None:
    """The schedule that the design shows."""
    found = schedule(
        {"every": "5m", "full": "weekly", "time_zone": "Europe/Berlin", "missed": "skip"}
    )

    assert (timedelta(minutes=5), timedelta(weeks=1), Missed.SKIP) == (
        found.distance,
        found.full,
        found.missed,
    )
    assert timedelta(0) == schedule({"full": "always"}).full


def test_files_wake_where_the_clock_was_not_asked_for() -> None:
    """A changed file starts a run beside a distance, and beside a chosen time only on request."""
    assert schedule({}).is_woken_by_files
    assert schedule("on_change").is_woken_by_files
    assert not schedule({"on_change": "no"}).is_woken_by_files
    assert not schedule("daily").is_woken_by_files
    assert schedule({"daily": "06:00", "on_change": "yes"}).is_woken_by_files


def test_a_schedule_survives_being_written() -> None:
    """What a model writes, it reads again as the same schedule."""
    for written in (
        "15m",
        "weekly",
        "once",
        "on_change",
        {"full": "always"},
        {"cron": "1 2 3 4 5"},
    ):
        found = schedule(written)
        assert found == schedule(found.model_dump(mode="json", exclude_defaults=True))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 6 * * 1-5", ["11-23 06:00", "11-24 06:00", "11-25 06:00"]),
        ("0 6 * * mon-fri", ["11-23 06:00", "11-24 06:00", "11-25 06:00"]),
        ("0 6 * * 0", ["11-22 06:00", "11-29 06:00", "12-06 06:00"]),
        ("0 6 * * 7", ["11-22 06:00", "11-29 06:00", "12-06 06:00"]),
        ("0 6 * * sat-sun", ["11-21 06:00", "11-22 06:00", "11-28 06:00"]),
        ("0 6 * * */3", ["11-21 06:00", "11-22 06:00", "11-25 06:00"]),
        ("0 6 * * 4/2", ["11-21 06:00", "11-26 06:00", "11-28 06:00"]),
        ("*/20 * * * *", ["11-20 12:20", "11-20 12:40", "11-20 13:00"]),
        ("0 0 1 * 1", ["11-23 00:00", "11-30 00:00", "12-01 00:00"]),
        ("0 0 1 JAN *", ["01-01 00:00", "01-01 00:00", "01-01 00:00"]),
    ],
)
def test_cron_means_what_crontab_means(expression: str, expected: list[str]) -> None:
    """Sunday is 0 and 7; a day of the month and a weekday together mean either."""
    assert expected == moments(expression, "2026-11-20T12:00", 3)


def test_clocks_that_change_lose_no_run_and_double_none() -> None:
    """In Berlin 02:30 is skipped on 29 March and comes twice on 25 October 2026."""
    nightly = "30 2 * * *"

    spring = moments(nightly, "2026-03-28T00:00", 3, "Europe/Berlin")
    autumn = moments(nightly, "2026-10-24T00:00", 3, "Europe/Berlin")

    assert ["03-28 01:30", "03-29 01:30", "03-30 00:30"] == spring
    assert ["10-24 00:30", "10-25 00:30", "10-26 01:30"] == autumn
    assert ["10-25 00:00", "10-25 01:00", "10-25 02:00"] == moments(
        "0 * * * *", "2026-10-24T23:30", 3, "Europe/Berlin"
    )


def test_times_of_the_day_and_week_are_those_of_the_zone() -> None:
    """``daily`` and ``weekly`` are cron in plain words."""
    daily = schedule({"daily": "6:05", "time_zone": "Europe/Berlin"}).moments()
    weekly = schedule({"weekly": "Tuesday 23:30", "time_zone": "America/New_York"}).moments()

    assert daily is not None
    assert weekly is not None
    assert at("2026-11-21T05:05") == daily.next_after(at("2026-11-20T12:00"))
    assert at("2026-11-25T04:30") == weekly.next_after(at("2026-11-20T12:00"))
    assert schedule("15m").moments() is None
