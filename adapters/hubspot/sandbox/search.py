"""The search endpoint (hubspot.md 9): a query over the lagging index.

Promises the limits of the vendor: groups, filters, body size, page size, 10,000 rows; archived
records never appear; the default order is oldest first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.hubspot.sandbox.calling import Call, text_list
from adapters.hubspot.sandbox.moments import as_moment
from adapters.hubspot.sandbox.problems import invalid
from adapters.hubspot.sandbox.records import Record
from adapters.hubspot.sandbox.rendering import rendered
from adapters.hubspot.sandbox.schema import Catalog, PropertyDefinition
from adapters.hubspot.sandbox.search_filters import predicate, sort_key
from adapters.hubspot.sandbox.search_index import Snapshot
from adapters.hubspot.sandbox.singles import next_page
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.sandbox.exchange import JsonObject, Reply

DEFAULT_PAGE = 10
MAX_GROUPS = 5
MAX_FILTERS_IN_GROUP = 6
MAX_FILTERS = 18
_ASSOCIATED = "associations."


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A search, read and checked."""

    tests: tuple[tuple[tuple[str, Callable[[str], bool]], ...], ...]
    words: tuple[str, ...]
    sort: PropertyDefinition
    is_descending: bool

    def matches(self, snapshot: Snapshot, searchable: Sequence[str]) -> bool:
        """Say whether a record fits one of the groups and all of the words."""
        values = snapshot.values or {}
        fits = not self.tests or any(
            all(test(values.get(name, "")) for name, test in group) for group in self.tests
        )
        if not fits or not self.words:
            return fits
        text = " ".join(values.get(name, "") for name in searchable).lower()
        return all(word in text for word in self.words)

    def order(self, snapshot: Snapshot) -> tuple[Any, int]:
        """Return the key to sort by; equal values stand by id."""
        value = (snapshot.values or {}).get(self.sort.name, "")
        return sort_key(self.sort, value), int(snapshot.id)


def search(call: Call) -> Reply:
    """`POST O/search`."""
    if len(call.request.body.decode(errors="replace")) > call.account.limits.search_body:
        raise invalid(
            f"The search request is longer than {call.account.limits.search_body} characters"
        )
    body = call.body()
    limit, offset = _window(call, body)
    try:
        query = read_query(body, call.store.catalog)
    except (AttributeError, TypeError) as error:
        raise invalid("There was a problem with the request: malformed filter or sort") from error
    hits = call.store.index.kept(
        _without_window(body), call.now, lambda: _hits(call.store, query, call.now)
    )
    wanted = text_list(body, "properties")
    answer: JsonObject = {
        "total": len(hits),
        "results": [_row(call, hit, wanted) for hit in hits[offset : offset + limit]],
    }
    if offset + limit < len(hits):
        answer["paging"] = {"next": next_page(str(offset + limit))}
    return Reply(status=200, body=answer)


def _without_window(body: Mapping[str, Any]) -> str:
    """Return what makes two searches pages of the same one."""
    return repr([body.get(name) for name in ("filterGroups", "filters", "sorts", "query")])


def _hits(store: ObjectStore, query: Query, now: datetime) -> list[Snapshot]:
    searchable = store.catalog.searchable_names()
    hits = [each for each in store.index.visible(now) if query.matches(each, searchable)]
    return sorted(hits, key=query.order, reverse=query.is_descending)


def read_query(body: Mapping[str, Any], catalog: Catalog) -> Query:
    """Read and check a search body. Raises Refused."""
    sort, is_descending = _sort(body, catalog)
    return Query(
        tests=tuple(tuple(_test(one, catalog) for one in group) for group in _groups(body)),
        words=tuple(str(body.get("query") or "").lower().split()),
        sort=sort,
        is_descending=is_descending,
    )


def _window(call: Call, body: Mapping[str, Any]) -> tuple[int, int]:
    limits = call.account.limits
    limit = _digits(body.get("limit", DEFAULT_PAGE), "limit")
    if not 1 <= limit <= limits.search_page_size:
        raise invalid(f"limit must be from 1 to {limits.search_page_size}, not {limit}")
    offset = _digits(body.get("after") or 0, "after")
    if offset + limit > limits.search_total:
        raise invalid(
            f"The search returns at most {limits.search_total} rows;"
            f" after={offset} with limit={limit} goes beyond"
        )
    return limit, offset


def _digits(value: object, name: str) -> int:
    text = str(value)
    if not text.isdigit():
        raise invalid(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _groups(body: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or []]
    if body.get("filters"):
        groups.append(body["filters"])
    sizes = [len(group) for group in groups]
    if len(groups) > MAX_GROUPS:
        raise invalid(f"At most {MAX_GROUPS} filter groups are allowed")
    if any(size > MAX_FILTERS_IN_GROUP for size in sizes):
        raise invalid(f"At most {MAX_FILTERS_IN_GROUP} filters are allowed in a group")
    if sum(sizes) > MAX_FILTERS:
        raise invalid(f"At most {MAX_FILTERS} filters are allowed in total")
    return groups


def _test(given: Mapping[str, Any], catalog: Catalog) -> tuple[str, Callable[[str], bool]]:
    name = str(given.get("propertyName", ""))
    if name.startswith(_ASSOCIATED):
        return name, bool
    definition = catalog.get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: no property {name!r}")
    return name, predicate(given, definition)


def _sort(body: Mapping[str, Any], catalog: Catalog) -> tuple[PropertyDefinition, bool]:
    sorts = body.get("sorts") or ["createdate"]
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed")
    if isinstance(sorts[0], str):
        name, is_descending = sorts[0].removeprefix("-"), sorts[0].startswith("-")
    else:
        name = str(sorts[0].get("propertyName", ""))
        is_descending = sorts[0].get("direction") == "DESCENDING"
    definition = catalog.get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: no property {name!r} to sort by")
    return definition, is_descending


def _row(call: Call, hit: Snapshot, wanted: Sequence[str]) -> JsonObject:
    """Render what the index holds, not what the record holds by now."""
    present = call.store.records.get(hit.id)
    return rendered(call.account, call.store, _as_indexed(call.store, hit, present), wanted=wanted)


def _as_indexed(store: ObjectStore, hit: Snapshot, present: Record | None) -> Record:
    from_index = dict(hit.values or {})
    moment = from_index.get(store.kind.modified_property, "")
    return Record(
        id=hit.id,
        created_at=as_moment(from_index["createdate"]) if present is None else present.created_at,
        updated_at=as_moment(moment),
        values=from_index,
    )
