"""A sync's identity is its name: refuse a silent rename, carry out one that ``was:`` tells (R16)."""

from datetime import datetime

from sqlalchemy import Connection

from config.problems import ConfigProblems, Problem, Spot
from config.snapshot import Config
from daemon.clock import Clock
from daemon.flow.prepare import pair_name
from state import audit
from state.database import State
from state.renaming import Misfit, Wanted, misfits, take_names

BY_CONFIGURATION = "configuration"
"""Who decides where nobody said a name: whoever may write the configuration."""


def wanted_syncs(config: Config) -> list[Wanted]:
    """Return the syncs of *config* with their pairs, by the names they have in the state."""
    return [_wanted(config, name) for name in config.syncs]


def _wanted(config: Config, name: str) -> Wanted:
    sync = config.syncs[name]
    pairs = {
        pair_name(sync, name, number): (
            (pair.source.connection, pair.source.object),
            (pair.crm.connection, pair.crm.object),
        )
        for number, pair in enumerate(sync.pairs)
    }
    return Wanted(name=name, was=sync.was or "", pairs=pairs)


async def check_names(config: Config, state: State) -> None:
    """Raise ConfigProblems where a sync of *config* cannot be taken on as it is called."""
    found = await state.read(misfits, wanted_syncs(config))
    if found:
        raise ConfigProblems(_problem(config, each) for each in found)


async def take_name(config: Config, state: State, clock: Clock, sync: str) -> dict[str, str]:
    """Carry out the rename of one checked sync; return former → present pair name."""
    return await state.write(_take, _wanted(config, sync), at=clock.now())


def _take(connection: Connection, sync: Wanted, *, at: datetime) -> dict[str, str]:
    moved = take_names(connection, sync)
    if moved:
        audit.note(
            connection, at=at, actor=BY_CONFIGURATION, action="rename", subject=sync.name,
            detail=moved,
        )  # fmt: skip
    return moved


async def settle_names(config: Config, state: State, clock: Clock) -> dict[str, str]:
    """Check all names and carry all renames out; return former → present pair name.

    Raises ConfigProblems, with nothing changed, where one cannot be.
    """
    await check_names(config, state)
    moved: dict[str, str] = {}
    for name in config.syncs:
        moved |= await take_name(config, state, clock, name)
    return moved


def _problem(config: Config, misfit: Misfit) -> Problem:
    spot = config.places.get(misfit.sync) or Spot(file=config.files[0])
    where = f"syncs.{misfit.sync}"
    return Problem(spot=spot, where=where, message=misfit.message, hint=misfit.hint)
