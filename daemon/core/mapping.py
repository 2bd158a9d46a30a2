"""Mapping: which source field is kept the same as which CRM field.

Takes both live schemas, the standard names, synonyms and the operator's overrides; gives a
``FieldMap``. Promises: one-to-one, the same for any order of columns, never a guess between two
candidates, and nothing mapped by itself that the direction could not write. Overrides come first,
then canonical names, then equal names, then names so alike that only one partner is thinkable.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from daemon.core.field_names import did_you_mean
from daemon.core.field_rules import (
    Direction,
    FieldMap,
    FieldRule,
    How,
    MappingProblem,
    MappingRow,
    Override,
    Policy,
)
from daemon.core.mapping_pairs import Pair, Pairing
from daemon.core.schema import Field, Schema
from daemon.core.synonyms import KINDS, SYNONYMS
from daemon.core.values import FieldKind, Side

__all__ = [
    "Direction",
    "FieldMap",
    "FieldRule",
    "How",
    "MappingProblem",
    "MappingRow",
    "Override",
    "Policy",
    "build_mapping",
]

NOTHING: Mapping[str, str] = MappingProxyType({})
NO_OVERRIDES: Mapping[str, Override | None] = MappingProxyType({})
NO_POLICIES: Mapping[str, Policy] = MappingProxyType({})

_STRENGTH = tuple(FieldKind(kind) for kind in (
    "text", "reference", "url", "phone", "email", "choice", "number", "bool", "choices",
    "datetime", "date",
))  # fmt: skip
"""Weakest first. Of a day and an instant the day counts: the coarser side can hold no more."""


def build_mapping(
    *,
    source: Schema,
    crm: Schema,
    standard: Mapping[str, str] = NOTHING,
    source_standard: Mapping[str, str] = NOTHING,
    synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
    overrides: Mapping[str, Override | None] = NO_OVERRIDES,
    direction: Direction = Direction.BOTH,
    default_policy: Policy = Policy.MOST_RECENT,
    policies: Mapping[str, Policy] = NO_POLICIES,
    exclude: frozenset[str] = frozenset(),
) -> FieldMap:
    """Return the mapping of *source* to *crm*.

    *standard* and *source_standard* give each vendor's field for a canonical name. *overrides*
    are by source column; None keeps a column out. *policies* are by source column, CRM field or
    canonical name. Fields in *exclude* (keys, updated-at columns, our external id) are mapped
    only by override. Configuration that cannot be followed is in ``problems``, all at once.
    """
    pairing = Pairing(
        source=source,
        crm=crm,
        standard=standard,
        source_standard=source_standard,
        synonyms=synonyms,
        direction=direction,
        exclude=exclude,
    )
    pairing.by_override(overrides)
    pairing.by_canonical_name()
    pairing.by_same_name()
    pairing.by_likeness()
    rules = tuple(
        _rule(pair, overrides.get(pair.source), source, crm, default_policy, policies)
        for pair in sorted(pairing.pairs)
    )
    return FieldMap(
        rules=rules,
        unmapped_source=_unmapped(source, rules, exclude | set(overrides)),
        unmapped_required=_unmapped_required(crm, rules, direction),
        problems=(*pairing.problems, *_unknown_policies(policies, rules, source, crm)),
    )


def _rule(
    pair: Pair,
    override: Override | None,
    source: Schema,
    crm: Schema,
    default_policy: Policy,
    policies: Mapping[str, Policy],
) -> FieldRule:
    names = (pair.source, pair.crm, pair.canonical)
    chosen = next((policies[name] for name in names if name in policies), default_policy)
    left, right = source[pair.source], crm[pair.crm]
    return FieldRule(
        source=pair.source,
        crm=pair.crm,
        canonical=pair.canonical,
        kind=(override and override.kind) or _kind(left, right, pair.canonical),
        direction=pair.direction,
        policy=(override and override.policy) or chosen,
        source_field=left,
        crm_field=right,
        how=pair.how,
        score=pair.score,
    )


def _kind(source: Field, crm: Field, canonical: str) -> FieldKind:
    stronger = max(source.kind, crm.kind, key=_STRENGTH.index)
    return KINDS.get(canonical, stronger) if stronger is FieldKind.TEXT else stronger


def _unmapped(
    source: Schema, rules: Iterable[FieldRule], spoken_for: frozenset[str]
) -> tuple[str, ...]:
    mapped = {rule.source for rule in rules}
    return tuple(sorted(source.fields.keys() - mapped - spoken_for))


def _unmapped_required(
    crm: Schema, rules: Iterable[FieldRule], direction: Direction
) -> tuple[str, ...]:
    if not direction.writes_to(Side.CRM):
        return ()
    filled = {rule.crm for rule in rules if rule.direction.writes_to(Side.CRM)}
    missing = sorted(
        name for name, field in crm.fields.items() if field.is_required and name not in filled
    )
    if crm.required_any and filled.isdisjoint(crm.required_any):
        missing.append(" or ".join(crm.required_any))
    return tuple(missing)


def _unknown_policies(
    policies: Mapping[str, Policy], rules: Iterable[FieldRule], source: Schema, crm: Schema
) -> Iterable[MappingProblem]:
    mapped = {name for rule in rules for name in (rule.source, rule.crm, rule.canonical) if name}
    for name in sorted(policies.keys() - mapped):
        known = name in source or name in crm
        reason = "is not mapped" if known else "is no mapped column, field or canonical name"
        hint = "" if known else did_you_mean(name, mapped)
        yield MappingProblem(
            code="unknown_policy",
            name=name,
            message=f"conflicts.fields: {name!r} {reason}{hint}; map it or remove the line",
        )
