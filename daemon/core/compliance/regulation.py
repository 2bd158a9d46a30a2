"""What a regulation asks for, as data: frozen models that a file is read into.

Each rule names its article, and carries ``verify`` where its source was not read again: reports
say so beside every finding that rests on it.
"""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from daemon.core.compliance.words import (
    Channel,
    Condition,
    ConsentType,
    LawfulBasis,
    Mode,
    ProofField,
    Relation,
    Unit,
)

Market = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""ISO 3166-1 alpha-2, or a part of a country as in ISO 3166-2: ``US-CA``."""

Ages = Annotated[Mapping[Market, int], AfterValidator(MappingProxyType)]
Days = Annotated[Mapping[Market, date], AfterValidator(MappingProxyType)]


class Frozen(BaseModel):
    """A part of a regulation: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Frozen):
    """One thing a regulation says, and where."""

    article: str = Field(min_length=1, description="Where it is written.")
    verify: bool = Field(
        default=False,
        description="General knowledge of the text, not read again: confirm before relying on it.",
    )
    remedy: str = Field(default="", description="What to do; left out: the usual advice.")


class Basis(Rule):
    """On what the data may be held."""

    any_of: tuple[LawfulBasis, ...] = Field(
        description="Lawful bases that do. An empty list: none is needed."
    )


class Messaging(Rule):
    """What a message on some channels needs."""

    channels: tuple[Channel, ...] = Field(min_length=1, description="The channels it is about.")
    mode: Mode = Field(description="What a message needs.")
    valid_days: int | None = Field(
        default=None, ge=1, description="With `registry`: how long a result may be relied on."
    )

    @model_validator(mode="after")
    def _has_validity(self) -> Self:
        if (self.mode is Mode.REGISTRY) != (self.valid_days is not None):
            raise ValueError("`valid_days` belongs to `mode: registry`, and to no other")
        return self


class Relief(Rule):
    """An exception: when a message needs no express consent."""

    kind: ConsentType = Field(description="What kind of consent stands in its place.")
    channels: tuple[Channel, ...] = Field(
        default=(), description="Channels it holds for; empty: all that ask for consent."
    )
    relations: tuple[Relation, ...] = Field(
        default=(), description="One of these must be known; empty: none."
    )
    months: int | None = Field(
        default=None, ge=1, description="How long after the relation's last date it holds."
    )
    needs: tuple[Condition, ...] = Field(default=(), description="All of these must be known.")
    markets: tuple[Market, ...] = Field(
        default=(), description="Markets it holds in; empty: all of the regulation."
    )


class Proof(Rule):
    """What must be kept to prove a consent."""

    required: tuple[ProofField, ...] = Field(description="Without these it is no consent.")
    expected: tuple[ProofField, ...] = Field(default=(), description="Missing ones are told.")


class DoubleOptIn(Rule):
    """Where a consent by e-mail is expected to be confirmed."""

    markets: tuple[Market, ...] = Field(min_length=1, description="Where it is usual.")


class Stop(Rule):
    """How fast a refusal must take effect."""

    within: int = Field(ge=0, description="How many; 0: at once.")
    unit: Unit = Field(default=Unit.DAYS, description="Days of which kind.")
    link_alive_days: int | None = Field(
        default=None, ge=1, description="How long a way to refuse must work after sending."
    )


class Renewal(Rule):
    """A consent that must be confirmed again."""

    months: int = Field(ge=1, description="After how many months.")


class Minors(Rule):
    """Who is too young to consent alone."""

    under: int = Field(ge=1, le=21, description="Age in years.")
    by_market: Ages = Field(
        default_factory=lambda: MappingProxyType({}), description="Markets with another age."
    )


class Night(Rule):
    """Hours in which nobody is messaged, in the time of who receives."""

    channels: tuple[Channel, ...] = Field(min_length=1, description="The channels it is about.")
    begins: time = Field(description="Local time from which it is quiet.")
    ends: time = Field(description="Local time until which it is quiet.")
    is_lifted_by_consent: bool = Field(
        default=False, description="An extra consent for the night allows it."
    )


class Sale(Rule):
    """The right to refuse that data is sold or shared for advertising."""


class Answer(Rule):
    """How fast a request of a person must be answered."""

    days: int = Field(ge=1, description="Calendar days.")


class Asking(Rule):
    """How often consent may be asked for."""

    months: int | None = Field(
        default=None, ge=1, description="Not again for so many months; left out: once only."
    )


class Retention(Rule):
    """How long a person who shows no sign of life may be kept for marketing."""

    months: int = Field(ge=1, description="After the last activity of the person.")


class Keeping(Rule):
    """Records that must be kept for a while, whatever else is deleted."""

    what: str = Field(min_length=1, description="Which records.")
    months: int = Field(ge=1, description="At least so many months.")


class Note(Frozen):
    """Something to know that no rule decides by."""

    text: str = Field(min_length=1, description="What to know.")
    verify: bool = Field(default=False, description="Confirm before relying on it.")


class Regulation(Frozen):
    """All that one regulation says about storing and messaging people."""

    id: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$", description="The name of its file.")
    name: str = Field(min_length=1, description="What people call it.")
    markets: tuple[Market, ...] = Field(min_length=1, description="Where people live it protects.")
    later: Days = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Markets whose law comes into force on a day still ahead when it was written.",
    )
    basis: Basis = Field(description="On what the data may be held.")
    messaging: tuple[Messaging, ...] = Field(
        default=(), description="What a message needs, channel by channel."
    )
    reliefs: tuple[Relief, ...] = Field(default=(), description="Exceptions.")
    proof: Proof | None = Field(default=None, description="What proves a consent.")
    double_opt_in: DoubleOptIn | None = Field(default=None, description="Confirmed consent.")
    stop: Stop = Field(description="How fast a refusal must take effect.")
    renewal: Renewal | None = Field(default=None, description="Consent that grows old.")
    minors: Minors | None = Field(default=None, description="Who is too young.")
    nights: tuple[Night, ...] = Field(default=(), description="Quiet hours.")
    sale: Sale | None = Field(default=None, description="Selling and sharing.")
    answer: Answer | None = Field(default=None, description="Requests of people.")
    asking: Asking | None = Field(default=None, description="Asking for consent.")
    retention: Retention | None = Field(default=None, description="Keeping.")
    keeps: tuple[Keeping, ...] = Field(default=(), description="Records that must be kept.")
    notes: tuple[Note, ...] = Field(default=(), description="What else to know.")

    def markets_on(self, day: date) -> frozenset[str]:
        """Return the markets where it is in force on *day*."""
        return frozenset(
            (*self.markets, *(market for market, begins in self.later.items() if begins <= day))
        )
