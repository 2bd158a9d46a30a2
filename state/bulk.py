"""Set-based statements that SQLite and Postgres both take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, ScalarSelect, Select, Table, literal, select
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 500
"""Ids in one IN list and rows in one statement: flat from there on in the measurements."""


def upsert(
    connection: Connection,
    into: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Sequence[str] = (),
) -> None:
    """Insert *rows*; where the primary key exists, overwrite every given column except *keep*."""
    if not rows:
        return
    keys = [column.name for column in into.primary_key.columns]
    statement = _insert(connection, into)
    changed = {
        name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep
    }
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, [dict(row) for row in rows])


def add_up(
    connection: Connection, into: Table, rows: Sequence[Mapping[str, Any]], *, counting: str
) -> None:
    """Insert *rows*; where the primary key exists, add to the column *counting*."""
    if not rows:
        return
    keys = [column.name for column in into.primary_key.columns]
    statement = _insert(connection, into)
    total = {counting: into.c[counting] + statement.excluded[counting]}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=total)
    connection.execute(statement, [dict(row) for row in rows])


def add_missing(connection: Connection, into: Table, chosen: Select[Any]) -> None:
    """Insert the rows *chosen* (its columns named as the table's) whose primary key is not there."""
    names = [column.name for column in chosen.selected_columns]
    statement = _insert(connection, into).from_select(names, chosen)
    connection.execute(statement.on_conflict_do_nothing())


def unforeseen(value: str) -> ScalarSelect[str]:
    """Return *value* so that Postgres plans without knowing it: by how many there are of each.

    Of an end or a pair that came after the last sample, the planner believes that it has no rows,
    and reads all of them for each list of ids.
    """
    return select(literal(value)).scalar_subquery()


def _insert(connection: Connection, into: Table) -> postgresql.Insert | sqlite.Insert:
    is_postgres = connection.dialect.name == "postgresql"
    return postgresql.insert(into) if is_postgres else sqlite.insert(into)


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield *ids* in runs that fit into one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
