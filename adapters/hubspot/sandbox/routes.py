"""Paths to endpoints, for both path families on one table (hubspot.md 2.2).

The numbered family has the version before the family name, the dated one behind it; objects have it
in the middle. A path is first split into family, version and rest; the table knows only the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from adapters.hubspot.sandbox import account_calls, batches, merging, property_calls, singles
from adapters.hubspot.sandbox.calling import Call
from adapters.hubspot.sandbox.object_types import object_type
from adapters.hubspot.sandbox.search import search
from adapters.sandbox.exchange import Reply

NUMBERED_VERSION = "v3"
DATED_VERSIONS = frozenset({"2026-03", "2026-09"})
_CRM_FAMILIES = frozenset({"objects", "properties", "property-validations", "owners"})
Endpoint: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One endpoint: what leads to it and which scopes open it (any one of them is enough)."""

    method: str
    family: str
    pattern: tuple[str, ...]
    scopes: tuple[str, ...]
    endpoint: Endpoint
    is_search: bool = False

    @property
    def name(self) -> str:
        """The endpoint's name for the call counter."""
        return "/".join((self.family, *self.pattern))


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A path that was understood: its route, its version and the parts that vary."""

    route: Route
    version: str
    path: Mapping[str, str]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that open this target, with the object type filled in."""
        kind = object_type(self.path.get("type", ""))
        name = self.path.get("type", "") if kind is None else kind.name
        return tuple(scope.replace("{type}", name) for scope in self.route.scopes)


def _objects(method: str, path: str, endpoint: Endpoint, access: str) -> Route:
    return Route(
        method=method,
        family="objects",
        pattern=tuple(path.split("/")),
        scopes=(f"crm.objects.{{type}}.{access}",),
        endpoint=endpoint,
        is_search=endpoint is search,
    )


def _properties(method: str, path: str, endpoint: Endpoint, access: str) -> Route:
    scopes: tuple[str, ...] = (f"crm.schemas.{{type}}.{access}",)
    if access == "read":
        scopes += ("crm.objects.{type}.read",)
    return Route(
        method=method,
        family="properties",
        pattern=tuple(path.split("/")),
        scopes=scopes,
        endpoint=endpoint,
    )


ROUTES: tuple[Route, ...] = (
    _objects("GET", "{type}", singles.listing, "read"),
    _objects("POST", "{type}", singles.create, "write"),
    _objects("POST", "{type}/search", search, "read"),
    _objects("POST", "{type}/merge", merging.merge, "write"),
    _objects("POST", "{type}/gdpr-delete", merging.gdpr_delete, "write"),
    _objects("POST", "{type}/batch/read", batches.read, "read"),
    _objects("POST", "{type}/batch/create", batches.create, "write"),
    _objects("POST", "{type}/batch/update", batches.update, "write"),
    _objects("POST", "{type}/batch/upsert", batches.upsert, "write"),
    _objects("POST", "{type}/batch/archive", batches.archive, "write"),
    _objects("GET", "{type}/{id}", singles.read, "read"),
    _objects("PATCH", "{type}/{id}", singles.update, "write"),
    _objects("DELETE", "{type}/{id}", singles.archive, "write"),
    _properties("GET", "{type}", property_calls.listing, "read"),
    _properties("POST", "{type}", property_calls.create, "write"),
    _properties("POST", "{type}/batch/create", property_calls.batch_create, "write"),
    _properties("POST", "{type}/batch/read", property_calls.batch_read, "read"),
    _properties("POST", "{type}/batch/archive", property_calls.batch_archive, "write"),
    _properties("GET", "{type}/groups", property_calls.list_groups, "read"),
    _properties("POST", "{type}/groups", property_calls.create_group, "write"),
    _properties("GET", "{type}/groups/{name}", property_calls.read_group, "read"),
    _properties("GET", "{type}/{name}", property_calls.read, "read"),
    _properties("PATCH", "{type}/{name}", property_calls.update, "write"),
    _properties("DELETE", "{type}/{name}", property_calls.archive, "write"),
    Route(
        method="GET",
        family="property-validations",
        pattern=("{type}",),
        scopes=("crm.schemas.{type}.read", "crm.objects.{type}.read"),
        endpoint=property_calls.validations,
    ),
    Route(
        method="GET",
        family="owners",
        pattern=(),
        scopes=("crm.objects.owners.read",),
        endpoint=account_calls.list_owners,
    ),
    Route(
        method="GET",
        family="owners",
        pattern=("{id}",),
        scopes=("crm.objects.owners.read",),
        endpoint=account_calls.read_owner,
    ),
    Route(
        method="GET",
        family="account-info",
        pattern=("details",),
        scopes=(),
        endpoint=account_calls.details,
    ),
    Route(
        method="GET",
        family="account-info",
        pattern=("api-usage", "daily", "private-apps"),
        scopes=(),
        endpoint=account_calls.daily_usage,
    ),
)


def target_of(method: str, path: str) -> Target | None:
    """Find the endpoint of a path; None where HubSpot has none."""
    split = _split(path)
    if split is None:
        return None
    family, version, rest = split
    for route in ROUTES:
        if route.method != method or route.family != family:
            continue
        varying = _fit(route.pattern, rest)
        if varying is not None:
            return Target(route=route, version=version, path=varying)
    return None


def _split(path: str) -> tuple[str, str, tuple[str, ...]] | None:
    parts = tuple(unquote(part) for part in path.strip("/").split("/"))
    match parts:
        case ("crm", version, family, *rest) if version == NUMBERED_VERSION:
            known = family in _CRM_FAMILIES
        case ("crm", family, version, *rest) if version in DATED_VERSIONS:
            known = family in _CRM_FAMILIES
        case ("account-info" as family, version, *rest):
            known = version == NUMBERED_VERSION or version in DATED_VERSIONS
        case _:
            return None
    return (family, version, tuple(rest)) if known else None


def _fit(pattern: tuple[str, ...], rest: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(rest):
        return None
    varying: dict[str, str] = {}
    for wanted, given in zip(pattern, rest, strict=True):
        if wanted.startswith("{"):
            varying[wanted.strip("{}")] = given
        elif wanted != given:
            return None
    return varying
