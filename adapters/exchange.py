"""One request, its reply, and what a vendor's dialect makes of the reply.

Plain values between `adapters.http`, which sends, and the adapters, which know what a status means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson

from adapters.errors import AdapterError
from adapters.limits import Observation

_SENT_AT_ONCE = 512 * 1024
"""Bytes; more at once would hold up everything else in the process."""

Json = Any
"""A decoded JSON body: as foreign as the reply it came in, so its reader checks every step."""


def _anything(_: Json) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to ask, and what may be done when no definite reply comes."""

    method: str
    path: str
    """Below the connection's base URL, beginning with "/"; ids already quoted."""
    endpoint: str
    """The same path as a template without ids, for the call log."""
    purpose: str
    """What the engine wanted (``Call.purpose``)."""
    is_repeatable: bool
    """Asking twice changes nothing more than asking once: a read, or a write of the same kind."""
    limits: tuple[str, ...]
    """Names of the limits this request counts towards."""
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: Json = None
    content: bytes | None = None
    """Instead of ``body``: bytes to send as they are, of the ``Content-Type`` among ``headers``."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Besides those every request of the connection carries."""
    is_text: bool = False
    """The body of a success is text, and comes back as such."""
    answers: frozenset[int] = frozenset()
    """Statuses besides 2xx that are an answer to this request and come back as a reply."""
    is_whole: Callable[[Json], bool] = _anything
    """Whether a 2xx body is all that was promised; one that is not counts as broken off."""

    def address(self, base_url: str) -> str:
        """Return the full URL; commas stay readable, everything else is quoted."""
        query = urlencode(self.query, safe=",", quote_via=quote)
        return f"{base_url}{self.path}?{query}" if query else f"{base_url}{self.path}"

    def payload(self) -> tuple[bytes | BytesIO | None, dict[str, str]]:
        """Return what to send, and the headers that go with it; much is sent piece by piece."""
        content, headers = self.content, dict(self.headers)
        if self.body is not None:
            content = orjson.dumps(self.body)
            headers = {"Content-Type": "application/json", **headers}
        if content is not None and len(content) > _SENT_AT_ONCE:
            return BytesIO(content), headers
        return content, headers


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back, its body decoded; None for an empty body or one that is no JSON."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Json

    @property
    def is_success(self) -> bool:
        """A 2xx status."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the standard's range


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """The system asks for patience; nothing happened. Waiting is no retry (R20)."""

    until: datetime | None
    """None: it did not say, so back off."""
    code: str
    limits: tuple[str, ...] = ()
    """Limits that pause with it; all of them when empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """Nothing happened, and asking again after ``after`` may work; this is a retry."""

    code: str
    after: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """The reply proves nothing: a read may be repeated, a write may have happened."""

    code: str


Verdict = Pause | Again | Doubt | AdapterError | None
"""None: an answer. An error: definite, to be raised as it is."""


class Dialect(Protocol):
    """How one vendor speaks: the only part of sending that differs between them."""

    def judge(self, reply: Reply, request: Request, now: datetime) -> Verdict:
        """Say what a reply means that is no success; *now* is the system's own time."""
        ...

    def observations(self, reply: Reply, now: datetime) -> Sequence[Observation]:
        """Return what a reply's headers say of the limits."""
        ...

    def code(self, reply: Reply) -> str:
        """Return the system's word for what went wrong, "" where there is none."""
        ...

    def correlation_id(self, reply: Reply) -> str:
        """Return the id by which the vendor's support finds this call."""
        ...
