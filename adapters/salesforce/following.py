"""Where records are that a write did not find: gone, merged away, converted, or there after all."""

from collections.abc import Sequence

from adapters.contract import batches
from adapters.errors import AdapterError
from adapters.salesforce import profile
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.object_types import Scope
from adapters.salesforce.reading import read


async def live(
    connection: SalesforceConnection, scope: Scope, ids: Sequence[str]
) -> set[str] | None:
    """Return those of *ids* that are live under their own id; None where nobody could look."""
    found: set[str] = set()
    try:
        for some in batches(list(dict.fromkeys(ids)), profile.READ_BATCH):
            reading = await read(connection, scope, some, ())
            found |= {one.id for one in reading.records if not one.is_archived}
            found -= reading.redirects.keys()
    except AdapterError:
        return None
    return found & set(ids)
