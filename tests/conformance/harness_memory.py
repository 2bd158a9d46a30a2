"""The reference adapter on a system in memory, with its people at hand."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.contract import Surroundings, Verb
from adapters.errors import AdapterError, GrantAccess, Reauthenticate, RetryLater, WaitUntil
from adapters.memory import MemoryAdapter, lost_reply
from adapters.memory_system import CAPABILITIES, OBJECT, MemorySystem, Stored, people_fields
from daemon.clock import Clock, SeededLuck
from daemon.core.values import Value, Values
from tests.conformance.cases import Declaration
from tests.conformance.causes import Cause

UNACCEPTABLE = "what nobody may be called"

_CAPABILITIES = replace(CAPABILITIES, has_precondition=True, index_lag=timedelta(seconds=30))


class _Clock:
    """Time that passes a little whenever somebody looks."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 8, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class _Apart:
    """The system's own clock, right or wrong by a fixed time."""

    def __init__(self, true: Clock) -> None:
        self._true = true
        self._by = timedelta(0)

    def be(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return self._true.now() + self._by

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)


@dataclass(kw_only=True)
class _OddSystem(MemorySystem):
    """A system that can be told to be odd."""

    shows_twice: bool = False
    is_reversed: bool = False
    ignored: str = ""

    def live(self) -> list[Stored]:
        shown = super().live()
        shown = shown[::-1] if self.is_reversed else shown
        return [one for one in shown for _ in range(2)] if self.shows_twice else shown

    def edit(self, record: str, values: Mapping[str, Value], *, is_ours: bool = False) -> None:
        kept = {name: value for name, value in values.items() if name != self.ignored}
        super().edit(record, kept, is_ours=is_ours)


def _stripped(_name: str, value: Value) -> Value:
    return value.strip() if isinstance(value, str) else value


class MemoryHarness:
    """People, whose system does as it is told."""

    object_name = OBJECT
    text_fields = ("first_name", "last_name")

    def __init__(self) -> None:
        self.clock = _Clock()
        self.system_clock = _Apart(self.clock)
        self.system = _OddSystem(
            clock=self.system_clock,
            fields=people_fields("email", "first_name", "last_name"),
            capabilities=_CAPABILITIES,
        )
        self.system.faults.refuses = lambda write: (
            "invalid" if write.values.get("first_name") == UNACCEPTABLE else ""
        )
        self.adapter = MemoryAdapter(
            self.system,
            Surroundings(
                connection="memory",
                clock=self.clock,
                luck=SeededLuck(1),
                on_call=lambda _call: None,
            ),
        )

    def sample(self, number: int) -> Values:
        return {
            "first_name": f"Name {number}",
            "last_name": f"Family {number}",
            "email": f"person{number}@example.com",
        }

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        return [self.system.make(values).id for values in records]

    async def edit(self, id_: str, values: Values) -> None:
        self.system.edit(id_, values)

    async def remove(self, id_: str) -> None:
        self.system.archive(id_)

    async def look(self, id_: str) -> Values | None:
        record = self.system.records.get(id_)
        if record is None or record.is_archived:
            return None
        return {name: record.values[name] for name in self.text_fields}

    async def count(self) -> int:
        return len({stored.id for stored in self.system.live()})

    async def settle(self) -> None:
        self.clock.moment += timedelta(minutes=5)

    async def cause(self, what: Cause, *ids: str) -> None:
        _HOW[what](self, *ids)

    def unacceptable(self, number: int) -> Values:
        return {**self.sample(number), "first_name": UNACCEPTABLE}

    def fail(self, error: Callable[[], AdapterError], *, times: int | None = None) -> None:
        """Answer requests with an error before they take effect."""
        left = [times]

        def before(_purpose: str) -> None:
            if left[0] == 0:
                return
            left[0] = None if left[0] is None else left[0] - 1
            raise error()

        self.system.faults.before = before

    def lose(self, *, is_done: bool) -> None:
        """Leave the next write without a reply."""

        def lost(purpose: str) -> None:
            if purpose in set(Verb):
                self.system.faults.before = self.system.faults.after = lambda _purpose: None
                raise lost_reply()

        if is_done:
            self.system.faults.after = lost
        else:
            self.system.faults.before = lost

    def touch_all(self) -> None:
        """Let every record have changed in one instant."""
        moment = self.system.now()
        for stored in self.system.records.values():
            stored.modified_at, stored.version = moment, stored.version + 1

    def answer(self) -> None:
        """Let a workflow edit what we wrote, once it is confirmed."""

        def after(purpose: str) -> None:
            if purpose == Verb.UPDATE:
                for _, id_ in self.system.writes:
                    self.system.edit(id_, {self.text_fields[1]: "by a workflow"})

        self.system.faults.after = after

    def hide(self) -> None:
        """Take the first text field out of sight."""
        hidden = self.text_fields[0]
        self.system.fields = {n: f for n, f in self.system.fields.items() if n != hidden}
        for stored in self.system.records.values():
            stored.values.pop(hidden)

    def reuse(self, id_: str) -> None:
        """Give a record's id to somebody else."""
        version = self.system.records[id_].version
        self.system.erase(id_)
        stored = self.system.make(self.sample(77))
        del self.system.records[stored.id]
        stored.id, stored.version = id_, version + 1
        self.system.records[id_] = stored

    def wait_until(self) -> WaitUntil:
        """Return a refusal that names its end."""
        return WaitUntil("Too many requests.", until=self.clock.now() + timedelta(seconds=2))

    def wait_for_long(self) -> WaitUntil:
        """Return a refusal until tomorrow."""
        return WaitUntil("The day is used up.", until=self.clock.now() + timedelta(days=1))


