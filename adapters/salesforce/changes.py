"""The change feed: two watermarks, and a look at what was deleted for good.

A stamp is set when a statement runs and shows when its transaction ends, up to minutes later. So
the fast reading stays a margin behind Salesforce's clock and overlaps with itself, and a slow one
reads a whole day again. What is deleted for good leaves no row and is asked for by itself.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.contract import Covered, Hint, Hints
from adapters.exchange import Json
from adapters.marks import Window
from adapters.salesforce import codec, profile, querying
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.dialect import BeginAgain
from adapters.salesforce.ids import long_id
from adapters.salesforce.marks import Marks
from adapters.salesforce.object_types import Member, Scope
from adapters.salesforce.polling import PURPOSE, Poller

_SHORTEST = timedelta(minutes=1)
"""Start and end of a question for deletions lie further apart than this."""


async def changes(
    connection: SalesforceConnection, poller: Poller, scope: Scope, cursor: str
) -> AsyncIterator[Hints | Covered]:
    """Yield hints, then Covered. One call when nothing else is due."""
    start = Marks.parse(cursor)
    if start is None:
        start = await start_of_feed(connection)
        yield Covered(cursor=start.text(), covered_until=start.fast, is_full_listing_needed=True)
        return
    await connection.learn_time()
    feed = _Feed(connection, poller, scope, start)
    for reading in (feed.fast, feed.slow, feed.deleted):
        async for hints in reading():
            yield hints
    poller.came_to(scope, feed.marks)
    yield Covered(
        cursor=feed.marks.text(),
        covered_until=feed.marks.fast,
        is_full_listing_needed=feed.is_listing_needed,
    )


async def start_of_feed(connection: SalesforceConnection) -> Marks:
    """Return the marks of a listing that starts now."""
    await connection.learn_time()
    now = connection.client.server_now()
    return Marks.at(_whole(now - connection.settings.poll.search_margin))


class _Feed:
    """The readings of one call; moves the marks, and tells each id and version once."""

    def __init__(
        self, connection: SalesforceConnection, poller: Poller, scope: Scope, marks: Marks
    ) -> None:
        self.marks = marks
        self.is_listing_needed = False
        self._connection = connection
        self._poller = poller
        self._poll = connection.settings.poll
        self._scope = scope
        self._told: set[Hint] = set()

    async def fast(self) -> AsyncIterator[Hints]:
        """Yield what changed up to a margin behind Salesforce's clock."""
        now = self._connection.client.server_now()
        if _whole(now - self._poll.search_margin) <= self.marks.fast:
            return
        asked = await self._poller.ask(self._scope, self.marks.fast)
        if len(asked.queries) < len(self._scope.members):
            self.is_listing_needed = True  # an object whose stamp cannot be asked by
        async for hints in self._poller.hints(asked.queries, asked.firsts):
            yield self._new(hints)
        self.marks = replace(self.marks, fast=max(self.marks.fast, _whole(asked.window.until)))

    async def slow(self) -> AsyncIterator[Hints]:
        """Yield, when it is due, what changed within a day: what was committed late."""
        now = self._connection.client.server_now()
        if now - self.marks.slow < self._poll.slow_every:
            return
        since = min(now - self._poll.slow_reach, self.marks.slow - self._poll.overlap)
        window = Window(since=since, until=now - self._poll.search_margin)
        queries = await self._poller.queries(self._scope, window)
        firsts = await querying.pages(self._connection, queries, PURPOSE)
        async for hints in self._poller.hints(queries, firsts):
            yield self._new(hints)
        self.marks = replace(self.marks, slow=now)

    async def deleted(self) -> AsyncIterator[Hints]:
        """Yield, when it is due, what was deleted, for good or not."""
        now = self._connection.client.server_now()
        since = self.marks.deleted - self._poll.overlap
        if now - self.marks.deleted < max(self._poll.deleted_every, _SHORTEST):
            return
        until = now
        for member in self._scope.members:
            told = await self._deleted(member, since, now)
            if told is None:
                self.is_listing_needed = True
                continue
            gone = [one for one in told["deletedRecords"] if one.get("id")]
            until = min(until, codec.moment(told.get("latestDateCovered")) or now)
            if gone:
                yield self._new([Hint(id=long_id(str(one["id"])), is_gone=True) for one in gone])
        self.marks = replace(self.marks, deleted=max(self.marks.deleted, _whole(until)))

    async def _deleted(self, member: Member, since: datetime, until: datetime) -> Json | None:
        """Return what is told of deletions; None where that is not all there were."""
        described = await self._connection.describe(member.of)
        if not described.is_replicateable:
            return {"deletedRecords": []}
        if until - since > profile.DELETED_KEPT:
            return None
        try:
            reply = await self._connection.get(
                self._connection.data(f"/sobjects/{member.of.name}/deleted/"),
                PURPOSE,
                {"start": _told(since), "end": _told(until)},
                is_whole=_is_deleted,
            )
        except BeginAgain:
            return None
        earliest = codec.moment(reply.body.get("earliestDateAvailable"))
        return None if earliest is not None and earliest > since else reply.body

    def _new(self, hints: list[Hint]) -> Hints:
        new = [hint for hint in hints if hint not in self._told]
        self._told.update(new)
        return Hints(hints=new)


def _whole(at: datetime) -> datetime:
    """Return a time cut to the whole seconds that Salesforce counts in."""
    return at.replace(microsecond=0)


def _told(at: datetime) -> str:
    return _whole(at).isoformat()


def _is_deleted(body: Json) -> bool:
    return isinstance(body["deletedRecords"], list)
