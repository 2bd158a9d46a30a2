"""Access tokens: opaque, and dead after a while without use (salesforce.md 1.5)."""

import random
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.salesforce.sandbox.problems import Refused, refused
from adapters.salesforce.sandbox.settings import Limits

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"
_HOUR = timedelta(hours=1)
TOKEN_LENGTH = 80


@dataclass(slots=True)
class Session:
    """One access token and when it was last used."""

    token: str
    user_id: str
    app: str
    used_at: datetime


class SessionBook:
    """All sessions of an org."""

    def __init__(self, org_id: str, limits: Limits, luck: random.Random) -> None:
        self._org_id = org_id
        self._limits = limits
        self._random = luck
        self._sessions: dict[str, Session] = {}
        self._logins: dict[str, deque[datetime]] = {}

    def open(self, user_id: str, app: str, now: datetime) -> Session:
        """Give a token; two programs of one user and one app get the same one."""
        self._count_login(user_id, now)
        for session in self._sessions.values():
            is_same = (session.user_id, session.app) == (user_id, app)
            if is_same and self._is_alive(session, now):
                session.used_at = now
                return session
        letters = "".join(self._random.choice(_LETTERS) for _ in range(TOKEN_LENGTH))
        session = Session(f"{self._org_id[:15]}!{letters}", user_id, app, now)
        self._sessions[session.token] = session
        return session

    def user(self, header: str, now: datetime) -> str:
        """Return whose token the Authorization header has. Raises Refused with a 401."""
        scheme, _, token = header.partition(" ")
        session = self._sessions.get(token.strip())
        is_known = session is not None and scheme.lower() in {"bearer", "oauth"}
        if session is None or not is_known or not self._is_alive(session, now):
            raise expired()
        session.used_at = now
        return session.user_id

    def end(self, token: str = "") -> bool:
        """End one session, or all; False where there is none to end."""
        if token:
            return self._sessions.pop(token, None) is not None
        had = bool(self._sessions)
        self._sessions.clear()
        return had

    def is_active(self, token: str, now: datetime) -> bool:
        """Say whether a token still opens the org."""
        session = self._sessions.get(token)
        return session is not None and self._is_alive(session, now)

    def _is_alive(self, session: Session, now: datetime) -> bool:
        return now - session.used_at < self._limits.session_idle

    def _count_login(self, user_id: str, now: datetime) -> None:
        logins = self._logins.setdefault(user_id, deque())
        while logins and now - logins[0] >= _HOUR:
            logins.popleft()
        if len(logins) >= self._limits.logins_an_hour:
            raise refused("LOGIN_RATE_EXCEEDED", "login rate exceeded", status=403)
        logins.append(now)


def expired() -> Refused:
    """Return the 401 of a token that opens nothing."""
    return refused("INVALID_SESSION_ID", "Session expired or invalid", status=401)
