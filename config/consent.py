"""What a configuration says about compliance: markets, purpose, and where a record's facts stand."""

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field

from config.scalars import FrozenMapping, Word
from config.words import Frozen
from daemon.core.compliance.countries import country_code
from daemon.core.compliance.reading import FACTS
from daemon.core.compliance.words import Channel, LawfulBasis


class OnViolation(StrEnum):
    """What a finding that blocks does."""

    BLOCK = "block"
    WARN = "warn"


class Purpose(StrEnum):
    """What the records are kept the same for."""

    MARKETING = "marketing"
    RECORDS = "records"


def _fact(name: str) -> str:
    if name not in FACTS:
        raise ValueError("no such fact; they are listed in docs/compliance.md")
    return name


Fact = Annotated[str, AfterValidator(_fact)]


def _market(text: str) -> str:
    country, dash, part = text.strip().upper().partition("-")
    if country_code(country) != country or bool(dash) != bool(part):
        raise ValueError("expected a country code such as DE, or a part as US-CA")
    return f"{country}{dash}{part}"


MarketName = Annotated[str, AfterValidator(_market)]


class Compliance(Frozen):
    """Whether people may be stored and messaged, judged record by record before it is written."""

    on_violation: OnViolation = Field(
        default=OnViolation.BLOCK,
        description="`block`: a record that may not go on is held in quarantine with the rule, the "
        "article and the remedy; its opt-out goes on. `warn`: it goes on and is told.",
    )
    markets: tuple[MarketName, ...] = Field(
        default=(),
        description="Markets assumed for a record that tells no country: `[DE, US-CA]`. The "
        "strictest of them wins. Left out: such a record is judged as in the European Union and "
        "California at once.",
    )
    purpose: Purpose = Field(
        default=Purpose.MARKETING,
        description="`marketing`: a record goes on only if its person may be messaged on all of "
        "`channels`. `records`: the records of customers and sales go on if they may be stored; "
        "where a message is not allowed, no field that says so is written.",
    )
    channels: tuple[Channel, ...] = Field(
        default=(Channel.EMAIL,),
        min_length=1,
        description="How people are messaged. A consent whose channel no column tells is for the "
        "only channel here; with several it is for none.",
    )
    lawful_basis: LawfulBasis | None = Field(
        default=None,
        description="The lawful basis of records that name none: the operator answers for it. It "
        "allows to store, never to message.",
    )
    columns: FrozenMapping[Fact, Word] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="Source column by fact, where it is not called like the fact: "
        "`{consent_status: Newsletter, consent_date: Newsletter since}`. The facts are listed in "
        "compliance.md.",
    )
