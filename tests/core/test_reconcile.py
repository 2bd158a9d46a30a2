"""The three-way decision for two linked records: what is copied, agreed, asked and withheld."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from daemon.core.base import BaseField
from daemon.core.facts import rule_key
from daemon.core.field_rules import Direction, FieldRule, Policy
from daemon.core.reconcile import LinkDecision, Terms, View, reconcile
from daemon.core.record import FieldTime
from daemon.core.schema import Choice
from daemon.core.values import FieldKind, Side, Value, Values
from tests.core.deciding import a_base, a_field, a_rule, at, seen

P, D, K = Policy, Direction, FieldKind
STAGES = tuple(Choice(value=word, label=word.title()) for word in ("lead", "customer", "fan"))
TERMS = Terms(tie=Side.CRM)


def field_rule(name: str, **settings: object) -> FieldRule:
    """Return a rule between fields of the same name on both sides."""
    return replace(
        a_rule(**settings),  # type: ignore[arg-type] # keywords of a_rule, passed on
        source=name,
        crm=name,
        source_field=a_field(name),
        crm_field=a_field(name),
    )


def joined(
    rule: FieldRule | list[FieldRule],
    source: Values,
    crm: Values,
    base: Mapping[str, BaseField] | None = None,
    **bearing: object,
) -> LinkDecision:
    """Reconcile two records that hold these values."""
    rules = rule if isinstance(rule, list) else [rule]
    bearing.setdefault("terms", TERMS)
    return reconcile(rules, View(values=source), View(values=crm), base or {}, **bearing)  # type: ignore[arg-type] # keywords of reconcile, passed on


def copied(decision: LinkDecision) -> dict[str, dict[str, Value]]:
    """Return side → field → value of all that is written."""
    return {
        side.value: {copy.field: copy.value for copy in copies}
        for side, copies in decision.copies.items()
        if copies
    }


def test_each_field_is_decided_by_itself() -> None:
    """One field goes over, one comes back, one is equal, one waits for a person (I2)."""
    names = ("mine", "theirs", "same", "both")
    rules = [field_rule(name) for name in names]
    rules[3] = field_rule("both", policy=P.MANUAL)
    base = {rule_key(rule): a_base(rule, "old", "old") for rule in rules}

    decision = joined(
        rules,
        {"mine": "new", "theirs": "old", "same": "old", "both": "one"},
        {"mine": "old", "theirs": "new", "same": "old", "both": "two"},
        base,
    )

    assert {"crm": {"mine": "new"}, "source": {"theirs": "new"}} == copied(decision)
    assert ("same→same",) == decision.ended
    assert {} == decision.agreed
    assert ["both→both"] == [clash.rule for clash in decision.open]


def test_a_copy_carries_what_settling_needs() -> None:
    """Old value, new value, origin and its time evidence stand in the copy (R12, R35)."""
    rule, evidence = a_rule(), seen(0, 5)
    source = View(values={"s": "Eva "}, evidence={"s": evidence})
    base = {"s→c": a_base(rule, "Ann", "Ann")}

    decision = reconcile([rule], source, View(values={"c": "Ann"}), base, terms=TERMS)

    (copy,) = decision.copies[Side.CRM]
    assert ("s→c", "c", "Eva", "Eva ", "Ann") == (
        copy.rule,
        copy.field,
        copy.value,
        copy.origin,
        copy.before,
    )
    assert (evidence, rule.fingerprint(), K.TEXT) == (copy.evidence, copy.fingerprint, copy.kind)


@pytest.mark.parametrize(
    ("source", "crm"), [({}, {"c": "Bob"}), ({"s": "Eva"}, {}), ({"s": None}, {})]
)
def test_an_unread_field_is_not_decided(source: Values, crm: Values) -> None:
    """Unread is not empty: it is neither compared nor written, nor put into the base (I24)."""
    decision = joined(a_rule(), source, crm)

    assert ({}, {}, ()) == (copied(decision), decision.agreed, decision.ended)


def test_an_invalid_field_is_left_alone() -> None:
    """What validation withheld is not decided; its neighbours are (I22)."""
    rules = [field_rule("bad"), field_rule("good")]

    decision = joined(
        rules,
        {"bad": "x", "good": "y"},
        {"bad": None, "good": None},
        withheld=frozenset({"bad"}),
    )

    assert {"crm": {"good": "y"}} == copied(decision)


def test_a_changed_rule_means_first_contact() -> None:
    """A base agreed under another rule decides nothing; a field's other rules keep theirs (R16)."""
    rules = [field_rule("name"), field_rule("town")]
    old = {rule_key(rule): a_base(rule, "old", "old") for rule in rules}
    changed = [replace(rules[0], policy=P.SOURCE), rules[1]]
    values = {"name": "old", "town": "old"}

    decision = joined(changed, values, {"name": "new", "town": "new"}, old)

    assert {"crm": {"name": "old"}, "source": {"town": "new"}} == copied(decision)
    (clash,) = decision.clashes[Side.CRM]
    assert ("first_contact", None) == (clash.reason, clash.base)


