"""How HubSpot answers: statuses to verdicts, headers to limits.

The meaning of a status stands in the table of `errors`; this file only carries it out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.errors import (
    AdapterError,
    GrantAccess,
    Reauthenticate,
    RejectRecord,
    Unreadable,
)
from adapters.exchange import Again, Doubt, Pause, Reply, Request, Verdict
from adapters.hubspot import errors, profile
from adapters.hubspot.errors import Next, Row
from adapters.limits import Observation

_CORRELATION = "x-hubspot-correlation-id"
_HEADER = "x-hubspot-ratelimit-"


class HubSpotDialect:
    """What HubSpot's replies mean on one connection."""

    def __init__(self, connection: str) -> None:
        """Keep the connection's name for errors."""
        self._connection = connection

    def judge(self, reply: Reply, request: Request, now: datetime) -> Verdict:
        """Return what the table says of a reply that is no success."""
        row = errors.row_of(reply.status, reply.body)
        code = self.code(reply)
        match row.next:
            case Next.PAUSE_DAY:
                return Pause(until=None, code=code, limits=(profile.DAILY,))
            case Next.PAUSE:
                return Pause(until=_retry_after(reply, now), code=code, limits=_paused(reply, code))
            case Next.UNLOCK:
                return Again(code=code, after=profile.LOCK)
            case Next.DOUBT:
                return Doubt(code=code)
            case Next.RENEW | Next.GRANT | Next.MISPLACED | Next.REFUSE:
                return self._error(row, reply, request)

    def observations(self, reply: Reply, now: datetime) -> Sequence[Observation]:
        """Return what the rate headers say; search replies have none."""
        del now
        seen = []
        remaining = _count(reply, "remaining")
        interval = _count(reply, "interval-milliseconds")
        if remaining is not None:
            seen.append(
                Observation(
                    name=profile.BURST,
                    remaining=remaining,
                    maximum=_count(reply, "max"),
                    interval=timedelta(milliseconds=interval) if interval else None,
                )
            )
        left_today = _count(reply, "daily-remaining")
        if left_today is not None:
            seen.append(
                Observation(
                    name=profile.DAILY, remaining=left_today, maximum=_count(reply, "daily")
                )
            )
        return seen

    def code(self, reply: Reply) -> str:
        """Return HubSpot's own word, else the status."""
        return errors.code_of(reply.body) or f"http_{reply.status}"

    def correlation_id(self, reply: Reply) -> str:
        """Return the id HubSpot's support asks for."""
        said = reply.body.get("correlationId") if isinstance(reply.body, dict) else None
        return str(said or reply.headers.get(_CORRELATION, ""))[:80]

    def _error(self, row: Row, reply: Reply, request: Request) -> AdapterError:
        code = self.code(reply)
        field = errors.property_of(reply.body)
        message = (
            f"Connection {self._connection!r}: HubSpot answered {request.method} "
            f"{request.endpoint} with {reply.status} ({code})"
            f"{f' for property {field!r}' if field else ''}."
        )
        known = {"code": code, "correlation_id": self.correlation_id(reply)}
        advice = row.advice or errors.advice_for(reply.body)
        if row.next is Next.RENEW:
            return Reauthenticate(message, status=reply.status, next_step=advice, **known)
        if row.next is Next.GRANT:
            return _missing_access(message, code, errors.scopes_of(reply.body))
        if row.next is Next.MISPLACED or request.is_repeatable:
            return Unreadable(message, status=reply.status, next_step=advice, **known)
        refusal = RejectRecord(
            message,
            status=reply.status,
            field=field,
            existing_id=errors.existing_id(reply.body),
            **known,
        )
        refusal.next_step = advice
        return refusal


def _missing_access(message: str, code: str, scopes: tuple[str, ...]) -> GrantAccess:
    named = f" the scopes {', '.join(scopes)}" if scopes else " the scopes the README lists"
    return GrantAccess(
        message, scopes=scopes, code=code, next_step=f"Grant the key{named} in HubSpot."
    )


def _retry_after(reply: Reply, now: datetime) -> datetime | None:
    said = reply.headers.get("retry-after", "")
    return now + timedelta(seconds=int(said)) if said.isdecimal() and len(said) < 7 else None  # noqa: PLR2004 - beyond is no duration


def _paused(reply: Reply, code: str) -> tuple[str, ...]:
    """Return which limits a pause concerns: its own one for a 429, else all of them."""
    if reply.status != 429:  # noqa: PLR2004 - 477: the whole account is being moved
        return ()
    return (profile.SEARCH,) if code == "SECONDLY" else (profile.BURST,)


def _count(reply: Reply, name: str) -> int | None:
    text = reply.headers.get(_HEADER + name, "")
    return int(text) if text.isdecimal() else None
