"""What holds of every three-way decision, whatever the values, policies and times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daemon.core.base import Base, BaseField
from daemon.core.facts import rule_key
from daemon.core.field_rules import Direction, FieldRule, How, Policy
from daemon.core.normalize import comparable
from daemon.core.operation import Copy
from daemon.core.reconcile import LinkDecision, Terms, View, reconcile
from daemon.core.record import Evidence, Strength
from daemon.core.schema import Field
from daemon.core.values import FieldKind, Side, Value
from daemon.flow.returned import judge, turned

EXAMPLES = 2_000
ROUNDS = 3
"""Decisions after which nothing more may be planned: one that writes to each side, one to see."""

DECIDING = [policy for policy in Policy if policy is not Policy.UNION]
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)

values: st.SearchStrategy[Value] = st.sampled_from([None, "a", " a", "ab", "abc", "abcdef", "x"])
moments = st.integers(0, 20).map(lambda minutes: NINE + timedelta(seconds=30 * minutes))


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two records, what they agreed on, and the rules."""

    rules: tuple[FieldRule, ...]
    view: dict[Side, View]
    base: Base
    terms: Terms


def a_rule(number: int, policy: Policy, direction: Direction = Direction.BOTH) -> FieldRule:
    """Return a rule between two text fields."""
    source, crm = f"s{number}", f"c{number}"
    return FieldRule(
        source=source,
        crm=crm,
        kind=FieldKind.TEXT,
        direction=direction,
        policy=policy,
        source_field=Field(name=source, label=source, kind=FieldKind.TEXT),
        crm_field=Field(name=crm, label=crm, kind=FieldKind.TEXT),
        how=How.OVERRIDE,
        score=1.0,
    )


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Return evidence, now and then without a lower bound."""
    after, until = sorted([draw(moments), draw(moments)])
    known = draw(st.booleans())
    return Evidence(after=after if known else None, until=until, strength=Strength.OBSERVED)


@st.composite
def cases(draw: st.DrawFn, policies: Sequence[Policy]) -> Case:
    """Return one link with correlated values: few of them, so that they often meet."""
    rules = tuple(
        a_rule(n, draw(st.sampled_from(policies))) for n in range(draw(st.integers(1, 3)))
    )
    base = {
        rule_key(rule): BaseField(
            source=draw(values), crm=draw(values), fingerprint=rule.fingerprint()
        )
        for rule in rules
        if draw(st.booleans())
    }
    view = {}
    for side in Side:
        names = [rule.name(side) for rule in rules]
        unread = draw(st.sampled_from([*names, "", "", ""]))
        view[side] = View(
            values={name: draw(values) for name in names if name != unread},
            evidence={name: draw(evidences()) for name in names},
        )
    terms = Terms(tie=draw(st.sampled_from(tuple(Side))), is_merge=draw(st.booleans()))
    return Case(rules=rules, view=view, base=base, terms=terms)


def decided(case: Case) -> LinkDecision:
    """Return the decision."""
    view = case.view
    return reconcile(case.rules, view[Side.SOURCE], view[Side.CRM], case.base, terms=case.terms)


def mirrored(case: Case) -> Case:
    """Return the case with its two sides exchanged, policies and names included."""
    turned_policy = {Policy.SOURCE: Policy.CRM, Policy.CRM: Policy.SOURCE}
    rules = tuple(
        replace(
            rule,
            source=rule.crm,
            crm=rule.source,
            source_field=rule.crm_field,
            crm_field=rule.source_field,
            policy=turned_policy.get(rule.policy, rule.policy),
        )
        for rule in case.rules
    )
    base = {
        rule_key(new): BaseField(source=known.crm, crm=known.source, fingerprint=new.fingerprint())
        for old, new in zip(case.rules, rules, strict=True)
        if (known := case.base.get(rule_key(old))) is not None
    }
    view = {side: case.view[side.other] for side in Side}
    return Case(
        rules=rules, view=view, base=base, terms=replace(case.terms, tie=case.terms.tie.other)
    )


def told(decision: LinkDecision, *, is_mirrored: bool = False) -> dict[str, object]:
    """Return what a decision comes to, in the words of the unmirrored case."""
    side_of = {side: side.other if is_mirrored else side for side in Side}
    agreed = [
        (named(key), repr((item.crm, item.source) if is_mirrored else (item.source, item.crm)))
        for key, item in decision.agreed.items()
    ]
    return {
        "copies": sorted(
            (side_of[side], copy.field, repr(copy.value), repr(copy.before))
            for side in Side
            for copy in decision.copies[side]
        ),
        "agreed": sorted(agreed),
        "open": sorted(named(clash.rule) for clash in decision.open),
        "ended": sorted(named(key) for key in decision.ended),
    }


def named(key: str) -> str:
    """Return the same name for a rule and its mirror image."""
    return "→".join(sorted(key.split("→")))


@settings(max_examples=EXAMPLES)
@given(cases(DECIDING))
def test_swapping_the_sides_swaps_the_decision(case: Case) -> None:
    """I3: neither side is favoured but by the policy and the tie-break."""
    assert told(decided(case)) == told(decided(mirrored(case)), is_mirrored=True)


@settings(max_examples=EXAMPLES)
@given(cases(list(Policy)), st.randoms(use_true_random=False))
def test_the_order_of_the_rules_changes_nothing(case: Case, luck: Random) -> None:
    """I3: fields are decided one by one."""
    rules = list(case.rules)
    luck.shuffle(rules)

    assert told(decided(case)) == told(decided(replace(case, rules=tuple(rules))))


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from([Policy.SOURCE, Policy.CRM, Policy.MOST_RECENT, Policy.MANUAL]),
    st.sampled_from(tuple(Side)),
    values,
    st.sampled_from(["new", "other", None]),
)
def test_a_change_on_one_side_reaches_the_other(
    policy: Policy, side: Side, agreed: Value, new: Value
) -> None:
    """I2: whoever alone left the base is copied, whatever policy there is for conflicts."""
    assume(form(agreed) != form(new))
    rule = a_rule(0, policy)
    base = BaseField(source=agreed, crm=agreed, fingerprint=rule.fingerprint())
    held = {side: new, side.other: agreed}
    view = {end: View(values={rule.name(end): held[end]}) for end in Side}
    case = Case(rules=(rule,), view=view, base={rule_key(rule): base}, terms=Terms(tie=side.other))

    decision = decided(case)

    assert [new] == [copy.value for copy in decision.copies[side.other]]
    assert () == decision.copies[side]
    assert () == decision.open


@settings(max_examples=EXAMPLES)
@given(cases(list(Policy)))
def test_nothing_equal_and_nothing_unread_is_written(case: Case) -> None:
    """I18 and I24: each copy changes a field that was read on both sides."""
    decision = decided(case)

    for side in Side:
        for copy in decision.copies[side]:
            assert form(copy.before) != form(copy.value)
            assert case.view[side].values[copy.field] == copy.before
            assert all(name in case.view[end].values for end, name in fields_of(case, copy).items())


@settings(max_examples=EXAMPLES)
@given(cases(list(Policy)), st.sampled_from([3, 100]), st.data())
def test_it_comes_to_rest_in_any_order(case: Case, room: int, data: st.DataObject) -> None:
    """I4 and I5: writes applied in any order, some only in the next round, lead to no more."""
    for _ in range(ROUNDS * 2):
        decision = decided(case)
        writes = [(side, copy) for side in Side for copy in decision.copies[side]]
        order = data.draw(st.permutations(writes)) if len(writes) > 1 else writes
        some = order[: data.draw(st.integers(1, len(order)))] if order else []
        case = applied(replace(case, base={**case.base, **decision.agreed}), some, room)

    left = decided(case)

    assert dict.fromkeys(Side, ()) == dict(left.copies)
    assert {} == left.agreed


def applied(case: Case, writes: list[tuple[Side, Copy]], room: int) -> Case:
    """Return the case after some writes; the CRM keeps only *room* characters.

    A field whose write was ignored waits for a person and is left out from then on.
    """
    told_of: list[FieldRule] = []
    base, held = dict(case.base), {side: dict(case.view[side].values) for side in Side}
    for side, copy in writes:
        stored = copy.value
        if side is Side.CRM and isinstance(stored, str):
            stored = stored[:room]
        held[side][copy.field] = stored
        verdict = judge(copy, {copy.field: stored}, is_found=False, is_told=False)
        if verdict.is_ignored:
            told_of += [rule for rule in case.rules if rule_key(rule) == copy.rule]
        if verdict.base is not None:
            base[copy.rule] = turned(side, copy, verdict.base)
    view = {side: replace(case.view[side], values=held[side]) for side in Side}
    return replace(
        case, view=view, base=base, rules=tuple(r for r in case.rules if r not in told_of)
    )


def fields_of(case: Case, copy: Copy) -> dict[Side, str]:
    """Return the two fields a copy is about."""
    rule = next(rule for rule in case.rules if rule_key(rule) == copy.rule)
    return {side: rule.name(side) for side in Side}


def form(value: object) -> object:
    """Return what a text is compared by."""
    return comparable(FieldKind.TEXT, value)  # type: ignore[arg-type] # only texts are drawn