def test_what_agrees_becomes_the_base() -> None:
    """Equal values without a base are remembered as each side holds them (R1)."""
    rule = a_rule()

    decision = joined(rule, {"s": "Ann "}, {"c": "Ann"})

    assert {"s→c": a_base(rule, "Ann ", "Ann")} == decision.agreed
    assert ("s→c",) == decision.ended


def test_an_agreement_remembers_our_write_to_the_source() -> None:
    """What the source held before our last write stays known, for stale saves (R11)."""
    rule = a_rule()
    known = a_base(rule, "Bob", "Bob", source_before="old", wrote_source=True)

    decision = joined(rule, {"s": "Eva"}, {"c": "Eva"}, {"s→c": known})

    agreed = decision.agreed["s→c"]
    assert ("Eva", "Eva", "old", True) == (
        agreed.source,
        agreed.crm,
        agreed.source_before,
        agreed.wrote_source,
    )


def test_a_decided_conflict_goes_with_the_write_it_caused() -> None:
    """The loser is logged on the side that is written, or on the CRM side where none is (I1)."""
    rule = a_rule()
    held = a_rule(P.CRM, D.PUSH)

    written = joined(rule, {"s": "Eva"}, {"c": "Bob"})
    kept = joined(held, {"s": "Eva"}, {"c": "Bob"}, {"s→c": a_base(held, "A", "A")})

    assert ["first_contact"] == [clash.reason for clash in written.clashes[Side.SOURCE]]
    assert ["both_changed"] == [clash.reason for clash in kept.clashes[Side.CRM]]
    assert {} == copied(kept)
    assert "s→c" in kept.agreed


@pytest.mark.parametrize(
    ("source", "crm", "expected"),
    [
        (("a",), ("b",), {"crm": {"c": ("b", "a")}, "source": {"s": ("b", "a")}}),
        (("a",), ("a", "b"), {"source": {"s": ("a", "b")}}),
        (("a", "b"), ("b",), {"crm": {"c": ("b", "a")}}),
    ],
)
def test_a_union_is_written_where_it_lacks(
    source: Value, crm: Value, expected: dict[str, dict[str, Value]]
) -> None:
    """Each side gets the union unless it holds it already; the base waits for that (R38)."""
    decision = joined(a_rule(P.UNION, kind=K.CHOICES), {"s": source}, {"c": crm})

    assert expected == copied(decision)
    assert {} == decision.agreed


def test_a_union_speaks_each_sides_words() -> None:
    """A label here and the internal value there are one choice; each side keeps its spelling."""
    rule = a_rule(P.UNION, kind=K.CHOICES, crm_field=a_field("c", K.CHOICES, choices=STAGES))

    text = joined(rule, {"s": "Lead;Fan"}, {"c": ("lead", "customer")})

    words = ("lead", "customer", "fan")
    assert {"crm": {"c": words}, "source": {"s": words}} == copied(text)
    numbered = tuple(
        Choice(value=str(number), label=one.label) for number, one in enumerate(STAGES)
    )
    rule = replace(rule, source_field=a_field("s", K.CHOICES, choices=numbered))
    choices = joined(rule, {"s": ("0", "1")}, {"c": ("lead",)})
    assert {"crm": {"c": ("lead", "customer")}} == copied(choices)


