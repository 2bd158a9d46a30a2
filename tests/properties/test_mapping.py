"""What holds of every mapping."""

import random
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from daemon.core.mapping import Direction, FieldMap, How, build_mapping
from daemon.core.schema import Field, Schema
from daemon.core.synonyms import SYNONYMS
from daemon.core.values import FieldKind

spellings = st.sampled_from(
    [name for canonical, others in SYNONYMS.items() for name in (canonical, *others[:4])]
)
names = st.one_of(spellings, spellings.map(str.title), st.text(max_size=12))
fields = st.lists(
    st.builds(
        Field,
        name=names,
        label=names,
        kind=st.sampled_from(list(FieldKind)),
        is_writable=st.booleans(),
        is_required=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda field: field.name,
)
directions = st.sampled_from(list(Direction))


def a_schema(members: list[Field]) -> Schema:
    """Return a schema of *members* in their order."""
    return Schema(object="o", fields=MappingProxyType({one.name: one for one in members}))


def pairs(mapping: FieldMap) -> set[tuple[str, str]]:
    """Return the pairs of names."""
    return {(rule.source, rule.crm) for rule in mapping.rules}


@given(left=fields, right=fields, direction=directions, seed=st.integers())
def test_the_order_of_columns_means_nothing(
    left: list[Field], right: list[Field], direction: Direction, seed: int
) -> None:
    """I7: the same fields in any order give the same mapping, problems and fingerprint."""
    luck = random.Random(seed)
    mapping = build_mapping(source=a_schema(left), crm=a_schema(right), direction=direction)
    shuffled = build_mapping(
        source=a_schema(luck.sample(left, len(left))),
        crm=a_schema(luck.sample(right, len(right))),
        direction=direction,
    )

    assert mapping == shuffled
    assert mapping.fingerprint() == shuffled.fingerprint()


@given(left=fields, right=fields, direction=directions)
def test_every_mapping_is_one_to_one_and_writable(
    left: list[Field], right: list[Field], direction: Direction
) -> None:
    """No field is in two rules, every field is accounted for, nothing read-only is written."""
    mapping = build_mapping(source=a_schema(left), crm=a_schema(right), direction=direction)
    sources = [rule.source for rule in mapping.rules]

    assert sources == sorted(set(sources))
    assert len({rule.crm for rule in mapping.rules}) == len(mapping.rules)
    assert {one.name for one in left} == {*sources, *mapping.unmapped_source}
    for rule in mapping.rules:
        assert rule.crm_field.is_writable or rule.direction is Direction.PULL
        assert rule.source_field.is_writable or rule.direction is Direction.PUSH
        assert FieldKind.REFERENCE is not rule.kind
        assert 0.9 <= rule.score <= 1


@given(left=fields, right=fields)
def test_names_meet_alike_from_either_side(left: list[Field], right: list[Field]) -> None:
    """Exchanging source and CRM exchanges the pairs, where no vendor table favours one side.

    Two columns for one canonical name are a question about the source only, so those are left out.
    """
    there = build_mapping(source=a_schema(left), crm=a_schema(right))
    back = build_mapping(source=a_schema(right), crm=a_schema(left))

    if not there.problems and not back.problems:
        assert pairs(there) == {(crm, source) for source, crm in pairs(back)}
        assert {How.OVERRIDE}.isdisjoint(rule.how for rule in there.rules)
