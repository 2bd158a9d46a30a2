"""sObject Collections: one call for up to 200 records, each answered by itself and in order."""

from collections.abc import Sequence

from adapters.contract import EXTERNAL_ID, Verb
from adapters.exchange import Json
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.drafts import Draft
from adapters.salesforce.ids import long_id


async def send(connection: SalesforceConnection, verb: Verb, drafts: Sequence[Draft]) -> list[Json]:
    """Send drafts of one object, all keyed or none; return one entry a draft, in order."""
    of = drafts[0].member.of.name
    is_upsert = bool(drafts[0].key)
    body = {"allOrNone": False, "records": [_record(connection, one) for one in drafts]}
    path = "/composite/sobjects"
    if is_upsert:
        path += f"/{of}/{drafts[0].member.api_name(EXTERNAL_ID)}"
    reply = await connection.put(
        connection.data(path),
        verb.value,
        body,
        method="PATCH" if is_upsert or verb is Verb.UPDATE else "POST",
        is_whole=lambda told: _is_answer(told, len(drafts)),
    )
    return _in_order(drafts, reply.body)


def _in_order(drafts: Sequence[Draft], told: Sequence[Json]) -> list[Json]:
    """Return one entry a draft. Entries come in order; ids that say otherwise are believed."""
    ids = [long_id(str(entry.get("id") or "")) for entry in told]
    pairs = zip(drafts, ids, strict=True)
    if all(one.id in {"", told_id} or not told_id for one, told_id in pairs):
        return list(told)
    by_id = dict(zip(ids, told, strict=True))
    return [by_id.get(one.id) for one in drafts]


async def remove(connection: SalesforceConnection, verb: Verb, ids: Sequence[str]) -> list[Json]:
    """Put records into the recycle bin; return one entry an id, in order."""
    reply = await connection.put(
        connection.data("/composite/sobjects"),
        verb.value,
        method="DELETE",
        query={"ids": ",".join(ids), "allOrNone": "false"},
        is_whole=lambda told: _is_answer(told, len(ids)),
    )
    return list(reply.body)


def _record(connection: SalesforceConnection, draft: Draft) -> Json:
    record: dict[str, Json] = {"attributes": {"type": draft.member.of.name}, **draft.body}
    if draft.id:
        record["Id"] = draft.id
    if draft.key:
        # The key stands inside each record, and nowhere else.
        record[connection.settings.external_id_field] = draft.key
    return record


def _is_answer(told: Json, size: int) -> bool:
    return len(told) == size and all(isinstance(one["success"], bool) for one in told)
