"""One link of a run that is rolled back: what the run did to its records, and how they stand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from daemon.core.facts import rule_key
from daemon.core.field_rules import FieldRule
from daemon.core.operation import Copy, Operation, OperationKind
from daemon.core.record import FieldTime, Record
from daemon.core.values import Side, Value
from daemon.flow.parts import PairPart
from daemon.flow.report import shown
from daemon.flow.rolled import RolledItem, What
from state.links import LinkRow
from state.mirror import MirrorRow
from state.rollbacks import Written


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person wants rolled back."""

    run: int
    field: str = ""
    """Only this field, by its rule key or either side's name; empty = all."""
    keeps_created: bool = False
    """Leave the records that the run made."""

    def covers(self, copy: Copy) -> bool:
        """Tell whether a field is meant."""
        source, _, crm = copy.rule.partition("→")
        return not self.field or self.field in {copy.rule, source, crm}


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """How one record stands now."""

    record: Record | None = None
    """None: not there, or in the bin."""
    is_answered: bool = True
    """Whether the system said anything about it."""
    is_busy: bool = False
    """A write of ours to it has no outcome yet."""
    lives_as: str = ""
    """The record that took it over (a merge, a record made again)."""
    is_merged: bool = False
    """It was merged into that one by people."""
    times: Mapping[str, FieldTime] = field(default_factory=lambda: MappingProxyType({}))
    """Field → when it last changed, of a record the run made; empty where nobody could tell."""

    @property
    def became(self) -> str:
        """What became of a record that lives on elsewhere, in words; empty where it does not."""
        if not self.lives_as:
            return ""
        how = "it was merged into" if self.is_merged else "it lives on as"
        return f"{how} {self.lives_as}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Undoing:
    """One link and all that a run did to its records."""

    pair: PairPart
    link: LinkRow | None
    id: str
    """The link's id."""
    writes: Mapping[Side, Sequence[Written]]
    """Newest first."""
    is_match: bool
    """The run made the link by matching."""
    present: Mapping[Side, Present]
    known: Mapping[Side, MirrorRow | None]
    """As the mirror knew them before this look."""
    changed: Mapping[Side, frozenset[str]]
    """Fields that were seen to change, or seen at all, only after the run wrote."""
    later: Mapping[tuple[str, str], tuple[int, Value]]
    """(side, field) → the newest run that wrote it since, and what it left."""

    def record_id(self, side: Side) -> str:
        """Return the record of a side."""
        newest = next(iter(self.writes[side]), None)
        told = newest.operation.target_id if newest else None
        return told or (self.link.record(side) if self.link else "")


@dataclass(kw_only=True, slots=True)
class Judged:
    """What becomes of a link."""

    operations: list[Operation] = field(default_factory=list)
    reversed: list[RolledItem] = field(default_factory=list)
    """Once the operations succeed."""
    kept: list[RolledItem] = field(default_factory=list)
    failed: list[RolledItem] = field(default_factory=list)
    unchanged: int = 0
    unlinks: bool = False
    """The match itself is taken back once everything else is."""


def item(undoing: Undoing, side: Side, what: What, *, name: str = "", why: str = "",
         now: Value = None) -> RolledItem:  # fmt: skip
    """Return an entry of the report."""
    return RolledItem(
        pair=undoing.pair.name,
        side=side.value,
        connection=undoing.pair.ends[side].connection,
        record=undoing.record_id(side),
        field=name,
        what=what,
        why=why,
        now=shown(now),
    )


def rule_of(pair: PairPart, copy: Copy) -> FieldRule | None:
    """Return the present rule of a field that was written; None where it is not mapped any more."""
    return next((rule for rule in pair.mapping.rules if rule_key(rule) == copy.rule), None)


def held(undoing: Undoing, side: Side, rule: FieldRule) -> Value:
    """Return what a side holds now, or held when it was last seen."""
    name, record, row = rule.name(side), undoing.present[side].record, undoing.known[side]
    if record is not None and name in record.values:
        return record.values[name]
    if row is not None and name in row.values:
        return row.values[name]
    known = undoing.link.base.get(rule_key(rule)) if undoing.link else None
    if known is None:
        return None
    return known.source if side is Side.SOURCE else known.crm


def operation_of(
    undoing: Undoing, side: Side, kind: OperationKind, copies: tuple[Copy, ...], run: int
) -> Operation:
    """Return a write that puts back what *run* did to the record of a side."""
    ids = {one: undoing.record_id(one) or None for one in Side}
    return Operation(
        pair=undoing.pair.name,
        kind=kind,
        side=side,
        link=undoing.id,
        source_id=ids[Side.SOURCE],
        crm_id=ids[Side.CRM],
        copies=copies,
        how="rollback",
        reverses=run,
    )
