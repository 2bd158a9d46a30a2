"""Operations: what is stored of a step, and what a person approves of it."""

from dataclasses import replace

import pytest

from daemon.core.facts import Terms
from daemon.core.field_rules import Direction, FieldMap
from daemon.core.operation import (
    Clash,
    Clearance,
    Copy,
    Operation,
    OperationKind,
    decode_operation,
    encode_operation,
)
from daemon.core.reconcile import reconcile
from daemon.core.values import FieldKind, Side
from tests.core.deciding import a_base, a_rule, a_view, seen

COPY = Copy(
    rule="s→c",
    field="c",
    value="Eva",
    origin="Eva ",
    before="Ann",
    kind=FieldKind.TEXT,
    fingerprint="f",
    region="DE",
    evidence=seen(0, 5),
)
CLASH = Clash(
    rule="s→c",
    source="Eva",
    crm="Ann",
    base=a_base(a_rule(), "A", "A", wrote_source=True, source_before="old"),
    reason="both_changed",
    winner=Side.SOURCE,
    evidence={"source": seen(None, 5)},
)
WHOLE = Operation(
    pair="people",
    kind=OperationKind.UPDATE,
    side=Side.CRM,
    link="e-1",
    source_id="s1",
    crm_id="c1",
    copies=(COPY, replace(COPY, rule="t→d", field="d", before=None, evidence=None, region=None)),
    agreed={"x→y": a_base(a_rule(), "x", "y")},
    clashes=(CLASH, replace(CLASH, base=None, winner=None, evidence={})),
    clears=(Clearance(side=Side.SOURCE, id="s1", revision=3),),
    how="email",
    is_half=True,
)


@pytest.mark.parametrize("operation", [WHOLE, Operation(pair="p", kind=OperationKind.LINK,
                                                        side=Side.CRM)])  # fmt: skip
def test_a_stored_operation_tells_everything(operation: Operation) -> None:
    """After a crash the stored intent alone says what was meant (I9)."""
    assert operation == decode_operation(encode_operation(operation))


def test_an_operation_names_both_of_its_ends() -> None:
    """Target and origin follow the side that is written; a create has no target yet."""
    back = replace(WHOLE, side=Side.SOURCE)
    new = replace(WHOLE, kind=OperationKind.CREATE, crm_id=None)

    assert ("c1", "s1") == (WHOLE.target_id, WHOLE.origin_id)
    assert ("s1", "c1") == (back.target_id, back.origin_id)
    assert (None, "s1") == (new.target_id, new.origin_id)


def test_an_operation_says_what_it_writes_and_what_must_stand_there() -> None:
    """The precondition compares the fields about to be overwritten (R35)."""
    assert {"c": "Eva", "d": "Eva"} == WHOLE.values
    assert {"c": "Ann", "d": None} == WHOLE.expected


@pytest.mark.parametrize(
    "changed",
    [
        replace(WHOLE, pair="others"),
        replace(WHOLE, kind=OperationKind.CREATE),
        replace(WHOLE, side=Side.SOURCE),
        replace(WHOLE, source_id="s2"),
        replace(WHOLE, crm_id="c2"),
        replace(WHOLE, copies=(replace(COPY, value="Dora"),)),
        replace(WHOLE, copies=(replace(COPY, before="Bob"),)),
        replace(WHOLE, agreed={}),
    ],
)
def test_approving_one_operation_approves_no_other(changed: Operation) -> None:
    """Whatever a person would see differently has another digest (R17)."""
    assert changed.digest != WHOLE.digest


@pytest.mark.parametrize(
    "same",
    [
        replace(WHOLE, link="e-2"),
        replace(WHOLE, copies=tuple(reversed(WHOLE.copies))),
        replace(WHOLE, clears=()),
        replace(WHOLE, copies=(replace(COPY, evidence=None), WHOLE.copies[1])),
    ],
)
def test_what_nobody_approves_does_not_count(same: Operation) -> None:
    """Minted ids, order and bookkeeping leave the digest alone (I3)."""
    assert same.digest == WHOLE.digest


def test_only_links_write_nothing() -> None:
    """A link is a memory of ours; the other kinds change records."""
    assert [OperationKind.LINK] == [kind for kind in OperationKind if not kind.is_write]


def test_the_digest_covers_what_reconciling_decides() -> None:
    """Two runs over the same views decide byte for byte the same (I3)."""
    rule = a_rule()
    views = (a_view("s", "Eva"), a_view("c", "Bob"))
    decisions = [
        reconcile([rule], *views, {}, terms=Terms(tie=Side.SOURCE)).copies for _ in range(2)
    ]

    assert decisions[0] == decisions[1]


def test_a_mapping_says_what_it_decides() -> None:
    """The table shown and its fingerprint: how a rule was found does not count (R16)."""
    rule = a_rule()
    mapping = FieldMap(rules=(rule,), unmapped_source=(), unmapped_required=(), problems=())
    surer = replace(mapping, rules=(replace(rule, score=0.5),))
    other = replace(mapping, rules=(replace(rule, direction=Direction.PUSH),))

    (row,) = mapping.table()

    assert ("s", "c", "both") == (row.source, row.crm, row.direction)
    assert Direction.BOTH.covers(Direction.PUSH)
    assert not Direction.PULL.covers(Direction.PUSH)
    assert mapping.fingerprint() == surer.fingerprint()
    assert mapping.fingerprint() != other.fingerprint()
