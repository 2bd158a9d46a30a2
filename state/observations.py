"""How far each end has been seen, which account it is, and facts about this state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select, update

from state.bulk import upsert
from state.columns import table
from state.mirror import End
from state.tables import Account, Meta, Observation

_OBSERVATION = table(Observation)
_ACCOUNT = table(Account)
_META = table(Meta)


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservationRow:
    """How far one end has been seen."""

    cursor: str | None = None
    covered_until: datetime | None = None
    fields: frozenset[str] = frozenset()
    listing: int = 0
    listed_at: datetime | None = None
    listed_count: int = 0
    definition: str | None = None
    defined_at: datetime | None = None
    carries_external_id: bool | None = None


def get(connection: Connection, end: End) -> ObservationRow:
    """Return how far *end* has been seen; an empty row where never."""
    where = and_(_OBSERVATION.c.connection == end[0], _OBSERVATION.c.object == end[1])
    row = connection.execute(select(_OBSERVATION).where(where)).mappings().first()
    if row is None:
        return ObservationRow()
    return ObservationRow(
        cursor=row["cursor"],
        covered_until=row["covered_until"],
        fields=frozenset(orjson.loads(row["fields"])),
        listing=row["listing"],
        listed_at=row["listed_at"],
        listed_count=row["listed_count"],
        definition=row["definition"],
        defined_at=row["defined_at"],
        carries_external_id=row["carries_external_id"],
    )


def note(connection: Connection, end: End, /, **facts: Any) -> None:
    """Write some facts of an end's row, making it where it lacks."""
    if "fields" in facts:
        facts["fields"] = orjson.dumps(sorted(facts["fields"])).decode()
    upsert(connection, _OBSERVATION, [{"connection": end[0], "object": end[1], **facts}])


def begin_listing(connection: Connection, end: End) -> int:
    """Return the number of the listing that now starts."""
    number = get(connection, end).listing + 1
    note(connection, end, listing=number)
    return number


def account(connection: Connection, name: str) -> tuple[str, str] | None:
    """Return (account id, credential hash) of a connection, or None where never checked."""
    where = _ACCOUNT.c.connection == name
    row = connection.execute(select(_ACCOUNT).where(where)).mappings().first()
    return (row["account_id"], row["credential"]) if row else None


def note_account(
    connection: Connection, *, name: str, account_id: str, credential: str, at: datetime
) -> None:
    """Remember which account a credential led to."""
    upsert(
        connection,
        _ACCOUNT,
        [
            {
                "connection": name,
                "account_id": account_id,
                "credential": credential,
                "checked_at": at,
            }
        ],
    )


def fact(connection: Connection, key: str, first: str) -> str:
    """Return a fact about this state, storing *first* where there is none yet."""
    upsert(connection, _META, [{"key": key, "value": first}], keep=("value",))
    return str(connection.execute(select(_META.c.value).where(_META.c.key == key)).scalar_one())


def known_fact(connection: Connection, key: str) -> str:
    """Return a fact about this state; empty where it was never told."""
    told = connection.execute(select(_META.c.value).where(_META.c.key == key)).scalar()
    return "" if told is None else str(told)


def forget_definitions(connection: Connection, ends: Sequence[End]) -> None:
    """Have the live schema of *ends* read again before it is used next."""
    for end in ends:
        where = and_(_OBSERVATION.c.connection == end[0], _OBSERVATION.c.object == end[1])
        connection.execute(update(_OBSERVATION).where(where).values(defined_at=None))


def set_fact(connection: Connection, key: str, value: str) -> None:
    """Replace a fact about this state."""
    upsert(connection, _META, [{"key": key, "value": value}])
