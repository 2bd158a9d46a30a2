"""A world of two systems, their people and the whole engine, in virtual time.

The engine is the real one on a real (in-memory) SQLite; only clock, luck and the remote systems are
made up. A kill throws the engine away and builds it anew on what was committed.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine

from adapters.contract import AdapterKind, Call, Surroundings
from adapters.memory import MemorySystem
from config.model import Service, Sync
from config.snapshot import Config, Connection
from daemon.clock import SeededLuck
from daemon.core.values import Side
from daemon.cycle import Order, cycle
from daemon.flow.prepare import Link, Preparation
from daemon.flow.report import RunReport
from tests.simulation.faults import Mischief
from tests.simulation.history import History
from tests.simulation.people import People
from tests.simulation.profiles import REGION, Profile
from tests.simulation.steps import (
    CountedState,
    Killed,
    SkewedClock,
    Steps,
    VirtualClock,
    drive,
    empty,
)
from tests.simulation.wire import Around, Wire

SYNC = "people"
NAMES = {Side.SOURCE: "left", Side.CRM: "right"}


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the sync is told to do."""

    settings: dict[str, Any]

    def sync(self) -> Sync:
        """Return the validated sync."""
        ends = {side.value: {"connection": NAMES[side]} for side in Side}
        fixed = {"approval": {"first_run": "none"}, "country": REGION}
        return Sync.model_validate({**ends, **fixed, **self.settings})


@dataclass(frozen=True, kw_only=True, slots=True)
class Chance:
    """The three seeds: what people do, what goes wrong, how long things take."""

    workload: Random
    faults: Random
    timing: Random


def chance(workload: str, faults: str = "", timing: str = "") -> Chance:
    """Return the three sources of luck; by default all derived from one seed."""
    return Chance(
        workload=Random(f"{workload}/workload"),
        faults=Random(f"{faults or workload}/faults"),
        timing=Random(f"{timing or workload}/timing"),
    )


class World:
    """Two systems, their people, our state and our engine."""

    def __init__(
        self, engine: Engine, profiles: dict[Side, Profile], terms: Terms, luck: Chance
    ) -> None:
        """Begin with empty systems and an empty state."""
        empty(engine)
        self.database = engine
        self.clock = VirtualClock()
        self.history = History(clock=self.clock)
        self.steps = Steps()
        self.mischief = Mischief(luck.faults, self.clock, self.history.tell)
        self.steps.strike = self.mischief.strike
        self.profiles = profiles
        self.clocks = {side: SkewedClock(self.clock, profiles[side].skew) for side in Side}
        self.systems = {side: self._system(side) for side in Side}
        self.people = People(luck.workload, self.systems, self.history, self.mischief)
        self.sync = terms.sync()
        self._timing = luck.timing
        self._lives = 0
        self.is_guarded = False
        """A guard stopped the sync for good, and rightly."""
        self.calls: list[Call] = []
        self.lost: list[dict[str, Any]] = []
        self.wires: dict[Side, Wire] = {}
        self.build()

    def _system(self, side: Side) -> MemorySystem:
        profile = self.profiles[side]
        return MemorySystem(
            clock=self.clocks[side],
            fields=profile.fields,
            prefix=side.value[0],
            capabilities=profile.capabilities,
            account_id=f"account-{side.value}",
            normalise=profile.normalise,
            carries_external_id=profile.carries_external_id,
        )

    def build(self) -> None:
        """Start the process: everything but the systems and the database is new."""
        self._lives += 1
        around = Around(
            clock=self.clock,
            timing=self._timing,
            steps=self.steps,
            mischief=self.mischief,
            history=self.history,
            interfere=self.people.interfere,
            answer=self.people.answer,
        )
        late = {side: wire.late for side, wire in self.wires.items()}
        luck = SeededLuck(f"life {self._lives}")
        self.luck = luck
        for side in Side:
            place = Surroundings(
                connection=NAMES[side], clock=self.clock, luck=luck, on_call=self.calls.append
            )
            self.wires[side] = Wire(side, self.systems[side], around, place)
            self.wires[side].late = late.get(side, [])
        links = {NAMES[side]: self._link(side) for side in Side}
        connections = {name: link.connection for name, link in links.items()}
        config = Config(connections=connections, syncs={SYNC: self.sync}, service=Service())
        self.state = CountedState(self.database, self.steps)
        self.work = Preparation(config=config, links=links, state=self.state, clock=self.clock)

    def _link(self, side: Side) -> Link:
        name = NAMES[side]
        settings = _Settings(name=name)
        kind = AdapterKind(
            word="memory",
            title="Memory",
            settings=_Settings,
            create=lambda _settings, _around: self.wires[side],
            default_object="people",
        )
        connection = Connection(name=name, type="memory", settings=settings, fingerprint=name)
        return Link(connection=connection, kind=kind, adapter=self.wires[side])

    def pass_by(self, seconds: float) -> None:
        """Let time pass; what was on its way arrives."""
        end = self.clock.now() + timedelta(seconds=seconds)
        dues = sorted(late.due for wire in self.wires.values() for late in wire.late)
        for moment in [*(due for due in dues if due < end), end]:
            self.clock.pass_by(max(timedelta(0), moment - self.clock.now()))
            for wire in self.wires.values():
                drive(wire.land())

    def run(self) -> RunReport | None:
        """Run the sync once; None where the run did not live to its end."""
        self.calls.clear()
        for wire in self.wires.values():
            drive(wire.land())
        order = Order(sync=SYNC, trigger="simulation")
        try:
            report = drive(cycle(self.work, self.luck, order, self.calls))
        except Killed:
            self.history.tell("killed")
            self.build()
            return None
        except asyncio.CancelledError:
            self.history.tell("cancelled")
            return None
        plan = report.plan
        self.history.tell(
            f"run {report.run} {report.outcome} writes={plan.writes if plan else 0} "
            f"digest={plan.digest if plan else ''} open={report.open_intents} {report.error}"
        )
        return report

    def lose_state(self) -> None:
        """Lose the whole state (fault 14); the oracle remembers the logs that were in it."""
        from tests.simulation.claims import logs

        self.lost.append(logs(self))
        self.mischief.happened(14, "state")
        self.history.losses.append(self.history.next())
        self.history.epoch += 1
        empty(self.database)
        self.build()
