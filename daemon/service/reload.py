"""Follow the configuration while the daemon runs: a good one is obeyed, a bad one refused (R16).

Its files are watched, the files of its secrets too, and the secrets stored in the state.

A refused configuration changes nothing: the former snapshot stays live, and a log line, a metric
and the status say so until it is put right.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.problems import ConfigProblems, Problem, Spot
from config.snapshot import Config
from config.watch import LOOK_UNASKED, follow
from daemon.service.live import Live
from daemon.service.logs import configure_logs, logger
from daemon.service.patience import when_possible
from daemon.service.roster import Roster
from daemon.use_cases.naming import check_names
from daemon.use_cases.standing import Standing, note_standing, refused
from state import credentials

TAKEN, REFUSED = "taken", "refused"

LISTEN = "service.listen"


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a configuration comes from."""

    path: Path
    """The file, or the folder of files, to watch."""
    read: Callable[[], Config]
    """Reads it anew; raises ConfigProblems."""


class Reloading:
    """Reads the configuration anew whenever its files change."""

    def __init__(
        self, origin: Origin, live: Live, roster: Roster, on_reload: Callable[[str], None]
    ) -> None:
        """Take what is to be followed, and who obeys; *on_reload* hears how each ended."""
        self._origin = origin
        self._live = live
        self._roster = roster
        self._on_reload = on_reload
        self._is_refused = False
        self._secret_files: Sequence[Path] = live.config.secret_files
        self._listen = live.config.service.listen
        self._turn = asyncio.Lock()

    async def follow_stored(self) -> None:
        """Obey every change of a stored secret; to be cancelled."""
        seen = ""
        while True:
            now = await when_possible(self._live.clock, self._live.state.read, credentials.mark)
            if now != seen:
                seen = now
                await self._reload()
            elif self._is_refused:  # what could not be read for a moment may be readable by now
                await self._reload(is_unasked=True)
            await self._live.clock.sleep(LOOK_UNASKED.total_seconds())

    async def follow(self) -> None:
        """Obey every change; to be cancelled. What changed since the start is seen at once."""
        await follow(
            self._origin.path,
            lambda: self._secret_files,
            self._live.clock,
            self._reload,
            seen=frozenset(),
        )

    async def _reload(self, *, is_unasked: bool = False) -> None:
        async with self._turn:
            await self._look(is_unasked=is_unasked)

    async def _look(self, *, is_unasked: bool) -> None:
        """Read everything anew, and take or refuse it; nothing is said twice where nobody asked."""
        try:
            config = await when_possible(self._live.clock, asyncio.to_thread, self._read)
            await when_possible(self._live.clock, check_names, config, self._live.state)
        except ConfigProblems as error:
            if not is_unasked:
                self._secret_files = sorted({*self._live.config.secret_files, *error.secret_files})
                await self._refuse(error)
            return
        self._secret_files = config.secret_files
        if config != self._live.config or self._is_refused:
            await self._take(config)

    def _read(self) -> Config:
        try:
            return self._origin.read()
        except OSError as error:
            problem = Problem(
                spot=Spot(file=self._origin.path),
                where="",
                message=f"cannot be read ({error.strerror or type(error).__name__})",
                hint="Check its permissions.",
            )
            raise ConfigProblems([problem]) from None

    async def _refuse(self, error: ConfigProblems) -> None:
        self._is_refused = True
        self._on_reload(REFUSED)
        logger().error(
            "configuration_refused",
            problems=[
                {"at": str(each.spot), "key": each.where, "message": each.message}
                for each in error.problems
            ],
            next_step="Put it right; until then the former configuration stays live.",
        )
        now = self._live.clock.now()
        restart = self._restart_needed(self._live.config)
        standing = refused(error, now, restart_needed=restart)
        await when_possible(self._live.clock, note_standing, self._live.state, standing)

    async def _take(self, config: Config) -> None:
        self._is_refused = False
        former = self._live.config
        await self._live.take(config)
        self._roster.take(former, config)
        configure_logs(config.service.log_level.value)
        self._on_reload(TAKEN)
        logger().info(
            "configuration_taken",
            syncs=sorted(config.syncs),
            connections=_changed(former, config),
            warnings=[str(warning) for warning in config.warnings],
        )
        restart = self._restart_needed(config)
        if restart:
            logger().error("restart_needed", keys=restart, next_step="Restart the daemon for it.")
        standing = Standing(restart_needed=restart)
        await when_possible(self._live.clock, note_standing, self._live.state, standing)

    def _restart_needed(self, config: Config) -> list[str]:
        return [LISTEN] if config.service.listen != self._listen else []


def _changed(former: Config, config: Config) -> list[str]:
    """Return the connections that came, went or are set otherwise."""
    names = former.connections.keys() | config.connections.keys()
    return sorted(
        name for name in names if former.connections.get(name) != config.connections.get(name)
    )
