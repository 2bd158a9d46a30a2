"""One request and one reply, free of any web framework.

Takes what came over the wire and gives plain frozen values, so that a vendor's rules are ordinary
synchronous functions: they can be called over HTTP, from a test, or from a simulation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a client sent; header names are lower case, query values keep their order."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url_length: int = 0
    raw_path: str = ""
    """The path as it was sent, for whoever must tell `/` from `%2F`."""

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return self.query.get(name, (default,))[0]

    def listed(self, name: str) -> tuple[str, ...]:
        """Return a list parameter, whether comma-joined or repeated."""
        joined = ",".join(self.query.get(name, ()))
        return tuple(part for part in (piece.strip() for piece in joined.split(",")) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What goes back: a JSON body, or `text` of another type, or nothing."""

    status: int
    body: Any = None
    text: str | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
