"""What a configuration says about which records a sync is about (R4)."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictStr, model_validator

from config.scalars import Word, YesNo
from config.words import Frozen
from daemon.core.values import Side

RELATIVE = re.compile(r"today|[+-][1-9][0-9]{0,4}[dw]")
"""``-90d``: ninety days ago; ``+2w``: in two weeks."""
_PATTERN = r"^(today|[+-][1-9][0-9]{0,4}[dw]|[0-9]{4}-[0-9]{2}-[0-9]{2})$"


def _text(given: object) -> object:
    if isinstance(given, (datetime, date)):
        return given.isoformat()
    if isinstance(given, (int, float, Decimal)) and not isinstance(given, bool):
        return str(given)
    return given


def _texts(given: object) -> object:
    return [_text(one) for one in given] if isinstance(given, list | tuple) else given


def _day(given: object) -> object:
    text = _text(given)
    if not isinstance(text, str) or not re.fullmatch(_PATTERN, text):
        raise ValueError("expected a day such as 2026-10-29, or today, -90d, +2w")
    if not RELATIVE.fullmatch(text):
        date.fromisoformat(text)
    return text


Plain = Annotated[
    StrictBool | StrictStr,
    BeforeValidator(_text, json_schema_input_type=str | int | float | bool),
]
Several = Annotated[
    tuple[Plain, ...],
    BeforeValidator(_texts, json_schema_input_type=list[str | int | float | bool]),
    Field(min_length=1, max_length=1000),
]
Day = Annotated[
    str,
    BeforeValidator(_day, json_schema_input_type=Annotated[str, Field(pattern=_PATTERN)]),
]


class Filter(Frozen):
    """One field that must be so for a record to be kept the same."""

    model_config = ConfigDict(populate_by_name=True)

    field: Word = Field(description="The field, named as its side names it; mapped or not.")
    eq: Plain | None = Field(default=None, description="It holds this value; case does not count.")
    no: Plain | None = Field(
        default=None, alias="not", description="It holds another value than this, or none."
    )
    among: Several | None = Field(
        default=None, alias="in", description="It holds one of these: `in: [lead, customer]`."
    )
    not_in: Several | None = Field(default=None, description="It holds none of these.")
    contains: Plain | None = Field(
        default=None, description="This is part of its text, or one of its options."
    )
    filled: YesNo | None = Field(
        default=None, description="`true`: it is not empty. `false`: it is."
    )
    above: Decimal | None = Field(default=None, description="Its number is greater.")
    below: Decimal | None = Field(default=None, description="Its number is less.")
    after: Day | None = Field(
        default=None,
        description="Its date is that day or later: `2026-10-29`, `today`, `-90d`, `+2w`. Days "
        "begin at midnight UTC.",
    )
    before: Day | None = Field(default=None, description="Its date is earlier than that day.")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set - {"field"}:
            raise ValueError("asks nothing: add `eq`, `in`, `filled`, `after` or the like")
        return self


class Filters(Frozen):
    """Which records of each side are kept the same; all conditions must hold."""

    source: tuple[Filter, ...] = Field(default=(), description="Of the source's records.")
    crm: tuple[Filter, ...] = Field(default=(), description="Of the CRM's records.")

    def of(self, side: Side) -> Sequence[Filter]:
        """Return the conditions of a side."""
        return self.source if side is Side.SOURCE else self.crm

    @property
    def is_relative(self) -> bool:
        """Whether time alone takes records in or out."""
        days = [day for one in (*self.source, *self.crm) for day in (one.after, one.before)]
        return any(day is not None and RELATIVE.fullmatch(day) for day in days)
