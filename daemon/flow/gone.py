"""One record of a link is gone: what becomes of the other (R14, I6, I7).

Nothing is carried over before the absence is proven, nothing that was edited meanwhile is lost
unless the operator said so, and a record that could not be read whole is not removed (R43).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.words import EditVersusDelete, OneSidedDelete
from daemon.core.facts import rule_key
from daemon.core.filters import Scope
from daemon.core.normalize import comparable
from daemon.core.operation import Clash, Clearance, Copy, Operation, OperationKind
from daemon.core.values import Side
from daemon.flow.comply import look_at_new
from daemon.flow.decide import PagePlan, check, create, findings_apart
from daemon.flow.filtered import scope_of_link
from daemon.flow.parts import PairPart
from state.links import LinkRow
from state.mirror import MirrorRow

REMOVALS = {
    OneSidedDelete.ARCHIVE: OperationKind.ARCHIVE,
    OneSidedDelete.DELETE: OperationKind.DELETE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Widowed:
    """A link of which only one record is left."""

    link: LinkRow
    row: MirrorRow
    """The record that is left."""
    side: Side
    """Where it is."""
    gone: MirrorRow | None
    """What the mirror knows of the other one."""
    clears: tuple[Clearance, ...]

    @property
    def is_proven(self) -> bool:
        """Whether the other record is certainly gone (I6)."""
        return self.gone is not None and self.gone.is_proven_gone


def consider_gone(
    pair: PairPart,
    link: LinkRow,
    rows: Mapping[Side, MirrorRow],
    clears: tuple[Clearance, ...],
    made: PagePlan,
    *,
    may_create: bool,
) -> None:
    """Decide a link of which a record is gone."""
    alive = [side for side in Side if side in rows and rows[side].is_live]
    if not alive:
        made.cleared += clears
        made.detached.append(link.id)
        return
    side = alive[0]
    widowed = Widowed(
        link=link, row=rows[side], side=side, gone=rows.get(side.other), clears=clears
    )
    policy = policy_of(pair, side.other)
    is_in = scope_of_link(pair, rows) is Scope.IN  # what rests is not removed (R4)
    if is_in and policy in REMOVALS and pair.settings.direction.writes_to(side):
        _carry_over(pair, widowed, REMOVALS[policy], made, may_create=may_create)
    else:
        _leave(pair, widowed, made, is_unlinked=policy is not OneSidedDelete.IGNORE)


def policy_of(pair: PairPart, gone: Side) -> OneSidedDelete:
    """Return what a delete on *gone* does to the other side."""
    return pair.settings.deletes.source if gone is Side.SOURCE else pair.settings.deletes.crm


def carries_deletes(pair: PairPart, side: Side) -> bool:
    """Tell whether a delete on *side* removes the record on the other one."""
    return policy_of(pair, side) in REMOVALS and pair.settings.direction.writes_to(side.other)


def _leave(pair: PairPart, widowed: Widowed, made: PagePlan, *, is_unlinked: bool) -> None:
    """Let the record stay; tell what was edited in it meanwhile (I7, R34)."""
    made.cleared += widowed.clears
    edited = edits_since(pair, widowed, winner=widowed.side)
    if edited:
        made.clashes.append((widowed.link.id, _ids(widowed), edited))
    if is_unlinked:
        made.detached.append(widowed.link.id)
    made.skipped.append((widowed.side, f"gone_from_{widowed.side.other.value}"))


def _carry_over(
    pair: PairPart, widowed: Widowed, kind: OperationKind, made: PagePlan, *, may_create: bool
) -> None:
    if not widowed.is_proven:
        made.skipped.append((widowed.side, "absence_unproven"))  # stays pending: I6
        return
    if any(rule.name(widowed.side) not in widowed.row.values for rule in pair.mapping.rules):
        made.skipped.append((widowed.side, "unread_field"))  # stays pending: R43
        return
    edited = edits_since(pair, widowed, winner=widowed.side)
    if edited and pair.settings.edit_vs_delete is EditVersusDelete.KEEP:
        bring_back(pair, widowed, edited, made, may_create=may_create)
        return
    clashes = tuple(replace(clash, winner=widowed.side.other) for clash in edited)
    made.operations.append(_removal(pair, widowed, kind, clashes))


def bring_back(
    pair: PairPart,
    widowed: Widowed,
    edited: tuple[Clash, ...],
    made: PagePlan,
    *,
    may_create: bool,
) -> None:
    """Make the gone record again, for its partner was edited or restored since (I7)."""
    side = widowed.side
    items, is_out, held = findings_apart(pair, side, check(pair, side, widowed.row))
    clear = Clearance(side=side, id=widowed.row.id, revision=widowed.row.revision)
    is_barred, judged = look_at_new(pair, side, widowed.row, made)
    operation, more = create(pair, side, widowed.row, held | judged, clear)
    made.apart += items
    if (
        is_out
        or is_barred
        or operation is None
        or not pair.settings.direction.writes_to(side.other)
    ):
        _leave(pair, widowed, made, is_unlinked=True)
    elif not may_create:
        made.skipped.append((side, "listing_incomplete"))  # stays pending: R5
    else:
        made.apart += more
        made.operations.append(
            replace(operation, replaces=widowed.link.id, clashes=edited, clears=widowed.clears)
        )


def _removal(
    pair: PairPart, widowed: Widowed, kind: OperationKind, clashes: tuple[Clash, ...]
) -> Operation:
    return Operation(
        pair=pair.name,
        kind=kind,
        side=widowed.side,
        link=widowed.link.id,
        source_id=widowed.link.source_id,
        crm_id=widowed.link.crm_id,
        copies=tuple(
            Copy(
                rule=rule_key(rule),
                field=rule.name(widowed.side),
                value=None,
                origin=None,
                before=widowed.row.values[rule.name(widowed.side)],
                kind=rule.kind,
                fingerprint=rule.fingerprint(),
                region=pair.region,
            )
            for rule in pair.mapping.rules
        ),
        clashes=clashes,
        clears=widowed.clears,
        how=f"gone_from_{widowed.side.other.value}",
    )


def edits_since(pair: PairPart, widowed: Widowed, *, winner: Side) -> tuple[Clash, ...]:
    """Return what changed in the record that is left since both sides last agreed.

    What they never agreed on (withheld, or a conflict that is still open) only this record has.
    """
    found = []
    region = pair.region
    for rule in pair.mapping.rules:
        known = widowed.link.base.get(rule_key(rule))
        name = rule.name(widowed.side)
        if name not in widowed.row.values:
            continue
        value, half = widowed.row.values[name], None
        if known is not None:
            half = known.source if widowed.side is Side.SOURCE else known.crm
        if comparable(rule.kind, value, region) == comparable(rule.kind, half, region):
            continue
        values = {widowed.side: value, widowed.side.other: None}
        found.append(
            Clash(
                rule=rule_key(rule),
                source=values[Side.SOURCE],
                crm=values[Side.CRM],
                base=known,
                reason="edit_vs_delete",
                winner=winner,
            )
        )
    return tuple(found)


def _ids(widowed: Widowed) -> tuple[str, str]:
    return (widowed.link.source_id, widowed.link.crm_id)
