"""An opened configuration: its state and its connections, ready for use cases to work with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from adapters.budget import AccountDays, Spending
from adapters.contract import AdapterKind, Call, Surroundings
from adapters.quota import Quota
from adapters.registry import adapter_kinds
from config.load import load
from config.snapshot import Config, Connection
from daemon.clock import Clock, Luck
from daemon.cycle import Order, cycle
from daemon.flow.budgets import keep_spending
from daemon.flow.parts import Progress
from daemon.flow.prepare import Link, Preparation
from daemon.flow.report import RunReport
from daemon.flow.rollback import RollbackOrder, roll_back
from daemon.flow.send import leaving
from daemon.use_cases.credentials import StoredSecrets
from state.database import State

CALLS: ContextVar[list[Call] | None] = ContextVar("calls", default=None)
"""Where the API calls of the present run are gathered."""

OnCall = Callable[[Call], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """What every use case is given."""

    config: Config
    state: State
    links: Mapping[str, Link]
    clock: Clock
    luck: Luck

    def preparation(self, *, is_preview: bool = False) -> Preparation:
        """Return what a run prepares with."""
        return Preparation(
            config=self.config,
            links=self.links,
            state=self.state,
            clock=self.clock,
            is_preview=is_preview,
        )


def read_configuration(path: Path, environment: Mapping[str, str], *, place: str = "") -> Config:
    """Load the configuration at *path*. Raises ConfigProblems with everything that is wrong.

    *place* is the state that ``${stored:…}`` refers to.
    """
    kinds = adapter_kinds()
    return load(
        path,
        {word: kind.settings for word, kind in kinds.items()},
        environment,
        default_objects={word: kind.default_object for word, kind in kinds.items()},
        store=StoredSecrets(place, environment) if place else None,
    )


@asynccontextmanager
async def open_workspace(
    config: Config,
    state: State,
    clock: Clock,
    luck: Luck,
    on_call: OnCall = lambda _: None,
) -> AsyncIterator[Workspace]:
    """Open every connection of *config*; close them at the end. Makes no API call by itself."""
    days: AccountDays = {}
    links = {
        name: make_link(connection, clock, luck, on_call, days)
        for name, connection in sorted(config.connections.items())
    }
    try:
        for link in links.values():
            await link.adapter.open()
        yield Workspace(config=config, state=state, links=links, clock=clock, luck=luck)
    finally:
        for link in links.values():
            await link.adapter.close()
        await keep_spending(state, [link.spending for link in links.values()])


def make_link(
    connection: Connection,
    clock: Clock,
    luck: Luck,
    on_call: OnCall,
    days: AccountDays | None = None,
) -> Link:
    """Make the adapter of a connection; it is not open yet.

    *days*: of all accounts that this process knows, shared by its links.
    """
    kind: AdapterKind = adapter_kinds()[connection.type]

    def note(call: Call) -> None:
        gathered = CALLS.get()
        if gathered is not None:
            gathered.append(call)
        on_call(call)

    spending = Spending(connection.name, quota_of(connection))
    around = Surroundings(
        connection=connection.name,
        clock=clock,
        luck=luck,
        on_call=note,
        leaving=leaving,
        spending=spending,
    )
    adapter = kind.create(connection.settings, around)
    shared = {} if days is None else days
    return Link(connection=connection, kind=kind, adapter=adapter, spending=spending, days=shared)


def quota_of(connection: Connection) -> Quota:
    """Return how much of its account's day a connection may use."""
    quota = getattr(connection.settings, "quota", None)
    return quota if isinstance(quota, Quota) else Quota()


async def run_sync(
    workspace: Workspace, order: Order, on_progress: Callable[[Progress], None] = lambda _: None
) -> RunReport:
    """Run a sync once, or preview it, and return its report.

    A run that halts at a refused record is rolled back, where the operator wants that (E5).
    """
    calls: list[Call] = []
    token = CALLS.set(calls)
    try:
        work = workspace.preparation(is_preview=order.is_preview)
        report = await cycle(work, workspace.luck, order, calls, on_progress)
        if report.outcome == "halted":
            undo = RollbackOrder(run=report.run, sync=order.sync, by="errors: halt")
            await roll_back(work, workspace.luck, undo, calls, on_progress=on_progress)
        return report
    finally:
        CALLS.reset(token)
