"""Read the facts of a person from a record's values.

Takes values by the names of facts; gives a Person. Promises: what cannot be read is unknown and
told in ``unread``; of what speaks against a message, anything but an empty cell and a no counts.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from daemon.core.compliance.person import Consent, Person
from daemon.core.compliance.suppression import BlockList
from daemon.core.compliance.words import (
    Channel,
    Condition,
    ConsentStatus,
    ConsentType,
    LawfulBasis,
    Relation,
    Subscriber,
)
from daemon.core.consent import is_opted_out
from daemon.core.field_names import plain_name
from daemon.core.normalize import comparable
from daemon.core.normalize.text import as_text
from daemon.core.values import FieldKind, Value, Values

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "jurisdiction": "country, or US-CA, whose law the record is under",
        "country": "country of residence",
        "state": "state of the United States",
        "phone": "phone number; its country code tells a country where nothing else does",
        "lawful_basis": "why the data may be held",
        "subscriber": "individual, sole_trader or corporate",
        "relation": "purchase, inquiry, ongoing, given_address or published_address",
        "relation_date": "when the relation was last alive",
        "refusal_offered": "yes where a refusal was offered when the address was collected",
        "own_similar": "yes where messages are about one's own, similar goods",
        "role_related": "yes where messages have to do with the person's work",
        "consent_status": "pending, granted, denied, withdrawn or expired",
        "consent_type": "express, implied, inferred, soft_opt_in or deemed",
        "consent_channels": "email, sms, phone, whatsapp, post; several with ;",
        "consent_date": "when consent was given",
        "consent_source": "the form, event, paper or call by which it was given",
        "consent_purpose": "what for, or which subscription",
        "consent_wording": "the text agreed to, or its version",
        "consent_evidence": "a recording, document or registry reference",
        "consent_written": "yes where it is in writing",
        "consent_expires": "when it ends",
        "consent_confirmed": "when it was last confirmed",
        "double_opt_in_date": "when the confirmation mail was answered",
        "birthday": "date of birth",
        "age": "age in years",
        "minor": "yes where the person is known to be under age",
        "parental_consent": "yes where a parent consented",
        "registry_checked": "when a do-not-call registry was looked into",
        "registry_result": "clear or listed",
        "sale_opt_out": "yes where the person refused that data is sold or shared",
        "objection": "yes or the date of an objection",
        "erasure_request": "yes or the date of a request for erasure",
        "opt_out": "yes where the person opted out of messages",
        "suppressed": "names of the block lists the address is on",
        "asked_on": "when consent was asked for",
        "last_activity": "last sign of life from the person",
    }
)
"""What a record can tell, and what it means."""

_YES = {"yes", "true", "granted", "opted in", "opt in", "optin", "subscribed", "given", "ja", "1"}
_NO = {"no", "false", "denied", "refused", "declined", "nein", "0"}
_OUT = {"opted out", "opt out", "optout", "unsubscribed", "revoked", "withdrawn"}
_STATUS: Mapping[str, ConsentStatus] = (
    {plain_name(word): ConsentStatus.GRANTED for word in _YES}
    | {plain_name(word): ConsentStatus.DENIED for word in _NO}
    | {plain_name(word): ConsentStatus.WITHDRAWN for word in _OUT}
    | {plain_name(word.value): word for word in ConsentStatus}
)
_CLEAR = {plain_name(word) for word in ("clear", "not listed", "ok", "not registered")}
_OLDEST = 130
"""Years; a larger number is no age."""

_Word = TypeVar("_Word", bound=StrEnum)
_Known = TypeVar("_Known")


def read_person(values: Values, *, region: str | None = None) -> Person:
    """Return the person whose facts are *values*; a fact that is absent or empty is unknown."""
    read = _Reader(values, region)
    return Person(
        jurisdiction=read.text("jurisdiction"),
        country=read.text("country"),
        state=read.text("state"),
        phone=read.text("phone"),
        lawful_basis=read.word("lawful_basis", LawfulBasis),
        subscriber=read.word("subscriber", Subscriber),
        relation=read.word("relation", Relation),
        relation_at=read.moment("relation_date"),
        conditions=frozenset(
            one
            for one in (Condition.REFUSAL_OFFERED, Condition.OWN_SIMILAR, Condition.ROLE_RELATED)
            if read.is_yes(one.value)
        ),
        consent=_consent(read),
        birthday=read.day("birthday"),
        age=read.age(),
        is_minor=read.is_set("minor"),
        has_parental_consent=read.is_yes("parental_consent"),
        registry_checked_at=read.moment("registry_checked"),
        is_registry_clear=plain_name(read.text("registry_result")) in _CLEAR,
        has_refused_sale=read.is_set("sale_opt_out"),
        has_objected=read.is_set("objection"),
        has_asked_erasure=read.is_set("erasure_request"),
        is_opted_out=read.is_set("opt_out"),
        asked_at=read.moment("asked_on"),
        last_activity_at=read.moment("last_activity"),
        suppressed=_suppressed(read),
        unread=frozenset(read.unread),
    )


def _consent(read: "_Reader") -> Consent:
    return Consent(
        status=read.known("consent_status", _status) or ConsentStatus.UNKNOWN,
        type=read.word("consent_type", ConsentType),
        channels=read.words("consent_channels", Channel),
        captured_at=read.moment("consent_date"),
        captured_via=read.text("consent_source"),
        purpose=read.text("consent_purpose"),
        wording=read.text("consent_wording"),
        evidence=read.text("consent_evidence"),
        is_written=read.is_yes("consent_written"),
        double_opt_in_at=read.moment("double_opt_in_date"),
        expires_at=read.expiry("consent_expires"),
        reconfirmed_at=read.moment("consent_confirmed"),
    )


def _status(value: Value) -> ConsentStatus | None:
    return _STATUS.get(plain_name(as_text(value)))


def _suppressed(read: "_Reader") -> frozenset[BlockList]:
    """Return the lists; a name nobody knows is taken for the strictest of them."""
    known = read.words("suppressed", BlockList)
    return known | {BlockList.DO_NOT_CONTACT} if "suppressed" in read.unread else known


class _Reader:
    """Reads one fact after the other and remembers what it could not read."""

    def __init__(self, values: Values, region: str | None) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._region = region
        self.unread: set[str] = set()

    def text(self, name: str) -> str:
        return as_text(self._values[name]).strip() if name in self._values else ""

    def known(self, name: str, read: Callable[[Value], _Known | None]) -> _Known | None:
        """Return what *read* makes of a value; where it makes nothing, it is noted."""
        value = self._values.get(name)
        if value is None or not as_text(value).strip():
            return None
        found = read(value)
        if found is None:
            self.unread.add(name)
        return found

    def word(self, name: str, words: type[_Word]) -> _Word | None:
        return self.known(name, lambda value: _by_name(words).get(plain_name(as_text(value))))

    def words(self, name: str, words: type[_Word]) -> frozenset[_Word]:
        if (value := self._values.get(name)) is None:
            return frozenset()
        by_name = _by_name(words)
        parts = value if isinstance(value, tuple) else as_text(value).replace(",", ";").split(";")
        given = [plain_name(part) for part in parts if part.strip()]
        if any(part not in by_name for part in given):
            self.unread.add(name)
        return frozenset(by_name[part] for part in given if part in by_name)

    def moment(self, name: str) -> datetime | None:
        return self.known(name, _moment)

    def expiry(self, name: str) -> datetime | None:
        """Return an end; one that nobody can read is past already."""
        found = self.moment(name)
        return datetime.min.replace(tzinfo=UTC) if name in self.unread else found

    def day(self, name: str) -> date | None:
        found = self.moment(name)
        return found.date() if found else None

    def age(self) -> int | None:
        return self.known("age", _age)

    def is_yes(self, name: str) -> bool:
        return name in self._values and comparable(FieldKind.BOOL, self._values[name]) is True

    def is_set(self, name: str) -> bool:
        return name in self._values and is_opted_out(self._values[name])


@lru_cache(maxsize=32)
def _by_name(words: type[_Word]) -> Mapping[str, _Word]:
    return {plain_name(word.value): word for word in words}


def _moment(value: Value) -> datetime | None:
    form = comparable(FieldKind.DATETIME, value)
    if not isinstance(form, datetime):
        form = comparable(FieldKind.DATE, value)
    if isinstance(form, datetime):
        return form if form.tzinfo else form.replace(tzinfo=UTC)
    return datetime.combine(form, time(), UTC) if isinstance(form, date) else None


def _age(value: Value) -> int | None:
    form = comparable(FieldKind.NUMBER, value)
    is_age = isinstance(form, Decimal) and form.is_finite() and 0 <= form <= _OLDEST
    return int(form) if isinstance(form, Decimal) and is_age else None
