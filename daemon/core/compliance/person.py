"""What a record says about its person, as far as compliance asks. What is not said is unknown.

Nothing here has a default that allows more than not knowing does.
"""

from dataclasses import dataclass
from datetime import date, datetime

from daemon.core.compliance.suppression import BlockList
from daemon.core.compliance.words import (
    Channel,
    Condition,
    ConsentStatus,
    ConsentType,
    LawfulBasis,
    ProofField,
    Relation,
    Subscriber,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """One consent, or the lack of one, for some channels."""

    status: ConsentStatus = ConsentStatus.UNKNOWN
    type: ConsentType | None = None
    channels: frozenset[Channel] = frozenset()
    """What it covers; a channel that is not named is not covered."""
    captured_at: datetime | None = None
    captured_via: str = ""
    purpose: str = ""
    wording: str = ""
    evidence: str = ""
    is_written: bool = False
    double_opt_in_at: datetime | None = None
    expires_at: datetime | None = None
    reconfirmed_at: datetime | None = None

    def proves(self, field: ProofField) -> bool:
        """Tell whether a part of the proof is there."""
        return bool(getattr(self, field.value))


NO_CONSENT = Consent()


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """The facts of one record."""

    jurisdiction: str = ""
    """Which law the record itself says it is under, as written."""
    country: str = ""
    state: str = ""
    phone: str = ""
    lawful_basis: LawfulBasis | None = None
    subscriber: Subscriber | None = None
    relation: Relation | None = None
    relation_at: datetime | None = None
    conditions: frozenset[Condition] = frozenset()
    """What is known to be so of ``refusal_offered``, ``own_similar`` and ``role_related``."""
    consent: Consent = NO_CONSENT
    birthday: date | None = None
    age: int | None = None
    is_minor: bool = False
    has_parental_consent: bool = False
    registry_checked_at: datetime | None = None
    is_registry_clear: bool = False
    has_refused_sale: bool = False
    """By word, or by the signal of a browser."""
    has_objected: bool = False
    has_asked_erasure: bool = False
    is_opted_out: bool = False
    asked_at: datetime | None = None
    """When consent was asked for."""
    last_activity_at: datetime | None = None
    suppressed: frozenset[BlockList] = frozenset()
    unread: frozenset[str] = frozenset()
    """Facts whose value nobody can read; they count as unknown, and are told."""
