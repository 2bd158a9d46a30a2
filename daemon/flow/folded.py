"""Records of folded links: two of one side whose partners people merged into one (R42).

The one that kept the link is synced; the other belongs to it, is never made again on the other side
and waits for a person. Where the first goes, the second takes its place, and nothing is deleted.
"""

from collections.abc import Mapping

from daemon.core.operation import Clearance
from daemon.core.values import Side
from daemon.flow.decide import PagePlan
from daemon.flow.opt_outs import opt_outs_of
from daemon.flow.parts import PairPart
from state.attention import Apart
from state.gathering import Gathered, Kin
from state.keeping import MERGED_AWAY
from state.links import LinkRow
from state.mirror import MirrorRow


def inherit(
    known: Gathered,
    link: LinkRow,
    rows: Mapping[Side, MirrorRow],
    clears: tuple[Clearance, ...],
    made: PagePlan,
) -> bool:
    """Let a living record take the place of one that is gone; tell whether there is one.

    That is whom it was merged into, where that was known before it was linked, else one that belongs
    to the link since a merge of their partners.
    """
    gone = [side for side in Side if side not in rows or not rows[side].is_live]
    if len(gone) != 1:
        return False
    side = gone[0]
    if link.record(side) in known.merged[side]:
        made.followed.append((side, link.record(side)))
        made.cleared += [clear for clear in clears if clear.side is side]
        made.skipped.append((side.other, "merged"))
        return True
    for heir in known.heirs.get(link.id, ()):
        row = known.near[side].get(heir.record(side))
        if row is not None and row.is_live:
            made.inherited.append((link.id, heir.id, side))
            made.cleared += [clear for clear in clears if clear.side is side]
            made.skipped.append((side.other, "inherited"))
            return True
    return False


def consider_folded(
    pair: PairPart,
    known: Gathered,
    kin: Kin,
    place: tuple[Side, MirrorRow, Clearance],
    made: PagePlan,
) -> None:
    """Decide a record whose link was folded into another one's."""
    side, row, clear = place
    folded, kept = known.keepers[row.id]
    twin = known.near[side].get(kept.record(side))
    partner = known.near[side.other].get(kept.record(side.other))
    if twin is not None and twin.is_live:
        carried = opt_outs_of(pair, side, row, kin, clear, owner=_owner(partner, kept))
        made.operations += carried
        if not carried:
            made.cleared.append(clear)
        made.apart.append(_merged_away(pair, side, row, folded, kept))
    elif partner is not None and partner.is_live:
        made.inherited.append((kept.id, folded.id, side))
        made.skipped.append((side, "inherited"))
    else:
        made.cleared.append(clear)
        made.skipped.append((side, "unlinked"))  # both are gone: a tombstone (R14)


def _owner(partner: MirrorRow | None, kept: LinkRow) -> tuple[MirrorRow, LinkRow] | None:
    return (partner, kept) if partner is not None and partner.is_live else None


def _merged_away(
    pair: PairPart, side: Side, row: MirrorRow, folded: LinkRow, kept: LinkRow
) -> Apart:
    other = side.other
    return Apart(
        pair=pair.name,
        side=side,
        record=row.id,
        rule=MERGED_AWAY,
        message=f"its partner {folded.record(other)} was merged into {kept.record(other)}, which "
        f"belongs to {kept.record(side)} here; merge the two here as well, or delete one.",
    )
