"""Our end of the wire to a simulated system: the memory adapter, with all that happens on a wire.

Each call passes a step before and after its effect, takes time, may be bent by a habit of the
system, and tells the history what was read and what took effect.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from adapters.contract import (
    Accepted,
    Account,
    Capabilities,
    Complete,
    Covered,
    Hint,
    Hints,
    Moved,
    Outcome,
    Page,
    Partial,
    Reading,
    Refused,
    Surroundings,
    Unknown,
    Verb,
    Write,
)
from adapters.errors import Failure, UnknownOutcome
from adapters.memory import MemoryAdapter, MemorySystem
from daemon.core.normalize import comparable
from daemon.core.record import FieldTime, Record
from daemon.core.schema import Schema
from daemon.core.values import FieldKind, Side, Value, Values
from tests.simulation.drift import Drift, against, drifted
from tests.simulation.faults import Mischief
from tests.simulation.history import Effect, History, Spot
from tests.simulation.profiles import KINDS, REGION, Profile
from tests.simulation.steps import Steps, VirtualClock, drive

UNREADABLE = "company"
"""The field that cannot be read while a permission lacks (fault 21)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """A request that is still on its way (fault 26)."""

    due: datetime
    verb: Verb
    writes: Sequence[Write]


@dataclass(kw_only=True)
class Around:
    """What the two wires of a world share."""

    clock: VirtualClock
    timing: Random
    steps: Steps
    mischief: Mischief
    history: History
    interfere: Callable[[Side, Mapping[str, Sequence[str]]], None]
    """People act between our look and our write."""
    answer: Callable[[Side, str, str], None]
    """A workflow of the system answers our write in a field."""
    merge: Callable[[Random], None]


