"""One authorised call, as the endpoints see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from adapters.salesforce.sandbox.fields import Kind
from adapters.salesforce.sandbox.org import Actor, Org
from adapters.salesforce.sandbox.problems import bad_json
from adapters.sandbox.exchange import JsonObject, Reply, Request

AUTO_ASSIGN = "sforce-auto-assign"
DUPLICATE_RULE = "sforce-duplicate-rule-header"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that has passed session, version and budget."""

    org: Org
    version: str
    """As it stands in the path: `v62.0`."""
    request: Request
    user_id: str
    carry_out: "Callable[[Call, tuple[str, ...]], Reply]"
    """How a call that holds others has them carried out."""
    path: Mapping[str, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The moment of the call."""
        return self.org.clock.now()

    @property
    def actor(self) -> Actor:
        """Who writes, and what the headers ask for."""
        allowed = self.request.headers.get(DUPLICATE_RULE, "").replace(" ", "").lower()
        return Actor(
            user_id=self.user_id,
            does_assign=self.request.headers.get(AUTO_ASSIGN, "TRUE").upper() != "FALSE",
            may_save_duplicates="allowsave=true" in allowed,
        )

    @property
    def kind(self) -> Kind:
        """The object named in the path, as the user sees it. Raises Refused."""
        return self.org.visible_kind(self.path["object"])

    def at(self, path: Mapping[str, str], request: Request) -> "Call":
        """Return the same caller's call of another path."""
        return replace(self, path=path, request=request)

    def parsed(self) -> Any:
        """Read the body as JSON. Raises Refused."""
        try:
            return orjson.loads(self.request.body)
        except orjson.JSONDecodeError as error:
            raise bad_json(f"Unexpected character at [line:1, column:{error.pos}]") from error

    def body(self) -> JsonObject:
        """Read the body: one JSON object. Raises Refused."""
        body = self.parsed()
        if not isinstance(body, dict):
            raise bad_json("The HTTP entity body is required to be a JSON object.")
        return body


def record_list(body: JsonObject, name: str = "records") -> list[JsonObject]:
    """Return a list of objects from a body. Raises Refused."""
    listed = body.get(name)
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise bad_json(f"'{name}' must be a list of objects at [line:1, column:1]")
    return listed
