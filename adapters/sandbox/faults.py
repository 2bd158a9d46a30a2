"""Faults on demand: queued rules saying which call goes wrong, how, and how often.

Takes rules and requests. Gives, for each request, the first rule that is due. Promises that rules
are used in the order they were added and that each is used exactly as often as it says.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.sandbox.exchange import JsonObject, Request


class FaultKind(StrEnum):
    """What goes wrong. The names are the values of `kind` in the admin endpoint."""

    LOCKED = "locked_423"
    MIGRATING = "migrating_477"
    SERVER_ERROR = "server_error_500"
    GATEWAY_HTML = "gateway_html_502"
    UNAVAILABLE = "unavailable_503"
    TIMEOUT_AFTER_WRITE = "timeout_504_after_write"
    THROTTLED = "throttled_429"
    TOKEN_EXPIRED = "token_expired_401"  # noqa: S105 - the name of a fault, no secret
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    SLOW_BODY = "slow_body"
    TRUNCATED_BODY = "truncated_body"
    TRUNCATED_JSON = "truncated_json"
    HTML_INSTEAD = "html_200"
    LISTING_CUT = "listing_cut"
    CURSOR_LOOP = "cursor_loop"
    DUPLICATED_ROWS = "duplicated_rows"
    HIDDEN_PROPERTY = "hidden_property"
    ACCOUNT_SWAP = "account_swap"
    VENDOR_ERROR = "vendor_error"


REFUSALS = frozenset(
    {
        FaultKind.LOCKED,
        FaultKind.MIGRATING,
        FaultKind.SERVER_ERROR,
        FaultKind.GATEWAY_HTML,
        FaultKind.UNAVAILABLE,
        FaultKind.THROTTLED,
        FaultKind.TOKEN_EXPIRED,
        FaultKind.HTML_INSTEAD,
        FaultKind.VENDOR_ERROR,
    }
)
"""Faults answered instead of the vendor's rules: nothing is applied."""

DISTORTIONS = frozenset(
    {
        FaultKind.LISTING_CUT,
        FaultKind.CURSOR_LOOP,
        FaultKind.DUPLICATED_ROWS,
        FaultKind.HIDDEN_PROPERTY,
        FaultKind.ACCOUNT_SWAP,
    }
)
"""Faults that change a good reply into one that lies."""

LOCK_SECONDS = 2.0
"""How long a lock lasts when the rule does not say."""


class FaultRuleError(ValueError):
    """The rule given to the admin endpoint cannot be used; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultRule:
    """One fault: its kind, which calls it hits, and for how long.

    `times` counts hits; `until` is a moment; `lasts` starts with the first hit. With none of the
    three the rule hits once. `skip` lets so many matching calls pass first. `retry_after` is put
    in the header of that name; `seconds` is the length of a slow body; `value` is the hidden
    property, the foreign account id, or the vendor's own code of an error.
    """

    kind: FaultKind
    method: str | None = None
    path_prefix: str = "/"
    times: int | None = None
    until: datetime | None = None
    lasts: timedelta | None = None
    skip: int = 0
    retry_after: int | None = None
    seconds: float = 5.0
    value: str = ""

    def matches(self, request: Request) -> bool:
        """Say whether this rule is about that request."""
        method_fits = self.method is None or self.method.upper() == request.method
        return method_fits and request.path.startswith(self.path_prefix)

    def wire(self) -> JsonObject:
        """Return the rule as JSON values."""
        plain = {part.name: getattr(self, part.name) for part in fields(self)}
        plain["until"] = None if self.until is None else self.until.isoformat()
        plain["lasts"] = None if self.lasts is None else self.lasts.total_seconds()
        return plain


@dataclass(slots=True)
class _Armed:
    rule: FaultRule
    remaining: int | None
    skip: int
    ends_at: datetime | None

    def is_spent(self, now: datetime) -> bool:
        return self.remaining == 0 or (self.ends_at is not None and now >= self.ends_at)

    def hit(self, now: datetime) -> bool:
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.remaining is not None:
            self.remaining -= 1
        if self.ends_at is None and self.rule.lasts is not None:
            self.ends_at = now + self.rule.lasts
        return True


class FaultQueue:
    """The rules still to be played, oldest first."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, rule: FaultRule) -> None:
        """Queue a rule."""
        is_bounded = rule.until is not None or rule.lasts is not None
        remaining = rule.times if rule.times is not None or is_bounded else 1
        self._armed.append(
            _Armed(rule=rule, remaining=remaining, skip=rule.skip, ends_at=rule.until)
        )

    def clear(self) -> None:
        """Forget all rules."""
        self._armed.clear()

    def waiting(self, now: datetime) -> list[FaultRule]:
        """Return the rules that can still hit."""
        return [armed.rule for armed in self._armed if not armed.is_spent(now)]

    def take(self, request: Request, now: datetime) -> FaultRule | None:
        """Return the rule this request runs into, and use it up by one."""
        self._armed = [armed for armed in self._armed if not armed.is_spent(now)]
        for armed in self._armed:
            if armed.rule.matches(request) and armed.hit(now):
                return armed.rule
        return None


def parse_rule(given: JsonObject) -> FaultRule:
    """Read `{kind, match: {method, path_prefix}, times | until | lasts, …}`.

    Raises FaultRuleError naming the first thing that is wrong.
    """
    known = {part.name for part in fields(FaultRule)} - {"method", "path_prefix"} | {"match"}
    unknown = sorted(set(given) - known)
    if unknown:
        raise FaultRuleError(f"A fault has no {unknown[0]!r}; it knows {sorted(known)}.")
    try:
        return _rule(given)
    except (TypeError, ValueError) as error:
        raise FaultRuleError(f"This fault cannot be read: {error}.") from error


def _rule(given: JsonObject) -> FaultRule:
    match = given.get("match") or {}
    if not isinstance(match, dict):
        raise TypeError("`match` must be an object with method and path_prefix")
    kind = FaultKind(given.get("kind", ""))
    lasts = given.get("lasts")
    is_open = given.get("times") is None and given.get("until") is None
    if lasts is None and kind is FaultKind.LOCKED and is_open:
        lasts = LOCK_SECONDS
    until = given.get("until")
    return FaultRule(
        kind=kind,
        method=match.get("method"),
        path_prefix=str(match.get("path_prefix", "/")),
        times=None if given.get("times") is None else int(given["times"]),
        until=None if until is None else _moment(str(until)),
        lasts=None if lasts is None else timedelta(seconds=float(lasts)),
        skip=int(given.get("skip", 0)),
        retry_after=None if given.get("retry_after") is None else int(given["retry_after"]),
        seconds=float(given.get("seconds", 5.0)),
        value=str(given.get("value", "")),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("`until` needs a time zone, for example 2026-11-20T12:00:00Z")
    return moment
