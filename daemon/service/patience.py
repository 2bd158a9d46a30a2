"""Patience with our own state: it can be locked, its disk full, its server restarting."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from daemon.clock import Clock
from daemon.service.logs import logger
from state.database import StateUnavailable

P = ParamSpec("P")
T = TypeVar("T")

TRY_AGAIN = timedelta(seconds=5)


async def when_possible(
    clock: Clock, operation: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Do *operation* as soon as the state can be used; tell once that it cannot."""
    is_told = False
    while True:
        try:
            return await operation(*args, **kwargs)
        except StateUnavailable as error:
            if not is_told:
                logger().warning("state_unavailable", error=str(error))
            is_told = True
            await clock.sleep(TRY_AGAIN.total_seconds())
