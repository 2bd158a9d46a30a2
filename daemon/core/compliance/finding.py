"""What judging a person finds, and the usual advice to each rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.core.compliance.jurisdiction import Jurisdiction
from daemon.core.compliance.regulation import Regulation, Rule
from daemon.core.compliance.words import Channel, Question, Severity

REMEDIES: Mapping[str, str] = {
    "basis": "record the lawful basis the data is held on, or take the record out",
    "basis_consent": "record the consent that the basis rests on, or another basis that holds",
    "consent": "ask for consent in a way this regulation accepts, and record it with its proof",
    "consent_channel": "record consent to this channel; one to another channel does not carry over",
    "consent_type": "record express consent, or the relation that an exception rests on",
    "consent_written": "get consent in writing and record it",
    "consent_date": "correct the date of the consent; it lies in the future",
    "consent_expired": "ask for consent again",
    "consent_renewal": "have the consent confirmed again and record when",
    "proof": "record when and how the consent was given",
    "proof_expected": "record the wording, the purpose and the evidence of the consent as well",
    "double_opt_in": "send a confirmation mail and record when it was confirmed",
    "registry": "look the number up in the registry and record when and with what result",
    "stopped": "do not message this person again without new consent that a person looked at",
    "suppressed": "leave the person on the list; only a person may take somebody off it",
    "minors": "record the consent of a parent, or take the person out of marketing",
    "asked": "do not ask this person for consent again",
    "erasure": "erase the person, and answer the request in time",
    "sale": "keep the person out of advertising audiences and of whatever is sold or shared",
    "retention": "ask once whether the person wants to hear from you, else erase",
    "jurisdiction": "fill in the country of residence, so that the right law is applied",
    "unread": "correct the values; they count as unknown until then",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as a regulation wants it."""

    severity: Severity
    question: Question
    channel: Channel | None = None
    """The channel a message would use; None for the question of storing."""
    regulation: str = ""
    """Its id; "" for what concerns every law."""
    rule: str
    """Stable word, see ``REMEDIES``."""
    article: str = ""
    message: str
    """What is missing or wrong; nothing of the person's data."""
    remedy: str
    verify: bool = False
    """The rule was not read again in its source: confirm before relying on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What may be done with one person, and why not more."""

    jurisdiction: Jurisdiction
    regulations: tuple[str, ...]
    findings: tuple[Finding, ...]

    def verdict(self, question: Question, channel: Channel | None = None) -> Severity | None:
        """Return the heaviest finding on a question; None: nothing stands against it."""
        found = self.on(question, channel)
        return found[0].severity if found else None

    def on(self, question: Question, channel: Channel | None = None) -> tuple[Finding, ...]:
        """Return the findings on a question, the heaviest first."""
        found = [
            one
            for one in self.findings
            if one.question is question and (channel is None or one.channel is channel)
        ]
        return tuple(sorted(found, key=lambda one: -one.severity))


def found(
    regulation: Regulation,
    at: Rule,
    rule: str,
    message: str,
    *,
    severity: Severity = Severity.BLOCK,
    channel: Channel | None = None,
) -> Finding:
    """Return a finding on *at*, a rule of *regulation*; about a channel it is one on messaging."""
    return Finding(
        severity=severity,
        question=Question.STORE if channel is None else Question.MESSAGE,
        channel=channel,
        regulation=regulation.id,
        rule=rule,
        article=at.article,
        message=f"{regulation.name}: {message}",
        remedy=at.remedy or REMEDIES[rule],
        verify=at.verify,
    )
