"""Keep Postgres informed of how large our tables have become.

A new table has no statistics until autovacuum comes by, a minute or more later. Until then the
planner takes ``connection = …`` for a condition that leaves two rows, and reads the whole mirror
for each page of a first load: measured, 700 rows a second at 20,000 rows and falling.
"""

from collections.abc import Callable
from itertools import count

from sqlalchemy import Connection
from sqlmodel import SQLModel

LOOK_EVERY = 8
"""Transactions from one look to the next."""

# Fourfold since the last look, from 16 pages on: a table of a million rows is sampled some ten times.
_GROWN = (
    "SELECT relname FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    " AND relname = ANY(%s)"
    " AND pg_relation_size(oid) > 4 * greatest(relpages, 4) * current_setting('block_size')::int8"
)


def looking_now_and_then() -> Callable[[Connection], None]:
    """Return what a transaction calls as it begins: some of them take fresh samples."""
    transactions = count(1)

    def look(connection: Connection) -> None:
        if next(transactions) % LOOK_EVERY == 0:
            refresh(connection)

    return look


def refresh(connection: Connection) -> list[str]:
    """Take fresh samples of the tables that have grown much; return their names."""
    names = list(SQLModel.metadata.tables)
    grown = [str(name) for (name,) in connection.exec_driver_sql(_GROWN, (names,))]
    for name in grown:
        connection.exec_driver_sql(f'ANALYZE "{name}"')
    return sorted(grown)