_HOW: Mapping[Cause, Callable[..., None]] = {
    Cause.CUT_LISTING: lambda on: setattr(on.system.faults, "cut_listing_after", 1),
    Cause.LOOPING_LISTING: lambda on: setattr(on.system.faults, "loops_listing", True),
    Cause.DUPLICATED_ROWS: lambda on: setattr(on.system, "shows_twice", True),
    Cause.REORDERED_ROWS: lambda on: setattr(on.system, "is_reversed", True),
    Cause.FAILING_READS: lambda on: on.fail(lambda: RetryLater("The system is down.")),
    Cause.EQUAL_TIMES: lambda on: on.touch_all(),
    Cause.LATE_INDEX: lambda on: None,  # It always is as late as it says.
    Cause.CLOCK_AHEAD: lambda on: on.system_clock.be(timedelta(minutes=20)),
    Cause.CLOCK_BEHIND: lambda on: on.system_clock.be(timedelta(minutes=-20)),
    Cause.RATE_LIMIT: lambda on: on.fail(on.wait_until, times=3),
    Cause.RATE_LIMIT_LONG: lambda on: on.fail(on.wait_for_long),
    Cause.LOST_REQUEST: lambda on: on.lose(is_done=False),
    Cause.LOST_REPLY: lambda on: on.lose(is_done=True),
    Cause.REFUSED_RECORD: lambda on: None,
    Cause.HIDDEN_FIELD: lambda on: on.hide(),
    Cause.SWAPPED_ACCOUNT: lambda on: setattr(on.system, "account_id", "account-2"),
    Cause.REVOKED: lambda on: on.fail(lambda: Reauthenticate("The key is refused.")),
    Cause.FORBIDDEN: lambda on: on.fail(lambda: GrantAccess("A scope is missing.")),
    Cause.NORMALISED: lambda on: setattr(on.system, "normalise", _stripped),
    Cause.IGNORED: lambda on: setattr(on.system, "ignored", on.text_fields[0]),
    Cause.ANSWERED: lambda on: on.answer(),
    Cause.MERGED: lambda on, kept, lost: on.system.merge(kept, lost, {}),
    Cause.RESTORED: lambda on, id_: on.system.restore(id_),
    Cause.ID_REUSED: lambda on, id_: on.reuse(id_),
}

_NO_WIRE = "it has no wire on which a reply could be late, cut, or another one"

DECLARATION = Declaration(
    title="memory",
    capabilities=_CAPABILITIES,
    causes=frozenset(_HOW),
    impossible={
        Cause.LOOPING_FEED: "its feed is one look at all records, cut into pages on our side",
        Cause.EXPIRED_CURSOR: "its feed forgets nothing, however old a cursor is",
        Cause.RATE_LIMIT_SILENT: "its refusals always say until when",
        Cause.TIME_OUT_AFTER_COMMIT: _NO_WIRE,
        Cause.SLOW_REPLY: _NO_WIRE,
        Cause.HTML_REPLY: _NO_WIRE,
        Cause.HTML_ERROR: _NO_WIRE,
        Cause.CUT_REPLY: _NO_WIRE,
        Cause.ERROR_IN_SUCCESS: _NO_WIRE,
        Cause.SHORT_BATCH: _NO_WIRE,
        Cause.SHUFFLED_BATCH: _NO_WIRE,
    },
)


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[MemoryHarness]:
    del folder
    harness = MemoryHarness()
    await harness.adapter.open()
    await harness.adapter.prepare(OBJECT)
    yield harness
    await harness.adapter.close()
