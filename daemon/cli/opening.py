"""Open what a command works on: the configuration, the state, the connections."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config.snapshot import Config
from daemon.cli.output import err
from daemon.clock import SystemClock, SystemLuck
from daemon.use_cases.naming import settle_names
from daemon.use_cases.workspace import Workspace, open_workspace, read_configuration
from state.database import State
from state.lock import hold_lock
from state.opening import open_state


def configuration(path: Path, place: str) -> Config:
    """Load the configuration and tell its warnings. Raises ConfigProblems."""
    config = read_configuration(path, os.environ, place=place)
    for warning in config.warnings:
        err.print(f"warning: {warning}", markup=False)
    return config


@asynccontextmanager
async def a_workspace(config: Config, place: str) -> AsyncIterator[Workspace]:
    """Open state and connections for a run; only one process may run syncs on a state.

    Renames are carried out first. Raises ConfigProblems for one that cannot be (R16).
    """
    with hold_lock(place) as lock:
        state = open_state(place, lock=lock)
        try:
            await settle_names(config, state, SystemClock())
            async with open_workspace(config, state, SystemClock(), SystemLuck()) as workspace:
                yield workspace
        finally:
            state.close()


@asynccontextmanager
async def a_state(place: str) -> AsyncIterator[State]:
    """Open a state to look at it or to decide something, beside a running daemon."""
    state = open_state(place, inline=True)
    try:
        yield state
    finally:
        state.close()
