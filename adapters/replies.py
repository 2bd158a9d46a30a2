"""Reading a reply off the wire: whole and within bounds, or a named fault.

Takes aiohttp's response. Gives a :class:`Reply`. Promises that a success is only told as one when
its body came completely and is JSON, and that a refusal counts by its status even when it is cut
short: the status line is definite.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import orjson

from adapters.exchange import Json, Reply

_READ_CHUNK = 65_536


class Fault(Exception):
    """No usable reply; ``code`` is one word for it."""

    def __init__(self, code: str) -> None:
        """Keep the word."""
        super().__init__(code)
        self.code = code


class NeverLeft(Fault):
    """No connection came about, so nothing was sent."""


class Broken(Fault):
    """The request was or may have been sent, and no whole reply came."""


async def received(
    response: aiohttp.ClientResponse, largest: int, *, is_text: bool = False
) -> Reply:
    """Return the reply with its body, of at most *largest* bytes. Raises Broken and TimeoutError.

    With *is_text* a success is text, not JSON. The foreign error is never chained: it holds the
    body.
    """
    headers = {name.lower(): value for name, value in response.headers.items()}
    reply = Reply(status=response.status, headers=headers, body=None)
    try:
        raw = await _body(response, largest)
        body = _decoded(raw, is_text=is_text and reply.is_success)
    except (aiohttp.ClientError, OSError, ValueError, Broken) as error:
        if not reply.is_success:
            return reply
        if isinstance(error, (TimeoutError, Broken)):
            raise
        raise Broken("broken_reply") from None
    return Reply(status=reply.status, headers=headers, body=body)


def _decoded(raw: bytes, *, is_text: bool) -> Json:
    if is_text:
        return raw.decode()
    return orjson.loads(raw) if raw else None


async def _body(response: aiohttp.ClientResponse, largest: int) -> bytes:
    parts = bytearray()
    async for chunk in response.content.iter_chunked(_READ_CHUNK):
        parts += chunk
        if len(parts) > largest:
            raise Broken("reply_too_large")
    return bytes(parts)


def sent_at(reply: Reply) -> datetime | None:
    """Return the reply's ``Date``, cut to whole seconds; None where it has no readable one."""
    try:
        stamp = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
