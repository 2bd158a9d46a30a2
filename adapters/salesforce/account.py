"""Which org a log-in leads to, and the one field of ours its objects must have (R7)."""

from urllib.parse import urlsplit

from adapters.contract import Account
from adapters.errors import GrantAccess, RejectRecord, UnknownOutcome, Unreadable
from adapters.exchange import Json
from adapters.salesforce import bulk_jobs
from adapters.salesforce.connection import Place, SalesforceConnection
from adapters.salesforce.ids import long_id
from adapters.salesforce.object_types import OBJECT_TYPES, PEOPLE, ObjectType, Scope

_USER_INFO = "/services/oauth2/userinfo"
_LENGTH = 64


async def account(connection: SalesforceConnection) -> Account:
    """Return the org, asked for each time: a new log-in may lead elsewhere."""
    place = Place(path=_USER_INFO, endpoint=_USER_INFO)
    reply = await connection.get(place, "account", is_whole=_is_user)
    connection.session.told(
        org=long_id(str(reply.body["organization_id"])),
        user=long_id(str(reply.body.get("user_id") or "")),
    )
    if not connection.has_no_jobs:
        await bulk_jobs.let_end(connection)
        connection.has_no_jobs = True
    host = urlsplit(connection.session.instance_url()).hostname
    return Account(id=connection.session.org, name=host or "")


async def objects(connection: SalesforceConnection) -> list[str]:
    """Return the objects that this user can sync."""
    reply = await connection.get(connection.data("/sobjects"), "schema", is_whole=_is_catalogue)
    there = {str(one["name"]).lower() for one in reply.body["sobjects"]}
    known = [name for name in OBJECT_TYPES if name in there]
    people = [PEOPLE] if {"lead", "contact"} <= there else []
    return [*people, *known]


async def prepare(connection: SalesforceConnection, scope: Scope) -> bool:
    """See that the unique field for our id exists; False where it may not be created."""
    for member in scope.members:
        if not await connection.carries_external_id(member.of):
            await _create(connection, member.of)
            await connection.describe_anew(member.of, "prepare")
    carried = [await connection.carries_external_id(member.of) for member in scope.members]
    return all(carried)


async def _create(connection: SalesforceConnection, of: ObjectType) -> None:
    """Try to create the field and to let ourselves see it; a describe tells whether it worked."""
    name = f"{of.name}.{connection.settings.external_id_field}"
    place = connection.data("/tooling/sobjects/CustomField")
    try:
        await connection.put(place, "prepare", _definition(name))
    except (GrantAccess, RejectRecord, Unreadable, UnknownOutcome):
        # No permission, or the field is there and hidden from us: the README says what to do.
        return


def _definition(full_name: str) -> Json:
    return {
        "FullName": full_name,
        "Metadata": {
            "type": "Text",
            "label": "crmsyncd id",
            "description": "Set by crmsyncd on records it creates, so that none is created twice.",
            "length": _LENGTH,
            "unique": True,
            "caseSensitive": False,
            "externalId": True,
            "required": False,
        },
    }


def _is_user(body: Json) -> bool:
    return bool(body["organization_id"])


def _is_catalogue(body: Json) -> bool:
    return all(isinstance(one["name"], str) for one in body["sobjects"])
