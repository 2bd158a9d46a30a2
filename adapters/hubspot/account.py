"""Which account a key leads to, and the one property of ours it must have (R7)."""

from adapters.contract import EXTERNAL_ID, Account
from adapters.errors import GrantAccess, RejectRecord, UnknownOutcome
from adapters.exchange import Json
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import object_type


async def account(connection: HubSpotConnection) -> Account:
    """Return the account; its time zone decides when the daily limit starts afresh."""
    reply = await connection.get(connection.paths.account(), "account", is_whole=_is_account)
    time_zone = str(reply.body.get("timeZone") or "UTC")
    connection.spending.day.time_zone = time_zone
    return Account(
        id=str(reply.body["portalId"]),
        name=str(reply.body.get("uiDomain") or ""),
        time_zone=time_zone,
    )


async def prepare(connection: HubSpotConnection, object_name: str) -> bool:
    """See that the unique property for our id exists; False where the key may not create it."""
    if EXTERNAL_ID not in await connection.schema(object_name):
        try:
            await connection.put(
                connection.paths.properties(object_name),
                "prepare",
                _definition(object_type(object_name).property_group),
                is_whole=_is_definition,
            )
        except GrantAccess:
            return False
        except (RejectRecord, UnknownOutcome):
            # Somebody else was faster, there are ten unique properties already, or it may exist
            # now: reading again tells which.
            pass
        await connection.fresh_schema(object_name, "prepare")
    return await connection.carries_external_id(object_name)


def _definition(group: str) -> Json:
    """Return the property to create. A name that was archived comes back with it."""
    return {
        "name": EXTERNAL_ID,
        "label": "crmsyncd id",
        "description": "Set by crmsyncd on records it creates, so that none is created twice.",
        "groupName": group,
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": True,
    }


def _is_account(body: Json) -> bool:
    return bool(body["portalId"])


def _is_definition(body: Json) -> bool:
    return bool(body["name"])
