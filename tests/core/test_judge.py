"""How one field is decided: who wins, what is logged, what is left alone."""

from dataclasses import replace

import pytest

from daemon.core.facts import Terms, View
from daemon.core.field_rules import Direction, Policy
from daemon.core.judge import decide
from daemon.core.record import Evidence, FieldTime
from daemon.core.values import Side, Value
from daemon.core.verdict import Agree, Ask, Take
from tests.core.deciding import a_base, a_rule, a_view, at, decided, facts, seen

P, D = Policy, Direction
OTHER_WAY = {
    "source": "crm",
    "crm": "source",
    "push": "pull",
    "pull": "push",
}


def mirrored(text: str) -> str:
    """Return the words of a decision with the sides exchanged."""
    who, _, why = text.partition(", ")
    who = OTHER_WAY.get(who, who)
    return f"{who}, {why}" if why else who


@pytest.mark.parametrize(
    ("source", "crm", "base", "expected"),
    [
        ("Ann", "Ann", ("Ann", "Ann"), "equal"),
        (" Ann ", "Ann", ("Ann", "Ann"), "equal"),
        (None, "", (None, None), "equal"),
        ("Ann", "Ann", None, "agree"),
        ("Eva", "Eva", ("Ann", "Ann"), "agree"),
        ("Eva", "Eva", ("Ann", "Eva"), "agree"),
        ("Ann Lee", "A. Lee", ("Ann Lee", "A. Lee"), "nothing"),
    ],
)
def test_equal_values_are_no_change(
    source: Value, crm: Value, base: tuple[Value, Value] | None, expected: str
) -> None:
    """Who equals the other side, or its own half of the base, changed nothing (R1, I18)."""
    assert expected == decided(source, crm, base)


def test_a_half_never_seen_is_seen_once_both_are_equal() -> None:
    """A sent value that shows up after all makes the base an ordinary one (R36)."""
    base = a_base(a_rule(), "Ann", "Ann", is_unseen=True)

    assert "agree" == decided("Ann", "Ann", base)


ONE_SIDED = [
    ("Eva", "Ann", P.MOST_RECENT, "source"),
    ("Ann", "Eva", P.MOST_RECENT, "crm"),
    ("Eva", "Ann", P.CRM, "source"),
    ("Ann", "Eva", P.SOURCE, "crm"),
    ("Eva", "Ann", P.MANUAL, "source"),
    (None, "Ann", P.MOST_RECENT, "source"),
    ("Ann", None, P.MOST_RECENT, "crm"),
    (None, "Ann", P.NEVER_CLEAR, "nothing"),
    ("Eva", "Ann", P.NEVER_CLEAR, "source"),
    ("Eva", "Ann", P.FILL_ONLY, "nothing"),
    ("Ann", "Eva", P.FILL_ONLY, "nothing"),
]


@pytest.mark.parametrize(("source", "crm", "policy", "expected"), ONE_SIDED)
def test_who_alone_moved_wins(source: Value, crm: Value, policy: Policy, expected: str) -> None:
    """One side left the base: its value goes over, unless the policy spares what is there (I2)."""
    assert expected == decided(source, crm, ("Ann", "Ann"), rule=a_rule(policy))
    swapped = {P.SOURCE: P.CRM, P.CRM: P.SOURCE}.get(policy, policy)
    other_way = decided(crm, source, ("Ann", "Ann"), rule=a_rule(swapped))
    assert mirrored(expected) == other_way, "the sides are not treated alike (I3)"


def test_an_emptied_field_may_be_filled() -> None:
    """Under ``fill_only`` a new value still goes where nothing is."""
    assert "source" == decided("Eva", None, (None, None), rule=a_rule(P.FILL_ONLY))


