"""Several batches under way at once, as many as an end takes: waiting for one does not stop others.

What fails lets the others finish first, so that their outcomes are known and settled; what is a
crash or a cancellation stops them where they are, as it would stop one.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any


async def in_lanes(lanes: int, work: AsyncIterator[Coroutine[Any, Any, bool]]) -> bool:
    """Do all pieces of *work*, at most *lanes* at a time; return whether one of them returned True.

    The next piece is fetched only when a lane is free. Raises the first failure of a piece, once
    the others under way have ended.
    """
    if lanes == 1:
        return any([await piece async for piece in work])
    under_way: set[asyncio.Task[bool]] = set()
    is_any = False
    try:
        async for piece in work:
            under_way.add(asyncio.ensure_future(piece))
            if len(under_way) >= lanes:
                is_any |= await _some(under_way)
        while under_way:
            is_any |= await _some(under_way)
    except Exception:
        await _wait_for(under_way)
        raise
    except BaseException:
        for task in under_way:
            task.cancel()
        await _wait_for(under_way)
        raise
    return is_any


async def _some(under_way: set[asyncio.Task[bool]]) -> bool:
    """Wait for at least one piece and take those that ended off; return whether one was True."""
    done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    under_way -= done
    failures = [task.exception() for task in done if task.exception() is not None]
    if failures:
        raise next(iter(failures))  # type: ignore[misc]  # None was sorted out
    return any(task.result() for task in done)


async def _wait_for(under_way: set[asyncio.Task[bool]]) -> None:
    await asyncio.gather(*under_way, return_exceptions=True)
