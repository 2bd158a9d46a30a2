"""The process: builds all parts once, runs them, and stops them in good order (G7)."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version

from config.snapshot import Config
from daemon.clock import Clock, Luck
from daemon.flow.report import RunReport
from daemon.service.decisions import follow_decisions
from daemon.service.files import wake_by_files
from daemon.service.live import Live
from daemon.service.logs import logger
from daemon.service.metrics import Metrics
from daemon.service.readiness import Readiness, Signs
from daemon.service.reload import Origin, Reloading
from daemon.service.roster import Roster
from daemon.service.tasks import Tasks
from daemon.service.upkeep import Upkeep
from daemon.service.web import Questions, application, listen
from daemon.service.workers import Listeners
from daemon.use_cases.meaning import standing_now
from daemon.use_cases.naming import settle_names, wanted_syncs
from daemon.use_cases.standing import Standing, note_standing
from state import pairs
from state.database import State, StateUnavailable
from state.lock import StateLock

GRACE_SECONDS = 30.0
"""How long runs under way may take to finish after SIGTERM; then they are cut, which is safe."""

LOCK_SECONDS = 3.0
"""Between two looks whether the state's lock is still ours."""


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
    origin: Origin | None = None,
    lock: StateLock | None = None,
    stopping: asyncio.Event | None = None,
    on_started: Callable[[Started], None] = lambda _: None,
) -> None:
    """Run every sync of *config* until *stopping* is set or a signal asks for it.

    With *origin*, changes of the configuration are obeyed. With *lock*, everything stops when it
    is lost. Raises ConfigProblems where a sync was renamed in silence, and what a part of the
    process failed with.
    """
    stopping = stopping or asyncio.Event()
    _obey_signals(stopping)
    metrics = Metrics(version("crmsyncd"))
    await _settle_state(config, state, clock)
    live = Live(config, state, clock, luck, metrics.call)
    tasks = Tasks(stopping)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(live.close)
        upkeep = Upkeep(live, metrics.kept)
        roster = Roster(live, tasks, _listeners(metrics, upkeep))
        signs = _signs(live, roster, tasks, stopping, lock)
        readiness = Readiness(state, clock, signs)
        stack.push_async_callback(readiness.close)
        runner, port = await listen(
            application(Questions(is_ready=readiness.ask, exposition=_exposition(live, metrics))),
            config.service.host,
            config.service.port,
        )
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(tasks.close)
        roster.take(None, config)
        tasks.start(upkeep.work())
        for work in _attendance(live, roster, metrics, origin, lock):
            tasks.start(work)
        started = Started(host=config.service.host, port=port)
        logger().info("started", url=started.url, syncs=sorted(config.syncs))
        on_started(started)
        await stopping.wait()
        logger().info("stopping", grace_seconds=GRACE_SECONDS)
        await roster.stop(0 if tasks.has_failed else GRACE_SECONDS)
    logger().info("stopped")


async def _settle_state(config: Config, state: State, clock: Clock) -> None:
    """Bring the state to the names that are configured."""
    renamed = await settle_names(config, state, clock)
    if renamed:
        logger().info("renamed", pairs=renamed)
    names = [name for sync in wanted_syncs(config) for name in sync.pairs]
    gone = await state.write(pairs.retire, active=names)
    if gone:
        logger().warning("syncs_dormant", pairs=gone)
    await note_standing(state, Standing())


def _listeners(metrics: Metrics, upkeep: Upkeep) -> Listeners:
    def ended(report: RunReport) -> None:
        metrics.run_ended(report)
        upkeep.run_ended()

    return Listeners(began=metrics.run_began, ended=ended, broken=metrics.run_broken)


def _signs(
    live: Live, roster: Roster, tasks: Tasks, stopping: asyncio.Event, lock: StateLock | None
) -> Signs:
    return Signs(
        idle=roster.idle,
        failed=lambda: tasks.has_failed,
        is_stopping=stopping.is_set,
        is_lock_held=lambda: lock is None or lock.is_held(),
        circuits=live.circuits,
    )


def _attendance(
    live: Live, roster: Roster, metrics: Metrics, origin: Origin | None, lock: StateLock | None
) -> Iterator[Coroutine[None, None, None]]:
    """Give what goes on beside the workers."""
    yield wake_by_files(live, roster.wake)
    yield follow_decisions(live.state, live.clock, roster)
    if origin is not None:
        reloading = Reloading(origin, live, roster, metrics.reloaded)
        yield reloading.follow()
        yield reloading.follow_stored()
    if lock is not None:
        yield keep_lock(lock, live.clock)


async def keep_lock(lock: StateLock, clock: Clock) -> None:
    """Raise StateUnavailable as soon as another daemon may have taken the state over."""
    while await asyncio.to_thread(lock.is_held):
        await clock.sleep(LOCK_SECONDS)
    logger().error("state_lock_lost")
    raise StateUnavailable(
        "The state's lock is lost: the connection to its database broke, and another daemon may "
        "work on it now. Nothing more is written; start this one again."
    )


def _exposition(live: Live, metrics: Metrics) -> Callable[[], Awaitable[bytes]]:
    async def exposition() -> bytes:
        try:
            metrics.stand(await standing_now(live.state, live.clock), live.circuits())
        except StateUnavailable:  # what was counted is told all the same
            metrics.state_lost()
        return await asyncio.to_thread(metrics.exposition)

    return exposition


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
