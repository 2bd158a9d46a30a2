"""One user's session: logged in once, used by all, renewed when the server has ended it.

Tryton ends a session after some minutes without a call. Promises that many calls that meet its end
together log in once: a wrong password counts towards the server's own lock.
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping


class Session:
    """The credential of a connection, as its requests carry it."""

    def __init__(self, user: str, log_in: Callable[[], Awaitable[tuple[int, str]]]) -> None:
        """Keep how to log in; nothing is asked yet."""
        self._user = user
        self._log_in = log_in
        self._turn = asyncio.Lock()
        self._header = ""
        self.number = 0
        """How often it was begun; a call that failed tells with which one."""

    def headers(self) -> Mapping[str, str]:
        """Return what each request carries."""
        return {"Authorization": self._header} if self._header else {}

    async def begun(self) -> int:
        """See that there is one; return its number."""
        if not self._header:
            await self.renew(self.number)
        return self.number

    async def renew(self, number: int) -> None:
        """Log in anew, unless somebody did since the session of that *number*."""
        async with self._turn:
            if number != self.number:
                return
            self._header = ""
            user_id, token = await self._log_in()
            named = f"{self._user}:{user_id}:{token}".encode()
            self._header = f"Session {b64encode(named).decode()}"
            self.number += 1