@pytest.mark.parametrize(
    ("direction", "source", "crm", "expected"),
    [
        (D.PUSH, "Eva", "Ann", "source"),
        (D.PUSH, "Ann", "Eva", "nothing"),
        (D.PUSH, "Eva", "Bob", "source, both_changed"),
        (D.PULL, "Eva", "Ann", "nothing"),
        (D.PULL, "Ann", "Eva", "crm"),
        (D.PULL, "Eva", "Bob", "crm, both_changed"),
    ],
)
def test_a_value_travels_in_its_direction_only(
    direction: Direction, source: Value, crm: Value, expected: str
) -> None:
    """The side that is not written never changes, and what it writes over is told."""
    assert expected == decided(source, crm, ("Ann", "Ann"), rule=a_rule(direction=direction))


def test_a_winner_that_may_not_travel_is_agreed_to() -> None:
    """The policy prefers the CRM and values only go there: both stay, and it is told."""
    rule = a_rule(P.CRM, D.PUSH)

    assert "agree, both_changed" == decided("Eva", "Bob", ("Ann", "Ann"), rule=rule)


@pytest.mark.parametrize(
    ("policy", "source", "crm", "expected"),
    [
        (P.SOURCE, "Eva", "Bob", "source, both_changed"),
        (P.CRM, "Eva", "Bob", "crm, both_changed"),
        (P.MOST_RECENT, "Eva", "Bob", "crm, both_changed"),
        (P.MANUAL, "Eva", "Bob", "ask, both_changed"),
        (P.FILL_ONLY, "Eva", "Bob", "agree"),
        (P.FILL_ONLY, None, "Bob", "crm, both_changed"),
        (P.NEVER_CLEAR, None, "Bob", "crm, both_changed"),
        (P.NEVER_CLEAR, "Eva", None, "source, both_changed"),
        (P.NEVER_CLEAR, "Eva", "Bob", "crm, both_changed"),
    ],
)
def test_the_policy_decides_when_both_moved(
    policy: Policy, source: Value, crm: Value, expected: str
) -> None:
    """Both sides left the base for different values: the policy decides, the loser is told (I1)."""
    assert expected == decided(source, crm, ("Ann", "Ann"), rule=a_rule(policy))


@pytest.mark.parametrize(
    ("policy", "direction", "source", "crm", "expected"),
    [
        (P.MOST_RECENT, D.BOTH, "Eva", None, "source"),
        (P.MOST_RECENT, D.BOTH, None, "Bob", "crm"),
        (P.MOST_RECENT, D.PUSH, "Eva", None, "source"),
        (P.MOST_RECENT, D.PUSH, None, "Bob", "agree"),
        (P.MOST_RECENT, D.PULL, "Eva", None, "agree"),
        (P.MANUAL, D.BOTH, "Eva", None, "source"),
        (P.MOST_RECENT, D.BOTH, "Eva", "Bob", "crm, first_contact"),
        (P.SOURCE, D.BOTH, "Eva", "Bob", "source, first_contact"),
        (P.CRM, D.BOTH, "Eva", "Bob", "crm, first_contact"),
        (P.MANUAL, D.BOTH, "Eva", "Bob", "ask, first_contact"),
        (P.FILL_ONLY, D.BOTH, "Eva", "Bob", "agree"),
        (P.NEVER_CLEAR, D.BOTH, "Eva", "Bob", "crm, first_contact"),
        (P.MOST_RECENT, D.PUSH, "Eva", "Bob", "source, first_contact"),
        (P.MOST_RECENT, D.PULL, "Eva", "Bob", "crm, first_contact"),
    ],
)
def test_first_contact_fills_and_lets_the_policy_decide(
    policy: Policy, direction: Direction, source: Value, crm: Value, expected: str
) -> None:
    """Without a base nothing was edited: empty fields are filled, differing ones are a conflict."""
    assert expected == decided(source, crm, rule=a_rule(policy, direction))


@pytest.mark.parametrize(
    ("source", "crm", "expected"),
    [("Eva", "Bob", "agree"), ("Eva", None, "source"), (None, "Bob", "crm")],
)
def test_a_merging_sync_fills_only_at_first_contact(
    source: Value, crm: Value, expected: str
) -> None:
    """``found: merge`` leaves differing fields of found pairs as they are."""
    assert expected == decided(source, crm, terms=Terms(tie=Side.CRM, is_merge=True))


