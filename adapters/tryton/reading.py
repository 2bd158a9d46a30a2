"""Reading records by id and by a unique field, straight from the tables: never late.

Promises that ``missing`` holds only what the server itself says does not exist: an id that a search
does not show may be hidden by a rule of the user's groups, so it is asked for by itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from adapters.contract import EXTERNAL_ID, Reading
from adapters.errors import GrantAccess
from adapters.exchange import Json
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.definitions import Definitions, definitions
from adapters.tryton.object_types import ObjectType
from adapters.tryton.records import OUR_MARK, columns_to_read, is_archived, our_ids, record

_HOPS = 10
"""Merges in a row that are followed; Tryton allows chains, not circles."""


async def read(
    connection: TrytonConnection, object_name: str, ids: Sequence[str], fields: Sequence[str]
) -> Reading:
    """Return the records of these ids, archived ones marked, merged ones under their new id."""
    known = await definitions(connection, object_name)
    wanted = list(dict.fromkeys(ids))
    found = await rows_of(connection, known, wanted, fields, "read")
    redirects = await _followed(connection, known, found, fields)
    shown = dict.fromkeys(redirects.get(one, one) for one in found)
    missing = {
        one
        for one in wanted
        if one not in found and await is_absent(connection, known.of, one, "read")
    }
    return Reading(
        records=[record(known, found[one], fields) for one in shown],
        missing=frozenset(missing),
        redirects={one: at for one, at in redirects.items() if one in wanted},
    )


async def rows_of(
    connection: TrytonConnection,
    known: Definitions,
    ids: Sequence[str],
    fields: Sequence[str],
    purpose: str,
) -> dict[str, Json]:
    """Return the rows of these ids by id, archived ones too; what is not shown is not among them."""
    numbers = [int(one) for one in ids if one.isdecimal()]
    domain: list[Json] = [["id", "in", numbers]]
    return await _search(connection, known, domain, fields, purpose) if numbers else {}


async def is_absent(connection: TrytonConnection, of: ObjectType, one: str, purpose: str) -> bool:
    """Tell that a record does not exist. Raises GrantAccess for one that is hidden."""
    if not one.isdecimal() or await connection.is_absent(of.model, int(one), purpose):
        return True
    raise GrantAccess(
        f"Connection {connection.name!r}: a record of {of.model} is there, but a rule hides it.",
        code="hidden_record",
        next_step="Let the connection's user see all records of the object, or none.",
    )


async def find(
    connection: TrytonConnection,
    object_name: str,
    key: str,
    keys: Sequence[str],
    fields: Sequence[str],
) -> Reading:
    """Return the records that have these values in a unique field, archived ones marked."""
    known = await definitions(connection, object_name)
    if key == EXTERNAL_ID:
        return await _find_ours(connection, known, keys, fields)
    domain: list[Json] = [[key, "in", list(keys)]]
    found = await _search(connection, known, domain, [*fields, key], "find")
    held = {row[key] for row in found.values()}
    return Reading(
        records=[record(known, row, fields) for row in found.values()],
        missing=frozenset(one for one in keys if one not in held),
    )


async def _find_ours(
    connection: TrytonConnection, known: Definitions, keys: Sequence[str], fields: Sequence[str]
) -> Reading:
    """Return the records that carry ids of ours, under the id asked for.

    A merge hands the identifiers of the party that goes to the one that stays: it answers to both.
    """
    found = await carrying(connection, known, keys, fields, "find")
    asked = dict.fromkeys(keys)
    told = [
        replace(record(known, row, fields), external_id=key)
        for row in found.values()
        for key in our_ids(known.of, row)
        if key in asked
    ]
    held = {one.external_id for one in told}
    return Reading(records=told, missing=frozenset(one for one in asked if one not in held))


async def carrying(
    connection: TrytonConnection,
    known: Definitions,
    external_ids: Sequence[str],
    fields: Sequence[str],
    purpose: str,
) -> dict[str, Json]:
    """Return the rows that carry these ids of ours."""
    relation = known.of.identifiers
    codes = [f"{OUR_MARK}{one}" for one in external_ids]
    if not relation or not codes:
        return {}
    domain: list[Json] = [[f"{relation}.code", "in", codes]]
    return await _search(connection, known, domain, fields, purpose)


async def _search(
    connection: TrytonConnection,
    known: Definitions,
    domain: list[Json],
    fields: Sequence[str],
    purpose: str,
) -> dict[str, Json]:
    asked = columns_to_read(known, fields)
    rows = await connection.rows(known.of.model, purpose, domain, asked, is_everything=True)
    return {str(row["id"]): row for row in rows}


async def _followed(
    connection: TrytonConnection, known: Definitions, found: dict[str, Json], fields: Sequence[str]
) -> dict[str, str]:
    """Return id → id it lives on in, for merged records; their rows are added to *found*.

    A merge in Tryton puts the replaced party away and names the one that took its place (I20).
    """
    field = known.of.replaced_by
    if not field:
        return {}
    led: dict[str, str] = {}
    for _ in range(_HOPS):
        led = {
            one: str(row[field]) for one, row in found.items() if is_archived(row) and row[field]
        }
        unread = [one for one in led.values() if one not in found]
        if not unread:
            break
        found |= await rows_of(connection, known, unread, fields, "read")
    ends = {one: _end(led, one) for one in led}
    return {one: end for one, end in ends.items() if end in found}


def _end(led: dict[str, str], one: str) -> str:
    for _ in range(_HOPS):
        if one not in led:
            break
        one = led[one]
    return one
