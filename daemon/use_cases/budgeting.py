"""How the days of all accounts stand, as far as the state knows: for whoever looks beside a daemon."""

from collections import Counter
from datetime import datetime

import orjson
from sqlalchemy import Connection

from adapters.budget import AccountDay, headroom
from adapters.quota import Quota
from daemon.core.values import Side
from daemon.flow.forecast import Budget, budget_of
from state import budgets, pairs, runs
from state.budgets import AllowanceRow


def budgets_now(connection: Connection, now: datetime) -> list[Budget]:
    """Return how each connection's day stands that syncs use and that counts by the day."""
    active = [pair for pair in pairs.all_pairs(connection) if pair.status == "active"]
    used = {pair.end(side)[0] for pair in active for side in Side}
    rows = budgets.allowances(connection)
    return [_budget(connection, row, now) for row in rows if row.connection in used]


def costs_now(connection: Connection, run: int, now: datetime) -> list[Budget]:
    """Return what the plan of a run costs, beside how the days stand now."""
    row = runs.get(connection, run)
    told = orjson.loads(row.report).get("budgets", []) if row else []
    costs = {one["connection"]: int(one["calls"]) for one in told}
    return [
        _budget(connection, allowance, now, costs[allowance.connection])
        for allowance in budgets.allowances(connection)
        if costs.get(allowance.connection)
    ]


def _budget(connection: Connection, row: AllowanceRow, now: datetime, calls: int = 0) -> Budget:
    day = AccountDay(
        key=row.account,
        starts_at_midnight=row.starts_at_midnight,
        time_zone=row.time_zone,
        most=row.most,
        account_left=row.account_left,
        told_at=row.told_at,
        slots=Counter(budgets.spent(connection, row.account)),
    )
    quota = Quota(daily_share=row.daily_share, reserve=row.reserve)
    return budget_of(row.connection, headroom(day, quota, now), calls)