@pytest.mark.parametrize("tie", list(Side))
def test_first_contact_is_always_a_tie(tie: Side) -> None:
    """However new one side's value is, nothing is known about the past of the other (R12)."""
    views = {
        Side.SOURCE: a_view("s", "Eva", seen(50, 51)),
        Side.CRM: a_view("c", "Bob", seen(0, 1)),
    }

    found = decided("Eva", "Bob", terms=Terms(tie=tie), views=views)

    assert f"{tie.value}, first_contact" == found


@pytest.mark.parametrize(
    ("source", "crm", "tie", "expected"),
    [
        (seen(10, 20), seen(0, 5), Side.CRM, "source"),
        (seen(0, 5), seen(10, 20), Side.SOURCE, "crm"),
        (seen(0, 15), seen(10, 20), Side.SOURCE, "source"),
        (seen(0, 15), seen(10, 20), Side.CRM, "crm"),
        (None, seen(10, 20), Side.SOURCE, "source"),
        (seen(None, 5), seen(10, 20), Side.SOURCE, "source"),
        (seen(10, 20), seen(5, 10), Side.CRM, "crm"),
        (seen(10.05, 20), seen(5, 10), Side.CRM, "source"),
    ],
)
def test_only_intervals_that_lie_apart_decide(
    source: Evidence | None, crm: Evidence | None, tie: Side, expected: str
) -> None:
    """The newer value wins where it provably is newer, by more than clocks differ (R12, I21)."""
    views = {Side.SOURCE: a_view("s", "Eva", source), Side.CRM: a_view("c", "Bob", crm)}

    found = decided("Eva", "Bob", ("Ann", "Ann"), terms=Terms(tie=tie), views=views)

    assert f"{expected}, both_changed" == found


def a_telling_view(value: Value, told: dict[str, FieldTime] | None) -> View:
    """Return a CRM that knows when its fields changed, and what it said when asked."""
    return a_view("c", value, seen(10, 20), told, tells_times=True)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, "times"),
        ({}, "source, both_changed"),
        ({"c": FieldTime(at=at(1))}, "source, both_changed"),
        ({"c": FieldTime(at=at(19))}, "crm, both_changed"),
        ({"c": FieldTime(at=at(19), is_ours=True)}, "source, both_changed"),
    ],
)
def test_a_system_that_knows_when_is_asked(
    told: dict[str, FieldTime] | None, expected: str
) -> None:
    """Its word beats what we saw, except on our own write, which tells of copying only (R12)."""
    views = {
        Side.SOURCE: a_view("s", "Eva", seen(12, 15)),
        Side.CRM: a_telling_view("Bob", told),
    }

    found = decided("Eva", "Bob", ("Ann", "Ann"), terms=Terms(tie=Side.SOURCE), views=views)

    assert expected == found


def test_nobody_is_asked_for_times_that_decide_nothing() -> None:
    """A fixed policy and a first contact need no times (R28)."""
    views = {Side.SOURCE: a_view("s", "Eva"), Side.CRM: a_telling_view("Bob", None)}

    assert "crm, first_contact" == decided("Eva", "Bob", views=views)
    fixed = a_rule(P.SOURCE)
    assert "source, both_changed" == decided("Eva", "Bob", ("A", "A"), rule=fixed, views=views)


@pytest.mark.parametrize(
    ("policy", "source", "expected"),
    [
        (P.MOST_RECENT, "old", "crm, stale_save"),
        (P.MOST_RECENT, "newer", "source"),
        (P.SOURCE, "old", "source, stale_save"),
        (P.MANUAL, "old", "ask, stale_save"),
    ],
)
def test_a_value_from_before_our_write_is_a_stale_save(
    policy: Policy, source: Value, expected: str
) -> None:
    """A file saved from an old window undoes nothing: it is a conflict, not an edit (R11)."""
    rule = a_rule(policy)
    base = a_base(rule, "Bob", "Bob", source_before="old", wrote_source=True)

    assert expected == decided(source, "Bob", base, rule=rule)


