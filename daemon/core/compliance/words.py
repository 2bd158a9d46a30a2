"""The words that regulations, records and configurations share about consent."""

from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How heavy a finding weighs; the heaviest of several wins."""

    SUGGEST = 1
    """Worth doing; nothing is held."""
    WARN = 2
    """It goes on, and a person should look."""
    BLOCK = 3
    """It may not be done."""

    @property
    def word(self) -> str:
        """How reports name it."""
        return self.name.lower()


class Question(StrEnum):
    """The two questions, which have answers of their own."""

    STORE = "store"
    """May the record be stored and moved?"""
    MESSAGE = "message"
    """May the person be messaged on a channel?"""


class Channel(StrEnum):
    """How a person is reached; consent to one is no consent to another."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    WHATSAPP = "whatsapp"
    POST = "post"


class LawfulBasis(StrEnum):
    """Why the data may be held."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"
    SOFT_OPT_IN = "soft_opt_in"
    NOT_REQUIRED = "not_required"


class ConsentStatus(StrEnum):
    """How a consent stands."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ConsentType(StrEnum):
    """How a consent came about."""

    EXPRESS = "express"
    IMPLIED = "implied"
    INFERRED = "inferred"
    SOFT_OPT_IN = "soft_opt_in"
    DEEMED = "deemed"


class Relation(StrEnum):
    """How a person stands to the sender."""

    PURCHASE = "purchase"
    INQUIRY = "inquiry"
    ONGOING = "ongoing"
    """An account, a membership, a running contract."""
    GIVEN_ADDRESS = "given_address"
    """A business card, an address handed over for this."""
    PUBLISHED_ADDRESS = "published_address"


class Subscriber(StrEnum):
    """Whose address it is."""

    INDIVIDUAL = "individual"
    SOLE_TRADER = "sole_trader"
    CORPORATE = "corporate"


class Condition(StrEnum):
    """What else must be so for an exception to hold."""

    REFUSAL_OFFERED = "refusal_offered"
    """A chance to refuse was given when the address was collected."""
    OWN_SIMILAR = "own_similar"
    """The message is about one's own, similar goods."""
    ROLE_RELATED = "role_related"
    """The message has to do with the person's work."""
    CORPORATE = "corporate"
    TRADER = "trader"


class Mode(StrEnum):
    """What a message needs."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"
    WRITTEN = "written"
    """Consent in writing."""
    REGISTRY = "registry"
    """A fresh look into a do-not-call registry, or consent that can be proved."""


class Unit(StrEnum):
    """What a deadline is counted in."""

    DAYS = "days"
    BUSINESS_DAYS = "business_days"


class ProofField(StrEnum):
    """What proves a consent."""

    CAPTURED_AT = "captured_at"
    CAPTURED_VIA = "captured_via"
    WORDING = "wording"
    EVIDENCE = "evidence"
    PURPOSE = "purpose"
