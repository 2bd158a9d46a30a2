"""Who is calling: tokens, scopes, and HubSpot's words for what is wrong with them (hubspot.md 3.3)."""

from dataclasses import dataclass, replace
from datetime import datetime

from adapters.hubspot.sandbox.account import Account
from adapters.hubspot.sandbox.moments import as_text
from adapters.hubspot.sandbox.problems import Problem, Refused
from adapters.hubspot.sandbox.settings import TokenSettings

NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can"
    " find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a token opens."""

    account: Account
    token: TokenSettings


class TokenBook:
    """All tokens of all accounts."""

    def __init__(self, accounts: list[Account]) -> None:
        self._grants = {
            token.token: Grant(account=account, token=token)
            for account in accounts
            for token in account.settings.tokens
        }

    def expire(self, token: str, at: datetime) -> bool:
        """Let a token end; False where there is no such token."""
        grant = self._grants.get(token)
        if grant is None:
            return False
        self._grants[token] = replace(grant, token=replace(grant.token, expires_at=at))
        return True

    def rescope(self, token: str, scopes: frozenset[str]) -> bool:
        """Give a token these scopes and no others; False where there is no such token."""
        grant = self._grants.get(token)
        if grant is None:
            return False
        self._grants[token] = replace(grant, token=replace(grant.token, scopes=scopes))
        return True

    def grant(self, header: str, now: datetime) -> Grant:
        """Return what the Authorization header opens. Raises Refused with a 401."""
        scheme, _, token = header.partition(" ")
        grant = self._grants.get(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None:
            raise Refused(
                Problem(status=401, category="INVALID_AUTHENTICATION", message=NO_CREDENTIALS)
            )
        expiry = grant.token.expires_at
        if expiry is not None and expiry <= now:
            raise expired(expiry, now)
        return grant


def expired(expiry: datetime, now: datetime) -> Refused:
    """Return the 401 of a token past its end."""
    seconds = int((now - expiry).total_seconds())
    return Refused(
        Problem(
            status=401,
            category="EXPIRED_AUTHENTICATION",
            message=f"The OAuth token used to make this call expired {seconds} second(s) ago.",
            context={"expire time": [as_text(expiry)]},
        )
    )


def missing_scopes(scopes: tuple[str, ...]) -> Refused:
    """Return the 403 that names the scopes any of which would do."""
    return Refused(
        Problem(
            status=403,
            category="MISSING_SCOPES",
            message=(
                "This app hasn't been granted all required scopes to make this call."
                " Read more about required scopes here: https://developers.hubspot.com/scopes."
            ),
            errors=(
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": list(scopes)},
                },
            ),
            links={"scopes": "https://developers.hubspot.com/scopes"},
        )
    )
