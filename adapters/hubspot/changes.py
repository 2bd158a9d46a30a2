"""The change feed: search with two watermarks, and a pass over archived records.

Search is an index that lags, so the fast reading stays a margin behind HubSpot's clock and
overlaps with itself, and a slow one reads everything again an hour later. Within a window the walk
goes on by record id, each page asking for ids greater than the last: any number of equal times and
of rows is read, and no row is skipped when a record leaves the window under the reader's hands, as
happens with page offsets.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapters.contract import Covered, Hint, Hints
from adapters.errors import RetryLater
from adapters.exchange import Json
from adapters.hubspot import codec, profile
from adapters.hubspot.account import account
from adapters.hubspot.connection import HubSpotConnection
from adapters.hubspot.listing import walk
from adapters.hubspot.object_types import object_type
from adapters.hubspot.records import next_token, record_id
from adapters.marks import FeedMarks, Window

_PURPOSE = "changes"
_EARLIEST = datetime(profile.EARLIEST_YEAR, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks(FeedMarks):
    """How far each reading has come, by HubSpot's clock: the cursor."""

    fast: datetime
    slow: datetime
    archived: datetime


async def changes(
    connection: HubSpotConnection, object_name: str, cursor: str
) -> AsyncIterator[Hints | Covered]:
    """Yield hints, then Covered. One search when nothing else is due."""
    start = Marks.parse(cursor)
    if start is None:
        start = await start_of_feed(connection)
        yield Covered(cursor=start.text(), covered_until=start.fast, is_full_listing_needed=True)
        return
    if connection.client.skew is None and connection.client.server_now() <= start.fast:
        # Our clock may simply be slow; without a call that would never be noticed.
        await account(connection)
    feed = _Feed(connection, object_name, start)
    is_too_old = connection.client.server_now() - start.archived > profile.ARCHIVE_KEPT
    for reading in (feed.fast, feed.slow, feed.archived):
        async for hints in reading():
            yield hints
    yield Covered(
        cursor=feed.marks.text(),
        covered_until=feed.marks.fast,
        is_full_listing_needed=is_too_old,
    )


async def start_of_feed(connection: HubSpotConnection) -> Marks:
    """Return the marks of a listing that starts now; asks for the account if no reply told time."""
    if connection.client.skew is None:
        await account(connection)
    now = connection.client.server_now()
    return Marks.at(now - connection.settings.poll.search_margin)


class _Feed:
    """The readings of one call; moves the marks, and tells each id and version once."""

    def __init__(self, connection: HubSpotConnection, object_name: str, marks: Marks) -> None:
        self.marks = marks
        self._connection = connection
        self._poll = connection.settings.poll
        self._of = object_type(object_name)
        self._told: set[Hint] = set()

    async def fast(self) -> AsyncIterator[Hints]:
        """Yield what changed up to a margin behind HubSpot's clock."""
        client, started = self._connection.client, self._connection.clock.now()
        window = Window(
            since=self.marks.fast - self._poll.overlap,
            until=client.server_now() - self._poll.search_margin,
        )
        if window.until <= self.marks.fast:
            return
        async for hints in self._search(window):
            yield hints
        # The replies may have corrected what we took for HubSpot's time when we asked.
        corrected = started + (client.skew or timedelta(0)) - self._poll.search_margin
        until = max(self.marks.fast, min(window.until, corrected))
        self.marks = replace(self.marks, fast=until)

    async def slow(self) -> AsyncIterator[Hints]:
        """Yield, when it is due, what changed up to a long while ago: what the index told late."""
        now = self._connection.client.server_now()
        window = Window(since=self.marks.slow, until=now - self._poll.slow_distance)
        if window.until - window.since < self._poll.slow_every:
            return
        async for hints in self._search(window):
            yield hints
        self.marks = replace(self.marks, slow=window.until)

    async def archived(self) -> AsyncIterator[Hints]:
        """Yield, when it is due, what was archived; HubSpot has no filter, so all pages are read."""
        now = self._connection.client.server_now()
        if now - self.marks.archived < self._poll.archived_every:
            return
        since = self.marks.archived - self._poll.overlap
        query = {"archived": "true", "properties": self._of.modified}
        async for results in walk(self._connection, self._of.name, query, _PURPOSE):
            if results is None:
                raise self._circle("listing of archived records")
            gone = [one for one in results if _archived_at(one) >= since]
            if gone:
                yield self._new([Hint(id=record_id(one), is_gone=True) for one in gone])
        self.marks = replace(self.marks, archived=now)

    async def _search(self, window: Window) -> AsyncIterator[Hints]:
        """Yield what the index says changed within the window, page by page by record id."""
        seen: set[str] = set()
        last_id = ""
        while True:
            reply = await self._connection.ask(
                self._connection.paths.objects(self._of.name, "search"),
                _PURPOSE,
                self._question(window, last_id),
                limit=profile.SEARCH,
            )
            results = reply.body["results"]
            if results:
                yield self._new([_changed(one) for one in results])
            if next_token(reply.body) is None:
                self._require_all(results, reply.body.get("total"))
                return
            last_id = self._next_id(results, seen)

    def _require_all(self, results: list[Json], total: object) -> None:
        """Raise where a last page shows fewer records than it says there are."""
        if isinstance(total, int) and len(results) < total:
            raise RetryLater(
                f"Connection {self._connection.name!r}: a search was answered with {len(results)} "
                f"of the {total} records it says there are.",
                code="short_page",
            )

    def _question(self, window: Window, last_id: str) -> Json:
        times = self._of.modified
        filters = [
            _filter(times, "GTE", codec.epoch_milliseconds(max(window.since, _EARLIEST))),
            _filter(times, "LT", codec.epoch_milliseconds(window.until)),
        ]
        if last_id:
            filters.append(_filter("hs_object_id", "GT", last_id))
        return {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [times],
            "limit": profile.SEARCH_PAGE,
        }

    def _next_id(self, results: list[Json], seen: set[str]) -> str:
        ids = [record_id(one) for one in results]
        if not ids or ids[-1] in seen:
            raise self._circle("search")
        seen.update(ids)
        return ids[-1]

    def _new(self, hints: list[Hint]) -> Hints:
        new = [hint for hint in hints if hint not in self._told]
        self._told.update(new)
        return Hints(hints=new)

    def _circle(self, what: str) -> RetryLater:
        return RetryLater(
            f"Connection {self._connection.name!r}: HubSpot's {what} led in a circle, so its end "
            "is not known.",
            code="looping_pages",
        )


def _changed(result: Json) -> Hint:
    return Hint(id=record_id(result), version=str(result.get("updatedAt") or ""))


def _archived_at(result: Json) -> datetime:
    # Without a time it counts as archived just now: one read too many, none too few.
    return codec.moment(result.get("archivedAt")) or datetime.max.replace(tzinfo=UTC)


def _filter(name: str, operator: str, value: str) -> Json:
    return {"propertyName": name, "operator": operator, "value": value}
