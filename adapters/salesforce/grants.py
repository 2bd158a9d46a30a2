"""What the integration user may do, as one call tells: objects it may read, create and edit."""

from collections.abc import Mapping

from adapters.exchange import Json
from adapters.guide import Granted
from adapters.salesforce.connection import SalesforceConnection

READ, WRITE = "Read, View All Records", "Create, Edit"

_OBJECTS = ("Lead", "Contact")
_FLAGS = {READ: ("queryable",), WRITE: ("createable", "updateable")}


def permission(object_name: str, what: str) -> str:
    """Return a permission as a permission set names it."""
    return f"{object_name}: {what}"


async def granted(connection: SalesforceConnection) -> Granted:
    """Return what the user may do with people; an object it may not see is not in the list."""
    reply = await connection.get(connection.data("/sobjects"), "account", is_whole=_is_catalogue)
    there = {str(one["name"]): one for one in reply.body["sobjects"]}
    return {
        permission(name, what): _has(there.get(name, {}), flags)
        for name in _OBJECTS
        for what, flags in _FLAGS.items()
    }


def _has(told: Mapping[str, object], flags: tuple[str, ...]) -> bool:
    return all(told.get(flag) is True for flag in flags)


def _is_catalogue(body: Json) -> bool:
    return all(isinstance(one["name"], str) for one in body["sobjects"])
