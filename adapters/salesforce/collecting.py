"""sObject Collections: one call for up to 200 records, each answered by itself and in order."""

from collections.abc import Sequence

from adapters.contract import EXTERNAL_ID, Verb
from adapters.exchange import Json
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.drafts import Draft


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
    return list(reply.body)


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
