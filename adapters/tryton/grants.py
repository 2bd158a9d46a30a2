"""What the connection's user may do: Tryton tells it by model, and nothing is written to ask."""

from adapters.exchange import Json
from adapters.guide import Granted
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.object_types import OPPORTUNITIES

OPPORTUNITIES_GROUP = "Sale Opportunity"
"""The group that the module brings; another one with the same rights is as good."""


async def granted(connection: TrytonConnection) -> Granted:
    """Return whether the user may do with opportunities what the group may."""
    model = OPPORTUNITIES.model
    told: Json = await connection.ask("ir.model.access", "get_access", "account", [model])
    rights = told[model]
    return {OPPORTUNITIES_GROUP: all(rights[deed] for deed in ("read", "write", "create"))}
