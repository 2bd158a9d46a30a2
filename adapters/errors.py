"""Errors of the outside world, named by what the caller should do next.

AdapterError
├── RetryLater          a read or connection failed this time; nothing was written
├── WaitUntil           the system asked for patience (rate limit, quota, maintenance)
│   └── ShareSpent      the account's day, or our share of it, is used up: go on when it restarts
├── Reauthenticate      the credentials are refused; a person must renew them
├── GrantAccess         the credentials work but may not do this; a person must grant a scope
├── RejectRecord        this one record is refused; its neighbours are not
├── RejectBatch         the whole request is refused, nothing was written: split it
├── UnknownOutcome      a write may or may not have happened: look before doing anything
├── Unreadable          the thing itself is damaged or gone: stop this pair until it is mended
└── WrongAccount        the credentials lead to another account than before: stop the connection

No message carries a payload, a token or a person's data; ``code`` and ``text`` are the system's own
words with personal data removed by the adapter.
"""

from dataclasses import dataclass
from datetime import datetime


class AdapterError(Exception):
    """Anything that went wrong outside of us. Subclasses say what to do next."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int | None = None,
        correlation_id: str = "",
        next_step: str = "",
    ) -> None:
        """Keep what a report shows.

        ``message`` names the thing and what was expected; ``code`` is the system's own word;
        ``status`` the HTTP status where there is one; ``next_step`` what a person should do.
        """
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.correlation_id = correlation_id
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} Next: {self.next_step}" if self.next_step else self.message


class RetryLater(AdapterError):
    """A read or a connection failed this time, nothing was written: the next cycle may try."""


class WaitUntil(AdapterError):
    """The system asked for patience until ``until``; nothing was written."""

    def __init__(
        self,
        message: str,
        *,
        until: datetime,
        code: str = "",
        status: int = 429,
        next_step: str = "",
    ) -> None:
        """Keep the moment from which asking again makes sense."""
        super().__init__(message, code=code, status=status, next_step=next_step)
        self.until = until


class ShareSpent(WaitUntil):
    """The account's daily API calls, or our share of them, are used up until ``until``."""


class Reauthenticate(AdapterError):
    """The credentials are refused. Nothing else on this connection can work."""


class GrantAccess(AdapterError):
    """The credentials are good, but a permission is missing; ``scopes`` names what to grant."""

    def __init__(
        self, message: str, *, scopes: tuple[str, ...] = (), code: str = "", next_step: str = ""
    ) -> None:
        """Keep the missing scopes."""
        super().__init__(message, code=code, status=403, next_step=next_step)
        self.scopes = scopes


class RejectRecord(AdapterError):
    """One record is refused by the system's rules; ``field`` names the culprit where known."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int | None = None,
        field: str = "",
        existing_id: str = "",
        correlation_id: str = "",
    ) -> None:
        """Keep the field, and the id of the record that stands in the way (a duplicate key)."""
        super().__init__(message, code=code, status=status, correlation_id=correlation_id)
        self.field = field
        self.existing_id = existing_id


class RejectBatch(AdapterError):
    """A request for several records is refused as a whole and nothing was written."""


class UnknownOutcome(AdapterError):
    """A write was sent and no definite reply came: it may have happened. Never repeat blindly."""


class Unreadable(AdapterError):
    """The end itself is damaged, missing or changing under our hands; nothing was concluded."""


class WrongAccount(AdapterError):
    """The credentials now lead to another account than the one this state belongs to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What is kept of an error: enough for a report, nothing personal."""

    kind: str
    code: str
    message: str
    field: str = ""
    status: int | None = None

    @classmethod
    def of(cls, error: AdapterError) -> "Failure":
        """Return what a report may show of *error*."""
        return cls(
            kind=type(error).__name__,
            code=error.code,
            message=str(error),
            field=getattr(error, "field", ""),
            status=error.status,
        )
