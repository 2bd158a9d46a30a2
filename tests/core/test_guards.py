"""Each guard one step below and one step above its threshold (I17, R18)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from daemon.core.consent import is_opt_out, is_opted_out, tightens
from daemon.core.drift import drifted
from daemon.core.guards import Counts, FieldCount, Limits, Scope, shrunk, storm, tripped
from daemon.core.measure import Heaviest, Measure
from daemon.core.operation import Clash, Copy, Operation, OperationKind
from daemon.core.parting import part
from daemon.core.schema import Choice, Schema
from daemon.core.values import FieldKind, Side, Value
from tests.core.deciding import a_field, a_rule

NO_LIMITS = Limits(**dict.fromkeys(Limits.__dataclass_fields__))


def counts(**facts: Any) -> Counts:
    """Return the counts of a plan for a thousand linked records."""
    return Counts(pair="people", **{"linked": 1000, **facts})


def phones(**count: int) -> Mapping[tuple[Side, str], FieldCount]:
    """Return what a plan does to the CRM's phone numbers."""
    return {(Side.CRM, "phone"): FieldCount(**count)}


STEPS: dict[str, tuple[dict[str, Any], dict[str, Any], Scope, int, int]] = {
    "delete_share": (
        {"removals": 50, "removed_today": 0}, {"removals": 51}, Scope.DELETES, 51, 50),
    "delete_share, few linked": (
        {"linked": 19, "removals": 19}, {"linked": 20, "removals": 2}, Scope.DELETES, 2, 1),
    "delete_count, in a run": (
        {"linked": 9000, "removals": 60, "removed_this_run": 40},
        {"linked": 9000, "removals": 61, "removed_this_run": 40}, Scope.DELETES, 101, 100),
    "delete_count, in a day": (
        {"linked": 9000, "removals": 60, "removed_today": 440},
        {"linked": 9000, "removals": 60, "removed_today": 441}, Scope.DELETES, 501, 500),
    "delete_proof": (
        {"removals": 5, "unproven": 0}, {"removals": 5, "unproven": 1}, Scope.DELETES, 1, 0),
    "create_burst": (
        {"creates": {Side.CRM: 200}}, {"creates": {Side.CRM: 201}}, Scope.CREATES, 201, 200),
    "create_burst, few linked": (
        {"linked": 3, "creates": {Side.CRM: 50}}, {"linked": 3, "creates": {Side.CRM: 51}},
        Scope.CREATES, 51, 50),
    "update_burst": (
        {"updates": {Side.CRM: 300}}, {"updates": {Side.CRM: 301}}, Scope.PAIR, 301, 300),
    "update_burst, few linked": (
        {"linked": 60, "updates": {Side.CRM: 49}}, {"linked": 60, "updates": {Side.CRM: 50}},
        Scope.PAIR, 50, 49),
    "update_burst, one value": (
        {"fields": phones(same=200)}, {"fields": phones(same=201)}, Scope.PAIR, 201, 200),
    "blank_burst": (
        {"fields": phones(blanks=40, filled=800)}, {"fields": phones(blanks=41, filled=800)},
        Scope.FIELD, 41, 40),
    "blank_burst, few filled": (
        {"fields": phones(blanks=9, filled=10)}, {"fields": phones(blanks=10, filled=10)},
        Scope.FIELD, 10, 9),
    "quarantine_share": (
        {"decided": 20, "failed": 2}, {"decided": 20, "failed": 3}, Scope.PAIR, 3, 2),
    "quarantine_share, few decided": (
        {"decided": 19, "failed": 19}, {"decided": 20, "failed": 19}, Scope.PAIR, 19, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_guard_trips_one_step_above_its_threshold(name: str) -> None:
    """Below nothing, above one trip with its scope and figures, and not when it is off (R18)."""
    below, above, scope, measured, allowed = STEPS[name]

    (trip,) = tripped(counts(**above), Limits())

    assert () == tripped(counts(**below), Limits())
    assert (name.partition(",")[0], scope, measured, allowed) == (
        trip.guard,
        trip.scope,
        trip.measured,
        trip.allowed,
    )
    assert str(measured) in trip.reason
    assert name == "delete_proof" or () == tripped(counts(**above), NO_LIMITS)


@pytest.mark.parametrize(
    "name", ["create_burst", "update_burst", "update_burst, one value", "quarantine_share"]
)
def test_a_first_run_is_exempt(name: str) -> None:
    """What a first run makes, fills in and sets apart is looked at with its plan (R18)."""
    _, above, *_ = STEPS[name]

    assert () == tripped(counts(**above, is_first=True), Limits())


@pytest.mark.parametrize(
    ("former", "lacking", "is_shrunk"),
    [(100, 10, False), (100, 11, True), (19, 19, False), (20, 2, False), (20, 3, True)],
)
def test_a_listing_may_shrink_a_little(former: int, lacking: int, *, is_shrunk: bool) -> None:
    """Up to a tenth may be missing, and any number of a few (R18)."""
    found = shrunk("people", Side.SOURCE, former=former, lacking=lacking, limits=Limits())

    assert is_shrunk == (found is not None)
    assert shrunk("people", Side.SOURCE, former=9, lacking=9, limits=NO_LIMITS) is None


@pytest.mark.parametrize(
    ("writes", "returns", "is_storm"), [(3, 3, False), (4, 1, True), (9, 0, False)]
)
def test_values_may_not_go_to_and_fro(writes: int, returns: int, *, is_storm: bool) -> None:
    """Many edits are a busy person; many with values that return are two machines (R18)."""
    found = storm("people", "l1", writes=writes, returns=returns, limits=Limits())

    assert is_storm == (found is not None)


def a_copy(field: str = "phone", value: Value = "2", before: Value = "1") -> Copy:
    """Return a copy of one field to the CRM."""
    return Copy(
        rule=f"{field}→{field}",
        field=field,
        value=value,
        origin=value,
        before=before,
        kind=FieldKind.TEXT,
        fingerprint="f",
    )


def an_update(
    *copies: Copy, kind: OperationKind = OperationKind.UPDATE, link: str = "l1"
) -> Operation:
    """Return an operation on the CRM."""
    return Operation(
        pair="people", kind=kind, side=Side.CRM, link=link, source_id="s1", crm_id="c1",
        copies=copies,
    )  # fmt: skip


def test_a_plan_is_measured_as_it_is_made() -> None:
    """Creates, removals, updates of known links, blanks and the most frequent value are counted."""
    measure = Measure(consent=frozenset({"opt_out→opt_out"}))
    for operation in (
        an_update(kind=OperationKind.LINK, link="new"),
        an_update(a_copy(), link="new"),
        an_update(a_copy(), a_copy("city", None, "Rome")),
        an_update(a_copy("opt_out", value=True, before=None)),
        an_update(a_copy("opt_out", value=True, before=False), a_copy("city", None, None)),
        an_update(kind=OperationKind.CREATE),
        an_update(kind=OperationKind.ARCHIVE),
    ):
        measure.add(operation)

    assert (1, 1, 1, 1) == (
        measure.creates[Side.CRM],
        measure.removals[Side.CRM],
        measure.updates[Side.CRM],
        measure.blankings[Side.CRM],
    )
    assert ({(Side.CRM, "city"): 1}, 1, 2) == (
        dict(measure.blanks),
        measure.values[Side.CRM, "phone"].most,
        measure.opt_outs,
    )


@pytest.mark.parametrize("kept", [10, 1000])
def test_the_most_frequent_value_is_found_in_little_memory(kept: int) -> None:
    """A value in a third of many different ones is found, at most one in *kept* too low."""
    heaviest = Heaviest(kept)
    for number in range(3000):
        heaviest.add("same" if number % 3 == 0 else str(number))

    assert 1000 - 3000 // kept <= heaviest.most <= 1000


def test_an_operation_is_parted_by_its_copies() -> None:
    """Each part has its copies and clashes, and is half of one decision (R1)."""
    clash = Clash(rule="city→city", source="a", crm="b", base=None, reason="both_changed",
                  winner=Side.CRM)  # fmt: skip
    operation = replace(an_update(a_copy(), a_copy("city")), clashes=(clash,))

    chosen, others = part(operation, lambda copy: copy.field == "city")

    assert chosen is not None
    assert others is not None
    assert (["city"], (clash,), True) == (
        [copy.field for copy in chosen.copies], chosen.clashes, chosen.is_half,
    )  # fmt: skip
    assert (["phone"], (), True) == (
        [copy.field for copy in others.copies], others.clashes, others.is_half,
    )  # fmt: skip
    assert (operation, None) == part(operation, lambda _: True)
    assert (None, operation) == part(operation, lambda _: False)


@pytest.mark.parametrize(
    ("value", "is_out"),
    [
        (True, True), ("yes", True), ("X", True), ("2026-05-01", True), ("abgemeldet", True),
        ("1", True), (False, False), (None, False), ("", False), ("no", False), ("0", False),
        ("Subscribed", False), ("n/a", False), (" ", False),
    ],
)  # fmt: skip
def test_anything_but_a_no_is_an_opt_out(value: Value, *, is_out: bool) -> None:
    """Lists write a yes, a cross, a date or a reason there (R15)."""
    assert is_out == is_opted_out(value)


def test_opt_outs_are_known_by_name_and_by_hand() -> None:
    """By what both names stand for, or by the name of either field (R15)."""
    by_name = replace(a_rule(), source="Has Opted Out of Email")

    assert is_opt_out(a_rule(canonical="opt_out"))
    assert is_opt_out(by_name)
    assert not is_opt_out(a_rule())


def test_only_towards_the_opt_out_is_tightening() -> None:
    """Not the way back, and not what is known there already (I8)."""
    consent = frozenset({"opt_out→opt_out"})

    assert tightens(a_copy("opt_out", value=True, before="no"), consent)
    assert not tightens(a_copy("opt_out", value=False, before=True), consent)
    assert not tightens(a_copy("opt_out", value="x", before=True), consent)
    assert not tightens(a_copy("phone", value=True, before=None), consent)


CITY = a_field("city", FieldKind.CHOICE, max_length=50, choices=(
    Choice(value="r", label="Rome"), Choice(value="p", label="Paris")))  # fmt: skip


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (None, ["is gone"]),
        (replace(CITY, kind=FieldKind.TEXT, choices=()), ["was choice and is text"]),
        (replace(CITY, is_required=True), ["must not be empty now"]),
        (replace(CITY, choices=CITY.choices[:1]), ["lost 1 of its 2 choices"]),
        (replace(CITY, max_length=49), ["holds 49 characters at most now"]),
        (replace(CITY, max_length=51, label="Town"), []),
        (replace(CITY, choices=(*CITY.choices, Choice(value="b", label="Bonn"))), []),
    ],
)
def test_what_is_drift_and_what_is_not(now: Any, why: list[str]) -> None:
    """A field that holds less than before, or means something else, is held (fault 49)."""
    before = Schema(object="people", fields={"city": CITY})  # type: ignore[arg-type] # any mapping
    after = Schema(object="people", fields={"city": now} if now else {})  # type: ignore[arg-type] # any mapping

    assert why == [item.why for item in drifted(before, after, {"city"})]
    assert [] == [item for item in drifted(before, after, ()) if item.scope is Scope.FIELD]


def test_a_new_required_field_holds_creates() -> None:
    """What nothing fills and the system wants would have every create refused (fault 49)."""
    before = Schema(object="people", fields={})  # type: ignore[arg-type] # any mapping
    fields = {"vat": a_field("vat", is_required=True), "note": a_field("note")}
    after = Schema(object="people", fields=fields)  # type: ignore[arg-type] # any mapping

    assert [("vat", Scope.CREATES)] == [(d.field, d.scope) for d in drifted(before, after, ())]
    assert () == drifted(after, after, ())
