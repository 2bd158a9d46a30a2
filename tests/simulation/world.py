"""A world of two systems, their people and the whole engine, in virtual time.

The engine is the real one on a real (in-memory) SQLite; only clock, luck and the remote systems are
made up. A kill throws the engine away and builds it anew on what was committed.
"""

import asyncio
from collections.abc import Mapping
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
from state import guards
from state.database import StateUnavailable
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
    copied,
    drive,
    empty,
    put_back,
)
from tests.simulation.wire import Around, Wire

SYNC = "people"
NAMES = {Side.SOURCE: "left", Side.CRM: "right"}


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str
    credential: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the sync is told to do."""

    settings: dict[str, Any]

    def sync(self) -> Sync:
        """Return the validated sync."""
        ends = {side.value: {"connection": NAMES[side]} for side in Side}
        usual = {"approval": {"first_run": "none"}, "country": REGION}
        return Sync.model_validate({**ends, **usual, **self.settings})


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A copy of the state, and how much had happened when it was made."""

    bytes: bytes
    effects: int


class World:
    """Two systems, their people, our state and our engine."""

    def __init__(self, engine: Engine, profiles: Mapping[Side, Profile], terms: Terms) -> None:
        """Begin with empty systems and an empty state."""
        empty(engine)
        self.database = engine
        self.clock = VirtualClock()
        self.history = History(clock=self.clock)
        self.steps = Steps()
        self.mischief = Mischief(self.clock, self.history.tell)
        self.steps.strike = self.mischief.strike
        self.profiles = profiles
        self.clocks = {side: SkewedClock(self.clock, profiles[side].skew) for side in Side}
        self.systems = {side: self._system(side) for side in Side}
        self.people = People(self.systems, self.history, self.mischief)
        self.settings: Mapping[str, Any] = terms.settings
        self.sync = terms.sync()
        self.around = self._around()
        self._lives = 0
        self.held: list[str] = []
        """Guards whose trips a person lets pass before the next run."""
        self.is_guarded = False
        """A guard stopped the sync for good, and rightly."""
        self.digest = ""
        """What a person approves with the next run: the plan that waited."""
        self.calls: list[Call] = []
        self.copies: list[Copy] = []
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
            answers_for_merged=profile.answers_for_merged,
        )

    def _around(self) -> Around:
        return Around(
            clock=self.clock,
            timing=Random(0),
            steps=self.steps,
            mischief=self.mischief,
            history=self.history,
            interfere=self.people.interfere,
            answer=self.people.answer,
            merge=self.people.merge_any,
        )

    def name(self, side: Side) -> str:
        """Return the name of a side's connection."""
        return NAMES[side]

    def build(self) -> None:
        """Start the process: everything but the systems and the database is new."""
        self._lives += 1
        self.luck = SeededLuck(f"life {self._lives}")
        former, self.wires = self.wires, {}
        for side in Side:
            self.wires[side] = wire = self._wire(side, self.systems[side])
            if side in former:
                wire.late, wire.drift = former[side].late, former[side].drift
        self.state = CountedState(self.database, self.steps)
        self.work = self._work({side: self._link(side, self.wires[side]) for side in Side})

    def _wire(self, side: Side, system: MemorySystem) -> Wire:
        place = Surroundings(
            connection=NAMES[side], clock=self.clock, luck=self.luck, on_call=self.calls.append
        )
        return Wire(side, system, self.profiles[side], self.around, place)

    def _work(self, by_side: Mapping[Side, Link]) -> Preparation:
        links = {NAMES[side]: link for side, link in by_side.items()}
        connections = {name: link.connection for name, link in links.items()}
        config = Config(connections=connections, syncs={SYNC: self.sync}, service=Service())
        return Preparation(config=config, links=links, state=self.state, clock=self.clock)

    def _link(self, side: Side, wire: Wire, credential: str = "") -> Link:
        return self._link_to(NAMES[side], wire, credential)

    def _link_to(self, name: str, wire: Wire, credential: str = "") -> Link:
        settings = _Settings(name=name, credential=credential)
        kind = AdapterKind(
            word="memory",
            title="Memory",
            settings=_Settings,
            create=lambda _settings, _around: wire,
            default_object="people",
        )
        connection = Connection(name=name, type="memory", settings=settings, fingerprint=name)
        return Link(connection=connection, kind=kind, adapter=wire)

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
        is_undisturbed = not self.mischief.is_armed
        order = Order(sync=SYNC, trigger="simulation", approve=self.digest, by="a person")
        self.digest = ""
        try:
            self._let_pass()
            report = drive(cycle(self.work, self.luck, order, self.calls))
        except Killed:
            self.history.tell("killed")
            self.build()
            return None
        except (asyncio.CancelledError, StateUnavailable) as error:
            self.history.tell(f"{type(error).__name__} {error}".strip())
            return None
        if is_undisturbed and report.outcome in {"done", "nothing"}:
            self.history.rests.append(self.history.next())
        plan = report.plan
        if report.outcome == "waiting" and plan is not None:
            self.digest = plan.digest
        self.held = sorted({trip.guard for trip in report.guards} - {"empty_side"})
        self.history.tell(
            f"run {report.run} {report.outcome} writes={plan.writes if plan else 0} "
            f"digest={plan.digest if plan else ''} open={report.open_intents} {report.error}"
        )
        return report

    def _let_pass(self) -> None:
        """Have a person look at what guards held in the run before, and release it (R18).

        A storm they do not: two systems answer each other, and would go on.
        """
        self.held = [name for name in self.held if name != "link_storm"]
        if "schema_drift" in self.held:  # rules that changed with the schema lose their base
            self.history.losses.append(self.history.next())
        while self.held:
            self.state.write_now(
                guards.release,
                sync=SYNC,
                guard=self.held.pop(),
                by="a person",
                reason="looked into",
                at=self.clock.now(),
            )

    def run_elsewhere(self, side: Side) -> tuple[MemorySystem, RunReport | None]:
        """Run once with credentials that lead to somebody else's account."""
        stranger = self._system(side)
        stranger.account_id = "somebody else's"
        stranger.make({"email": "stranger@example.com"})
        links = {one: self._link(one, self.wires[one]) for one in Side}
        links[side] = self._link(side, self._wire(side, stranger), credential="another")
        work, self.work = self.work, self._work(links)
        report = self.run()
        self.work = work
        return stranger, report

    def reconfigure(self, settings: Mapping[str, Any]) -> None:
        """Start again with other settings."""
        self.settings = settings
        self.sync = Terms(settings=dict(settings)).sync()
        self.history.losses.append(self.history.next())
        self.build()

    def keep_copy(self) -> None:
        """Make a copy of the state."""
        copy = copied(self.database)
        self.copies.append(Copy(bytes=copy, effects=len(self.history.effects)))

    def go_back(self, copy: Copy) -> None:
        """Put a copy of the state back; the oracle remembers the logs that came after it."""
        self._remember()
        self.history.forget_since(copy.effects)
        put_back(self.database, copy.bytes)
        self.build()

    def lose_state(self) -> None:
        """Lose the whole state; the oracle remembers the logs that were in it."""
        self._remember()
        self.history.epoch += 1
        self.history.losses.append(self.history.next())
        self.history.traces.clear()
        empty(self.database)
        self.build()

    def _remember(self) -> None:
        from tests.simulation.claims import logs

        self.lost.append(logs(self))
