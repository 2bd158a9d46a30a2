"""How large the state is, by what it is for; and how SQLite gives back what pruning left (R27).

SQLite keeps the pages of deleted rows in its file; a few thousand at a time they are given back to
the disk. Postgres does the like by itself (autovacuum).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "mirror": "mirror",
        "mirror_key": "mirror",
        "observation": "mirror",
        "pending": "mirror",
        "history": "history",
        "link": "links",
        "pair": "links",
        "redirect": "links",
        "rollback_hold": "links",
        "intent": "journal",
        "plan": "plans",
        "planned_operation": "plans",
        "envelope": "plans",
        "run": "runs",
        "api_call": "calls",
        "spent_calls": "calls",
        "allowance": "calls",
        "probe_finding": "calls",
        "conflict": "attention",
        "quarantine": "attention",
        "guard_trip": "attention",
        "audit": "audit",
    }
)
"""Table → what it is for. Anything else, and what the database needs itself, is ``other``."""

OTHER, FREE = "other", "free"

PAGES = 2000
"""Pages given back in one transaction: some 8 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How large a state is."""

    bytes: Mapping[str, int]
    """What for (a value of ``GROUPS``, ``other`` or ``free``) → bytes, indexes included."""
    rows: Mapping[str, int]
    """Table → rows."""


def measure(connection: Connection) -> Size:
    """Return the size of everything. Reads much: a matter of minutes apart, not of seconds."""
    is_postgres = connection.dialect.name == "postgresql"
    found = _of_postgres(connection) if is_postgres else _of_sqlite(connection)
    total = dict.fromkeys([*dict.fromkeys(GROUPS.values()), OTHER, FREE], 0)
    for name, size in found.items():
        total[name if name == FREE else GROUPS.get(name, OTHER)] += size
    tables = sorted(SQLModel.metadata.tables.values(), key=lambda each: each.name)
    rows = {
        each.name: int(connection.execute(select(func.count()).select_from(each)).scalar_one())
        for each in tables
    }
    return Size(bytes=total, rows=rows)


def _of_postgres(connection: Connection) -> Mapping[str, int]:
    sizes = connection.exec_driver_sql(
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    )
    return {str(name): int(size) for name, size in sizes}


def _of_sqlite(connection: Connection) -> Mapping[str, int]:
    page = _number(connection, "page_size")
    free = page * _number(connection, "freelist_count")
    try:
        sizes = connection.exec_driver_sql(
            "SELECT coalesce(tbl_name, name), pgsize FROM dbstat"
            " LEFT JOIN sqlite_master USING (name) WHERE aggregate = TRUE"
        ).all()
    except OperationalError:  # an SQLite built without this table: the sum is known all the same
        return {FREE: free, OTHER: page * _number(connection, "page_count") - free}
    found: Counter[str] = Counter({FREE: free})
    for name, size in sizes:
        found[str(name)] += int(size)
    return found


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())


def give_back(connection: Connection, pages: int = PAGES) -> int:
    """Return pages that hold nothing to the disk, a bounded number; return how many are left."""
    if connection.dialect.name != "sqlite":
        return 0
    before = _number(connection, "freelist_count")
    if before:
        # One by one: of a longer statement without columns Python's driver takes one step only,
        # which frees a single page.
        for _ in range(min(pages, before)):
            connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    left = _number(connection, "freelist_count")
    return left if left < before else 0
