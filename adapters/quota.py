"""``quota``: the part of an account's daily API calls that a connection may use.

A key that the settings of every remote system have, by :class:`RemoteSettings`. A change of it
counts from the next call on (R16) and changes nothing that a sync does, so it is in no fingerprint.
"""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%", re.ASCII)


def _share(given: object) -> float:
    """Return a written share. Raises ValueError where it is none."""
    matched = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
    share = float(matched[1]) / 100 if matched else given
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise ValueError("expected a share such as 60% (or 0.6), from 0% to 100%")
    return float(share)


Share = Annotated[
    float,
    BeforeValidator(
        _share,
        json_schema_input_type=Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3})? ?%$")]
        | Annotated[float, Field(ge=0, le=1)],
    ),
    PlainSerializer(lambda share: f"{share * 100:.10g}%", return_type=str),
]
"""A part of an account's daily calls, such as ``60%``."""


class Quota(BaseModel):
    """How much of an account's day ordinary work may use, and what is kept for what is urgent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The account is shared with every other tool of its owner, and one that takes the whole day
    # away stops them all. Most sync tools default to between a fifth and four fifths.
    daily_share: Share = Field(
        default=0.6,
        description="Part of the account's daily API calls that ordinary work may use; above it, "
        "runs are put off until the count starts afresh.",
        json_schema_extra={"default": "60%"},
    )
    # A poll each five minutes with an edit each costs a thousand calls a day: a tenth of the
    # smallest account's day covers it.
    reserve: Share = Field(
        default=0.1,
        description="Part kept beyond that for opt-outs and edits by people; ordinary work also "
        "stops while the whole account has less than this left.",
        json_schema_extra={"default": "10%"},
    )


class RemoteSettings(BaseModel):
    """Keys that every connection to a remote system takes."""

    quota: Quota = Field(
        default=Quota(),
        description="How much of the account's daily API calls may be used, where its system "
        "counts by the day; all connections that lead to one account count together.",
        json_schema_extra={"fingerprint": False},
    )
