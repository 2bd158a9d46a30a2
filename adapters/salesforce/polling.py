"""What a window of time changed: pages by stamp and id, several objects in one call.

Within a window the walk goes on from the last row's stamp *and* id, so any number of rows may share
a second, and no row is skipped when another leaves the window under the reader's hands.

Objects that are polled one after the other share a call: a poll also asks for the others' next
windows, and their answers are kept for a few seconds for when they are asked for.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.contract import Hint
from adapters.errors import GrantAccess, RetryLater, Unreadable
from adapters.exchange import Json
from adapters.marks import Window
from adapters.salesforce import codec, profile, querying, records, soql
from adapters.salesforce.connection import SalesforceConnection
from adapters.salesforce.description import Description
from adapters.salesforce.dialect import FieldsChanged
from adapters.salesforce.marks import Marks
from adapters.salesforce.object_types import Member, Scope
from adapters.salesforce.soql import Query

PURPOSE = "changes"
_REMEMBERED = timedelta(hours=1)
"""An object that was not polled for so long is no longer asked along."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A window of one object, and the first page of what changed in it."""

    window: Window
    queries: tuple[Query, ...]
    firsts: tuple[Json, ...]
    at: datetime


class Poller:
    """The windows of all objects of one connection."""

    def __init__(self, connection: SalesforceConnection) -> None:
        """Begin without knowing what is polled."""
        self._connection = connection
        self._last: dict[str, tuple[Scope, Marks, datetime]] = {}
        self._ahead: dict[tuple[str, datetime], Asked] = {}

    def came_to(self, scope: Scope, marks: Marks) -> None:
        """Note how far an object was told: where its next window begins."""
        self._last[scope.name] = (scope, marks, self._connection.clock.now())

    async def ask(self, scope: Scope, since: datetime) -> Asked:
        """Return what changed since a moment, with what other objects' polls will want."""
        kept = self._ahead.pop((scope.name, since), None)
        now = self._connection.clock.now()
        if kept is not None and now - kept.at <= self._connection.settings.poll.shared_for:
            return kept
        others = self._others(scope, now)
        try:
            await self._ask([(scope, since), *others], now)
        except (FieldsChanged, GrantAccess, RetryLater, Unreadable):
            if not others:
                raise
            # Another object's trouble is not this one's: its own poll will tell of it.
            self._last.clear()
            await self._ask([(scope, since)], now)
        return self._ahead.pop((scope.name, since))

    async def _ask(self, wanted: Sequence[tuple[Scope, datetime]], now: datetime) -> None:
        """Ask for the windows that begin at these moments, as many as one call takes."""
        until = self._connection.client.server_now() - self._connection.settings.poll.search_margin
        asked: list[tuple[tuple[str, datetime], Window, list[Query]]] = []
        room = profile.COMPOSITE_QUERIES
        for scope, since in wanted:
            window = self._window(since, until)
            queries = await self.queries(scope, window)
            if not asked or len(queries) <= room:
                asked.append(((scope.name, since), window, queries))
                room -= len(queries)
        answers = await querying.pages(
            self._connection, [query for *_, queries in asked for query in queries], PURPOSE
        )
        for key, window, queries in asked:
            mine, answers = answers[: len(queries)], answers[len(queries) :]
            self._ahead[key] = Asked(
                window=window, queries=tuple(queries), firsts=tuple(mine), at=now
            )

    def _others(self, scope: Scope, now: datetime) -> list[tuple[Scope, datetime]]:
        return [
            (other, marks.fast)
            for name, (other, marks, at) in self._last.items()
            if name != scope.name and now - at < _REMEMBERED
        ]

    def _window(self, since: datetime, until: datetime) -> Window:
        return Window(since=since - self._connection.settings.poll.overlap, until=until)

    async def queries(self, scope: Scope, window: Window) -> list[Query]:
        """Return the queries for a window, one for each object that can be asked by a stamp."""
        found, size = [], self._connection.settings.page_size
        for member in scope.members:
            described = await self._connection.describe(member.of)
            if records.stamp_field(described):
                found.append(_query(member, described, window, size))
        return found

    async def hints(
        self, queries: Sequence[Query], firsts: Sequence[Json]
    ) -> AsyncIterator[list[Hint]]:
        """Yield what first pages and all behind them tell, page by page."""
        for query, first in zip(queries, firsts, strict=True):
            body, seen = first, set[str]()
            while True:
                rows = body["records"]
                if rows:
                    yield [_hint(query, row) for row in rows]
                if body["done"] and len(rows) < (query.limit or 0):
                    break
                further = self._behind(query, rows, seen)
                body = await querying.page(self._connection, further, PURPOSE)

    def _behind(self, query: Query, rows: Sequence[Json], seen: set[str]) -> Query:
        """Return the query of what lies behind a page. Raises RetryLater for a circle."""
        place = f"{rows[-1][query.order[0]]} {rows[-1]['Id']}" if rows else ""
        if not rows or place in seen:
            raise RetryLater(
                f"Connection {self._connection.name!r}: the pages of changes led in a circle.",
                code="looping_pages",
            )
        seen.add(place)
        at = codec.moment(rows[-1][query.order[0]])
        if at is None:
            raise RetryLater(
                f"Connection {self._connection.name!r}: a changed record shows no time.",
                code="no_stamp",
            )
        return query.also(soql.after(query.order[0], soql.moment(at), str(rows[-1]["Id"])))


def _query(member: Member, described: Description, window: Window, size: int) -> Query:
    stamp = records.stamp_field(described)
    conditions = [
        f"{stamp} >= {soql.moment(window.since)}",
        f"{stamp} < {soql.moment(window.until)}",
    ]
    if records.PERSON_ACCOUNT in described:
        conditions.append(f"{records.PERSON_ACCOUNT} = false")
    return Query(
        of=member.of.name,
        select=("Id", stamp, *described.existing(["IsDeleted"])),
        where=tuple(conditions),
        order=(stamp, "Id"),
        limit=size,
        with_deleted=True,
    )


def _hint(query: Query, row: Json) -> Hint:
    return Hint(
        id=records.record_id(row),
        version=codec.stamp(row.get(query.order[0])),
        is_gone=records.is_deleted(row),
    )
