"""``guards``: safety nets and how fine they are; what each one stops stands in ``docs/guards.md``."""

import re
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from config.scalars import Duration, FrozenMapping, Word, YesNo
from config.words import Frozen
from daemon.core.guards import Limits
from daemon.core.values import Side

OFF = "off"
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%", re.ASCII)


def _share(given: object) -> float | None:
    """Return a written share. Raises ValueError where it is none."""
    if given is None or given is False or given == OFF:
        return None
    matched = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
    share = float(matched[1]) / 100 if matched else given
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise ValueError("expected a share such as 5% (or 0.05), or off")
    return float(share)


def _count(given: object) -> int | None:
    """Return a written number. Raises ValueError where it is none."""
    if given is None or given is False or given == OFF:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ValueError("expected a whole number, or off")
    return given


def _shown_share(share: float | None) -> str:
    return OFF if share is None else f"{share:.10g}"


def _shown_count(count: int | None) -> str | int:
    return OFF if count is None else count


Share = Annotated[
    float | None,
    BeforeValidator(
        _share,
        json_schema_input_type=Annotated[str, Field(pattern=r"^(off|\d{1,3}(\.\d{1,3})? ?%)$")]
        | Annotated[float, Field(ge=0, le=1)],
    ),
    PlainSerializer(_shown_share, return_type=str),
]
"""A share of some records, such as ``5%``; ``off`` takes the guard away."""

Count = Annotated[
    int | None,
    BeforeValidator(_count, json_schema_input_type=Literal["off"] | Annotated[int, Field(ge=0)]),
    PlainSerializer(_shown_count, return_type=str | int),
]
"""A number of records; ``off`` takes the guard away."""


class Guards(Frozen):
    """Safety nets and how fine they are: each stops what lies in its scope, and nothing else.

    Opt-outs are in no guard's scope. A person lets a trip pass with `crmsyncd approvals release`.
    """

    verify_sample: int = Field(
        default=5,
        ge=0,
        le=100,
        description="Written records read back at random after each run (`sample_check`). Five "
        "find a systematic fault almost surely and cost one call. A mismatch holds the pair.",
    )
    shrunk_listing: Share = Field(
        default=0.10,
        json_schema_extra={"default": "10%"},
        description="Share of the known records, from 20 up, that a complete listing may lack. "
        "Beyond it counts as incomplete: a truncated file looks just like one with many deletes. "
        "Where a direct read of each missing record proves it gone, nothing is held.",
    )
    delete_share: Share = Field(
        default=0.05,
        json_schema_extra={"default": "5%"},
        description="Share of the linked records, from 20 up, that one plan may delete: more is "
        "seldom meant.",
    )
    delete_count: Count = Field(
        default=100, description="Deletes in one run, whatever share that is."
    )
    delete_count_day: Count = Field(
        default=500,
        description="Deletes within 24 hours: a limit a run alone is leaked past slowly.",
    )
    create_burst: Share = Field(
        default=0.20,
        json_schema_extra={"default": "20%"},
        description="Share of the linked records that one plan may create, and 50 at any rate. "
        "More looks like a changed key or a lost link table. First runs are exempt.",
    )
    update_burst: Share = Field(
        default=0.30,
        json_schema_extra={"default": "30%"},
        description="Share of the linked records that one plan may change, and 49 at any rate.",
    )
    one_value: Share = Field(
        default=0.20,
        json_schema_extra={"default": "20%"},
        description="Share of the linked records in which one field may get one and the same "
        "value, and 49 at any rate; part of `update_burst`. A slip of the mouse fills a column.",
    )
    blank_burst: Share = Field(
        default=0.05,
        json_schema_extra={"default": "5%"},
        description="Share of a field's filled values that one plan may empty, and 9 at any rate. "
        "A wiped column holds that field; the rest goes on.",
    )
    link_storm: Count = Field(
        default=3,
        description="Times the same pair of records may be written in ten minutes while values "
        "return to what they were: two systems that answer each other. Twice as many answers in a "
        "row within a day hold them too, where each write meets another value than the last one "
        "left.",
    )
    quarantine_share: Share = Field(
        default=0.10,
        json_schema_extra={"default": "10%"},
        description="Share of a run's records, from 20 up, that may fail. Beyond, something is "
        "wrong with all of them: the pair stops. First runs are exempt.",
    )
    schema_drift: YesNo = Field(
        default=True,
        description="Hold a field whose definition changed in the system, and creates where a new "
        "field became required, until a person looked.",
    )
    everything_touched: YesNo = Field(
        default=True,
        description="Tell when almost every record was touched and almost no value changed; "
        "nothing is written then anyway.",
    )
    canary: FrozenMapping[Side, tuple[Word, ...]] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Ids of records that must be readable before anything is written, by side: "
        '`{crm: ["101"]}`. One that is not there holds the pair: wrong account, lost permission.',
    )
    state_age: Duration = Field(
        default=timedelta(days=8),
        ge=timedelta(days=1),
        le=timedelta(days=366),
        json_schema_extra={"default": "8d"},
        description="How old what is known of a system may be. Beyond, and after a restore, a run "
        "lists everything anew, creates nothing before that is complete and takes nothing for "
        "deleted. Eight days: a weekly run may be a day late, and systems tell of deletes for "
        "longer. Raise it for a sync that is meant to run more rarely.",
    )

    @property
    def limits(self) -> Limits:
        """The thresholds as the guards take them."""
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})
