"""A run's report as one page of HTML that can be kept, mailed and printed.

Takes the report of a run with its calls. Gives a page without scripts or outside assets. Promises
that every value is shown as text, whatever it holds, and that equal reports give equal pages.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

import jinja2

from daemon.flow.report import RunReport
from daemon.use_cases.overview import CallLine, FullReport

_TEMPLATE = "report.html"
_ERRORS_FROM = 400
"""The first status that says no (RFC 9110, section 15.5)."""

_TOLD = {
    "preview": ("good", "Preview", "A plan was made to look at; nothing was written."),
    "done": ("good", "Done", "The plan was carried out, and what was read back is right."),
    "nothing": ("good", "Nothing to do", "Both sides already held what they should."),
    "waiting": (
        "warn",
        "Waits for approval",
        "Part of the plan waits for a person; the rest flowed.",
    ),
    "halted": ("bad", "Halted", "A record was refused; what was written is rolled back."),
    "held": ("bad", "Held", "A guard stopped part of the plan; a person looks. The rest flowed."),
    "put_off": (
        "warn",
        "Put off",
        "The day's share of API calls is spent; it goes on when the count starts afresh.",
    ),
    "failed": ("bad", "Failed", "The run stopped; what was stored is enough for the next one."),
    "unfinished": ("warn", "Unfinished", "Some writes have no known outcome; the next run looks."),
    "interrupted": ("warn", "Interrupted", "The process ended during the run; the next goes on."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Purpose:
    """Calls with one purpose."""

    name: str
    calls: int
    mean_milliseconds: int
    share: int
    """Percent of the calls of the most frequent purpose: the length of its bar."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pace:
    """How much the run cost."""

    seconds: float
    ratio: float | None
    """Calls per call needed; None where none was needed."""
    retries: int
    refused: int
    """Calls answered with an error, or not at all."""
    slowest: CallLine | None
    by_purpose: Sequence[_Purpose]


def html_page(found: FullReport) -> str:
    """Return the report as one self-contained page."""
    report = found.report
    outcome = report.outcome
    tone, title, meaning = _TOLD.get(outcome, ("warn", outcome, ""))
    return _template().render(
        report=report,
        calls=found.calls,
        tone=tone,
        title=title,
        meaning=meaning,
        pace=_pace(found),
        shown_counts=[name for name, total in report.counts.items() if total],
        linked=report.plan.operations.get("crm.link", 0) if report.plan else 0,
    )


def _template() -> jinja2.Template:
    source = (files("daemon.use_cases") / "templates" / _TEMPLATE).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters.update(moment=_moment, words=_words)
    return environment.from_string(source)


def _visible(value: object) -> object:
    """Return a value whose unprintable characters show: none may reorder or hide its neighbours."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in value)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _pace(found: FullReport) -> _Pace:
    report, calls = found.report, found.calls
    minimum = report.api.minimum
    return _Pace(
        seconds=(report.ended_at - report.started_at) / timedelta(seconds=1),
        ratio=report.api.calls / minimum if minimum else None,
        retries=sum(call.attempt > 1 for call in calls),
        refused=sum(_is_refused(call) for call in calls),
        slowest=max(calls, key=lambda call: call.milliseconds, default=None),
        by_purpose=_purposes(report, calls),
    )


def _is_refused(call: CallLine) -> bool:
    return call.status is None or call.status >= _ERRORS_FROM


def _purposes(report: RunReport, calls: Sequence[CallLine]) -> list[_Purpose]:
    spent: Counter[str] = Counter()
    for call in calls:
        spent[call.purpose] += call.milliseconds
    most = max(report.api.by_purpose.values(), default=1) or 1
    return [
        _Purpose(
            name=name,
            calls=number,
            mean_milliseconds=round(spent[name] / number) if number else 0,
            share=round(100 * number / most),
        )
        for name, number in report.api.by_purpose.items()
    ]
