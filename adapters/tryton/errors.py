"""What Tryton's refusals mean: its error words and statuses → our next move.

Tryton answers a refused call with 200 and an ``error`` whose first element is the class of its
exception. Promises never to pass on the text beside it: it quotes values and names.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from adapters.errors import RejectBatch, RejectRecord
from adapters.exchange import Json

USER_ERROR = "UserError"
USER_WARNING = "UserWarning"
CONCURRENCY = "ConcurrencyException"
LOGIN = "LoginException"

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        USER_ERROR: "Look at the record in Tryton: one of its rules does not allow this value.",
        USER_WARNING: "Tryton wants a person to confirm this: make the change there by hand.",
        CONCURRENCY: "",
        LOGIN: "",
    }
)
"""What an ``error`` may begin with when Tryton took the call back whole: nothing was written. Any
other beginning is the text of an exception nobody foresaw, which may come after the commit."""


class Next(StrEnum):
    """What a status tells us to do."""

    SESSION = "the session is over; log in anew"
    GRANT = "this user may not call this"
    MISPLACED = "there is no such server or database"
    PAUSE = "back off"
    REFUSE = "refused, and would be refused again"
    DOUBT = "proves nothing"


_BY_STATUS: Mapping[int, Next] = MappingProxyType(
    {
        401: Next.SESSION,
        403: Next.GRANT,
        404: Next.MISPLACED,
        405: Next.MISPLACED,
        408: Next.DOUBT,
        429: Next.PAUSE,
    }
)


def next_of(status: int) -> Next:
    """Return what a status that is no success means."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:  # noqa: PLR2004 - a redirection leads somewhere else
        return Next.MISPLACED
    return Next.REFUSE if 400 <= status < 500 else Next.DOUBT  # noqa: PLR2004 - 4xx


def is_told(body: Json) -> bool:
    """Whether a 200 says what came of the call: a result, or a refusal known to be definite."""
    return isinstance(body, dict) and ("result" in body or refusal(body) in REFUSALS)


def refusal(body: Json) -> str:
    """Return the class of the refusal inside a 200, "" where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    first = error[0] if isinstance(error, list) and error else ""
    return first if isinstance(first, str) and first in REFUSALS else ""


def is_absence(body: Json) -> bool:
    """Whether a refused read of one record says that there is no such record.

    A record that a rule hides is refused with the user's groups beside the message; one that does
    not exist with nothing beside it, in every language.
    """
    if refusal(body) != USER_ERROR:
        return False
    said = body["error"][1]
    return isinstance(said, list) and len(said) > 1 and said[1] == ""


def whole(refused: RejectRecord) -> RejectBatch:
    """Return the refusal of one request as that of all its records."""
    return RejectBatch(
        refused.message, code=refused.code, status=refused.status, next_step=refused.next_step
    )
