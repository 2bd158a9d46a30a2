"""What a mapped pair cannot carry, told before a value is seen."""

from dataclasses import replace

import pytest

from daemon.core.lossy import losses
from daemon.core.mapping import Direction
from daemon.core.schema import Choice, Field
from daemon.core.values import FieldKind, Side
from tests.core.test_validate import a_rule

K = FieldKind
TWO = (Choice(value="a", label="One"), Choice(value="b", label="Two"))
ONE = TWO[:1]


def told(source: dict[str, object], crm: dict[str, object], direction: Direction) -> list[str]:
    """Return why a pair of such fields is lossy, with the side."""
    fields = {
        side: replace(Field(name="x", label="X", kind=K.TEXT), **facts)  # type: ignore[arg-type] # facts of a test
        for side, facts in ((Side.SOURCE, source), (Side.CRM, crm))
    }
    rule = replace(
        a_rule(direction=direction), source_field=fields[Side.SOURCE], crm_field=fields[Side.CRM]
    )
    return [f"{one.to.value}: {one.why}" for one in losses(rule)]


@pytest.mark.parametrize(
    ("source", "crm", "direction", "expected"),
    [
        ({}, {}, Direction.BOTH, []),
        ({"kind": K.DATETIME}, {"kind": K.DATE}, Direction.PUSH,
         ["crm: the time of day is not kept, only the date"]),
        ({"kind": K.DATETIME}, {"kind": K.DATE}, Direction.PULL, []),
        ({}, {"max_length": 40}, Direction.BOTH,
         ["crm: text of more than 40 characters is set apart"]),
        ({"max_length": 30}, {"max_length": 40}, Direction.PUSH, []),
        ({}, {"kind": K.NUMBER}, Direction.BOTH, ["crm: text that is not a number is set apart"]),
        ({"kind": K.CHOICES}, {"kind": K.CHOICE}, Direction.PUSH,
         ["crm: one option is kept; records with several are set apart"]),
        ({}, {"kind": K.CHOICE, "choices": TWO}, Direction.PUSH,
         ["crm: what is none of the 2 options is set apart"]),
        ({"kind": K.CHOICE, "choices": TWO}, {"kind": K.CHOICE, "choices": ONE}, Direction.BOTH,
         ["crm: 1 of 2 options have no partner"]),
        ({}, {"kind": K.CHOICE, "is_forward_only": True}, Direction.PUSH,
         ["crm: only later stages are taken, never an earlier one"]),
    ],
)  # fmt: skip
def test_what_a_pair_cannot_carry(
    source: dict[str, object], crm: dict[str, object], direction: Direction, expected: list[str]
) -> None:
    """For each direction that the pair has, in words; a pair that carries all is not named."""
    assert expected == told(source, crm, direction)
