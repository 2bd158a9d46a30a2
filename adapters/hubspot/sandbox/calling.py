"""One authorised call, as the endpoints see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.object_types import object_type
from adapters.hubspot.sandbox.problems import invalid
from adapters.hubspot.sandbox.records import Source
from adapters.hubspot.sandbox.store import ObjectStore
from adapters.hubspot.sandbox.writes import Writing
from adapters.sandbox.exchange import JsonObject, Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that has passed token, scope and limits."""

    account: Account
    version: str
    request: Request
    source: Source
    app_name: str
    path: Mapping[str, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The moment of the call."""
        return self.account.clock.now()

    @property
    def store(self) -> ObjectStore:
        """The store of the type named in the path. Raises Refused for an unknown type."""
        kind = object_type(self.path["type"])
        if kind is None:
            raise invalid(f"Unable to infer object type from: {self.path['type']}")
        return self.account.stores[kind.name]

    @property
    def writing(self) -> Writing:
        """The store of the type, for writing."""
        return Writing(account=self.account, store=self.store, version=self.version)

    @property
    def wants_archived(self) -> bool:
        """Whether `archived=true` stands in the query."""
        return self.request.first("archived").lower() == "true"

    def body(self) -> JsonObject:
        """Read the body: one JSON object and nothing after it. Raises Refused."""
        try:
            body = orjson.loads(self.request.body)
        except orjson.JSONDecodeError as error:
            raise invalid(f"Invalid input JSON on line 1, column {error.pos}") from error
        if not isinstance(body, dict):
            raise invalid("Invalid input JSON: an object is expected")
        return body

    def inputs(self, limit: int) -> list[JsonObject]:
        """Return the inputs of a batch. Raises Refused when empty, malformed or too many."""
        inputs: Any = self.body().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
            raise invalid("Invalid input JSON: `inputs` must be a list of objects")
        if not inputs:
            raise invalid("Some required fields were not set: [inputs]")
        if len(inputs) > limit:
            raise invalid(f"The maximum number of inputs supported in a batch request is {limit}.")
        return inputs

    def whole_number(self, name: str, default: int, largest: int) -> int:
        """Read a number of the query. Raises Refused outside 1 to `largest`."""
        text = self.request.first(name, str(default))
        if not text.isdigit() or not 1 <= int(text) <= largest:
            raise invalid(f"{name} must be a number from 1 to {largest}, not {text!r}")
        return int(text)


def text_list(body: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of texts from a body, empty where it is left out. Raises Refused."""
    listed = body.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise invalid(f"Invalid input JSON: `{name}` must be a list of texts")
    return tuple(listed)


def object_list(body: Mapping[str, object], name: str) -> list[JsonObject]:
    """Return a list of objects from a body, empty where it is left out. Raises Refused."""
    listed = body.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise invalid(f"Invalid input JSON: `{name}` must be a list of objects")
    return listed


def required_text(body: Mapping[str, object], name: str) -> str:
    """Return a text from a body. Raises Refused where it is missing or empty."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise invalid(f"Some required fields were not set: [{name}]")
    return value