def test_the_crm_saves_nothing_stale() -> None:
    """Where the CRM moved alone its value wins, whatever the source held before."""
    base = a_base(a_rule(), "Bob", "Bob", source_before="old", wrote_source=True)

    assert "crm" == decided("Bob", "old", base)


@pytest.mark.parametrize(
    ("wrote_source", "source", "crm", "expected"),
    [
        (False, "Ann", "odd", "crm, sent_not_seen"),
        (True, "odd", "Ann", "crm, sent_not_seen"),
        (False, "Eva", "Ann", "source"),
        (True, "Ann", "Bob", "crm"),
        (False, "Eva", "odd", "crm, sent_not_seen"),
    ],
)
def test_a_difference_never_seen_stored_is_nobodys_edit(
    wrote_source: bool, source: Value, crm: Value, expected: str
) -> None:
    """What we sent and never saw stored is a conflict without time evidence, not an edit (R36)."""
    base = a_base(a_rule(), "Ann", "Ann", is_unseen=True, wrote_source=wrote_source)

    assert expected == decided(source, crm, base)


@pytest.mark.parametrize(
    ("source", "crm", "expected"),
    [
        ("a long text", "a short", "crm, lossy"),
        ("another", "a long", "source, lossy"),
        ("a long text", None, "crm, lossy"),
    ],
)
def test_overwriting_the_fuller_half_is_told(source: Value, crm: Value, expected: str) -> None:
    """One side holds less than the other since the last write: what is lost is logged (R37)."""
    assert expected == decided(source, crm, ("a long text", "a long"))


def test_nothing_is_lost_where_nothing_is() -> None:
    """An empty side can be written without a word, lossy or not (R37)."""
    assert "source" == decided("new", None, ("old text", None))


@pytest.mark.parametrize("winner", list(Side))
@pytest.mark.parametrize("policy", [P.MANUAL, P.UNION, P.CRM])
def test_a_persons_verdict_is_carried_out(winner: Side, policy: Policy) -> None:
    """Who decided a conflict by hand is not asked again, whatever the policy (D3)."""
    found = decided("Eva", "Bob", ("Ann", "Ann"), rule=a_rule(policy), verdict=winner)

    assert winner.value == found


def test_a_conflict_keeps_all_that_restores_the_loser() -> None:
    """The log holds both values, the base and the evidence of both sides (I1)."""
    base = a_base(a_rule(), "Ann", "Ann")
    early, late = seen(0, 5), seen(10, 20)
    views = {Side.SOURCE: a_view("s", "Eva", early), Side.CRM: a_view("c", "Bob", late)}

    decision = decide(facts("Eva", "Bob", base, views=views))

    assert isinstance(decision, Take)
    clash = decision.clash
    assert clash is not None
    assert ("s→c", "Eva", "Bob", base) == (clash.rule, clash.source, clash.crm, clash.base)
    assert (
        Side.CRM,
        {"source": replace(early, origin="o/s"), "crm": replace(late, origin="o/c")},
    ) == (clash.winner, dict(clash.evidence))


def test_a_conflict_without_evidence_names_none() -> None:
    """What is not known is left out rather than made up; an open conflict has no winner."""
    decision = decide(facts("Eva", "Bob", rule=a_rule(P.MANUAL)))

    assert isinstance(decision, Ask)
    assert (None, {}, None) == (
        decision.clash.winner,
        dict(decision.clash.evidence),
        decision.clash.base,
    )
    assert Agree() == decide(facts("Ann", "Ann"))


def test_without_a_base_nothing_was_held() -> None:
    """At first contact every filled side moved, as if both had been empty."""
    known = facts("Eva", None)

    assert (None, None) == (known.half(Side.SOURCE), known.half(Side.CRM))
    assert (True, False) == (known.moved(Side.SOURCE), known.moved(Side.CRM))
