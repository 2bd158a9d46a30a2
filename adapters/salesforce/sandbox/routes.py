"""Paths to endpoints: everything below `/services/data/vXX.0` (salesforce.md 2 to 9)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from adapters.salesforce.sandbox import (
    bulk_ingest,
    bulk_query,
    composite,
    describing,
    many,
    metadata,
    notifying,
    replication,
    rows,
)
from adapters.salesforce.sandbox.calling import Call
from adapters.salesforce.sandbox.querying import query, query_all, query_more
from adapters.sandbox.exchange import Reply, Request

Endpoint: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One endpoint and the path to it."""

    method: str
    pattern: tuple[str, ...]
    endpoint: Endpoint

    @property
    def name(self) -> str:
        """The endpoint's name for the call counter."""
        return "/".join(self.pattern) or "resources"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A path that was understood."""

    route: Route
    path: Mapping[str, str]


def _route(method: str, path: str, endpoint: Endpoint) -> Route:
    parts = tuple(part for part in path.split("/") if part)
    return Route(method=method, pattern=parts, endpoint=endpoint)


ROUTES: tuple[Route, ...] = (
    _route("GET", "", describing.resources),
    _route("GET", "limits", describing.limits),
    _route("GET", "limits/recordCount", describing.record_count),
    _route("GET", "query", query),
    _route("GET", "queryAll", query_all),
    _route("GET", "query/{locator}", query_more),
    _route("GET", "queryAll/{locator}", query_more),
    _route("GET", "sobjects", describing.describe_global),
    _route("GET", "sobjects/{object}", describing.basic_information),
    _route("POST", "sobjects/{object}", rows.create),
    _route("GET", "sobjects/{object}/describe", describing.describe),
    _route("GET", "sobjects/{object}/updated", replication.updated),
    _route("GET", "sobjects/{object}/deleted", replication.deleted),
    _route("GET", "sobjects/{object}/{id}", rows.read),
    _route("PATCH", "sobjects/{object}/{id}", rows.update),
    _route("DELETE", "sobjects/{object}/{id}", rows.delete),
    _route("POST", "sobjects/{object}/{field}", rows.create_by_upsert),
    _route("GET", "sobjects/{object}/{field}/{value}", rows.read_by_key),
    _route("PATCH", "sobjects/{object}/{field}/{value}", rows.upsert),
    _route("POST", "composite", composite.composite),
    _route("POST", "composite/batch", composite.batch),
    _route("POST", "composite/tree/{object}", composite.tree),
    _route("POST", "composite/sobjects", many.create),
    _route("PATCH", "composite/sobjects", many.update),
    _route("DELETE", "composite/sobjects", many.delete),
    _route("GET", "composite/sobjects/{object}", many.read),
    _route("POST", "composite/sobjects/{object}", many.read_posted),
    _route("PATCH", "composite/sobjects/{object}/{field}", many.upsert),
    _route("POST", "jobs/ingest", bulk_ingest.create),
    _route("GET", "jobs/ingest", bulk_ingest.listing),
    _route("GET", "jobs/ingest/{job}", bulk_ingest.read),
    _route("PATCH", "jobs/ingest/{job}", bulk_ingest.change),
    _route("DELETE", "jobs/ingest/{job}", bulk_ingest.delete),
    _route("PUT", "jobs/ingest/{job}/batches", bulk_ingest.upload),
    _route("GET", "jobs/ingest/{job}/successfulResults", bulk_ingest.successful),
    _route("GET", "jobs/ingest/{job}/failedResults", bulk_ingest.failed),
    _route("GET", "jobs/ingest/{job}/unprocessedrecords", bulk_ingest.unprocessed),
    _route("GET", "jobs/ingest/{job}/unprocessedRecords", bulk_ingest.unprocessed),
    _route("POST", "jobs/query", bulk_query.create),
    _route("GET", "jobs/query", bulk_query.listing),
    _route("GET", "jobs/query/{job}", bulk_query.read),
    _route("PATCH", "jobs/query/{job}", bulk_query.abort),
    _route("DELETE", "jobs/query/{job}", bulk_query.delete),
    _route("GET", "jobs/query/{job}/results", bulk_query.results),
    _route("POST", "actions/standard/customNotificationAction", notifying.notify),
    _route("GET", "tooling/query", query),
    _route("POST", "tooling/sobjects/CustomField", metadata.create_field),
    _route(
        "GET",
        "ui-api/object-info/{object}/picklist-values/{recordType}",
        describing.picklist_values,
    ),
)


def parts_of(request: Request) -> tuple[str, ...]:
    """Return the parts of a path, each decoded by itself: a key may contain a slash."""
    raw = request.raw_path or request.path
    return tuple(unquote(part) for part in raw.strip("/").split("/"))


def target_of(method: str, parts: Iterable[str]) -> Target | None:
    """Find the endpoint of a path below the version; None where there is none."""
    given = tuple(part for part in parts if part)
    for route in ROUTES:
        path = _fit(route.pattern, given) if route.method == method else None
        if path is not None:
            return Target(route=route, path=path)
    return None


def allowed_methods(parts: Iterable[str]) -> list[str]:
    """Return the methods a path knows."""
    given = tuple(part for part in parts if part)
    return sorted({route.method for route in ROUTES if _fit(route.pattern, given) is not None})


def _fit(pattern: tuple[str, ...], given: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(given):
        return None
    varying: dict[str, str] = {}
    for wanted, part in zip(pattern, given, strict=True):
        if wanted.startswith("{"):
            varying[wanted.strip("{}")] = part
        elif wanted != part:
            return None
    return varying
