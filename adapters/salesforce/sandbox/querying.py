"""`/query` and `/queryAll`: pages, cursors and what they answer (salesforce.md 4).

Promises that a result is no snapshot: a cursor holds ids, and every page reads the rows as they are
by then.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.org import Org
from adapters.salesforce.sandbox.problems import refused
from adapters.salesforce.sandbox.soql_meaning import Located, Meaning
from adapters.salesforce.sandbox.soql_syntax import (
    Aggregate,
    AllFields,
    Path,
    Query,
    Selected,
    parse_query,
)
from adapters.salesforce.sandbox.soql_words import pointer
from adapters.salesforce.sandbox.store import Row
from adapters.salesforce.sandbox.tracking import readable
from adapters.sandbox.exchange import JsonObject, Reply

CURSOR_PREFIX = "0r8"
MOST_WITH_ALL_FIELDS = 200
SMALLEST_BATCH = 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A query that was understood and its rows."""

    query: Query
    meaning: Meaning
    listed: tuple[Located, ...]
    rows: list[Row]
    is_all: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """A result that is read page by page."""

    id: str
    text: str
    is_all: bool
    ids: tuple[str, ...]
    page: int
    ends_at: datetime


def query(call: Call) -> Reply:
    """`GET /query?q=…`."""
    return _first_page(call, is_all=False)


def query_all(call: Call) -> Reply:
    """`GET /queryAll?q=…`: rows in the bin and merged away too."""
    return _first_page(call, is_all=True)


def query_more(call: Call) -> Reply:
    """`GET /query/{locator}`."""
    cursor_id, _, begin = call.path["locator"].rpartition("-")
    cursor = call.org.cursors.get(cursor_id)
    now = call.now
    if cursor is None or not begin.isdigit() or now >= cursor.ends_at:
        raise refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    query, meaning = understood(call.org, cursor.text)
    listed = selected_fields(meaning, query)
    rows = call.org.store(query.object).seen(now)
    start = int(begin)
    wanted = cursor.ids[start : start + cursor.page]
    present = [rows[each] for each in wanted if each in rows]
    shown = [row for row in present if cursor.is_all or not row.is_deleted]
    records = [meaning.rendered(row, listed, call.version) for row in shown]
    return Reply(status=200, body=_page(call, cursor, start + cursor.page, records))


def find(org: Org, text: str, *, is_all: bool) -> Found:
    """Understand a query and find its rows in their order. Raises Refused."""
    query, meaning = understood(org, text)
    listed = selected_fields(meaning, query)
    rows = org.store(query.object).seen(org.clock.now())
    narrowed = meaning.ids(query.where)
    test = None if query.where is None else meaning.test(query.where)
    chosen = rows.values() if narrowed is None else (rows[each] for each in narrowed & rows.keys())
    found = [
        row for row in chosen if (is_all or not row.is_deleted) and (test is None or test(row))
    ]
    found = meaning.ordered(readable(org, meaning.kind, found), query.order)[query.offset :]
    if query.limit is not None:
        found = found[: query.limit]
    return Found(query=query, meaning=meaning, listed=listed, rows=found, is_all=is_all)


def understood(org: Org, text: str) -> tuple[Query, Meaning]:
    """Read a query and find its object. Raises Refused."""
    query = parse_query(text)
    if org.find_store(query.object) is None:
        told = (
            f"{pointer(text, query.object_at)}\nsObject type '{query.object}' is not supported. If you"
            " are attempting to use a custom object, be sure to append the '__c' after the entity"
            " name. Please reference your WSDL or the describe call for the appropriate names."
        )
        raise refused("INVALID_TYPE", told)
    return query, Meaning(org, org.visible_kind(query.object), text)


def selected_fields(meaning: Meaning, query: Query) -> tuple[Located, ...]:
    """Return the fields a query selects, found. Raises Refused."""
    found: dict[tuple[str, ...], Located] = {}
    for part in query.selected:
        for located in _located(meaning, query, part):
            if located.names in found and isinstance(part, Path):
                raise refused("MALFORMED_QUERY", f"duplicate field selected: {part.text}")
            found[located.names] = located
    return tuple(found.values())


def _located(meaning: Meaning, query: Query, part: Selected) -> list[Located]:
    if isinstance(part, Path):
        return [meaning.locate(part)]
    if isinstance(part, Aggregate):
        if part.path is not None:
            meaning.locate(part.path)
        if not all(isinstance(each, Aggregate) for each in query.selected):
            raise refused("MALFORMED_QUERY", "Grouped query expected: a field is not aggregated")
        return []
    return _all_fields(meaning, query, part)


def _all_fields(meaning: Meaning, query: Query, part: AllFields) -> list[Located]:
    if query.limit is None or query.limit > MOST_WITH_ALL_FIELDS:
        raise refused(
            "MALFORMED_QUERY",
            f"The SOQL FIELDS function must have a LIMIT of at most {MOST_WITH_ALL_FIELDS}",
        )
    wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}.get(part.which)
    if wanted is None:
        raise refused("MALFORMED_QUERY", f"unexpected FIELDS({part.which})")
    return [
        Located(parents=(), field=field)
        for field in meaning.kind.fields.values()
        if bool(field.told["custom"]) in wanted
    ]


def _first_page(call: Call, *, is_all: bool) -> Reply:
    text = call.request.first("q")
    if not text:
        raise refused("MALFORMED_QUERY", "A query string has to be specified")
    found = find(call.org, text, is_all=is_all and call.org.switches.may_see_deleted)
    if any(isinstance(each, Aggregate) for each in found.query.selected):
        return Reply(status=200, body=_aggregated(found))
    page = _page_size(call)
    cursor = Cursor(
        id=call.org.number(CURSOR_PREFIX),
        text=text,
        is_all=found.is_all,
        ids=tuple(row.id for row in found.rows),
        page=page,
        ends_at=call.now + call.org.limits.cursor_life,
    )
    records = [found.meaning.rendered(row, found.listed, call.version) for row in found.rows[:page]]
    if len(cursor.ids) > page:
        call.org.cursors[cursor.id] = cursor
    return Reply(status=200, body=_page(call, cursor, page, records))


def _page(call: Call, cursor: Cursor, behind: int, records: list[JsonObject]) -> JsonObject:
    body: JsonObject = {"totalSize": len(cursor.ids), "done": behind >= len(cursor.ids)}
    if not body["done"]:
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{cursor.id}-{behind}"
    return {**body, "records": records}


def _page_size(call: Call) -> int:
    wanted = _BATCH.search(call.request.headers.get("sforce-query-options", ""))
    most = call.org.limits.page
    return min(most, max(int(wanted[1]), SMALLEST_BATCH)) if wanted else most


def _aggregated(found: Found) -> JsonObject:
    if found.query.is_count:
        return {"totalSize": len(found.rows), "done": True, "records": []}
    record: JsonObject = {"attributes": {"type": "AggregateResult"}}
    for part in found.query.selected:
        if isinstance(part, Aggregate):
            record[part.alias] = _total(found, part)
    return {"totalSize": 1, "done": True, "records": [record]}


def _total(found: Found, part: Aggregate) -> Any:
    if part.path is None:
        return len(found.rows)
    located = found.meaning.locate(part.path)
    values = [found.meaning.value(row, located) for row in found.rows]
    held = [value for value in values if value is not None]
    match part.function:
        case "COUNT":
            return len(held)
        case "COUNT_DISTINCT":
            return len(set(held))
        case "MIN":
            return min(held, default=None)
        case "MAX":
            return max(held, default=None)
        case "SUM":
            return sum(held)
        case _:
            return sum(held) / len(held) if held else None
