"""Several systems in memory, kept the same by several syncs over one state."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.contract import AdapterKind, Surroundings
from adapters.memory import OBJECT, MemoryAdapter, MemorySystem, people_fields
from config.model import Service, Sync
from config.snapshot import Config, Connection
from daemon.clock import SeededLuck
from daemon.cycle import Order, cycle
from daemon.flow.prepare import Link, Preparation
from daemon.flow.report import RunReport
from state.database import State
from tests.flow.world import FIELDS, SOON, Settings, VirtualClock

A_MOMENT = timedelta(seconds=20)
"""Between the runs of one round."""


class Systems:
    """Systems of people by name, and the syncs between them: ``source-crm`` by their names."""

    def __init__(self, state: State, ends: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        """Begin with empty systems; *ends* is sync → (source, crm)."""
        self.state = state
        self.clock = VirtualClock()
        self.luck = SeededLuck("ring")
        names = sorted({name for pair in ends.values() for name in pair})
        self.systems = {
            name: MemorySystem(
                clock=self.clock,
                fields=people_fields(*FIELDS),
                prefix=name[0],
                account_id=f"account-{name}",
            )
            for name in names
        }
        usual = {
            "approval": {"first_run": "none"},
            "create": {"crm": True, "source": True},
            "country": "DE",
            **settings,
        }
        self.syncs = {
            sync: Sync.model_validate(
                {"source": {"connection": one}, "crm": {"connection": two}, **usual}
            )
            for sync, (one, two) in ends.items()
        }

    def _link(self, name: str) -> Link:
        around = Surroundings(
            connection=name, clock=self.clock, luck=self.luck, on_call=lambda _call: None
        )
        adapter = MemoryAdapter(self.systems[name], around)
        kind = AdapterKind(
            word="memory",
            title="Memory",
            settings=Settings,
            create=lambda _settings, _around: adapter,
            default_object=OBJECT,
        )
        connection = Connection(name=name, type="memory", settings=Settings(), fingerprint=name)
        return Link(connection=connection, kind=kind, adapter=adapter)

    async def run(self, sync: str) -> RunReport:
        """Run one sync once."""
        opened = {name: self._link(name) for name in self.systems}
        config = Config(
            connections={name: link.connection for name, link in opened.items()},
            syncs=self.syncs,
            service=Service(),
        )
        work = Preparation(config=config, links=opened, state=self.state, clock=self.clock)
        return await cycle(work, self.luck, Order(sync=sync, trigger="test"), [])

    async def round(self, *order: str) -> list[RunReport]:
        """Run every sync once, five minutes later, in the order given."""
        self.clock.moment += SOON
        reports = []
        for sync in order or tuple(self.syncs):
            self.clock.moment += A_MOMENT
            reports.append(await self.run(sync))
        return reports

    @property
    def writes(self) -> int:
        """How many writes of ours took effect so far."""
        return sum(len(system.writes) for system in self.systems.values())

    def everybody(self) -> dict[str, list[list[tuple[str, object]]]]:
        """Return who is in each system, whatever the ids are."""
        return {
            name: sorted(sorted(stored.values.items()) for stored in system.live())
            for name, system in self.systems.items()
        }
