"""Opt-outs of records that are set apart: they reach everybody who has the address (R15).

An invalid or ambiguous row is left to a person; that somebody opted out in it is not. Only linked
records are written to: an intent needs a link to be settled.
"""

from collections.abc import Sequence

from daemon.core.consent import is_opt_out, is_opted_out
from daemon.core.facts import rule_key
from daemon.core.field_rules import FieldRule
from daemon.core.normalize import ConversionError, convert
from daemon.core.operation import Clearance, Copy, Operation, OperationKind
from daemon.core.values import FieldKind, Side
from daemon.flow.kin import across
from daemon.flow.parts import PairPart
from state.gathering import Kin
from state.links import ACTIVE, LinkRow
from state.mirror import MirrorRow


def opt_outs_of(
    pair: PairPart,
    side: Side,
    row: MirrorRow,
    kin: Kin,
    clear: Clearance,
    owner: tuple[MirrorRow, LinkRow] | None = None,
) -> list[Operation]:
    """Return the writes that carry a record's opt-out to the other side's holders of its address.

    *owner* is a record that it belongs to, whatever its address, with its link.

    Settled, the only one takes the record off the list; of several, the next plan does (R1).
    """
    rules = [
        rule
        for rule in pair.mapping.rules
        if is_opt_out(rule)
        and rule.direction.writes_to(side.other)
        and is_opted_out(row.values.get(rule.name(side)))
    ]
    holders = _holders(pair, side, row, kin) if rules else ()
    targets = {
        record: (kin.rows[record], link)
        for record in holders
        if (link := kin.links.get(record)) is not None
    }
    if owner is not None:
        targets[owner[0].id] = owner
    written = [
        (link, copies)
        for holder, link in targets.values()
        if link.status == ACTIVE
        if (copies := _copies(pair, side, row, holder, link, rules))
    ]
    return [
        Operation(
            pair=pair.name,
            kind=OperationKind.UPDATE,
            side=side.other,
            link=link.id,
            source_id=link.source_id,
            crm_id=link.crm_id,
            copies=copies,
            clears=(clear,),
            how="opt_out",
            is_half=len(written) > 1,
        )
        for link, copies in written
    ]


def _holders(pair: PairPart, side: Side, row: MirrorRow, kin: Kin) -> list[str]:
    addresses = {
        key.name(side, pair.region)
        for key in pair.keys
        if key.rules and all(rule.kind is FieldKind.EMAIL for rule in key.rules)
    }
    shared = [key for key in pair.index(side, row.as_record()) if key[0] in addresses]
    return sorted({one for key in shared for one in kin.other.get(across(pair, side, key), ())})


def _copies(
    pair: PairPart,
    side: Side,
    row: MirrorRow,
    holder: MirrorRow,
    link: LinkRow,
    rules: Sequence[FieldRule],
) -> tuple[Copy, ...]:
    found = (_copy(pair, side, row, holder, link, rule) for rule in rules)
    return tuple(copy for copy in found if copy is not None)


def _copy(
    pair: PairPart, side: Side, row: MirrorRow, holder: MirrorRow, link: LinkRow, rule: FieldRule
) -> Copy | None:
    name, target = rule.name(side), rule.name(side.other)
    before = holder.values.get(target)
    if target not in holder.values or is_opted_out(before):
        return None
    try:
        value = convert(row.values[name], rule.field(side), rule.field(side.other), pair.region)
    except ConversionError:
        return None  # the row is set apart with the reason
    agreed = link.base.get(rule_key(rule))
    half = (agreed.source if side is Side.SOURCE else agreed.crm) if agreed else None
    return Copy(
        rule=rule_key(rule),
        field=target,
        value=value,
        origin=half,
        before=before,
        kind=rule.kind,
        fingerprint=rule.fingerprint(),
        region=pair.region,
        evidence=row.evidence.get(name),
    )
