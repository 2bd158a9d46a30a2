"""Walking all live records by id, so that no page shifts when a record goes.

Ends with Complete when a page came back short and the server then counts no more records than were
seen; with Partial where it counts more.
"""

from collections.abc import AsyncIterator, Sequence

from adapters.contract import Complete, Page, Partial
from adapters.exchange import Json
from adapters.tryton import profile
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.definitions import definitions
from adapters.tryton.records import columns_to_read, record

_PURPOSE = "listing"


async def listing(
    connection: TrytonConnection, object_name: str, fields: Sequence[str]
) -> AsyncIterator[Page | Complete | Partial]:
    """Yield pages in the order of ids, then Complete or Partial. Raises when a read fails."""
    known = await definitions(connection, object_name)
    asked = columns_to_read(known, fields)
    seen: set[int] = set()
    while True:
        last = max(seen, default=0)
        rows = await connection.rows(
            known.of.model, _PURPOSE, [["id", ">", last]], asked, limit=profile.PAGE
        )
        new = {row["id"]: row for row in rows if row["id"] not in seen}
        if rows and not new:
            yield Partial(why="Tryton's pages led in a circle.")
            return
        seen.update(new)
        if new:
            yield Page(records=[record(known, row, fields) for row in new.values()])
        if len(rows) < profile.PAGE:
            break
    upwards = [["id", "<=", max(seen, default=0)]]
    there: Json = await connection.ask(
        known.of.model, "search_count", _PURPOSE, upwards, is_whole=_is_number
    )
    if there > len(seen):
        yield Partial(why=f"Tryton counts {there} records where its pages showed {len(seen)}.")
        return
    yield Complete(proof="A page came back short, and Tryton counts no more.", count=len(seen))


def _is_number(result: Json) -> bool:
    return isinstance(result, int)
