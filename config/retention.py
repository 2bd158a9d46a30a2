"""``retention``: how long what is known of the past is kept (R27).

Links, what erased or deleted records were called, and the audit chain are kept for good: they hold
ids and hashes, and without them a deleted record would be made again.
"""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from config.scalars import Duration, duration_text
from config.words import Frozen

APPROVALS_LAST = timedelta(days=8)
"""Least age of a plan that goes: an approval covers what a crash cut short for seven days."""

_LONGEST = timedelta(days=36_525)


def _kept(days: int, why: str, least: timedelta = timedelta(days=1)) -> Duration:
    found: Duration = Field(
        default=timedelta(days=days),
        ge=least,
        le=_LONGEST,
        json_schema_extra={"default": f"{days}d"},
        description=why,
    )
    return found


class Retention(Frozen):
    """How long what is known of the past is kept. A daily job takes what is older."""

    journal: Duration = _kept(
        730,
        "Values of writes: what was written over what. Without them a write is explained by field "
        "and time only, and cannot be rolled back. Two years, as for field changes in an audit.",
    )
    history: Duration = _kept(
        90,
        "What records held before they changed, whoever changed them. It grows with every edit on "
        "both sides, so it answers for a quarter; our own writes are told for longer.",
    )
    calls: Duration = _kept(
        30, "The log of API calls. It serves to find faults, which show within days."
    )
    plans: Duration = _kept(
        30,
        "Plans that were carried out or replaced, and the values that reports show of them.",
        APPROVALS_LAST,
    )
    conflicts: Duration = _kept(
        730, "Conflicts that are decided: both values and who won. As long as the journal."
    )
    quarantine: Duration = _kept(
        90, "Quarantine entries that ended and guards that tripped and are over."
    )
    gone: Duration = _kept(
        30,
        "Values of records that are gone from a system and that no link remembers. Most bins keep "
        "a deleted record for as long.",
    )
    runs: Duration = _kept(
        1825,
        "Runs with their reports and, without values, their writes: figures, ids, fields, times. "
        "Five years, the usual time within which a claim is raised.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("journal", "calls", "plans"):
            if getattr(self, name) > self.runs:
                raise ValueError(
                    f"`runs` ({duration_text(self.runs)}) is shorter than `{name}` "
                    f"({duration_text(getattr(self, name))}), which belongs to them"
                )
        return self
