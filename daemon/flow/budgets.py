"""Accounts' days between memory and state: what was spent is not forgotten by a restart (E2).

A connection joins its account's day once it is known which account it leads to; from then on all
connections to it count together, in one process and, through the state, over its restarts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.budget import AccountDay, AccountDays, Spending
from state import budgets
from state.budgets import AllowanceRow
from state.database import State


def account_key(type_word: str, account_id: str) -> str:
    """Return the key under which an account's day is kept."""
    return f"{type_word}:{account_id}"


async def join_day(state: State, spending: Spending, days: AccountDays, key: str) -> None:
    """Have a connection share the day of the account with *key*, as the state knows it."""
    if key not in days:
        rows = await state.read(budgets.allowances, key)
        spent = await state.read(budgets.spent, key)
        days.setdefault(key, _day(key, rows, spent))
    spending.join(days[key])


def _day(key: str, rows: Sequence[AllowanceRow], spent: Mapping[datetime, int]) -> AccountDay:
    day = AccountDay(key=key, slots=Counter(spent))
    if rows:
        newest = rows[0]
        day.starts_at_midnight, day.time_zone = newest.starts_at_midnight, newest.time_zone
        day.most, day.account_left = newest.most, newest.account_left
        day.told_at = newest.told_at
    return day


@dataclass(frozen=True, kw_only=True, slots=True)
class Unkept:
    """What the state does not know yet."""

    rows: Sequence[AllowanceRow] = ()
    spent: Mapping[str, Counter[datetime]] | None = None
    days: tuple[AccountDay, ...] = ()

    def keep(self, connection: Connection) -> dict[str, dict[datetime, int]]:
        """Keep it; return account → what all processes spent there."""
        if self.spent is None:
            return {}
        budgets.keep(connection, self.rows, self.spent)
        return {key: budgets.spent(connection, key) for key in self.spent}

    def kept(self, known: Mapping[str, Mapping[datetime, int]]) -> None:
        """Take in what other processes spent."""
        for day in self.days:
            day.slots = Counter(known[day.key]) + day.unsaved

    def give_back(self) -> None:
        """Remember what could not be kept."""
        for day in self.days:
            day.unsaved += (self.spent or {})[day.key]


def unkept(spendings: Iterable[Spending]) -> Unkept:
    """Take out what was spent since last time; to be kept, or given back."""
    joined = {spending.connection: spending for spending in spendings if spending.day.key}
    days = {one.day.key: one.day for one in joined.values() if one.day.unsaved}
    if not days:
        return Unkept()
    taken = {}
    for key, day in days.items():
        taken[key], day.unsaved = day.unsaved, Counter()
    rows = [_row(one) for _, one in sorted(joined.items()) if one.day.key in days]
    return Unkept(rows=rows, spent=taken, days=tuple(days.values()))


def _row(spending: Spending) -> AllowanceRow:
    day, quota = spending.day, spending.quota
    return AllowanceRow(
        connection=spending.connection,
        account=day.key,
        starts_at_midnight=day.starts_at_midnight,
        time_zone=day.time_zone,
        most=day.most,
        account_left=day.account_left,
        told_at=day.told_at,
        daily_share=quota.daily_share,
        reserve=quota.reserve,
    )


async def keep_spending(state: State, spendings: Iterable[Spending]) -> None:
    """Keep what was spent since last time."""
    found = unkept(spendings)
    if found.spent is None:
        return
    try:
        known = await state.write(found.keep)
    except BaseException:
        found.give_back()
        raise
    found.kept(known)
