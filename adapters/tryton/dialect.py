"""How Tryton answers below its JSON: statuses to verdicts. It tells nothing of limits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.errors import AdapterError, GrantAccess, Reauthenticate, RejectRecord, Unreadable
from adapters.exchange import Doubt, Pause, Reply, Request, Verdict
from adapters.limits import Observation
from adapters.tryton import errors
from adapters.tryton.errors import Next

SESSION_OVER = "session_over"
_TELL_USER = "Check the connection's user and password; the user must be active in Tryton."


class TrytonDialect:
    """What Tryton's replies mean on one connection."""

    def __init__(self, connection: str) -> None:
        """Keep the connection's name for errors."""
        self._connection = connection

    def judge(self, reply: Reply, request: Request, now: datetime) -> Verdict:
        """Return what a status means. 401 comes before anything is done, and 429 too."""
        move = errors.next_of(reply.status)
        if move is Next.DOUBT:
            return Doubt(code=self.code(reply))
        if move is Next.PAUSE:
            return Pause(until=_retry_after(reply, now), code=self.code(reply))
        return self._error(move, reply, request)

    def _error(self, move: Next, reply: Reply, request: Request) -> AdapterError:
        status, code = reply.status, self.code(reply)
        message = (
            f"Connection {self._connection!r}: Tryton answered {request.endpoint} with {status}."
        )
        if move is Next.SESSION:
            return Reauthenticate(message, status=status, code=SESSION_OVER, next_step=_TELL_USER)
        if move is Next.GRANT:
            return GrantAccess(message, code=code, next_step="Activate the module that has it.")
        if move is Next.MISPLACED or request.is_repeatable:
            step = "Check the connection's base_url and database, and the server's release."
            return Unreadable(message, status=status, code=code, next_step=step)
        return RejectRecord(message, status=status, code=code)

    def refused(self, reply: Reply, request: Request) -> AdapterError | None:
        """Return the refusal inside a 200; None where there is a result."""
        code = errors.refusal(reply.body)
        if not code:
            return None
        message = f"Connection {self._connection!r}: Tryton refused {request.endpoint} ({code})."
        if code == errors.LOGIN:
            step = "The user's way to log in asks for more than a password; use another user."
            return Reauthenticate(message, code=code, next_step=step)
        if request.is_repeatable:
            step = "Put the connection's user into the groups that the README names."
            return GrantAccess(message, code=code, next_step=step)
        refusal = RejectRecord(message, code=code, status=reply.status)
        refusal.next_step = errors.REFUSALS[code]
        return refusal

    def observations(self, reply: Reply, now: datetime) -> Sequence[Observation]:  # noqa: ARG002 - the protocol's
        """Return nothing: Tryton tells no limits."""
        return ()

    def code(self, reply: Reply) -> str:
        """Return the class of a refusal, else the status; "" for a result."""
        if reply.is_success:
            is_refused = isinstance(reply.body, dict) and "error" in reply.body
            return errors.refusal(reply.body) or ("server_error" if is_refused else "")
        return f"http_{reply.status}"

    def correlation_id(self, reply: Reply) -> str:  # noqa: ARG002 - the protocol's
        """Return nothing: Tryton numbers no replies."""
        return ""


def _retry_after(reply: Reply, now: datetime) -> datetime | None:
    """Return when to come back, where a gateway in front of Tryton says so."""
    said = reply.headers.get("retry-after", "")
    return now + timedelta(seconds=int(said)) if said.isdecimal() and len(said) < 7 else None  # noqa: PLR2004 - beyond is no duration