class Wire:
    """An adapter to one simulated system."""

    def __init__(
        self,
        side: Side,
        system: MemorySystem,
        profile: Profile,
        around: Around,
        surroundings: Surroundings,
    ) -> None:
        """Connect to *system*."""
        self.side = side
        self.system = system
        self.profile = profile
        self.drift: Drift | None = None
        self.late: list[Late] = []
        self._around = around
        self._inner = MemoryAdapter(system, surroundings)

    @property
    def capabilities(self) -> Capabilities:
        """What the system can do."""
        return self.system.capabilities

    async def open(self) -> None:
        """Nothing to acquire."""

    async def close(self) -> None:
        """Nothing to release."""

    def _enter(self, name: str) -> None:
        if name != "write" and self._around.mischief.once(41, self.side):
            self._around.merge(self._around.mischief.luck)
        self._around.clock.pass_by(timedelta(milliseconds=self._around.timing.randint(1, 400)))
        drive(self.land())
        self._around.steps.at(f"{self.side.value}.{name}.before")

    def _leave(self, name: str) -> None:
        self._around.steps.at(f"{self.side.value}.{name}.after")

    def _has(self, kind: int) -> bool:
        return self._around.mischief.has(kind, self.side)

    async def account(self) -> Account:
        """Return the account."""
        self._enter("account")
        found = await self._inner.account()
        self._leave("account")
        return found

    async def objects(self) -> Sequence[str]:
        """Return the one object."""
        return await self._inner.objects()

    async def schema(self, object_name: str) -> Schema:
        """Return the fields."""
        self._enter("schema")
        found = await self._inner.schema(object_name)
        self._leave("schema")
        return drifted(found, self.drift)

    async def prepare(self, object_name: str) -> bool:
        """Tell whether records can carry our id."""
        self._enter("prepare")
        return await self._inner.prepare(object_name)

    async def start_cursor(self, object_name: str) -> str:
        """Return the present moment as cursor."""
        return await self._inner.start_cursor(object_name)

    async def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk the live records, as far as the system's habits let us."""
        self._enter("listing")
        pages: list[Page] = []
        ending: Complete | Partial = Partial(why="no end")
        async for item in self._inner.listing(object_name, fields):
            match item:
                case Page():
                    pages.append(item)
                case Complete() | Partial():
                    ending = item
        pages, ending = self._capped(*self._bent(pages, ending))
        for page in pages:
            self._leave("listing")
            records = [self._readable(record) for record in page.records]
            for record in records:
                self._around.history.look(self.side, record.id)
            yield Page(records=records)
        if isinstance(ending, Complete):
            shown = {record.id for page in pages for record in page.records}
            self._around.history.listed(self.side, shown)
        yield ending

    def _capped(
        self, pages: list[Page], ending: Complete | Partial
    ) -> tuple[list[Page], Complete | Partial]:
        cap = self.profile.listing_cap
        if not cap or sum(len(page.records) for page in pages) <= cap:
            return pages, ending
        self._around.mischief.happened(31, self.side.value)
        return pages[:1], Partial(why="capped")

    def _bent(
        self, pages: list[Page], ending: Complete | Partial
    ) -> tuple[list[Page], Complete | Partial]:
        luck = self._around.mischief.luck
        if self._has(27) and len(pages) > 1:
            pages = pages[:-1]
        if self._has(28):
            pages = [*pages[:1], Page(records=[]), *pages[1:]]
        if self._has(30):
            records = [record for page in pages for record in page.records]
            if records:
                lacking = luck.choice(records).id
                twice = luck.choice(records)
                pages = [
                    Page(records=[r for r in page.records if r.id != lacking]) for page in pages
                ]
                pages.append(Page(records=[twice]))
        if self._has(34):
            pages = [Page(records=page.records[::2]) for page in pages]
        for kind, why in ((29, "page token repeats"), (31, "capped"), (35, "count disagrees")):
            if self._has(kind):
                return pages[: 1 + len(pages) // 2], Partial(why=why)
        return pages, ending

    def _readable(self, record: Record) -> Record:
        hidden = {self.drift.field} if self.drift and self.drift.kind == "gone" else set()
        if self._around.mischief.might(21, self.side) and UNREADABLE in record.values:
            self._has(21)
            hidden.add(UNREADABLE)
        if not hidden & record.values.keys():
            return record
        left = {name: value for name, value in record.values.items() if name not in hidden}
        return replace(record, values=left)

    async def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Tell what was modified, maybe twice and with strangers among it."""
        self._enter("changes")
        async for item in self._inner.changes(object_name, cursor):
            if isinstance(item, Hints) and self._has(43):
                hints = [
                    *item.hints,
                    *item.hints,
                    Hint(id="nobody"),
                    Hint(id="ghost", is_gone=True),
                ]
                self._around.mischief.luck.shuffle(hints)
                yield Hints(hints=hints)
            else:
                yield item
        self._leave("changes")

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read by id."""
        self._enter("read")
        reading = await self._inner.read(object_name, ids, fields)
        self._leave("read")
        reading = self._short(reading)
        if reading.records and self._has(36):
            hidden = reading.records[0]
            missing = reading.missing | {hidden.id}
            reading = replace(reading, records=list(reading.records[1:]), missing=missing)
        for record in reading.records:
            self._around.history.look(self.side, record.id, is_in_bin=record.is_archived)
        for missing_id in sorted(reading.missing):
            self._around.history.miss(self.side, missing_id)
        return reading

    def _short(self, reading: Reading) -> Reading:
        """Answer in another order and leave one out (fault 24)."""
        records = [self._readable(record) for record in reading.records]
        if records and self._has(24):
            self._around.mischief.luck.shuffle(records)
            records = records[1:]
        return replace(reading, records=records)

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look up by a unique field."""
        self._enter("find")
        reading = await self._inner.find(object_name, key, keys, fields)
        self._leave("find")
        for record in reading.records:
            self._around.history.look(self.side, record.id, is_in_bin=record.is_archived)
        return replace(reading, records=[self._readable(record) for record in reading.records])

    async def times(
        self, object_name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return when fields last changed."""
        self._enter("times")
        found = await self._inner.times(object_name, ids, fields)
        self._leave("times")
        return found

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch."""
        mischief, history = self._around.mischief, self._around.history
        history.sent |= {write.token: history.next() for write in writes}
        if mischief.once(38, self.side):
            about = {str(write.id): sorted(write.values) for write in writes if write.id}
            self._around.interfere(self.side, about)
        self._enter("write")
        if mischief.once(26, self.side):
            delay = timedelta(seconds=self._around.timing.randint(1, 29))
            self.late.append(Late(due=self._around.clock.now() + delay, verb=verb, writes=writes))
            raise UnknownOutcome("The request timed out.", code="time_out")
        outcomes = await self._take_effect(object_name, verb, writes)
        self._leave("write")
        return self._unsure(outcomes)

    def _unsure(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Leave the last outcome of a batch untold (fault 24)."""
        if not self._around.mischief.might(24, self.side) or not outcomes:
            return outcomes
        self._has(24)
        lost = Unknown(failure=Failure(kind="UnknownOutcome", code="short_reply", message="short"))
        return [*outcomes[:-1], lost]

    async def land(self) -> None:
        """Let the requests arrive that are due by now."""
        now = self._around.clock.now()
        due = [late for late in self.late if late.due <= now]
        self.late = [late for late in self.late if late.due > now]
        for late in due:
            self._around.history.tell(f"{self.side.value} late {late.verb.value} lands")
            await self._take_effect("people", late.verb, late.writes)

    async def _take_effect(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for write in writes:
            refusal = self._refusal(verb, write)
            if refusal is not None:
                outcomes.append(refusal)
                continue
            outcomes.append(await self._effect_of(object_name, verb, write))
        return outcomes

    async def _effect_of(self, object_name: str, verb: Verb, write: Write) -> Outcome:
        stored = self.system.records.get(str(write.id))
        before = dict(stored.values) if stored and not stored.is_archived else {}
        ignored = self.profile.ignores & write.values.keys()
        kept = {name: value for name, value in write.values.items() if name not in ignored}
        (outcome,) = await self._inner.write(object_name, verb, [replace(write, values=kept)])
        if isinstance(outcome, Moved) and outcome.record is not None:
            return replace(outcome, record=self._readable(outcome.record))
        if not isinstance(outcome, Accepted):
            return outcome
        self._note_effect(verb, replace(write, values=kept), outcome.id, before)
        self._note_window(write, outcome.id, ignored)
        if outcome.record is None:
            return outcome
        there = self.system.records[outcome.id].values
        shown = {**outcome.record.values, **{name: there[name] for name in ignored}}
        return replace(outcome, record=replace(outcome.record, values=shown))

    def _refusal(self, verb: Verb, write: Write) -> Refused | None:
        problem = against(self.drift, verb, write.values)
        if self.drift is not None and problem:
            failure = Failure(
                kind="RejectRecord", code=problem, message="refused", field=self.drift.field
            )
            return Refused(failure=failure)
        mischief = self._around.mischief
        if not mischief.might(22, self.side) or mischief.luck.random() < 0.5:
            return None
        self._has(22)
        failure = Failure(kind="RejectRecord", code="not_today", message="refused by a rule")
        return Refused(failure=failure)

    def _note_effect(self, verb: Verb, write: Write, record: str, before: Values) -> None:
        history, side = self._around.history, self.side
        told = " ".join(f"{name}={value!r}" for name, value in sorted(write.values.items()))
        history.tell(f"{side.value} {verb.value} {record} {told}")
        effect = Effect(
            token=write.token, verb=verb.value, side=side, record=record, epoch=history.epoch
        )
        history.effects.append(effect)
        if verb.is_removal:
            if before:  # else a person was faster
                self._note_removal(write, record)
            return
        for name, value in sorted(write.values.items()):
            spot = (side, record, name)
            late = history.since_look(spot, write.token)
            if not self.capabilities.has_precondition:
                history.in_window |= {event.number for event in late}
            if verb is Verb.UPDATE and not late:
                self._check_minimal(spot, before.get(name), value)
            stored = self.system.records[record].values[name]
            history.holds(spot, stored, is_ours=True)
        if verb is Verb.CREATE:
            history.look(side, record)
        self._answer(record)

    def _note_window(self, write: Write, record: str, names: Iterable[str]) -> None:
        """Note what people wrote between our look and a write that did not touch it."""
        history = self._around.history
        if not self.capabilities.has_precondition:
            for name in names:
                late = history.since_look((self.side, record, name), write.token)
                history.in_window |= {event.number for event in late}

    def _note_removal(self, write: Write, record: str) -> None:
        self._note_window(write, record, self.system.fields)
        self._around.history.removes(write.token, self.side, record)

    def _answer(self, record: str) -> None:
        """Let a workflow of the system answer (fault 45)."""
        if self._around.mischief.once(45, self.side):
            self._around.answer(self.side, record, "note")
        elif self.profile.answers:
            self._around.mischief.happened(45, self.side.value)
            self._around.answer(self.side, record, self.profile.answers)

    def _check_minimal(self, spot: Spot, stood: Value, value: Value) -> None:
        """See that a write changes something (I18)."""
        kind = KINDS.get(spot[2], FieldKind.TEXT)
        if comparable(kind, stood, REGION) == comparable(kind, value, REGION):
            self._around.history.violate("I18", f"{spot} was written though it was equal")
