"""Short words for the decision about one field, so that a table of them reads like the rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.core.base import BaseField
from daemon.core.facts import Facts, Terms, View
from daemon.core.field_rules import Direction, FieldRule, How, Policy
from daemon.core.judge import decide
from daemon.core.operation import Clash
from daemon.core.record import Evidence, FieldTime, Strength
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Side, Value
from daemon.core.verdict import Agree, Ask, Decision, NeedTimes, Nothing, Set, Take

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return a moment so many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


def a_field(name: str = "s", kind: FieldKind = FieldKind.TEXT, **settings: Any) -> Field:
    """Return a field of that kind."""
    return Field(name=name, label=name.title(), kind=kind, **settings)


def a_rule(
    policy: Policy = Policy.MOST_RECENT,
    direction: Direction = Direction.BOTH,
    kind: FieldKind = FieldKind.TEXT,
    *,
    canonical: str = "",
    source_field: Field | None = None,
    crm_field: Field | None = None,
) -> FieldRule:
    """Return a rule between the fields ``s`` and ``c``, unless others are given."""
    source_field = source_field or a_field("s", kind)
    crm_field = crm_field or a_field("c", kind)
    return FieldRule(
        source=source_field.name,
        crm=crm_field.name,
        canonical=canonical,
        kind=kind,
        direction=direction,
        policy=policy,
        source_field=source_field,
        crm_field=crm_field,
        how=How.OVERRIDE,
        score=1.0,
    )


def a_base(rule: FieldRule, source: Value, crm: Value, **facts: Any) -> BaseField:
    """Return the base of *rule* in which both sides held these values."""
    return BaseField(source=source, crm=crm, fingerprint=rule.fingerprint(), **facts)


def seen(after: float | None, until: float, strength: Strength = Strength.OBSERVED) -> Evidence:
    """Return evidence that a value came to be between two minutes after nine."""
    return Evidence(
        after=None if after is None else at(after), until=at(until), strength=strength, origin="o"
    )


def a_view(
    name: str,
    value: Value,
    evidence: Evidence | None = None,
    times: Mapping[str, FieldTime] | None = None,
    **facts: Any,
) -> View:
    """Return a side that holds one field, seen there."""
    known = {name: replace(evidence, origin=f"o/{name}")} if evidence else {}
    return View(values={name: value}, evidence=known, times=times, **facts)


def facts(
    source: Value,
    crm: Value,
    base: BaseField | tuple[Value, Value] | None = None,
    *,
    rule: FieldRule | None = None,
    terms: Terms | None = None,
    views: Mapping[Side, View] | None = None,
    verdict: Side | None = None,
) -> Facts:
    """Return what bears on one field; a tuple as base means both halves."""
    rule = rule or a_rule()
    return Facts(
        rule=rule,
        terms=terms or Terms(tie=Side.CRM),
        value={Side.SOURCE: source, Side.CRM: crm},
        view=views or {Side.SOURCE: a_view("s", source), Side.CRM: a_view("c", crm)},
        base=a_base(rule, *base) if isinstance(base, tuple) else base,
        verdict=verdict,
    )


def told(decision: Decision) -> str:
    """Return a decision in a word or two: who wins, and as which conflict."""
    match decision:
        case Nothing(is_equal=is_equal):
            return "equal" if is_equal else "nothing"
        case Agree(clash=clash):
            return "agree" + _reason(clash)
        case Take(winner=winner, clash=clash):
            return winner.value + _reason(clash)
        case Set(value=value):
            return "set " + ";".join(value if isinstance(value, tuple) else [str(value)])
        case Ask(clash=clash):
            return "ask" + _reason(clash)
        case NeedTimes():
            return "times"


def _reason(clash: Clash | None) -> str:
    return f", {clash.reason}" if clash else ""


def decided(*values: Any, **bearing: Any) -> str:
    """Return in words what becomes of the field that :func:`facts` describes."""
    return told(decide(facts(*values, **bearing)))
