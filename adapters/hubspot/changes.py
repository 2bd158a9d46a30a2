"""The change feed: search with two watermarks, and a pass over archived records.

Search is an index that lags, so the fast reading stays a margin behind HubSpot's clock and
overlaps with itself, and a slow one reads everything again an hour later. Within a window the walk
goes on by record id, each page asking for ids greater than the last: any number of equal times and
of rows is read, and no row is skipped when a record leaves the window under the reader's hands, as
happens with page offsets.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from adapters.contract import Covered, Hint, Hints
from adapters.errors import RetryLater
from adapters.exchange import Json
from adapters.hubspot import codec, profile
from adapters.hubspot.account import account
from adapters.hubspot.connection import HubSpotConnection, next_token
from adapters.hubspot.listing import walk
from adapters.hubspot.object_types import object_type
from adapters.hubspot.records import record_id

_PURPOSE = "changes"
_EARLIEST = datetime(profile.EARLIEST_YEAR, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """How far each reading has come, by HubSpot's clock: the cursor."""

    fast: datetime
    slow: datetime
    archived: datetime

    @classmethod
    def at(cls, start: datetime) -> "Marks":
        """Return the marks of a feed that begins at one moment."""
        return cls(fast=start, slow=start, archived=start)

    @classmethod
    def parse(cls, cursor: str) -> "Marks | None":
        """Return the marks a cursor holds; None for a text of another making."""
        try:
            told = orjson.loads(cursor)
            return cls(**{name: datetime.fromisoformat(told[name]) for name in cls.__slots__})
        except (ValueError, TypeError, KeyError):
            return None

    def text(self) -> str:
        """Return the cursor to store."""
        told = {name: at.astimezone(UTC).isoformat() for name, at in asdict(self).items()}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    """Times in ``[since, until)``."""

    since: datetime
    until: datetime


async def changes(
    connection: HubSpotConnection, object_name: str, cursor: str
) -> AsyncIterator[Hints | Covered]:
    """Yield hints, then Covered. One search when nothing else is due."""
    poll = connection.settings.poll
    marks = Marks.parse(cursor)
    if marks is None:
        start = await start_of_feed(connection)
        yield Covered(cursor=start.text(), covered_until=start.fast, is_full_listing_needed=True)
        return
    now = connection.client.server_now()
    if connection.client.skew is None and now - poll.search_margin <= marks.fast:
        # Our clock may simply be slow; without a call it would be for ever.
        await account(connection)
        now = connection.client.server_now()
    feed = _Feed(connection, object_name)
    is_too_old = now - marks.archived > profile.ARCHIVE_KEPT
    fast = _Window(since=marks.fast - poll.overlap, until=now - poll.search_margin)
    if fast.until > marks.fast:
        async for hints in feed.search(fast):
            yield hints
        # The first reply may have corrected what we took for HubSpot's time.
        now = min(now, feed.started_at(now))
        marks = replace(marks, fast=max(marks.fast, now - poll.search_margin))
    slow = _Window(since=marks.slow, until=now - poll.slow_distance)
    if slow.until - marks.slow >= poll.slow_every:
        async for hints in feed.search(slow):
            yield hints
        marks = replace(marks, slow=slow.until)
    if now - marks.archived >= poll.archived_every:
        async for hints in feed.archived(marks.archived - poll.overlap):
            yield hints
        marks = replace(marks, archived=now)
    yield Covered(cursor=marks.text(), covered_until=marks.fast, is_full_listing_needed=is_too_old)


async def start_of_feed(connection: HubSpotConnection) -> Marks:
    """Return the marks of a listing that starts now; asks for the account if no reply told time."""
    if connection.client.skew is None:
        await account(connection)
    now = connection.client.server_now()
    return Marks.at(now - connection.settings.poll.search_margin)


class _Feed:
    """The reading of one call; tells each id and version once."""

    def __init__(self, connection: HubSpotConnection, object_name: str) -> None:
        self._connection = connection
        self._of = object_type(object_name)
        self._told: set[Hint] = set()
        self._skew = connection.client.skew

    def started_at(self, taken: datetime) -> datetime:
        """Return *taken*, a time by the skew known at the start, by the skew known now."""
        before, after = self._skew or timedelta(0), self._connection.client.skew or timedelta(0)
        return taken - before + after

    async def search(self, window: _Window) -> AsyncIterator[Hints]:
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
                return
            last_id = self._next_id(results, seen)

    def _question(self, window: _Window, last_id: str) -> Json:
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

    async def archived(self, since: datetime) -> AsyncIterator[Hints]:
        """Yield the records archived since then; HubSpot has no filter, so all pages are read."""
        query = {"archived": "true", "properties": self._of.modified}
        async for results in walk(self._connection, self._of.name, query, _PURPOSE):
            if results is None:
                raise self._circle("listing of archived records")
            gone = [one for one in results if _archived_at(one) >= since]
            if gone:
                yield self._new([Hint(id=record_id(one), is_gone=True) for one in gone])

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
