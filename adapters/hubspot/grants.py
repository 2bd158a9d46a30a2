"""Which scopes a key turns out to have.

HubSpot has no call that lists the scopes of a static key. So each is tried with the cheapest request
that needs it: reads of one record, and batches without inputs, which HubSpot judges by scope before
it looks into them (hubspot.md 3.3, 3.4) and in which there is nothing to write.
"""

from adapters.errors import GrantAccess, RejectRecord, UnknownOutcome
from adapters.exchange import Json
from adapters.guide import Granted
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.object_types import CONTACTS
from adapters.hubspot.paths import Place

READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
READ_FIELDS, MAKE_FIELDS = "crm.schemas.contacts.read", "crm.schemas.contacts.write"

_PURPOSE = "account"


async def granted(connection: HubSpotConnection) -> Granted:
    """Return which of these scopes the key has; one that stays unclear is left out."""
    new_objects = connection.paths.objects(CONTACTS.name, "batch/create")
    new_fields = connection.paths.properties(CONTACTS.name, "batch/create")
    told = {
        READ: await _may_read(connection),
        READ_FIELDS: await _may_read_fields(connection),
        WRITE: await _may_write(connection, new_objects),
        MAKE_FIELDS: await _may_write(connection, new_fields),
    }
    return {name: may for name, may in told.items() if may is not None}


async def _may_read(connection: HubSpotConnection) -> bool:
    try:
        await connection.get(connection.paths.objects(CONTACTS.name), _PURPOSE, {"limit": "1"})
    except GrantAccess:
        return False
    return True


async def _may_read_fields(connection: HubSpotConnection) -> bool:
    try:
        await connection.fresh_schema(CONTACTS.name, _PURPOSE)
    except GrantAccess:
        return False
    return True


async def _may_write(connection: HubSpotConnection, place: Place) -> bool | None:
    try:
        await connection.put(place, _PURPOSE, {"inputs": []}, is_whole=_anything)
    except GrantAccess:
        return False
    except RejectRecord:  # it was read, and found to be empty
        return True
    except UnknownOutcome:
        return None
    return True


def _anything(body: Json) -> bool:
    del body
    return True
