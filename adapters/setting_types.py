"""Types that the settings of several systems are made of: durations and addresses."""

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def _duration(given: Any) -> Any:
    """Return "90s", "5m", "2h" as a duration; seconds and ISO 8601 are pydantic's own."""
    match = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    return float(match[1]) * _UNITS[match[2]] if match else given


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0))]
"""A length of time as people write it: ``90s``, ``5m``, ``2h``."""


def safe_address(url: str) -> str:
    """Return an address that a secret may be sent to, without a slash at its end.

    That is TLS, or this machine; nothing but an address. Raises ValueError.
    """
    parts = urlsplit(url)
    is_local = parts.hostname in _LOCAL_NAMES
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ValueError("must begin with https:// (http:// only on this machine)")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address without user, query or fragment")
    return url.rstrip("/")


SafeAddress = Annotated[str, AfterValidator(safe_address)]
"""Where a system is; see :func:`safe_address`."""
