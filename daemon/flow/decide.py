"""Decide one page of pending records: linked ones are reconciled, the others matched.

Takes what was gathered from the state; gives operations and bookkeeping. Writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from daemon.core.base import Base, BaseField
from daemon.core.facts import View
from daemon.core.field_rules import FieldRule
from daemon.core.operation import (
    Clash,
    Clearance,
    Copy,
    Operation,
    OperationKind,
    vain_mark,
)
from daemon.core.reconcile import LinkDecision, Withheld, reconcile, rule_key
from daemon.core.record import FieldTime
from daemon.core.validate import Finding, Severity, validate
from daemon.core.values import Side
from daemon.flow.comply import Looked
from daemon.flow.parts import PairPart
from state.attention import IGNORED, Apart, ConflictRow, Vain
from state.links import LinkRow
from state.mirror import MirrorRow

Times = Mapping[Side, Mapping[str, Mapping[str, FieldTime]]]
"""Side → record → field → when it last changed, as far as a system was asked."""

NO_TIMES: Times = MappingProxyType({})


@dataclass(kw_only=True, slots=True)
class PagePlan:
    """What a page of pending records leads to."""

    operations: list[Operation] = field(default_factory=list)
    cleared: list[Clearance] = field(default_factory=list)
    """Decided without an operation: equal, in conflict, set apart, out of scope."""
    agreed: list[tuple[str, Base]] = field(default_factory=list)
    """(link, base fields) that became equal."""
    clashes: list[tuple[str, tuple[str, str], tuple[Clash, ...]]] = field(default_factory=list)
    """(link, records, conflicts) that need no write: open, or won by who holds the value."""
    ended: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """(link, rule keys) whose open conflicts are over."""
    apart: list[Apart] = field(default_factory=list)
    readmitted: list[tuple[Side, str]] = field(default_factory=list)
    detached: list[str] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)
    inherited: list[tuple[str, str, Side]] = field(default_factory=list)
    """(link, folded link, side): the folded one's record takes the place of one that is gone."""
    followed: list[tuple[Side, str]] = field(default_factory=list)
    """Records that were merged away before they were linked: their links follow."""
    skipped: list[tuple[Side, str]] = field(default_factory=list)
    """(side, why)."""
    looked: list[Looked] = field(default_factory=list)
    """Judged by compliance: for the report."""
    judged: list[tuple[Side, bool]] = field(default_factory=list)
    """(side, whether valid): for the counts."""
    found: list[tuple[Side, Finding]] = field(default_factory=list)
    """What validation found, warnings too: for the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """Two linked records that are to be decided."""

    link: LinkRow
    rows: Mapping[Side, MirrorRow]
    is_new: bool = False
    """Just matched: the link itself is still to be made."""


def check(pair: PairPart, side: Side, row: MirrorRow) -> tuple[Finding, ...]:
    """Return what is wrong with a record for writing it to the other side."""
    return validate(
        row.id,
        row.values,
        pair.mapping.rules,
        identity=frozenset(word for words in pair.pair.match.on for word in words),
        region=pair.region,
        required_any=pair.ends[side.other].schema.required_any,
        side=side,
    )


def findings_apart(
    pair: PairPart, side: Side, findings: tuple[Finding, ...]
) -> tuple[list[Apart], bool, frozenset[str]]:
    """Return quarantine entries, whether the whole record is out, and the fields held back."""
    items = [
        Apart(
            pair=pair.name,
            side=side,
            record=finding.record_id,
            field=finding.field,
            rule=finding.rule,
            message=finding.message,
            suggestion=finding.suggestion,
            value_class=finding.value_class,
        )
        for finding in findings
        if finding.severity is not Severity.WARNING
    ]
    is_out = any(finding.severity is Severity.RECORD for finding in findings)
    held = frozenset(item.field for item in items)
    return items, is_out, held


def view(pair: PairPart, side: Side, row: MirrorRow, times: Times) -> View:
    """Return one side of a link as reconcile wants it."""
    tells = pair.ends[side].adapter.capabilities.has_field_times
    return View(
        values=row.values,
        evidence=row.evidence,
        modified_at=row.modified_at,
        place="/".join((*pair.ends[side].end, row.id)),
        tells_times=tells,
        times=times.get(side, {}).get(row.id) if side in times else None,
    )


def decide_link(
    pair: PairPart,
    found: Linked,
    *,
    times: Times,
    verdicts: Mapping[tuple[str, str], ConflictRow],
    held: frozenset[str],
) -> LinkDecision:
    """Reconcile two linked records."""
    own = {
        field_name: Side(row.winner)
        for (link, field_name), row in verdicts.items()
        if link == found.link.id and _still_stands(pair, found, row)
    }
    return reconcile(
        pair.mapping.rules,
        view(pair, Side.SOURCE, found.rows[Side.SOURCE], times),
        view(pair, Side.CRM, found.rows[Side.CRM], times),
        found.link.base,
        terms=pair.terms,
        verdicts=own,
        withheld=held,
    )


def _still_stands(pair: PairPart, found: Linked, verdict: ConflictRow) -> bool:
    """Tell whether the losing value is the one a person saw; a newer one was never judged (I1)."""
    loser = Side(verdict.winner).other
    shown = verdict.source if loser is Side.SOURCE else verdict.crm
    return any(
        found.rows[loser].values.get(rule.name(loser)) == shown
        for rule in pair.mapping.rules
        if rule_key(rule) == verdict.field
    )


def without_vain(
    found: Linked, decision: LinkDecision, vain: Vain
) -> tuple[LinkDecision, list[Apart]]:
    """Take out the fields that the other system refused or ignored before; they stay set apart.

    As long as neither the value nor what stands there changes, sending it again changes nothing
    (R19).
    """
    copies: dict[Side, tuple[Copy, ...]] = {}
    apart: list[Apart] = []
    for side, some in decision.copies.items():
        record = found.link.record(side.other)
        known = {copy.rule: vain.get((side.other, record, copy.rule)) for copy in some}
        again = {
            c.rule: item for c in some if (item := known[c.rule]) and item.mark == vain_mark(c)
        }
        copies[side] = tuple(copy for copy in some if copy.rule not in again)
        apart += again.values()
    if not apart:
        return decision, []
    rules = {item.field for item in apart}
    clashes = {
        side: tuple(clash for clash in some if clash.rule not in rules)
        for side, some in decision.clashes.items()
    }
    return replace(decision, copies=copies, clashes=clashes), apart


def ignored_write(pair: str, side: Side, record: str, copy: Copy) -> Apart:
    """Return the entry of a field whose write came to nothing; *side* is where the value is from."""
    return Apart(
        pair=pair,
        side=side,
        record=record,
        field=copy.rule,
        rule=IGNORED,
        message=f"{copy.field} was accepted and not changed by the other system; a rule of "
        "that system keeps the old value. Change it there, or leave the field out.",
        mark=vain_mark(copy),
    )


def keep_decision(
    plan: PagePlan,
    pair: PairPart,
    found: Linked,
    decision: LinkDecision,
    clears: tuple[Clearance, ...],
) -> None:
    """Turn the decision about a link into operations and bookkeeping."""
    link = found.link
    records = (link.source_id, link.crm_id)
    updates = [side for side in Side if decision.copies[side]]
    if found.is_new:
        plan.operations.append(
            Operation(
                pair=pair.name,
                kind=OperationKind.LINK,
                side=Side.CRM,
                link=link.id,
                source_id=link.source_id,
                crm_id=link.crm_id,
                agreed=decision.agreed,
                clears=() if updates else clears,
                how=link.how,
            )
        )
    elif decision.agreed:
        plan.agreed.append((link.id, decision.agreed))
    for side in updates:
        plan.operations.append(_update(pair, found, decision, side, updates, clears))
    idle = tuple(clash for side in Side if side not in updates for clash in decision.clashes[side])
    if decision.open or idle:
        plan.clashes.append((link.id, records, decision.open + idle))
    if decision.ended:
        plan.ended.append((link.id, decision.ended))
    plan.apart += [_withheld(pair, link, item) for item in decision.withheld]
    if not updates and not found.is_new:
        plan.cleared += clears


def _update(
    pair: PairPart,
    found: Linked,
    decision: LinkDecision,
    side: Side,
    updates: list[Side],
    clears: tuple[Clearance, ...],
) -> Operation:
    """Return the write to one side; it clears what caused it, unless it is one of two (R1)."""
    return Operation(
        pair=pair.name,
        kind=OperationKind.UPDATE,
        side=side,
        link=found.link.id,
        source_id=found.link.source_id,
        crm_id=found.link.crm_id,
        copies=decision.copies[side],
        clashes=decision.clashes[side],
        clears=clears,
        is_half=len(updates) > 1,
    )


def _withheld(pair: PairPart, link: LinkRow, item: Withheld) -> Apart:
    return Apart(
        pair=pair.name,
        side=item.origin,
        record=link.record(item.origin),
        field=item.rule.name(item.origin),
        rule=item.code,
        message=item.message,
    )


def create(
    pair: PairPart, side: Side, row: MirrorRow, held: frozenset[str], clear: Clearance
) -> tuple[Operation | None, list[Apart]]:
    """Return the operation that makes the partner of an unlinked record of *side*.

    It copies every filled field that may travel there; None where none can.
    """
    ids = {side: row.id, side.other: ""}
    link = LinkRow(
        id="",
        pair=pair.name,
        source_id=ids[Side.SOURCE],
        crm_id=ids[Side.CRM],
        status="active",
        how="created",
        base=_as_if_empty(pair, held),
    )
    found = Linked(link=link, rows={side: row, side.other: _nobody(pair, side.other, row)})
    decision = decide_link(pair, found, times=NO_TIMES, verdicts={}, held=held)
    apart = [_withheld(pair, link, item) for item in decision.withheld]
    copies = decision.copies[side.other]
    if not copies:
        return None, apart
    return (
        Operation(
            pair=pair.name,
            kind=OperationKind.CREATE,
            side=side.other,
            source_id=ids[Side.SOURCE] or None,
            crm_id=ids[Side.CRM] or None,
            copies=copies,
            agreed=decision.agreed,
            clears=(clear,),
        ),
        apart,
    )


def _nobody(pair: PairPart, side: Side, partner: MirrorRow) -> MirrorRow:
    """Return the empty record that *partner* would meet on *side*."""
    return replace(
        partner,
        id="",
        values={rule.name(side): None for rule in pair.mapping.rules},
        evidence={},
        version="",
        modified_at=None,
        external_id=None,
        other_emails=(),
        revision=0,
    )


def _as_if_empty(pair: PairPart, held: frozenset[str]) -> dict[str, BaseField]:
    """Return the base of two records that were both empty: everything filled is a change."""
    rules: list[FieldRule] = [rule for rule in pair.mapping.rules if rule.source not in held]
    return {
        rule_key(rule): BaseField(source=None, crm=None, fingerprint=rule.fingerprint())
        for rule in rules
    }
