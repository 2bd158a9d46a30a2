"""Putting records away and deleting them, guarded by the same comparison as every write.

Only parties can be put away. What Tryton will not let go (a party with an opportunity, an
opportunity that was not cancelled) is refused, by its own rules.
"""

from collections.abc import Mapping, Sequence

from adapters.contract import Accepted, Moved, Outcome, Refused, Verb, Write
from adapters.errors import Failure, RejectRecord
from adapters.exchange import Json
from adapters.tryton import errors, profile
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.definitions import Definitions, definitions
from adapters.tryton.reading import is_absent, rows_of
from adapters.tryton.records import is_archived, record, stamps


async def remove(
    connection: TrytonConnection, object_name: str, verb: Verb, writes: Sequence[Write]
) -> Sequence[Outcome]:
    """Put a batch away or delete it; one outcome a write, in the batch's order."""
    known = await definitions(connection, object_name)
    if verb is Verb.ARCHIVE and not known.of.has_active:
        return [_no_archive(known) for _ in writes]
    outcomes: dict[str, Outcome] = {}
    for _ in range(profile.STALE_TRIES):
        rest = [one for one in writes if one.token not in outcomes]
        rows = await _look(connection, known, verb, rest)
        outcomes |= await _judge(connection, known, verb, rest, rows)
        leaving = [one for one in rest if one.token not in outcomes]
        try:
            await _send(connection, known, verb, leaving, rows)
        except RejectRecord as refused:
            if refused.code == errors.CONCURRENCY:
                continue
            if len(leaving) > 1:
                raise errors.whole(refused) from None
            failure = Failure.of(refused)
            outcomes |= {one.token: Refused(failure=failure) for one in leaving}
            break
        outcomes |= {one.token: _done(one) for one in leaving}
        break
    for one in writes:
        if one.token not in outcomes:  # somebody keeps changing it while we look
            outcomes[one.token] = Moved(record=_seen(known, one, rows))
    return [outcomes[one.token] for one in writes]


async def _look(
    connection: TrytonConnection, known: Definitions, verb: Verb, writes: Sequence[Write]
) -> dict[str, Json]:
    fields = sorted({name for one in writes for name in one.expected})
    ids = list(dict.fromkeys(str(one.id) for one in writes))
    return await rows_of(connection, known, ids, fields, verb.value)


async def _judge(
    connection: TrytonConnection,
    known: Definitions,
    verb: Verb,
    writes: Sequence[Write],
    rows: Mapping[str, Json],
) -> dict[str, Outcome]:
    """Return what is so already, and what is not as expected."""
    outcomes: dict[str, Outcome] = {}
    for one in writes:
        row = rows.get(str(one.id))
        if row is None:
            await is_absent(connection, known.of, str(one.id), verb.value)
            outcomes[one.token] = _done(one)
        elif verb is Verb.ARCHIVE and is_archived(row):
            outcomes[one.token] = _done(one)
        else:
            seen = record(known, row, list(one.expected))
            if any(seen.values.get(name) != value for name, value in one.expected.items()):
                outcomes[one.token] = Moved(record=seen)
    return outcomes


async def _send(
    connection: TrytonConnection,
    known: Definitions,
    verb: Verb,
    writes: Sequence[Write],
    rows: Mapping[str, Json],
) -> None:
    ids = list(dict.fromkeys(int(str(one.id)) for one in writes))
    if not ids:
        return
    unmoved: dict[str, str] = {}
    for id_ in ids:
        unmoved |= stamps(known.of, rows[str(id_)])
    if verb is Verb.ARCHIVE:
        method, parameters = "write", [ids, {"active": False}]
    else:
        method, parameters = "delete", [ids]
    await connection.put(known.of.model, method, verb.value, *parameters, stamps=unmoved)


def _done(one: Write) -> Accepted:
    return Accepted(id=str(one.id), record=None)


def _seen(known: Definitions, one: Write, rows: Mapping[str, Json]) -> Json:
    row = rows.get(str(one.id))
    return None if row is None else record(known, row, list(one.expected))


def _no_archive(known: Definitions) -> Refused:
    refused = RejectRecord(
        f"A record of {known.of.model} cannot be put away in Tryton.", code="no_archive"
    )
    refused.next_step = "Let the sync leave it, or delete it; cancel it in Tryton first."
    return Refused(failure=Failure.of(refused))
