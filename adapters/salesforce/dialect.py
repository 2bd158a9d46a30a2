"""How Salesforce answers: codes to verdicts, the limit header to observations.

The meaning of a code stands in the table of `errors`; this file only carries it out.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.errors import (
    AdapterError,
    GrantAccess,
    Reauthenticate,
    RejectRecord,
    RetryLater,
    Unreadable,
)
from adapters.exchange import Again, Doubt, Pause, Reply, Request, Verdict
from adapters.limits import Observation
from adapters.salesforce import errors, profile
from adapters.salesforce.errors import Next, Row

_USAGE = re.compile(r"(?<!per-app-)api-usage=(\d+)/(\d+)")
"""Found anywhere in the header: usage of single apps and bursts stand beside it in some orgs."""


_SPENT = {True: profile.DAILY, False: profile.SHORT}
"""Which limit waits: the day's own reckoning, unless a reply says until when."""


class SessionExpired(Reauthenticate):
    """The access token is no longer good; a new one may be."""


class FieldsChanged(RejectRecord):
    """A request named a field or object that this user does not see (any more)."""


class BeginAgain(RetryLater):
    """The walk or window is no longer there: it has to begin anew."""


class SalesforceDialect:
    """What Salesforce's replies mean on one connection."""

    def __init__(self, connection: str) -> None:
        """Keep the connection's name for errors."""
        self._connection = connection

    def judge(self, reply: Reply, request: Request, now: datetime) -> Verdict:
        """Return what the table says of a reply that is no success."""
        row = errors.row_of(reply.status, reply.body)
        code = self.code(reply)
        match row.next:
            case Next.PAUSE_DAY:
                until = _retry_after(reply, now)
                return Pause(until=until, code=code, limits=(_SPENT[until is None],))
            case Next.PAUSE_HOUR:
                return Pause(until=now + profile.LOGIN_PAUSE, code=code)
            case Next.PAUSE:
                return Pause(until=_retry_after(reply, now), code=code, limits=(profile.SHORT,))
            case Next.AGAIN:
                return Again(code=code, after=profile.LOCK_WAIT)
            case Next.DOUBT:
                return Doubt(code=code)
            case _:
                return self.error(row, reply, request)

    def observations(self, reply: Reply, now: datetime) -> Sequence[Observation]:
        """Return what the header says of the org's day, all its tools together."""
        del now
        usage = _USAGE.search(reply.headers.get("sforce-limit-info", ""))
        if usage is None:
            return ()
        used, most = int(usage[1]), int(usage[2])
        return (Observation(name=profile.DAILY, remaining=max(0, most - used), maximum=most),)

    def code(self, reply: Reply) -> str:
        """Return Salesforce's own word, else the status."""
        return errors.code_of(reply.body) or f"http_{reply.status}"

    def correlation_id(self, reply: Reply) -> str:
        """Return the id of the request, where a reply bears one."""
        return reply.headers.get("x-sfdc-request-id", "")[:80]

    def error(self, row: Row, reply: Reply, request: Request) -> AdapterError:
        """Return the definite error a reply is."""
        code = self.code(reply)
        message = (
            f"Connection {self._connection!r}: Salesforce answered {request.method} "
            f"{request.endpoint} with {reply.status} ({code})."
        )
        if row.next is Next.GRANT:
            return GrantAccess(message, code=code, next_step=row.advice)
        kind = self._kind(row, request)
        refusal = kind(message, code=code, status=reply.status)
        refusal.next_step = row.advice
        if isinstance(refusal, RejectRecord):
            refusal.field = next(iter(errors.fields_of(reply.body)), "")
            refusal.existing_id = errors.existing_id(reply.body)
        return refusal

    def _kind(self, row: Row, request: Request) -> type[AdapterError]:
        match row.next:
            case Next.LOG_IN:
                return SessionExpired
            case Next.RENEW:
                return Reauthenticate
            case Next.RESTART:
                return BeginAgain
            case Next.REDESCRIBE:
                return FieldsChanged
            case Next.MISPLACED:
                return Unreadable
            case _:
                return Unreadable if request.is_repeatable else RejectRecord


def _retry_after(reply: Reply, now: datetime) -> datetime | None:
    """Return until when a reply asks to wait: Salesforce never says, a proxy before it may."""
    said = reply.headers.get("retry-after", "")
    return now + timedelta(seconds=int(said)) if said.isdecimal() and len(said) < 7 else None  # noqa: PLR2004 - beyond is no duration


class LoginDialect(SalesforceDialect):
    """The same for log-ins: there is nothing to renew a refused log-in with."""

    def _kind(self, row: Row, request: Request) -> type[AdapterError]:
        if row.next in {Next.LOG_IN, Next.REFUSE}:
            return Reauthenticate
        return super()._kind(row, request)
