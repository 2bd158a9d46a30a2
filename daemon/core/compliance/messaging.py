"""May this person be messaged on a channel? By one regulation.

Refusals come first and weigh whatever else is known; then age; then what the channel needs:
consent with its proof, or an exception that is known to hold.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from daemon.core.compliance.deadlines import age_on, months_after
from daemon.core.compliance.finding import Finding, found
from daemon.core.compliance.person import Consent, Person
from daemon.core.compliance.regulation import Messaging, Minors, Regulation, Relief
from daemon.core.compliance.words import (
    Channel,
    Condition,
    ConsentStatus,
    ConsentType,
    Mode,
    ProofField,
    Severity,
    Subscriber,
)

CONFIRM_WITHIN = timedelta(days=7)
"""How long a consent may wait for its confirmation; then it is none (double opt-in)."""

_PROOF = (ProofField.CAPTURED_AT, ProofField.CAPTURED_VIA)
_REFUSED = {ConsentStatus.WITHDRAWN: "consent was withdrawn", ConsentStatus.DENIED: "refused"}


def message_findings(
    person: Person,
    regulation: Regulation,
    channel: Channel,
    markets: frozenset[str],
    at: datetime,
) -> Iterator[Finding]:
    """Give what stands against messaging *person* on *channel*; *markets* are where it protects them: none, where it stands in for a law nobody knows."""
    yield from _refusals(person, regulation, channel)
    yield from minor_findings(person, regulation, channel, markets, at)
    for needed in regulation.messaging:
        if channel in needed.channels:
            yield from _consent_findings(person, regulation, needed, channel, markets, at)


def _refusals(person: Person, regulation: Regulation, channel: Channel) -> Iterator[Finding]:
    stop = regulation.stop
    why = [
        (person.has_objected, "the person objected"),
        (person.is_opted_out, "the person opted out"),
        (person.has_asked_erasure, "the person asked to be erased"),
        (_is_refused(person.consent, channel), _REFUSED.get(person.consent.status, "")),
    ]
    for is_so, message in why:
        if is_so:
            yield found(regulation, stop, "stopped", message, channel=channel)
    lists = sorted(one.value for one in person.suppressed if one.blocks)
    if lists:
        message = f"the address is on a list: {', '.join(lists)}"
        yield found(regulation, stop, "suppressed", message, channel=channel)


def _is_refused(consent: Consent, channel: Channel) -> bool:
    """Tell whether a refusal is about a channel; one that names no channel is about all."""
    return consent.status in _REFUSED and (not consent.channels or channel in consent.channels)


def minor_findings(
    person: Person,
    regulation: Regulation,
    channel: Channel,
    markets: frozenset[str],
    at: datetime,
) -> Iterator[Finding]:
    """Give that a person is too young to be messaged without a parent's consent."""
    minors = regulation.minors
    if minors is None or person.has_parental_consent or not _is_young(person, minors, markets, at):
        return
    message = "the person is under age, and no parent's consent is known"
    yield found(regulation, minors, "minors", message, channel=channel)


def _is_young(person: Person, minors: Minors, markets: frozenset[str], at: datetime) -> bool:
    known = [person.age] if person.age is not None else []
    if person.birthday is not None:
        known.append(age_on(person.birthday, at.date()))
    limits = [minors.by_market.get(market, minors.under) for market in markets]
    limit = max(limits or (minors.under, *minors.by_market.values()))
    return person.is_minor or any(age < limit for age in known)


def _consent_findings(
    person: Person,
    regulation: Regulation,
    needed: Messaging,
    channel: Channel,
    markets: frozenset[str],
    at: datetime,
) -> Iterator[Finding]:
    if needed.mode is Mode.OPT_OUT or is_relieved(person, regulation, channel, markets, at):
        return
    if needed.mode is Mode.REGISTRY and _is_clear(person, needed, at):
        return
    fault = consent_fault(person, regulation, channel, at)
    if fault is None and needed.mode is not Mode.OPT_IN and not person.consent.is_written:
        fault = ("consent_written", "consent is not in writing")
    if fault is not None:
        rule, message = fault
        if needed.mode is Mode.REGISTRY and rule == "consent":
            rule, message = "registry", "no fresh and clear result of the registry, and no consent"
        yield found(regulation, needed, rule, message, channel=channel)
        yield from _asked(person, regulation, channel, at)
        return
    yield from _wishes(person, regulation, channel, markets)


