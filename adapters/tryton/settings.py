"""The keys of a Tryton connection."""

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from adapters.quota import RemoteSettings

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


class PollSettings(BaseModel):
    """How the change feed reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_margin: Duration = Field(
        default=timedelta(seconds=5),
        description="The watermark stays this far behind the server's clock.",
    )
    overlap: Duration = Field(
        default=timedelta(minutes=2),
        description="How far each reading reaches back: longer than the server's longest "
        "transaction, since Tryton dates a change by the moment its transaction began.",
    )
    count_every: Duration = Field(
        default=timedelta(minutes=15),
        description="Distance of countings, which show that a record was deleted.",
    )


class TrytonSettings(RemoteSettings):
    """One database of one Tryton server, reached as one of its users."""

    # A rejected key may be a password pasted into the wrong place: no error repeats what was given.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str = Field(description="Where the server is, without the database's name.")
    database: str = Field(
        pattern=r"^[^/?#\s]+$", description="The database, as the server lists it."
    )
    user: str = Field(
        pattern=r"^[^:\s]+$", description="Login of a user of its own, in the groups it needs."
    )
    password: SecretStr = Field(description="The user's password.")
    request_time_out: Duration = Field(
        default=timedelta(seconds=60),
        le=timedelta(minutes=5),
        description="Longest wait for one reply.",
    )
    connect_time_out: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a connection."
    )
    patience: Duration = Field(
        default=timedelta(seconds=120),
        description="Longest a call waits for its turn before it gives up until later.",
    )
    poll: PollSettings = Field(
        default=PollSettings(), description="How the change feed reads (demos shorten it)."
    )

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        is_local = parts.hostname in _LOCAL_NAMES
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
            raise ValueError("must begin with https:// (http:// only on this machine)")
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("must be an address without user, query or fragment")
        return url.rstrip("/")
