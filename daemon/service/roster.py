"""Who works: a worker and a timer for each configured sync; they come and go with it (R16)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from config.schedule import Schedule
from config.snapshot import Config
from daemon.flow.report import RunReport
from daemon.service.live import Live
from daemon.service.schedule import keep_time, sleep_until
from daemon.service.tasks import Tasks, cut
from daemon.service.workers import Listeners, Worker, take_leave

NOT_AT_ONCE = timedelta(minutes=1)
"""Least distance between a run that is put off and the next one for that reason."""

GOT_THROUGH = frozenset({"done", "nothing"})


@dataclass(kw_only=True)
class _Post:
    worker: Worker
    work: asyncio.Task[None]
    schedule: Schedule
    timer: asyncio.Task[None] | None = None
    through: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a run got through."""
    alarm: asyncio.Task[None] | None = None
    """Wakes it when an account's day starts afresh that put it off."""


@dataclass(frozen=True, kw_only=True)
class _Leaving:
    work: asyncio.Task[None]
    """Its last run."""
    leave: asyncio.Task[None]
    """What follows it: settling what is open."""


class Roster:
    """Keeps one worker a sync, as the snapshot says that is live."""

    def __init__(self, live: Live, tasks: Tasks, listeners: Listeners) -> None:
        """Have nobody work yet."""
        self._live = live
        self._tasks = tasks
        self._listeners = replace(listeners, ended=self._ended)
        self._heard = listeners.ended
        self._posts: dict[str, _Post] = {}
        self._leaving: dict[str, _Leaving] = {}

    def wake(self, sync: str, trigger: str) -> None:
        """Ask for a run of *sync*, if it is configured."""
        if sync in self._posts:
            self._posts[sync].worker.wake(trigger)

    def take(self, former: Config | None, config: Config) -> None:
        """Have the syncs of *config* worked on, and those only of *former* leave."""
        heirs = {sync.was: name for name, sync in config.syncs.items() if sync.was}
        for name in [name for name in self._posts if name not in config.syncs]:
            self._dismiss(name, None if name in heirs else former)
        for name, sync in config.syncs.items():
            if name not in self._posts:
                self._engage(name, sync.schedule, {name, sync.was or name})
            elif self._posts[name].schedule != sync.schedule:
                self._replan(name, sync.schedule)

    def _engage(self, name: str, schedule: Schedule, known_as: set[str]) -> None:
        worker = Worker(self._live, name, self._listeners)
        work = self._tasks.start(worker.work(self._predecessors(known_as)))
        post = _Post(worker=worker, work=work, schedule=schedule)
        self._posts[name] = post
        self._time(name, post, is_changed=False)

    def _predecessors(self, known_as: set[str]) -> list[asyncio.Task[None]]:
        """Return what must end first; a sync that is back needs nobody to settle it for good."""
        found: list[asyncio.Task[None]] = []
        for name in sorted(known_as & self._leaving.keys()):
            self._leaving[name].leave.cancel()
            found += [self._leaving[name].work, self._leaving[name].leave]
        return found

    def _replan(self, name: str, schedule: Schedule) -> None:
        post = self._posts[name]
        if post.timer is not None:
            post.timer.cancel()
        post.schedule, post.through = schedule, asyncio.Event()
        self._time(name, post, is_changed=True)

    def _time(self, name: str, post: _Post, *, is_changed: bool) -> None:
        post.timer = self._tasks.start(self._keep_time(name, post, is_changed=is_changed))

    async def _keep_time(self, name: str, post: _Post, *, is_changed: bool) -> None:
        await post.worker.named.wait()  # what was remembered may stand under a former name
        await keep_time(
            post.schedule,
            name,
            self._live.state,
            self._live.clock,
            post.worker.wake,
            through=post.through,
            is_changed=is_changed,
        )

    def _dismiss(self, name: str, former: Config | None) -> None:
        """Let a sync go after its run; *former*: settle by it what is open, and let it rest."""
        post = self._posts.pop(name)
        for task in (post.timer, post.alarm):
            if task is not None:
                task.cancel()
        post.worker.end()
        leave = self._tasks.start(self._leave(name, post.work, former))
        self._leaving[name] = _Leaving(work=post.work, leave=leave)
        leave.add_done_callback(lambda task: self._left(name, task))

    async def _leave(self, name: str, work: asyncio.Task[None], former: Config | None) -> None:
        await asyncio.wait([work])
        if former is not None:
            await take_leave(self._live, former, name)

    def _left(self, name: str, task: asyncio.Task[None]) -> None:
        if name in self._leaving and self._leaving[name].leave is task:
            del self._leaving[name]

    def _ended(self, report: RunReport) -> None:
        if report.sync in self._posts and report.outcome in GOT_THROUGH:
            self._posts[report.sync].through.set()
        if report.sync in self._posts and report.put_off_until is not None:
            self._set_alarm(self._posts[report.sync], report.put_off_until)
        self._heard(report)

    def _set_alarm(self, post: _Post, at: datetime) -> None:
        """Wake a sync at a moment, whatever its schedule says; a later word replaces this one."""
        if post.alarm is not None:
            post.alarm.cancel()

        # Clocks differ: at their midnight, ours may be a second short of it.
        at = max(at, self._live.clock.now() + NOT_AT_ONCE)

        async def ring() -> None:
            await sleep_until(self._live.clock, at)
            post.worker.wake("quota")

        post.alarm = self._tasks.start(ring())

    def idle(self) -> list[str]:
        """Return configured syncs whose worker has ended, or whose timer was cut off."""
        return sorted(
            name
            for name, post in self._posts.items()
            if post.work.done() or (post.timer is not None and _is_cut(post.timer))
        )

    async def stop(self, grace: float) -> None:
        """Let runs under way finish within *grace* seconds, then cut them, which is safe."""
        posts: Mapping[str, _Post] = self._posts
        waits = [task for post in posts.values() for task in (post.timer, post.alarm)]
        await cut([task for task in waits if task is not None])
        await cut([leaving.leave for leaving in self._leaving.values()])
        for post in posts.values():
            post.worker.end()
        if posts:
            await asyncio.wait([post.work for post in posts.values()], timeout=grace)


def _is_cut(timer: asyncio.Task[None]) -> bool:
    """Tell a timer that broke from one that has no more moments to wait for."""
    return timer.done() and (timer.cancelled() or timer.exception() is not None)
