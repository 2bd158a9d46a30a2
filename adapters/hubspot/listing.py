"""Walking all live records: from the database, not from the search index, so nothing is late.

Ends with Complete when HubSpot gave a page without a next one, which is the only proof there is;
with Partial when a page token came twice.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from adapters.contract import Complete, Page, Partial, batches
from adapters.exchange import Json
from adapters.hubspot import profile
from adapters.hubspot.connection import HubSpotConnection, Tokens
from adapters.hubspot.object_types import object_type
from adapters.hubspot.reading import read
from adapters.hubspot.records import RecordReader, next_token, properties_to_read, record_id

_PURPOSE = "listing"
_ROOM_FOR_TOKEN = 200
"""Characters of a URL kept free for ``after``."""


async def listing(
    connection: HubSpotConnection, object_name: str, fields: Sequence[str]
) -> AsyncIterator[Page | Complete | Partial]:
    """Yield pages of 100 records, then Complete or Partial. Raises when a read fails."""
    of = object_type(object_name)
    schema = await connection.schema(object_name)
    properties = ",".join(properties_to_read(of, schema, fields))
    is_short = _address_length(connection, object_name, properties) < profile.LONGEST_ADDRESS
    reader = RecordReader(of, schema, fields)
    seen: set[str] = set()
    end: Complete | Partial | None = None
    query = {"properties": properties if is_short else of.modified}
    async for results in walk(connection, object_name, query):
        if results is None:
            end = Partial(why="HubSpot's page tokens led in a circle.")
            continue
        # A record may move between pages while the walk is under way.
        new = {record_id(one): one for one in results if record_id(one) not in seen}
        seen.update(new)
        if is_short:
            yield Page(records=reader.records(list(new.values())))
        else:
            for ids in batches(list(new), profile.BATCH):
                yield Page(records=(await read(connection, object_name, ids, fields)).records)
    yield end or Complete(proof="HubSpot gave a last page without a next one.", count=len(seen))


async def walk(
    connection: HubSpotConnection,
    object_name: str,
    query: Mapping[str, str],
    purpose: str = _PURPOSE,
) -> AsyncIterator[list[Json] | None]:
    """Yield the results of each page; None, as the last item, when the pages lead in a circle."""
    place = connection.paths.objects(object_name)
    tokens = Tokens()
    page = {"limit": str(profile.LISTING_PAGE), **query}
    while True:
        reply = await connection.get(place, purpose, page)
        yield reply.body["results"]
        token = next_token(reply.body)
        if token is None:
            return
        if not tokens.is_new(token):
            yield None
            return
        page = {**page, "after": token}


def _address_length(connection: HubSpotConnection, object_name: str, properties: str) -> int:
    place = connection.paths.objects(object_name)
    return len(connection.settings.base_url + place.path + properties) + _ROOM_FOR_TOKEN
