"""The change feed: what was changed of a record or of anything that belongs to it, and counting.

Tryton dates a change by the moment its transaction began and shows it when that ends, so every
reading overlaps the one before. Within a reading the walk goes on by id. A deletion leaves no trace
to read: records up to a known id are counted now and then, and fewer than before ask for a full
listing.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from adapters.contract import Covered, Hint, Hints
from adapters.errors import RetryLater
from adapters.exchange import Json
from adapters.tryton import codec, profile
from adapters.tryton.connection import TrytonConnection
from adapters.tryton.object_types import ObjectType, object_type
from adapters.tryton.records import columns, is_archived, version

_PURPOSE = "changes"
_WHEN = "last_modified_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """How far the feed has come, by the server's clock: the cursor."""

    read: datetime
    counted: datetime
    top: int
    """The largest id when it was counted."""
    count: int
    """Records up to that id, those put away included; it can only shrink."""

    @classmethod
    def parse(cls, cursor: str) -> "Marks | None":
        """Return the marks a cursor holds; None for a text of another making."""
        try:
            told = orjson.loads(cursor)
            return cls(
                read=datetime.fromisoformat(told["read"]),
                counted=datetime.fromisoformat(told["counted"]),
                top=int(told["top"]),
                count=int(told["count"]),
            )
        except (ValueError, TypeError, KeyError):
            return None

    def text(self) -> str:
        """Return the cursor to store."""
        told = {
            "read": self.read.astimezone(UTC).isoformat(),
            "counted": self.counted.astimezone(UTC).isoformat(),
            "top": self.top,
            "count": self.count,
        }
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


async def changes(
    connection: TrytonConnection, object_name: str, cursor: str
) -> AsyncIterator[Hints | Covered]:
    """Yield hints, then Covered. One search when no counting is due."""
    of = object_type(object_name)
    start = Marks.parse(cursor)
    if start is None:
        marks = await start_of_feed(connection, of)
        yield Covered(cursor=marks.text(), covered_until=marks.read, is_full_listing_needed=True)
        return
    poll = connection.settings.poll
    began = connection.clock.now()
    async for hints in _changed_since(connection, of, start.read - poll.overlap):
        yield hints
    # The replies may have corrected what we took for the server's time when we asked.
    now = began + (connection.client.server_now() - connection.clock.now())
    until = max(start.read, now - poll.search_margin)
    is_shrunk, counted = False, start
    if began - start.counted >= poll.count_every:  # by our clock alone: it never goes back
        is_shrunk = await _count(connection, of, start.top) < start.count
        counted = await _counted(connection, of, began)
    marks = Marks(read=until, counted=counted.counted, top=counted.top, count=counted.count)
    yield Covered(cursor=marks.text(), covered_until=until, is_full_listing_needed=is_shrunk)


async def start_of_feed(connection: TrytonConnection, of: ObjectType) -> Marks:
    """Return the marks of a listing that starts now."""
    await connection.session.begun()
    now = connection.client.server_now()
    counted = await _counted(connection, of, connection.clock.now())
    return Marks(
        read=now - connection.settings.poll.search_margin,
        counted=counted.counted,
        top=counted.top,
        count=counted.count,
    )


async def _changed_since(
    connection: TrytonConnection, of: ObjectType, since: datetime
) -> AsyncIterator[Hints]:
    clause = [_WHEN, ">=", codec.stamp(since)]
    changed = [clause, *([relation, "where", [clause]] for relation in of.relations)]
    seen: set[int] = set()
    while True:
        domain: list[Json] = [["id", ">", max(seen, default=0)], ["OR", *changed]]
        rows = await connection.rows(
            of.model, _PURPOSE, domain, columns(of), limit=profile.PAGE, is_everything=True
        )
        new = {row["id"]: row for row in rows if row["id"] not in seen}
        if rows and not new:
            raise RetryLater(
                f"Connection {connection.name!r}: a search led in a circle, its end is not known.",
                code="looping_pages",
            )
        seen.update(new)
        if new:
            yield Hints(hints=[_hint(of, row) for row in new.values()])
        if len(rows) < profile.PAGE:
            return


def _hint(of: ObjectType, row: Json) -> Hint:
    return Hint(id=str(row["id"]), version=version(of, row), is_gone=is_archived(row))


async def _counted(connection: TrytonConnection, of: ObjectType, now: datetime) -> Marks:
    newest = await connection.rows(
        of.model, _PURPOSE, [], ["id"], limit=1, order="DESC", is_everything=True
    )
    top = newest[0]["id"] if newest else 0
    return Marks(read=now, counted=now, top=top, count=await _count(connection, of, top))


async def _count(connection: TrytonConnection, of: ObjectType, top: int) -> int:
    found: Json = await connection.ask(
        of.model, "search_count", _PURPOSE, [["id", "<=", top]],
        is_whole=lambda told: isinstance(told, int), is_everything=True,
    )  # fmt: skip
    return int(found)
