"""When values came to be, and what that proves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.core.evidence import (
    by_record_time,
    decode_evidence,
    encode_evidence,
    later,
    vouched,
    witness,
)
from daemon.core.facts import View, evidence_of
from daemon.core.record import Evidence, FieldTime, Record, Strength
from daemon.core.values import Side
from tests.core.deciding import at, seen

MARGIN = timedelta(seconds=2)
EARLY = Evidence(after=at(0), until=at(1), strength=Strength.OBSERVED, origin="crm/x/1")


def test_each_field_is_witnessed_by_itself() -> None:
    """A moved field lies between two sights, a new one has no past, the rest stays (R12)."""
    found = witness(
        before={"moved": "a", "same": "a", "bare": "a"},
        known={"moved": EARLY, "same": EARLY},
        record=Record(id="1", values={"moved": "b", "same": "a", "bare": "a", "new": "a"}),
        unchanged_until=at(5),
        seen_at=at(7),
        origin="crm/x/1",
    )

    between = Evidence(after=at(5), until=at(7), strength=Strength.OBSERVED, origin="crm/x/1")
    never = Evidence(after=None, until=at(7), strength=Strength.OBSERVED, origin="crm/x/1")
    assert {"moved": between, "same": EARLY, "new": never} == found


def test_a_record_seen_first_has_no_past() -> None:
    """First contact has no lower bound, whatever else is known (R12)."""
    found = witness(
        before=None,
        known={},
        record=Record(id="1", values={"name": "a"}),
        unchanged_until=at(5),
        seen_at=at(7),
        origin="o",
    )

    assert {"name": seen(None, 7)} == found


@pytest.mark.parametrize(
    ("source", "crm", "expected"),
    [
        (seen(2, 3), seen(0, 1), Side.SOURCE),
        (seen(0, 1), seen(2, 3), Side.CRM),
        (seen(0, 2), seen(1, 3), None),
        (seen(1, 2), seen(0, 1), None),
        (seen(1 + 2 / 60, 2), seen(0, 1), Side.SOURCE),
        (seen(1 + 1.9 / 60, 2), seen(0, 1), None),
        (seen(None, 1), seen(2, 3), None),
        (seen(2, 3), seen(None, 1), None),
        (None, seen(2, 3), None),
        (seen(2, 3), None, None),
    ],
)
def test_only_disjoint_intervals_prove_an_order(
    source: Evidence | None, crm: Evidence | None, expected: Side | None
) -> None:
    """Apart by the margin or more: newer. Anything else, or an unknown past: a tie (R12, I21)."""
    elsewhere = None if crm is None else replace(crm, origin="elsewhere")
    assert expected == later(source, elsewhere, MARGIN)


def test_two_values_of_one_record_are_told_apart_by_its_own_clock() -> None:
    """A value and its successor in the same place, copied on two ways, need no margin (R12)."""
    assert Side.SOURCE is later(seen(1, 2), seen(0, 1), MARGIN)
    assert Side.CRM is later(seen(0, 1), seen(1, 2), MARGIN)
    assert later(seen(0, 2), seen(1, 3), MARGIN) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, EARLY),
        (FieldTime(at=at(5), is_ours=True), EARLY),
        (
            FieldTime(at=at(5)),
            Evidence(after=at(5), until=at(5), strength=Strength.FIELD, origin="crm/x/1"),
        ),
    ],
)
def test_the_time_of_our_own_write_is_no_edit(told: FieldTime | None, expected: Evidence) -> None:
    """A system's word beats what we saw, but our write carries the age of what it copied (R12)."""
    assert expected == vouched(EARLY, told)


def test_what_only_the_system_knows_is_taken() -> None:
    """Nothing observed: its word is all there is, even of our own write."""
    point = Evidence(after=at(5), until=at(5), strength=Strength.FIELD, origin="")

    assert point == vouched(None, FieldTime(at=at(5)))
    assert point == vouched(None, FieldTime(at=at(5), is_ours=True))
    assert None is vouched(None, None)


@pytest.mark.parametrize(
    ("observed", "minute", "expected"),
    [
        (seen(0, 10), 4, seen(0, 4, Strength.RECORD)),
        (seen(0, 10), 10, seen(0, 10, Strength.RECORD)),
        (seen(0, 10), 11, seen(0, 10)),
        (seen(5, 10), 4, seen(5, 10)),
        (seen(5, 10), None, seen(5, 10)),
        (seen(None, 10), 4, seen(None, 10)),
        (seen(5, 10, Strength.FIELD), 7, seen(5, 10, Strength.FIELD)),
        (None, 4, None),
    ],
)
def test_a_records_time_only_narrows(
    observed: Evidence | None, minute: float | None, expected: Evidence | None
) -> None:
    """A declared time is weak: believed within what was seen, never against it (R12)."""
    assert expected == by_record_time(observed, None if minute is None else at(minute))


def test_the_best_evidence_of_a_side_is_taken() -> None:
    """The system's word on the field, else what was seen, narrowed by the record's time."""
    view = View(values={"c": "x"}, evidence={"c": seen(0, 10)}, modified_at=at(4))

    assert seen(0, 4, Strength.RECORD) == evidence_of(view, "c")
    assert None is evidence_of(view, "other")
    told = View(values={}, evidence={"c": seen(0, 10)}, times={"c": FieldTime(at=at(5))})
    assert Evidence(after=at(5), until=at(5), strength=Strength.FIELD, origin="o") == evidence_of(
        told, "c"
    )


def test_evidence_is_kept_whole() -> None:
    """What is stored comes back equal, open pasts included; equal evidence has equal text."""
    known = {"b": EARLY, "a": seen(None, 3, Strength.NONE)}

    assert known == decode_evidence(encode_evidence(known))
    assert encode_evidence(known) == encode_evidence(dict(reversed(known.items())))