def _is_clear(person: Person, needed: Messaging, at: datetime) -> bool:
    checked = person.registry_checked_at
    if checked is None or needed.valid_days is None or not person.is_registry_clear:
        return False
    return checked <= at < checked + timedelta(days=needed.valid_days)


def consent_fault(
    person: Person, regulation: Regulation, channel: Channel, at: datetime
) -> tuple[str, str] | None:
    """Return why there is no consent to a channel that holds (rule, message); None: there is."""
    consent = person.consent
    if consent.status is ConsentStatus.PENDING:
        return "consent", _pending(consent, at)
    if consent.status is ConsentStatus.EXPIRED or _is_past(consent.expires_at, at):
        return "consent_expired", "the consent has expired"
    if consent.status is not ConsentStatus.GRANTED:
        return "consent", "no consent is known"
    if channel not in consent.channels:
        return "consent_channel", "the consent is not to this channel"
    if consent.type not in {None, ConsentType.EXPRESS}:
        return "consent_type", "the consent is not express, and no exception is known to hold"
    if _is_ahead(consent, at):
        return "consent_date", "a date of the consent lies in the future"
    proof = regulation.proof.required if regulation.proof else _PROOF
    if missing := [field.value for field in proof if not consent.proves(field)]:
        return "proof", f"the consent lacks its proof: {', '.join(missing)}"
    return _age_fault(consent, regulation, at)


def _pending(consent: Consent, at: datetime) -> str:
    captured = consent.captured_at
    if captured is not None and captured + CONFIRM_WITHIN <= at:
        return "the consent was not confirmed in time"
    return "the consent waits for its confirmation"


def _is_past(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at


def _is_ahead(consent: Consent, at: datetime) -> bool:
    dates = (consent.captured_at, consent.double_opt_in_at, consent.reconfirmed_at)
    return any(moment is not None and moment > at for moment in dates)


def _age_fault(consent: Consent, regulation: Regulation, at: datetime) -> tuple[str, str] | None:
    if regulation.renewal is None:
        return None
    known = [moment for moment in (consent.captured_at, consent.reconfirmed_at) if moment]
    if known and months_after(max(known), regulation.renewal.months) > at:
        return None
    return "consent_renewal", f"not confirmed within {regulation.renewal.months} months"


def is_relieved(
    person: Person,
    regulation: Regulation,
    channel: Channel,
    markets: frozenset[str],
    at: datetime,
) -> bool:
    """Tell whether an exception is known to hold, so that no consent is needed."""
    return any(
        _holds(person, relief, at)
        for relief in regulation.reliefs
        if (not relief.channels or channel in relief.channels)
        and (not relief.markets or (markets and markets <= set(relief.markets)))
    )


def _holds(person: Person, relief: Relief, at: datetime) -> bool:
    if relief.relations and person.relation not in relief.relations:
        return False
    if relief.months is not None:
        began = person.relation_at
        if began is None or began > at or months_after(began, relief.months) <= at:
            return False
    return all(_is_met(person, condition) for condition in relief.needs)


def _is_met(person: Person, condition: Condition) -> bool:
    if condition is Condition.CORPORATE:
        return person.subscriber is Subscriber.CORPORATE
    if condition is Condition.TRADER:
        return person.subscriber in {Subscriber.CORPORATE, Subscriber.SOLE_TRADER}
    return condition in person.conditions


def _asked(
    person: Person, regulation: Regulation, channel: Channel, at: datetime
) -> Iterator[Finding]:
    """Give that consent must not be asked for again: the remedy to the finding before it."""
    asking, asked = regulation.asking, person.asked_at
    if asking is None or asked is None:
        return
    if asking.months is None or months_after(asked, asking.months) > at:
        message = "consent was asked for before"
        yield found(regulation, asking, "asked", message, severity=Severity.WARN, channel=channel)


def _wishes(
    person: Person, regulation: Regulation, channel: Channel, markets: frozenset[str]
) -> Iterator[Finding]:
    """Give what a consent that holds should have besides."""
    consent, proof, double = person.consent, regulation.proof, regulation.double_opt_in
    if proof and (missing := [one.value for one in proof.expected if not consent.proves(one)]):
        message = f"the consent has no {', '.join(missing)}"
        yield found(
            regulation, proof, "proof_expected", message, severity=Severity.WARN, channel=channel
        )
    is_expected = double is not None and (not markets or bool(markets & set(double.markets)))
    if double and is_expected and channel is Channel.EMAIL and consent.double_opt_in_at is None:
        message = "the consent was not confirmed by mail"
        yield found(
            regulation, double, "double_opt_in", message, severity=Severity.WARN, channel=channel
        )
