"""Is everything as direction and policy decided? An independent look at both mirrors."""

from collections.abc import Mapping

from sqlalchemy import Connection

from daemon.core.facts import rule_key
from daemon.core.field_rules import FieldRule
from daemon.core.filters import Scope
from daemon.core.normalize import agrees
from daemon.core.values import Side
from daemon.flow.filtered import scope_of_link
from daemon.flow.parts import PairPart
from daemon.flow.prepare import prepare
from daemon.use_cases.attend import Answer
from daemon.use_cases.workspace import Workspace
from state import attention, links, mirror, pending
from state.mirror import MirrorRow

LISTED = 50


class Convergence(Answer):
    """Whether two sides are the same wherever they should be."""

    is_converged: bool
    links: int
    fields: int
    """Linked fields compared."""
    pending: int
    differences: list[str]


async def convergence(workspace: Workspace, sync: str) -> Convergence:
    """Compare every linked field of a sync on both mirrors.

    A field may differ only where its rule writes one way and the other side was edited, where a
    conflict waits for a person, or where validation holds the value back.
    """
    parts, _ = await prepare(workspace.preparation(), sync)
    compared, waiting, number = 0, 0, 0
    differences: list[str] = []
    for part in parts:
        found = await workspace.state.read(_compare, part)
        number += found[0]
        compared += found[1]
        differences += found[2]
        waiting += await workspace.state.read(pending.count, pair=part.name)
    return Convergence(
        is_converged=not differences and not waiting,
        links=number,
        fields=compared,
        pending=waiting,
        differences=differences[:LISTED],
    )


def _compare(connection: Connection, part: PairPart) -> tuple[int, int, list[str]]:
    excused = _excused(connection, part)
    number, compared, after = 0, 0, ""
    differences: list[str] = []
    while rows := links.page(connection, pair=part.name, after=after, limit=500):
        after = rows[-1].id
        number += len(rows)
        held = {
            side: mirror.get(connection, part.ends[side].end, [row.record(side) for row in rows])
            for side in Side
        }
        for row in rows:
            both = {side: held[side].get(row.record(side)) for side in Side}
            source, crm = both[Side.SOURCE], both[Side.CRM]
            if source is None or crm is None or _rests(part, both):
                continue
            for rule in part.mapping.rules:
                if rule.source not in source.values or rule.crm not in crm.values:
                    continue
                compared += 1
                key = rule_key(rule)
                if _same(part, rule, source, crm):
                    continue
                places = {(source.id, rule.source), (source.id, ""), (crm.id, rule.crm)}
                if not {(row.id, key), *places} & excused:
                    differences.append(f"{source.id} ↔ {crm.id}: {key}")
    return number, compared, differences


def _rests(part: PairPart, both: Mapping[Side, MirrorRow | None]) -> bool:
    """Tell whether a link need not agree: a record is gone, or left out by a filter (R4)."""
    is_live = all(row is not None and row.is_live for row in both.values())
    return not is_live or scope_of_link(part, both) is not Scope.IN


def _same(part: PairPart, rule: FieldRule, source: MirrorRow, crm: MirrorRow) -> bool:
    return agrees(
        source.values[rule.source],
        rule.source_field,
        crm.values[rule.crm],
        rule.crm_field,
        rule.kind,
        part.region,
    )


def _excused(connection: Connection, part: PairPart) -> set[tuple[str, str]]:
    """Return (link or record, field) of what waits for a person."""
    open_now = attention.conflicts(connection, pairs=[part.name], status="open", limit=100_000)
    apart = attention.quarantined(connection, pairs=[part.name], limit=100_000)
    return {(row.link, row.field) for row in open_now} | {(row.record, row.field) for row in apart}
