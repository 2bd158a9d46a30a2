"""Judging people in tests: facts as a record tells them, and the short words of the cases."""

from datetime import UTC, datetime

from config.regulations import regulations
from daemon.core.compliance.finding import Finding, Judgement
from daemon.core.compliance.judge import judge
from daemon.core.compliance.reading import read_person
from daemon.core.compliance.words import Channel, Question
from daemon.core.values import Value

AT = datetime(2026, 11, 20, tzinfo=UTC)
CONSENT = {
    "consent_status": "granted",
    "consent_date": "2026-03-01",
    "consent_source": "form on the web site",
}
SALE = {
    "relation": "purchase",
    "relation_date": "2026-08-01",
    "own_similar": "yes",
    "refusal_offered": "yes",
}


def facts(country: str, channel: str, told: dict[str, Value]) -> dict[str, Value]:
    """Return the facts of a case with its short words spelt out."""
    own = dict(told)
    found: dict[str, Value] = {"jurisdiction" if "-" in country else "country": country}
    if own.pop("consent", None):
        found |= CONSENT | {"consent_channels": channel or "email"}
    if own.pop("sale", None):
        found |= SALE
    return found | {name: str(value) for name, value in own.items()}


def judged(told: dict[str, Value], *channels: str, assumed: tuple[str, ...] = ()) -> Judgement:
    """Judge a record that tells these facts."""
    return judge(
        read_person(told),
        regulations(),
        channels=[Channel(one) for one in channels],
        at=AT,
        assumed=assumed,
    )


def heaviest(found: Judgement, channel: str, regulation: str) -> Finding | None:
    """Return what one regulation has most against a message, or against storing."""
    question = Question.MESSAGE if channel else Question.STORE
    findings = found.on(question, Channel(channel) if channel else None)
    return next((one for one in findings if one.regulation == regulation), None)
