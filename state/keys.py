"""The comparable keys of mirrored records: who holds an address, without a scan (R8)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, delete, select

from daemon.core.values import digest
from state.bulk import chunks, unforeseen, upsert
from state.columns import table
from state.tables import MirrorKey

_KEY = table(MirrorKey)

LONGEST = 300
"""Characters of a key that are stored as they are; of a longer one, its hash is."""

Key = tuple[str, str]
"""(key name, comparable value)."""


def put(connection: Connection, end: tuple[str, str], keys: Mapping[str, Sequence[Key]]) -> None:
    """Write the keys of records anew (record id → its keys); those they had before go."""
    drop(connection, end, list(keys))
    rows = [
        {
            "connection": end[0],
            "object": end[1],
            "name": name,
            "value": _short(value),
            "id": record,
        }
        for record, held in keys.items()
        for name, value in dict.fromkeys(held)
    ]
    upsert(connection, _KEY, rows)


def drop(connection: Connection, end: tuple[str, str], ids: Sequence[str]) -> None:
    """Forget the keys of records."""
    for some in chunks(ids):
        where = and_(
            _KEY.c.connection == unforeseen(end[0]),
            _KEY.c.object == unforeseen(end[1]),
            _KEY.c.id.in_(some),
        )
        connection.execute(delete(_KEY).where(where))


def holders(
    connection: Connection, end: tuple[str, str], keys: Sequence[Key]
) -> dict[Key, list[str]]:
    """Return key → ids of the live records that hold it, sorted, in the order asked."""
    wanted = {(name, _short(value)): (name, value) for name, value in keys}
    # By name: Postgres takes a list of pairs for as many conditions, and tries each on each row.
    values: dict[str, list[str]] = {}
    for name, value in wanted:
        values.setdefault(name, []).append(value)
    found: dict[Key, list[str]] = {}
    for name, some in ((name, some) for name, all_ in values.items() for some in chunks(all_)):
        rows = connection.execute(
            select(_KEY.c.value, _KEY.c.id).where(
                _KEY.c.connection == unforeseen(end[0]),
                _KEY.c.object == unforeseen(end[1]),
                _KEY.c.name == unforeseen(name),
                _KEY.c.value.in_(some),
            )
        )
        for value, record in rows:
            found.setdefault(wanted[name, value], []).append(record)
    # Sorted here, because databases differ in how they sort text.
    return {key: sorted(found[key]) for key in wanted.values() if key in found}


def _short(value: str) -> str:
    """Return a value as it is stored: an index of Postgres takes no text of some thousand bytes."""
    return value if len(value) <= LONGEST else f"#{digest(value)}"
