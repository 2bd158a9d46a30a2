"""A small world for one step of a run: two systems, a clock, our state, and a person's hands."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, SecretStr

from adapters.budget import AccountDays, Spending
from adapters.contract import AdapterKind, Call, Surroundings
from adapters.memory import CAPABILITIES, OBJECT, MemoryAdapter, MemorySystem, people_fields
from adapters.quota import Quota
from config.model import Service, Sync
from config.snapshot import Config, Connection
from daemon.clock import SeededLuck
from daemon.core.base import BaseField
from daemon.core.values import Side, Value
from daemon.cycle import Order, cycle
from daemon.flow.prepare import Link, Preparation
from daemon.flow.report import RunReport
from state import attention, links, mirror, pending
from state.attention import ConflictRow, QuarantineRow
from state.database import State
from state.links import LinkRow

SYNC = "people"
FIELDS = ("email", "first_name", "last_name", "phone", "company")
SOON = timedelta(minutes=5)
LATER = timedelta(seconds=31)
"""Longer than a request can be under way."""
A_WEEK = timedelta(days=7, minutes=1)
"""Long enough for a full listing."""
A_CALL = timedelta(milliseconds=20)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)


class Killed(BaseException):
    """The process died here."""


class VirtualClock:
    """Time that passes with each call, and when told to."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Settings(BaseModel):
    """What a connection is given; another token is another credential."""

    token: SecretStr = SecretStr("first")


class World:
    """Two systems of people, ``source`` and ``crm``, and the engine between them.

    The first plan flows unasked unless ``approval`` is set, and both sides get what they lack.
    """

    def __init__(self, state: State, **settings: Any) -> None:
        self.state = state
        self.clock = VirtualClock()
        self.settings = {
            "source": {"connection": "source"},
            "crm": {"connection": "crm"},
            "approval": {"first_run": "none"},
            "create": {"crm": True, "source": True},
            "country": "DE",
            **settings,
        }
        self.source = self._system("s")
        self.crm = self._system("c")
        self.adapters: dict[str, type[MemoryAdapter]] = {}
        self.quota = Quota()
        self.tokens = {"source": "first", "crm": "first"}
        self.calls: list[Call] = []
        self.start()

    def _system(self, prefix: str) -> MemorySystem:
        return MemorySystem(clock=self.clock, fields=people_fields(*FIELDS), prefix=prefix)

    def system(self, side: Side) -> MemorySystem:
        """Return the system on a side."""
        return self.source if side is Side.SOURCE else self.crm

    def able(self, side: Side, **abilities: Any) -> None:
        """Let the system of a side have other capabilities."""
        self.system(side).capabilities = replace(CAPABILITIES, **abilities)

    def configure(self, **settings: Any) -> None:
        """Change the sync's configuration."""
        self.settings |= settings

    def start(self) -> None:
        """Start the process: everything but the systems and the state is new."""
        self.luck = SeededLuck(f"{self.clock.moment}")
        self.days: AccountDays = {}

    def pass_by(self, duration: timedelta) -> None:
        """Let time pass."""
        self.clock.moment += duration

    def _link(self, name: str, side: Side) -> Link:
        kind = AdapterKind(
            word="memory",
            title="Memory",
            settings=Settings,
            create=lambda _settings, _around: adapter,
            default_object=OBJECT,
        )
        spending = Spending(name, self.quota)
        adapter = self.adapters.get(name, MemoryAdapter)(
            self.system(side),
            Surroundings(
                connection=name,
                clock=self.clock,
                luck=self.luck,
                on_call=self._note_call,
                spending=spending,
            ),
        )
        settings = Settings(token=SecretStr(self.tokens[name]))
        connection = Connection(name=name, type="memory", settings=settings, fingerprint=name)
        return Link(
            connection=connection, kind=kind, adapter=adapter, spending=spending, days=self.days
        )

    def _note_call(self, call: Call) -> None:
        self.clock.moment += A_CALL
        self.calls.append(call)

    def preparation(self, *, is_preview: bool = False) -> Preparation:
        """Return what a run begins with."""
        opened = {side.value: self._link(side.value, side) for side in Side}
        config = Config(
            connections={name: link.connection for name, link in opened.items()},
            syncs={SYNC: Sync.model_validate(self.settings)},
            service=Service(),
        )
        return Preparation(
            config=config, links=opened, state=self.state, clock=self.clock, is_preview=is_preview
        )

    async def run(self, *, approve: str = "", by: str = "", is_preview: bool = False) -> RunReport:
        """Run the sync once."""
        self.calls.clear()
        order = Order(sync=SYNC, trigger="test", is_preview=is_preview, approve=approve, by=by)
        work = self.preparation(is_preview=is_preview)
        return await cycle(work, self.luck, order, self.calls)

    async def rest(self) -> None:
        """See that another run, five minutes later, does nothing at all (I4)."""
        written = (len(self.source.writes), len(self.crm.writes))
        self.pass_by(SOON)
        report = await self.run()
        assert ("nothing", "") == (report.outcome, report.error)
        assert written == (len(self.source.writes), len(self.crm.writes))
        assert 0 == report.open_intents

    # What people see and what our state holds.

    def values(self, side: Side, name: str) -> list[Value]:
        """Return one field of all live records of a side, in order of their values."""
        return sorted(
            (record.values[name] for record in self.system(side).live()),
            key=lambda value: str(value or ""),
        )

    async def links(self) -> dict[str, LinkRow]:
        """Return source record → its active link."""
        rows = await self.state.read(links.page, pair=SYNC, after="", limit=1000)
        return {row.source_id: row for row in rows}

    async def linked(self) -> dict[str, str]:
        """Return source record → CRM record."""
        return {source: link.crm_id for source, link in (await self.links()).items()}

    async def base(self, source: str, name: str) -> BaseField | None:
        """Return the base of a field that is called the same on both sides."""
        return (await self.links())[source].base.get(f"{name}→{name}")

    async def presence(self, side: Side, record: str) -> str:
        """Return how the mirror sees a record."""
        return (await self.state.read(mirror.get, (side.value, OBJECT), [record]))[record].presence

    async def conflicts(self) -> list[ConflictRow]:
        """Return the conflict log, oldest first."""
        return list(reversed(await self.state.read(attention.conflicts)))

    async def apart(self) -> list[QuarantineRow]:
        """Return the open quarantine entries."""
        return await self.state.read(attention.quarantined, pairs=[SYNC], limit=1000)

    async def waiting(self) -> int:
        """Return how many records wait for a decision."""
        return await self.state.read(pending.count, pair=SYNC)


def person(number: int, **values: Value) -> Mapping[str, Value]:
    """Return a person with every field filled."""
    return {
        "email": f"person{number}@example.com",
        "first_name": f"Name{number}",
        "last_name": f"Family{number}",
        "phone": f"+49309018{number:04}",
        "company": f"Company{number}",
        **values,
    }


def on_nth(purpose: str, number: int, act: Callable[[], object]) -> Callable[[str], None]:
    """Return a fault that acts when a call of that purpose passes for the *number*-th time."""
    passed = 0

    def strike(found: str) -> None:
        nonlocal passed
        passed += found == purpose
        if found == purpose and passed == number:
            act()

    return strike


def once(purpose: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Return a fault that acts the first time a call of that purpose passes."""
    return on_nth(purpose, 1, act)


def raising(error: BaseException) -> Callable[[], None]:
    """Return an act that raises."""

    def act() -> None:
        raise error

    return act
