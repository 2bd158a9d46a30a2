"""Settle removals, and records that were made again: who their links belong to from then on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from daemon.core.operation import Operation, OperationKind
from daemon.flow.settling import Settling
from state import attention, intents, links, mirror, pairs, pending, redirects, rollbacks
from state.intents import IntentRow
from state.mirror import ARCHIVED, MISSING, End
from state.rollbacks import Undone


def settle_removed(connection: Connection, work: Settling, rows: Sequence[IntentRow]) -> None:
    """Settle removals that happened: both records of each link are gone, its base is kept (R26)."""
    for row in rows:
        operation = row.operation
        mirror.note_gone(
            connection,
            row.end,
            [str(operation.target_id)],
            presence=ARCHIVED if operation.kind is OperationKind.ARCHIVE else MISSING,
            quiet=operation.pair,
            is_proven=True,
        )
        links.set_status(connection, link=row.link, status=links.REMOVED[operation.side])
        attention.note_clashes(
            connection,
            pair=operation.pair,
            link=row.link,
            records=(str(operation.source_id), str(operation.crm_id)),
            clashes=operation.clashes,
            run=work.run,
            at=work.at,
        )
        pending.clear(connection, pair=operation.pair, clearances=operation.clears)
    intents.settle_all(connection, [(row.id, row.operation, "{}") for row in rows], at=work.at)
    undone = [Undone(link=row.link, operation=row.operation) for row in rows]
    rollbacks.settle(connection, undone, at=work.at)


def succeed(connection: Connection, end: End, operation: Operation, *, at: datetime) -> None:
    """Let a record made again take the place of the gone one, in every sync (R41).

    *operation* is the create, with the id of the new record.
    """
    old = links.get(connection, [operation.replaces]).get(operation.replaces)
    if old is None:
        return
    links.set_status(connection, link=old.id, status=links.FOLDED)
    before, after = old.record(operation.side), str(operation.target_id)
    redirects.note(connection, end, old=before, new=after, why=redirects.RECREATED, at=at)
    for pair, side in pairs.at_end(connection, end=end):
        taken = links.of_records(connection, pair=pair, side=side, ids=[after])
        if pair != operation.pair and after not in taken:
            links.follow(connection, pair=pair, side=side, old=before, new=after)
