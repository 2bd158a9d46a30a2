"""The process: builds all parts once, runs them, and stops them in good order (G7)."""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version

from config.snapshot import Config
from daemon.clock import Clock, Luck
from daemon.service.logs import logger
from daemon.service.metrics import Metrics
from daemon.service.schedule import schedule, watch, watched_files
from daemon.service.web import Questions, application, listen
from daemon.service.workers import Listeners, Worker
from daemon.use_cases.overview import status
from daemon.use_cases.workspace import Workspace, open_workspace
from state import pairs
from state.database import State

GRACE_SECONDS = 30.0
"""How long runs under way may take to finish after SIGTERM; then they are cut, which is safe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """What a daemon tells once it listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where health and metrics are."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


async def serve(
    config: Config,
    state: State,
    clock: Clock,
    luck: Luck,
    *,
    stopping: asyncio.Event | None = None,
    on_started: Callable[[Started], None] = lambda _: None,
) -> None:
    """Run every sync of *config* until *stopping* is set or a signal asks for it."""
    stopping = stopping or asyncio.Event()
    _obey_signals(stopping)
    metrics = Metrics(version("crmsyncd"))
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(
            open_workspace(config, state, clock, luck, metrics.call)
        )
        gone = await state.write(pairs.retire, active=_pair_names(config))
        if gone:
            logger().warning("syncs_dormant", pairs=gone)
        listeners = Listeners(
            began=metrics.run_began, ended=metrics.run_ended, broken=metrics.run_broken
        )
        workers = {name: Worker(workspace, name, listeners) for name in config.syncs}
        runner, port = await listen(
            application(_questions(workspace, metrics)), config.service.host, config.service.port
        )
        stack.push_async_callback(runner.cleanup)
        scheduler = schedule(config, workers, clock.now())
        stack.callback(scheduler.shutdown, wait=False)
        started = Started(host=config.service.host, port=port)
        logger().info("started", url=started.url, syncs=sorted(config.syncs))
        on_started(started)
        await _work(workspace, workers, stopping)
    logger().info("stopped")


def _pair_names(config: Config) -> list[str]:
    return [
        name if len(sync.pairs) == 1 else f"{name}/{number + 1}"
        for name, sync in config.syncs.items()
        for number in range(len(sync.pairs))
    ]


async def _work(workspace: Workspace, workers: dict[str, Worker], stopping: asyncio.Event) -> None:
    """Let workers and the watcher run until *stopping*; give them time to finish, then cut them."""
    files = watched_files(workspace, workers)
    tasks = [asyncio.create_task(worker.work(stopping)) for worker in workers.values()]
    tasks.append(asyncio.create_task(watch(files, stopping)))
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([*tasks, stop], return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        logger().info("stopping", grace_seconds=GRACE_SECONDS)
        await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    finally:
        stop.cancel()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def _questions(workspace: Workspace, metrics: Metrics) -> Questions:
    async def is_ready() -> tuple[bool, dict[str, object]]:
        found = await status(workspace.state, limit=0)
        held = [sync.sync for sync in found.syncs if sync.hold]
        failed = [s.sync for s in found.syncs if s.last and s.last.outcome == "failed"]
        told: dict[str, object] = {"state": "writable", "held": held, "failing": failed}
        return True, {"status": "ready", **told}

    async def exposition() -> bytes:
        metrics.stand(await status(workspace.state, limit=0))
        return await asyncio.to_thread(metrics.exposition)

    return Questions(is_ready=is_ready, exposition=exposition)


def _obey_signals(stopping: asyncio.Event) -> None:
    """SIGTERM and SIGINT stop in good order; a second one stops at once."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            for task in asyncio.all_tasks(loop):
                task.cancel()
        stopping.set()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
