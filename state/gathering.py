"""Everything a decision about some pending records needs, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from daemon.core.values import Side
from state import attention, intents, keys, links, mirror, pending, redirects, relations
from state.attention import ConflictRow, Vain
from state.intents import IntentRow
from state.links import LinkRow
from state.mirror import End, MirrorRow
from state.relations import Circle

Ends = Mapping[Side, End]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """What is known around some pending records of one side of one pair."""

    revisions: Mapping[str, int]
    """Pending record → revision."""
    rows: Mapping[Side, Mapping[str, MirrorRow]]
    links: Mapping[str, LinkRow]
    """Record of this side → its link."""
    pending_opposite: Mapping[str, int]
    """Linked records of the other side that are pending too."""
    opposite_links: Mapping[str, LinkRow]
    """Linked record of the other side → its own newest link."""
    open_intents: Sequence[IntentRow]
    held_intents: Sequence[IntentRow]
    """Creates of which a person must say whether they happened."""
    verdicts: Mapping[tuple[str, str], ConflictRow]
    vain: Vain
    """Writes of single fields that came to nothing (R19)."""
    successors: Mapping[str, str]
    """Record of this side → the live one that took its place (R41)."""
    keepers: Mapping[str, tuple[LinkRow, LinkRow]]
    """Unlinked record of this side → the link it had, and the one that took that over (R42)."""
    heirs: Mapping[str, Sequence[LinkRow]]
    """Link whose record is not there → the folded links whose records belong to it (R42)."""
    near: Mapping[Side, Mapping[str, MirrorRow]]
    """Records of keepers and heirs."""
    circles: Mapping[str, Circle]
    """Unlinked record of this side → whom it is linked to by way of other syncs (R8)."""
    merged: Mapping[Side, Mapping[str, str]]
    """Linked record that is not there → the one it was merged into (I20)."""


def gather(
    connection: Connection, *, pair: str, side: Side, ends: Ends, page: Mapping[str, int]
) -> Gathered:
    """Read what is known around the pending records in *page*."""
    ids = list(page)
    own = mirror.get(connection, ends[side], ids)
    linked = links.of_records(connection, pair=pair, side=side, ids=ids)
    opposite = [link.record(side.other) for link in linked.values()]
    other = mirror.get(connection, ends[side.other], opposite)
    keepers = links.keepers(
        connection, pair=pair, side=side, ids=[record for record in ids if record not in linked]
    )
    rows = {side: own, side.other: other}
    opened = intents.open_at(connection, list(ends.values()))
    held = intents.held_at(connection, list(ends.values()))
    widowed = [link for link in linked.values() if _is_widowed(link, rows)]
    heirs = links.folded_into(connection, [link.id for link in widowed])
    return Gathered(
        revisions=page,
        rows=rows,
        links=linked,
        pending_opposite=pending.among(connection, pair=pair, side=side.other, ids=opposite),
        opposite_links=links.of_records(
            connection, pair=pair, side=side.other, ids=opposite, known=linked.values()
        ),
        open_intents=opened,
        held_intents=held,
        verdicts=attention.verdicts(connection, [link.id for link in linked.values()]),
        successors=redirects.successors(connection, ends[side], ids),
        keepers=keepers,
        heirs=heirs,
        near=_near(connection, ends, keepers, heirs),
        circles=relations.circles(
            connection,
            pair=pair,
            side=side,
            ids=[one for one in ids if one not in linked or linked[one].status != links.ACTIVE],
            waiting=[row for row in (*opened, *held) if row.end == ends[side.other]],
        ),
        merged={
            one: redirects.merged(connection, ends[one], [link.record(one) for link in widowed])
            for one in Side
        },
        vain={
            **attention.vain(connection, pair=pair, side=side, records=ids),
            **attention.vain(connection, pair=pair, side=side.other, records=opposite),
        },
    )


def _is_widowed(link: LinkRow, rows: Mapping[Side, Mapping[str, MirrorRow]]) -> bool:
    found = (rows[side].get(link.record(side)) for side in Side)
    return any(row is None or not row.is_live for row in found)


def _near(
    connection: Connection,
    ends: Ends,
    keepers: Mapping[str, tuple[LinkRow, LinkRow]],
    heirs: Mapping[str, Sequence[LinkRow]],
) -> dict[Side, dict[str, MirrorRow]]:
    some = [kept for _, kept in keepers.values()] + [x for each in heirs.values() for x in each]
    return {
        side: mirror.get(connection, ends[side], [link.record(side) for link in some])
        for side in Side
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Kin:
    """Who holds the keys of some unlinked records, on both sides, and who of them is linked."""

    own: Mapping[tuple[str, str], Sequence[str]]
    other: Mapping[tuple[str, str], Sequence[str]]
    rows: Mapping[str, MirrorRow]
    """Candidates on the other side."""
    links: Mapping[str, LinkRow]
    """Candidate → its link."""


def gather_kin(
    connection: Connection,
    *,
    pair: str,
    side: Side,
    ends: Ends,
    own_keys: Sequence[tuple[str, str]],
    other_keys: Sequence[tuple[str, str]],
    also: Sequence[str] = (),
) -> Kin:
    """Read who shares the keys of unlinked records of *side*, and *also* these of the other."""
    own = keys.holders(connection, ends[side], own_keys)
    other = keys.holders(connection, ends[side.other], other_keys)
    candidates = sorted({*also, *(record for records in other.values() for record in records)})
    return Kin(
        own=own,
        other=other,
        rows=mirror.get(connection, ends[side.other], candidates),
        links=links.of_records(connection, pair=pair, side=side.other, ids=candidates),
    )
