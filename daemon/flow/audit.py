"""The compliance section of a report: who was judged, by what law, and what came of it.

Names records by their ids and rules by their articles; shows nothing of a person.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from config.consent import Compliance
from daemon.core.compliance.finding import Finding
from daemon.core.compliance.words import Severity
from daemon.flow.comply import Looked

OFF = "off"
LISTED = 50
"""Findings listed in a report; all are counted."""


class ComplianceFinding(BaseModel):
    """One thing that is not as a regulation wants it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pair: str
    side: str
    record: str
    severity: str
    question: str
    channel: str
    regulation: str
    rule: str
    article: str
    message: str
    remedy: str
    verify: bool
    jurisdiction: list[str]
    derivation: str


class ComplianceAudit(BaseModel):
    """What compliance had to say in one run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on_violation: str
    purpose: str = ""
    channels: list[str] = []
    judged: int = 0
    held: int = 0
    muted: int = 0
    by_severity: dict[str, int] = {}
    by_regulation: dict[str, int] = {}
    by_derivation: dict[str, int] = {}
    by_rule: dict[str, int] = {}
    to_verify: list[str] = []
    findings: list[ComplianceFinding] = []


@dataclass(kw_only=True, slots=True)
class Audit:
    """Counts the judgements of a run without keeping them."""

    judged: int = 0
    held: int = 0
    muted: int = 0
    by_severity: Counter[str] = field(default_factory=Counter)
    by_regulation: Counter[str] = field(default_factory=Counter)
    by_derivation: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    to_verify: set[str] = field(default_factory=set)
    listed: list[ComplianceFinding] = field(default_factory=list)

    def add(self, looked: Sequence[Looked]) -> None:
        """Take the judgements of a page in."""
        for one in looked:
            self._add(one)

    def _add(self, looked: Looked) -> None:
        judgement = looked.judgement
        heaviest = max((one.severity for one in judgement.findings), default=None)
        self.judged += 1
        self.held += looked.bar is not None
        self.muted += looked.is_muted
        self.by_severity[heaviest.word if heaviest else "ok"] += 1
        self.by_derivation[judgement.jurisdiction.how.value] += 1
        self.by_regulation.update(judgement.regulations)
        self.by_rule.update({_name(one) for one in judgement.findings})
        self.to_verify |= {_name(one) for one in judgement.findings if one.verify}
        if len(self.listed) < LISTED:
            self.listed += _lines(looked)[: LISTED - len(self.listed)]

    def told(self, settings: Compliance | None) -> ComplianceAudit:
        """Return the section of the report."""
        if settings is None:
            return ComplianceAudit(on_violation=OFF)
        return ComplianceAudit(
            on_violation=settings.on_violation.value,
            purpose=settings.purpose.value,
            channels=[channel.value for channel in settings.channels],
            judged=self.judged,
            held=self.held,
            muted=self.muted,
            by_severity=dict(sorted(self.by_severity.items())),
            by_regulation=dict(sorted(self.by_regulation.items())),
            by_derivation=dict(sorted(self.by_derivation.items())),
            by_rule=dict(sorted(self.by_rule.items())),
            to_verify=sorted(self.to_verify),
            findings=self.listed,
        )


def _name(finding: Finding) -> str:
    return f"{finding.regulation}.{finding.rule}" if finding.regulation else finding.rule


def _lines(looked: Looked) -> list[ComplianceFinding]:
    place = looked.judgement.jurisdiction
    return [
        ComplianceFinding(
            pair=looked.pair,
            side=looked.side.value,
            record=looked.record,
            severity=one.severity.word,
            question=one.question.value,
            channel=one.channel.value if one.channel else "",
            regulation=one.regulation,
            rule=one.rule,
            article=one.article,
            message=one.message,
            remedy=one.remedy,
            verify=one.verify,
            jurisdiction=sorted(place.markets),
            derivation=place.how.value,
        )
        for one in sorted(looked.judgement.findings, key=lambda one: -one.severity)
        if one.severity is not Severity.SUGGEST
    ]
