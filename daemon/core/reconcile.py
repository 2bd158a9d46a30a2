"""The three-way decision for two linked records (D1, D2).

Takes both sides' values with their time evidence, the base and the rules; gives what to copy where,
what now agrees, which conflicts a rule decided and which wait for a person. Pure and symmetric:
swapping the sides and the policy swaps the result (I3). A field that was not read on both sides, or
that validation withheld, is not decided at all (I24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from daemon.core.base import Base, BaseField
from daemon.core.facts import Facts, Terms, View, evidence_of, rule_key
from daemon.core.field_rules import FieldRule
from daemon.core.judge import decide
from daemon.core.normalize import ConversionError, convert
from daemon.core.operation import Clash, Copy
from daemon.core.values import Side, Value
from daemon.core.verdict import Agree, Apart, Ask, Decision, NeedTimes, Nothing, Set, Take

__all__ = ["LinkDecision", "Terms", "View", "Withheld", "reconcile", "rule_key"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Withheld:
    """A field whose value cannot be written to the other side."""

    rule: FieldRule
    origin: Side
    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkDecision:
    """What becomes of a link."""

    copies: Mapping[Side, tuple[Copy, ...]]
    """By the side that is written."""
    agreed: Base
    clashes: Mapping[Side, tuple[Clash, ...]]
    """Decided conflicts, by the side that is written (the crm side where none is)."""
    open: tuple[Clash, ...]
    withheld: tuple[Withheld, ...]
    wanted_times: Mapping[Side, tuple[str, ...]]
    """Fields whose change times must be asked for before this can be decided."""
    ended: tuple[str, ...]
    """Rules whose two sides agree: their open conflicts are over."""


def reconcile(
    rules: Sequence[FieldRule],
    source: View,
    crm: View,
    base: Base,
    *,
    terms: Terms,
    verdicts: Mapping[str, Side] = MappingProxyType({}),
    withheld: frozenset[str] = frozenset(),
) -> LinkDecision:
    """Decide every field of a link. *withheld* are source fields that failed validation."""
    view = {Side.SOURCE: source, Side.CRM: crm}
    outcome = _Outcome()
    for rule in rules:
        if rule.source in withheld or not all(
            rule.name(side) in view[side].values for side in Side
        ):
            continue
        key = rule_key(rule)
        known = base.get(key)
        facts = Facts(
            rule=rule,
            terms=terms,
            value={side: view[side].values[rule.name(side)] for side in Side},
            view=view,
            base=known if known and known.fingerprint == rule.fingerprint() else None,
            verdict=verdicts.get(key),
        )
        outcome.take(facts, decide(facts))
    return outcome.decision()


class _Outcome:
    """Gathers the decisions of all fields of one link."""

    def __init__(self) -> None:
        self.copies: dict[Side, list[Copy]] = {side: [] for side in Side}
        self.clashes: dict[Side, list[Clash]] = {side: [] for side in Side}
        self.agreed: dict[str, BaseField] = {}
        self.open: list[Clash] = []
        self.withheld: list[Withheld] = []
        self.wanted: dict[Side, list[str]] = {side: [] for side in Side}
        self.ended: list[str] = []

    def take(self, facts: Facts, decision: Decision) -> None:
        """Turn one field's decision into work."""
        match decision:
            case Nothing(is_equal=is_equal):
                self.ended += [rule_key(facts.rule)] if is_equal else []
            case Agree(clash=clash):
                self._agree(facts, clash)
            case Take(winner=winner, clash=clash):
                self._copy(facts, facts.value[winner], winner, clash)
            case Set(value=value):
                self._spread(facts, value)
            case Ask(clash=clash):
                self.open.append(clash)
            case NeedTimes():
                self._want_times(facts)

    def _spread(self, facts: Facts, value: Value) -> None:
        for side in Side:
            if facts.form(value) != facts.form(facts.value[side]):
                self._copy(facts, value, side.other, None)

    def _want_times(self, facts: Facts) -> None:
        for side in Side:
            if facts.view[side].tells_times:
                self.wanted[side].append(facts.rule.name(side))

    def _agree(self, facts: Facts, clash: Clash | None) -> None:
        known = facts.base
        self.agreed[rule_key(facts.rule)] = BaseField(
            source=facts.value[Side.SOURCE],
            crm=facts.value[Side.CRM],
            fingerprint=facts.rule.fingerprint(),
            source_before=known.source_before if known else None,
            wrote_source=bool(known and known.wrote_source),
        )
        self.ended.append(rule_key(facts.rule))
        if clash:
            self.clashes[Side.CRM].append(clash)

    def _copy(self, facts: Facts, value: Value, winner: Side, clash: Clash | None) -> None:
        rule, target = facts.rule, winner.other
        if not rule.direction.writes_to(target):
            return
        written = _converted(facts, value, winner)
        if isinstance(written, Apart):
            self.withheld.append(
                Withheld(rule=rule, origin=winner, code=written.code, message=written.message)
            )
            return
        if written == facts.value[target]:
            self._agree(facts, clash)
            return
        self.copies[target].append(
            Copy(
                rule=rule_key(rule),
                field=rule.name(target),
                value=written,
                origin=facts.value[winner],
                before=facts.value[target],
                kind=rule.kind,
                fingerprint=rule.fingerprint(),
                region=facts.terms.region,
                evidence=evidence_of(facts.view[winner], rule.name(winner)),
            )
        )
        if clash:
            self.clashes[target].append(clash)

    def decision(self) -> LinkDecision:
        """Return what was gathered."""
        return LinkDecision(
            copies={side: tuple(items) for side, items in self.copies.items()},
            agreed=self.agreed,
            clashes={side: tuple(items) for side, items in self.clashes.items()},
            open=tuple(self.open),
            withheld=tuple(self.withheld),
            wanted_times={side: tuple(names) for side, names in self.wanted.items() if names},
            ended=tuple(self.ended),
        )


def _converted(facts: Facts, value: Value, winner: Side) -> Value | Apart:
    """Return *value* as the other side writes it, or why it cannot be written there."""
    rule, target = facts.rule, winner.other
    try:
        written = convert(value, rule.field(winner), rule.field(target), facts.terms.region)
    except ConversionError as error:
        return Apart(code=error.rule, message=str(error))
    if rule.field(target).is_forward_only and _is_backward(facts, written, target):
        return Apart(
            code="backward_move",
            message=f"{rule.field(target).label} only moves forward there, and this value lies "
            "further back; clear the field there first if that is meant.",
        )
    return written


def _is_backward(facts: Facts, written: Value, target: Side) -> bool:
    order = [choice.value for choice in facts.rule.field(target).choices]
    present = facts.value[target]
    if written not in order or present not in order:
        return False
    return order.index(str(written)) < order.index(str(present))
