"""``run``, ``sandbox`` and ``config schema``."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson

from adapters.registry import adapter_kinds
from adapters.sandbox import serve_sandbox
from config.model import Service
from config.schema import schema_bytes
from config.snapshot import Config
from daemon.cli.opening import configuration
from daemon.cli.output import err
from daemon.clock import SystemClock, SystemLuck
from daemon.service.app import Started, serve
from daemon.service.logs import configure_logs
from daemon.service.reload import Origin
from daemon.use_cases.workspace import read_configuration
from state.lock import hold_lock
from state.opening import open_state


def run(*, config: Path, state: str, listen: str, as_json: bool) -> None:
    """Run the daemon until it is stopped."""
    loaded = _over(configuration(config, state), listen)
    configure_logs(loaded.service.log_level.value)

    def read() -> Config:
        return _over(read_configuration(config, os.environ, place=state), listen)

    origin = Origin(path=config, read=read)

    def tell(started: Started) -> None:
        if as_json:
            line = {"url": started.url, "syncs": sorted(loaded.syncs), "state": state}
            sys.stdout.write(orjson.dumps(line).decode() + "\n")
            sys.stdout.flush()
        elif err.is_terminal:
            err.print(f"Listening on {started.url} (/healthz, /readyz, /metrics). Ctrl-C stops.")

    asyncio.run(_serve(loaded, origin, state, tell))


def _over(config: Config, listen: str) -> Config:
    """Return *config* with the address that the command line names, if it names one."""
    if not listen:
        return config
    service = config.service.model_dump() | {"listen": listen}
    return replace(config, service=Service.model_validate(service))


async def _serve(
    config: Config, origin: Origin, place: str, tell: Callable[[Started], None]
) -> None:
    with hold_lock(place) as lock:
        state = open_state(place, lock=lock)
        try:
            await serve(
                config,
                state,
                SystemClock(),
                SystemLuck(),
                origin=origin,
                lock=lock,
                on_started=tell,
            )
        finally:
            state.close()


def sandbox(*, kind: str, port: int, records: int, seed: int, file: Path | None) -> None:
    """Serve a sandbox."""
    serve_sandbox(kind, port=port, records=records, seed=seed, state=file)


def config_schema() -> None:
    """Print the JSON Schema of configurations."""
    settings = {word: kind.settings for word, kind in adapter_kinds().items()}
    sys.stdout.buffer.write(schema_bytes(settings))
