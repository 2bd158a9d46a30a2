"""How one field is decided, in this order.

1. Equal on both sides: the base follows (R1).
2. A person gave a verdict: it is carried out (D3).
3. Both sides hold their halves of the base: nothing changed, however they differ (R1, R37).
4. An opt-out wins; one that was taken back goes to a person, whatever the policy (I8).
5. Policies that look at the values (union, min, max, longest) decide by them (R38).
6. Only one side moved away from its own half of the base: its value goes to the other (I2).
7. Both moved, or there is no base: a conflict, which the policy decides (I1: the loser is logged).
"""

from daemon.core.base import BaseField
from daemon.core.consent import is_opt_out, is_opted_out
from daemon.core.evidence import later
from daemon.core.facts import Facts, evidence_of
from daemon.core.field_rules import Policy
from daemon.core.normalize import ConversionError, agrees, convert
from daemon.core.values import FieldKind, Side, Value
from daemon.core.verdict import Agree, Ask, Decision, NeedTimes, Nothing, Set, Take

VALUE_POLICIES = frozenset({Policy.UNION, Policy.MIN, Policy.MAX, Policy.LONGEST})


def decide(facts: Facts) -> Decision:
    """Decide one field that was read on both sides."""
    if _is_equal(facts):
        return Agree() if _is_base_behind(facts) else Nothing(is_equal=True)
    if facts.verdict is not None:
        return _by_verdict(facts, facts.verdict)
    moved = [side for side in Side if facts.moved(side)] if facts.base is not None else []
    if facts.base is not None and not moved:
        return Nothing()
    if (found := _by_meaning(facts)) is not None:
        return found
    if facts.base is None:
        return _first_contact(facts)
    if facts.base.unseen_side in moved:
        return _conflict(facts, "sent_not_seen")
    if moved == [Side.SOURCE, Side.CRM]:
        return _conflict(facts, "both_changed")
    return _one_sided(facts, moved[0])


def _is_equal(facts: Facts) -> bool:
    rule, value = facts.rule, facts.value
    return agrees(
        value[Side.SOURCE],
        rule.source_field,
        value[Side.CRM],
        rule.crm_field,
        rule.kind,
        facts.terms.region,
    )


def _is_base_behind(facts: Facts) -> bool:
    known = facts.base
    return known is None or known.is_unseen or any(facts.moved(side) for side in Side)


def _by_verdict(facts: Facts, winner: Side) -> Decision:
    """Carry out a verdict; where the winner's value may not travel, both stay as they are."""
    return Take(winner=winner) if facts.rule.direction.writes_to(winner.other) else Agree()


def _by_meaning(facts: Facts) -> Decision | None:
    """Decide what is decided by the values themselves, whoever changed them."""
    if is_opt_out(facts.rule) and (found := _by_consent(facts)) is not None:
        return found
    return _by_value(facts) if facts.rule.policy in VALUE_POLICIES else None


def _by_consent(facts: Facts) -> Decision | None:
    """Tighten by ourselves, loosen never (I8). None where both sides say the same of consent."""
    out = [side for side in Side if is_opted_out(facts.value[side])]
    if len(out) != 1:
        return None
    winner = out[0]
    if not facts.rule.direction.writes_to(winner.other):
        return Nothing() if facts.base else Agree()
    is_taken_back = facts.base is not None and not facts.moved(winner)
    if is_taken_back:
        return Ask(clash=facts.clash("consent_loosened", None))
    is_news_on_both = facts.base is None or facts.moved(winner.other)
    if not is_news_on_both or facts.is_empty(winner.other):
        return Take(winner=winner)
    reason = "both_changed" if facts.base else "first_contact"
    return Take(winner=winner, clash=facts.clash(reason, winner))


def _first_contact(facts: Facts) -> Decision:
    empty = [side for side in Side if facts.is_empty(side)]
    if not empty:
        return Agree() if facts.terms.is_merge else _conflict(facts, "first_contact")
    winner = empty[0].other
    if not facts.rule.direction.writes_to(empty[0]):
        return Agree()
    return Take(winner=winner)


