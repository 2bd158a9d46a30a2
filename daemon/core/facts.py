"""All that bears on the decision about one field of one link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from daemon.core.base import BaseField
from daemon.core.evidence import SKEW_MARGIN, by_record_time, vouched
from daemon.core.field_rules import FieldRule
from daemon.core.normalize import comparable
from daemon.core.operation import Clash
from daemon.core.record import Evidence, FieldTime
from daemon.core.values import Side, Value, Values


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One side of a link, as mirrored."""

    values: Values
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    modified_at: datetime | None = None
    place: str = ""
    """The record, as evidence names it: a value whose origin is another was copied there (R12)."""
    tells_times: bool = False
    """The system knows when single fields changed; ask it before a conflict is decided."""
    times: Mapping[str, FieldTime] | None = None
    """What it answered; None = not asked yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the configuration says about all fields of a pair."""

    tie: Side
    is_merge: bool = False
    """First contact fills empty fields and leaves differing ones alone (``found: merge``)."""
    region: str | None = None
    margin: timedelta = SKEW_MARGIN
    """Clocks are not compared closer than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that bears on one field of one link."""

    rule: FieldRule
    terms: Terms
    value: Mapping[Side, Value]
    view: Mapping[Side, View]
    base: BaseField | None
    verdict: Side | None

    def form(self, value: Value) -> object:
        """Return what *value* is compared by."""
        return comparable(self.rule.kind, value, self.terms.region)

    def half(self, side: Side) -> Value:
        """Return what the side held when both last agreed."""
        if self.base is None:
            return None
        return self.base.source if side is Side.SOURCE else self.base.crm

    def moved(self, side: Side) -> bool:
        """Tell whether the side left its own half of the base (R1)."""
        held, half = self.value[side], self.half(side)
        if held is half or (isinstance(held, str) and held == half):
            return False  # the same value has the same form
        return self.form(held) != self.form(half)

    def is_empty(self, side: Side) -> bool:
        """Tell whether the side holds nothing."""
        return self.form(self.value[side]) is None

    def clash(self, reason: str, winner: Side | None) -> Clash:
        """Return the conflict as the log keeps it."""
        known = {side: evidence_of(self.view[side], self.rule.name(side)) for side in Side}
        return Clash(
            rule=rule_key(self.rule),
            source=self.value[Side.SOURCE],
            crm=self.value[Side.CRM],
            base=self.base,
            reason=reason,
            winner=winner,
            evidence={side.value: item for side, item in known.items() if item},
        )


def rule_key(rule: FieldRule) -> str:
    """Return the name under which a rule's base and conflicts are kept."""
    return f"{rule.source}→{rule.crm}"


def evidence_of(view: View, name: str) -> Evidence | None:
    """Return the best evidence of one field on one side.

    A value that was copied there is as old as where it came from, whatever the system tells of the
    moment of copying (R12).
    """
    known = view.evidence.get(name)
    if known is not None and view.place and known.origin not in {"", view.place}:
        return known
    told = (view.times or {}).get(name)
    observed = vouched(known, told)
    return observed if told else by_record_time(observed, view.modified_at)