def test_a_choice_the_crm_lacks_is_withheld_from_a_union() -> None:
    """The unknown choice is told; the source still gets the CRM's."""
    rule = a_rule(P.UNION, kind=K.CHOICES, crm_field=a_field("c", K.CHOICES, choices=STAGES))

    decision = joined(rule, {"s": ("rival",)}, {"c": ("lead",)})

    assert {"source": {"s": ("lead", "rival")}} == copied(decision)
    assert ["not_an_option"] == [item.code for item in decision.withheld]


def test_a_union_is_not_written_against_its_direction() -> None:
    """The side that values do not travel to keeps its own choices."""
    rule = a_rule(P.UNION, D.PUSH, K.CHOICES)

    assert {"crm": {"c": ("b", "a")}} == copied(joined(rule, {"s": ("a",)}, {"c": ("b",)}))


def test_a_value_that_cannot_be_written_is_withheld() -> None:
    """The other side's field cannot hold it: nothing is cut, and the reason is told."""
    rule = a_rule(crm_field=a_field("c", max_length=3))

    decision = joined(rule, {"s": "Annabelle"}, {"c": None})

    (item,) = decision.withheld
    assert ({}, "too_long", Side.SOURCE) == (copied(decision), item.code, item.origin)
    assert "Annabelle" not in item.message


@pytest.mark.parametrize(
    ("written", "present", "is_written"),
    [
        ("customer", "lead", True),
        ("lead", "customer", False),
        ("fan", None, True),
        (None, "customer", True),
        ("customer", "of old", True),
    ],
)
def test_a_field_that_only_moves_forward_is_not_moved_back(
    written: Value, present: Value, *, is_written: bool
) -> None:
    """What the system would silently refuse is not sent but told (R19)."""
    stage = a_field("c", K.CHOICE, choices=STAGES, is_forward_only=True)
    rule = a_rule(kind=K.CHOICE, crm_field=stage)
    base = {"s→c": a_base(rule, present, present)}

    decision = joined(rule, {"s": written}, {"c": present}, base)

    assert ({"crm": {"c": written}} if is_written else {}) == copied(decision)
    assert ([] if is_written else ["backward_move"]) == [item.code for item in decision.withheld]


def test_times_are_wanted_of_the_systems_that_know_them() -> None:
    """Only who knows when single fields changed is asked, and only for the fields in conflict."""
    rules = [field_rule("both"), field_rule("mine")]
    base = {rule_key(rule): a_base(rule, "old", "old") for rule in rules}
    source = View(values={"both": "one", "mine": "new"})
    crm = View(values={"both": "two", "mine": "old"}, tells_times=True)

    decision = reconcile(rules, source, crm, base, terms=TERMS)

    assert {Side.CRM: ("both",)} == decision.wanted_times
    assert {"crm": {"mine": "new"}} == copied(decision)
    told = replace(crm, times={"both": FieldTime(at=at(5))})
    again = reconcile(rules, source, told, base, terms=TERMS)
    assert {} == again.wanted_times
    assert {"both": "two"} == copied(again)["source"]


@pytest.mark.parametrize("winner", list(Side))
def test_a_verdict_against_the_direction_leaves_both_as_they_are(winner: Side) -> None:
    """A person may prefer the value that cannot travel: it stays, and the matter is over (D3)."""
    rule = a_rule(P.MANUAL, D.PUSH if winner is Side.CRM else D.PULL)
    base = {"s→c": a_base(rule, "A", "A")}

    decision = joined(rule, {"s": "Eva"}, {"c": "Bob"}, base, verdicts={"s→c": winner})

    assert {} == copied(decision)
    assert {"s→c": a_base(rule, "Eva", "Bob")} == decision.agreed
    assert ("s→c",) == decision.ended