def _one_sided(facts: Facts, winner: Side) -> Decision:
    """Only *winner* moved: I2, unless a rule of the field forbids it."""
    rule, known = facts.rule, facts.base
    if not rule.direction.writes_to(winner.other):
        return Nothing()
    if winner is Side.SOURCE and known is not None and known.wrote_source:
        before = facts.form(known.source_before)
        if facts.form(facts.value[winner]) == before:
            return _conflict(facts, "stale_save")
    if facts.is_empty(winner) and rule.policy is Policy.NEVER_CLEAR:
        return Nothing()
    if rule.policy is Policy.FILL_ONLY and not facts.is_empty(winner.other):
        return Nothing()
    if known is not None and _is_lossy(facts, known) and not facts.is_empty(winner.other):
        return Take(winner=winner, clash=facts.clash("lossy", winner))
    return Take(winner=winner)


def _is_lossy(facts: Facts, known: BaseField) -> bool:
    rule = facts.rule
    return not agrees(
        known.source, rule.source_field, known.crm, rule.crm_field, rule.kind, facts.terms.region
    )


def _conflict(facts: Facts, reason: str) -> Decision:
    rule = facts.rule
    if rule.policy is Policy.MANUAL:
        return Ask(clash=facts.clash(reason, None))
    if rule.policy is Policy.FILL_ONLY and not any(facts.is_empty(side) for side in Side):
        return Agree()
    winner = _winner(facts, reason)
    if winner is None:
        return NeedTimes()
    clash = facts.clash(reason, winner)
    if not rule.direction.writes_to(winner.other):
        return Agree(clash=clash)
    return Take(winner=winner, clash=clash)


def _winner(facts: Facts, reason: str) -> Side | None:
    policy = facts.rule.policy
    if policy is Policy.SOURCE:
        return Side.SOURCE
    if policy is Policy.CRM:
        return Side.CRM
    if policy in {Policy.NEVER_CLEAR, Policy.FILL_ONLY}:
        empty = [side for side in Side if facts.is_empty(side)]
        if empty:
            return empty[0].other
    if reason == "stale_save":
        return Side.CRM
    if reason != "both_changed":
        return _tie(facts)
    if any(view.tells_times and view.times is None for view in facts.view.values()):
        return None
    known = {side: evidence_of(facts.view[side], facts.rule.name(side)) for side in Side}
    found = later(known[Side.SOURCE], known[Side.CRM], facts.terms.margin)
    return found or _tie(facts)


def _tie(facts: Facts) -> Side:
    """Return who wins a tie: in a one-way rule the side that may write, else as configured."""
    for side in Side:
        if not facts.rule.direction.writes_to(side):
            return side
    return facts.terms.tie


def _by_value(facts: Facts) -> Decision:
    empty = [side for side in Side if facts.is_empty(side)]
    if empty:
        return Take(winner=empty[0].other)
    if facts.rule.policy is Policy.UNION:
        return Set(value=_union(facts))
    ranked = sorted(Side, key=lambda side: _rank(facts, side))
    if _rank(facts, ranked[0]) == _rank(facts, ranked[1]):
        return _conflict(facts, "both_changed") if facts.base else _conflict(facts, "first_contact")
    winner = ranked[0] if facts.rule.policy is Policy.MIN else ranked[1]
    is_lost = facts.base is None or facts.moved(winner.other)
    return Take(winner=winner, clash=facts.clash("by_value", winner) if is_lost else None)


def _rank(facts: Facts, side: Side) -> tuple[int, str, float]:
    form = facts.form(facts.value[side])
    if facts.rule.policy is Policy.LONGEST:
        return (0, "", len(str(facts.value[side])))
    if facts.rule.kind is FieldKind.NUMBER and not isinstance(form, str):
        return (0, "", float(str(form)))
    return (1, str(form), 0.0)


def _union(facts: Facts) -> tuple[str, ...]:
    """Return the choices of both sides, in the CRM's words where it has them."""
    items: dict[str, None] = {}
    for held in (facts.value[Side.CRM], _in_words_of_crm(facts)):
        parts = held if isinstance(held, tuple) else str(held).split(";")
        items.update({part.strip(): None for part in parts if part.strip()})
    return tuple(items)


def _in_words_of_crm(facts: Facts) -> Value:
    rule, held = facts.rule, facts.value[Side.SOURCE]
    try:
        return convert(held, rule.source_field, rule.crm_field, facts.terms.region)
    except ConversionError:
        return held  # the copy to the CRM is withheld with its reason
