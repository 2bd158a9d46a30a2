"""Keep one decided page of a plan in one transaction: operations and bookkeeping together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from daemon.core.base import Base
from daemon.core.operation import Clash, Clearance, Operation
from daemon.core.values import Side
from state import attention, links, merges, mirror, pairs, pending, rollbacks, runs
from state.attention import Apart


class DecidedPage(Protocol):
    """What a decided page leads to; see ``daemon.flow.decide.PagePlan``."""

    operations: list[Operation]
    cleared: list[Clearance]
    agreed: list[tuple[str, Base]]
    clashes: list[tuple[str, tuple[str, str], tuple[Clash, ...]]]
    ended: list[tuple[str, tuple[str, ...]]]
    apart: list[Apart]
    readmitted: list[tuple[Side, str]]
    detached: list[str]
    revived: list[str]
    inherited: list[tuple[str, str, Side]]
    followed: list[tuple[Side, str]]


def keep_page(
    connection: Connection,
    *,
    run: int,
    plan: int,
    pair: str,
    first: int,
    page: DecidedPage,
    at: datetime,
    is_preview: bool,
) -> dict[Side, int]:
    """Append the page's operations to the plan and, unless it is a preview, its bookkeeping.

    Returns how many records or fields were set apart that were not before, by side.
    """
    runs.add_operations(connection, plan=plan, first=first, operations=page.operations)
    apart = {side: [item for item in page.apart if item.side is side] for side in Side}
    if is_preview:
        return {side: len(items) for side, items in apart.items()}
    for side in Side:
        records = [record for one, record in page.readmitted if one is side]
        attention.readmit(
            connection, pair=pair, side=side, records=records, at=at, still=apart[side]
        )
    _keep_links(connection, pair, page, at)
    for link, records_of_link, clashes in page.clashes:
        attention.note_clashes(
            connection,
            pair=pair,
            link=link,
            records=records_of_link,
            clashes=clashes,
            run=run,
            at=at,
        )
    end_conflicts(connection, page.ended, at)
    pending.clear(connection, pair=pair, clearances=page.cleared)
    return {
        side: attention.set_apart(connection, items, run=run, at=at)
        for side, items in apart.items()
    }


def _keep_links(connection: Connection, pair: str, page: DecidedPage, at: datetime) -> None:
    links.agree_all(connection, page.agreed)
    for link in page.revived:
        links.set_status(connection, link=link, status=links.ACTIVE)
    for link in page.detached:
        links.set_status(connection, link=link, status=links.DETACHED)
    for link, heir, side in page.inherited:
        merges.take_over(connection, link=link, heir=heir, side=side)
    if page.followed and (known := pairs.find(connection, pair)) is not None:
        for side, record in page.followed:
            merges.follow_known(connection, known.end(side), record, at=at)


def end_conflicts(
    connection: Connection, ended: Sequence[tuple[str, tuple[str, ...]]], at: datetime
) -> None:
    """Close conflicts, verdicts and holds of fields that agree or were written."""
    ids = [link for link, _ in ended]
    rollbacks.end_holds(connection, ended)
    touched = attention.open_fields(connection, ids)
    judged = {link for link, _ in attention.verdicts(connection, ids)}
    for link, fields in ended:
        if link in touched:
            attention.end_conflicts(connection, link=link, fields=fields, at=at)
        if link in judged:
            attention.end_verdicts(connection, link=link, fields=fields)


FORGOTTEN = "forgotten_create"
"""Why a record waits that may have its partner already: the state was restored."""

SUCCEEDED = "has_successor"
"""Why a record waits that came back after it was made again under another id (R41)."""

MERGED_AWAY = "merged_there"
"""Why a record waits whose partner was merged into the partner of another one here (R42)."""

MATCH_RULES = (
    FORGOTTEN,
    SUCCEEDED,
    MERGED_AWAY,
    "ambiguous_match",
    "duplicate_in_side",
    "duplicate_of_linked",
    "role_address",
)
"""Reasons that matching finds in other records, as far as the mirror knows them."""

IDENTITY_RULES = (*MATCH_RULES, "key_taken")
"""Reasons that lie in other records: they can end without the record itself changing."""


def reconsider(connection: Connection, *, pair: str, rules: Sequence[str] = IDENTITY_RULES) -> int:
    """Have records decided anew that were set apart because of others; return how many.

    Called after something changed on either side: a twin may be gone, a stranger may have come.
    """
    known = pairs.find(connection, pair)
    if known is None:
        return 0
    number = 0
    for side in Side:
        ids = attention.records_apart(connection, pair=pair, side=side, rules=rules)
        rows = mirror.get(connection, known.end(side), ids)
        mirror.enter_pair(
            connection, pair=pair, side=side, ids={row.id: row.revision for row in rows.values()}
        )
        number += len(rows)
    return number
