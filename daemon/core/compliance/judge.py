"""Judge one person: every regulation that fits is applied, and the most restrictive wins.

Takes the facts of a record, the regulations, the markets of the sync and the time; gives one
judgement. Promises: the same facts at the same time give the same judgement; another regulation,
and another reason against, never loosen it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from daemon.core.compliance.deadlines import months_after
from daemon.core.compliance.finding import REMEDIES, Finding, Judgement, found
from daemon.core.compliance.jurisdiction import Book, Derivation, Jurisdiction, derive
from daemon.core.compliance.messaging import consent_fault, is_relieved, message_findings
from daemon.core.compliance.person import Person
from daemon.core.compliance.regulation import Regulation
from daemon.core.compliance.words import Channel, LawfulBasis, Question, Severity


def judge(
    person: Person,
    book: Book,
    *,
    channels: Sequence[Channel],
    at: datetime,
    assumed: Sequence[str] = (),
    region: str | None = None,
) -> Judgement:
    """Return what may be done with *person* at the time *at*.

    *channels* are those a message would use, *assumed* the markets of the sync (ISO codes).
    """
    place = derive(person, assumed, region=region)
    fitting = book.fitting(place, at.date())
    findings = [
        one
        for regulation, markets in fitting
        for one in (
            *_store_findings(person, regulation, markets, at),
            *(
                one
                for channel in channels
                for one in message_findings(person, regulation, channel, markets, at)
            ),
        )
    ]
    return Judgement(
        jurisdiction=place,
        regulations=tuple(one.id for one, _ in fitting),
        findings=(*findings, *_general(person, place)),
    )


def _store_findings(
    person: Person, regulation: Regulation, markets: frozenset[str], at: datetime
) -> Iterator[Finding]:
    if person.has_asked_erasure:
        yield found(regulation, regulation.stop, "erasure", "the person asked to be erased")
    yield from _basis(person, regulation, markets, at)
    if regulation.sale is not None and person.has_refused_sale:
        message = "the person refused that their data is sold or shared"
        yield found(regulation, regulation.sale, "sale", message, severity=Severity.WARN)
    keep, active = regulation.retention, person.last_activity_at
    if keep is not None and active is not None and months_after(active, keep.months) <= at:
        message = f"no sign of the person for {keep.months} months or more"
        yield found(regulation, keep, "retention", message, severity=Severity.WARN)


def _basis(
    person: Person, regulation: Regulation, markets: frozenset[str], at: datetime
) -> Iterator[Finding]:
    allowed, known = regulation.basis.any_of, person.lawful_basis
    if not allowed:
        return
    rests_on_consent = any(consent_fault(person, regulation, one, at) is None for one in Channel)
    is_soft = LawfulBasis.SOFT_OPT_IN in allowed and any(
        is_relieved(person, regulation, one, markets, at) for one in Channel
    )
    if known is LawfulBasis.CONSENT or (known is None and LawfulBasis.CONSENT in allowed):
        if rests_on_consent or (known is None and is_soft):
            return
        rule = "basis" if known is None else "basis_consent"
        message = (
            "no lawful basis is known, nor a consent that holds"
            if known is None
            else "the data rests on a consent that is not known to hold"
        )
        yield found(regulation, regulation.basis, rule, message)
    elif known is LawfulBasis.SOFT_OPT_IN and not is_soft:
        yield found(
            regulation, regulation.basis, "basis", "the exception it rests on does not hold"
        )
    elif known not in allowed:
        yield found(regulation, regulation.basis, "basis", "no lawful basis that holds is known")


def _general(person: Person, place: Jurisdiction) -> Iterator[Finding]:
    if place.is_doubtful or place.how in {Derivation.ASSUMED, Derivation.UNKNOWN}:
        yield _suggestion(
            "jurisdiction", f"which law applies is {place.how.value}, not told by the record"
        )
    if person.unread:
        names = ", ".join(sorted(person.unread))
        yield _suggestion("unread", f"cannot be read: {names}", Severity.WARN)


def _suggestion(rule: str, message: str, severity: Severity = Severity.SUGGEST) -> Finding:
    return Finding(
        severity=severity,
        question=Question.STORE,
        rule=rule,
        message=message,
        remedy=REMEDIES[rule],
    )
