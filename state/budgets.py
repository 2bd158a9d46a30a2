"""What is known of accounts' daily API calls: their limits, and what we spent of them today.

Counts are added to, never replaced, so that two processes on one account do not forget each other's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from state.bulk import add_up, upsert
from state.columns import table
from state.safety import Allowance, SpentCalls

_ALLOWANCE, _SPENT = table(Allowance), table(SpentCalls)

KEPT = timedelta(days=2)
"""Longer than any account's day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowanceRow:
    """What the account of one connection takes in a day, and our part of it."""

    connection: str
    account: str
    starts_at_midnight: bool
    time_zone: str
    most: int | None
    account_left: int | None
    told_at: datetime | None
    daily_share: float
    reserve: float


def keep(
    connection: Connection,
    rows: Sequence[AllowanceRow],
    spent: Mapping[str, Mapping[datetime, int]],
) -> None:
    """Keep what replies told, and add what was *spent* (account → slot → calls) since last time."""
    upsert(connection, _ALLOWANCE, [asdict(row) for row in rows])
    for account, slots in spent.items():
        add_up(
            connection,
            _SPENT,
            [{"account": account, "slot": slot, "calls": calls} for slot, calls in slots.items()],
            counting="calls",
        )
        if slots:
            old = max(slots) - KEPT
            connection.execute(
                delete(_SPENT).where(_SPENT.c.account == account, _SPENT.c.slot < old)
            )


def spent(connection: Connection, account: str) -> dict[datetime, int]:
    """Return slot → calls that left for an account lately."""
    chosen = select(_SPENT.c.slot, _SPENT.c.calls).where(_SPENT.c.account == account)
    return {slot: int(calls) for slot, calls in connection.execute(chosen)}


def allowances(connection: Connection, account: str = "") -> list[AllowanceRow]:
    """Return what is known of every connection's account, or of one account; newest word first."""
    chosen = select(_ALLOWANCE).order_by(_ALLOWANCE.c.connection)
    if account:
        chosen = chosen.where(_ALLOWANCE.c.account == account)
    rows = [AllowanceRow(**row) for row in connection.execute(chosen).mappings()]
    if account:
        rows.sort(key=lambda row: row.told_at.isoformat() if row.told_at else "", reverse=True)
    return rows
