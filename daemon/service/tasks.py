"""The tasks of the process: none is forgotten, and the first that fails ends it."""

import asyncio
from collections.abc import Coroutine, Iterable


class Tasks:
    """Starts tasks and sets *stopping* when one of them fails."""

    def __init__(self, stopping: asyncio.Event) -> None:
        """Own no task yet."""
        self._stopping = stopping
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start *work* as a task of the process."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = self._failure or failure
            self._stopping.set()

    @property
    def has_failed(self) -> bool:
        """Whether a task failed, so that the others must not go on."""
        return self._failure is not None

    async def close(self) -> None:
        """Cancel what still runs, wait for it, and raise what failed first."""
        await cut(list(self._tasks))
        if self._failure is not None:
            raise self._failure


async def cut(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
