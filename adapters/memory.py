"""The reference adapter: an in-memory system with a real system's manners.

It is product code with the product's quality: the simulation runs the whole engine against it, and
the conformance suite holds it to the same contract as every other adapter. :class:`MemorySystem` is
the remote system (it outlives a crash of ours), :class:`MemoryAdapter` our end of the wire. What a
system does wrong is programmed through ``MemorySystem.faults``.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from adapters.contract import (
    EXTERNAL_ID,
    Accepted,
    Account,
    Call,
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
    Verb,
    Write,
    batches,
)
from adapters.errors import Failure, UnknownOutcome, Unreadable
from daemon.clock import Clock
from daemon.core.record import FieldTime, Record
from daemon.core.schema import Field, Schema
from daemon.core.values import FieldKind, Value

OBJECT = "people"

CAPABILITIES = Capabilities(
    read_batch=10,
    write_batch=10,
    page_size=10,
    hint_page_size=20,
    is_remote=True,
    has_external_id=True,
    unique_keys=frozenset({"email"}),
    has_field_times=True,
    request_time_out=timedelta(seconds=30),
    full_listing_every=timedelta(days=7),
)


@dataclass(kw_only=True)
class Stored:
    """One record as the system keeps it."""

    id: str
    values: dict[str, Value]
    created_at: datetime
    modified_at: datetime
    times: dict[str, FieldTime]
    external_id: str | None = None
    is_archived: bool = False
    version: int = 1


@dataclass(kw_only=True)
class Faults:
    """What goes wrong, asked at each point where something can."""

    before: Callable[[str], None] = lambda _purpose: None
    """Called before a request takes effect; raising means that it did not."""
    after: Callable[[str], None] = lambda _purpose: None
    """Called when it took effect but the reply is not sent yet."""
    refuses: Callable[[Write], str] = lambda _write: ""
    """Why a write is refused; empty = it is not."""
    cut_listing_after: int | None = None
    """Pages after which a listing ends without saying that it is not whole."""
    loops_listing: bool = False


Normalise = Callable[[str, Value], Value]


@dataclass(kw_only=True)
class MemorySystem:
    """A system somewhere else, with people working in it."""

    clock: Clock
    fields: Mapping[str, Field]
    prefix: str = "m"
    capabilities: Capabilities = CAPABILITIES
    account_id: str = "account-1"
    normalise: Normalise = lambda _name, value: value
    """How the system rewrites what it stores."""
    faults: Faults = field(default_factory=Faults)
    records: dict[str, Stored] = field(default_factory=dict)
    carries_external_id: bool = True
    writes: list[tuple[str, str]] = field(default_factory=list)
    """(verb, id) of every write that took effect, in order."""
    _last: int = 0

    def now(self) -> datetime:
        """Return the system's time at its own resolution."""
        step = self.capabilities.time_resolution
        if not step:
            return self.clock.now()
        start = datetime(2000, 1, 1, tzinfo=UTC)
        return start + ((self.clock.now() - start) // step) * step

    def make(self, values: Mapping[str, Value], *, is_ours: bool = False) -> Stored:
        """Create a record, as a person or (``is_ours``) as our write."""
        self._last += 1
        now = self.now()
        kept = {name: self.normalise(name, values.get(name)) for name in self.fields}
        times = {name: FieldTime(at=now, is_ours=is_ours) for name in values}
        record = Stored(
            id=f"{self.prefix}{self._last}",
            values=kept,
            created_at=now,
            modified_at=now,
            times=times,
        )
        self.records[record.id] = record
        return record

    def edit(self, record: str, values: Mapping[str, Value], *, is_ours: bool = False) -> None:
        """Change a record, as a person or (``is_ours``) as our write."""
        stored, now = self.records[record], self.now()
        for name, value in values.items():
            stored.values[name] = self.normalise(name, value)
            stored.times[name] = FieldTime(at=now, is_ours=is_ours)
        self._touch(stored, now)

    def archive(self, record: str) -> None:
        """Put a record into the bin, as a person."""
        self.records[record].is_archived = True
        self._touch(self.records[record], self.now())

    def restore(self, record: str) -> None:
        """Take a record out of the bin, as a person."""
        self.records[record].is_archived = False
        self._touch(self.records[record], self.now())

    def erase(self, record: str) -> None:
        """Delete a record for good, as a person: no feed tells of it, no read finds it."""
        del self.records[record]

    def _touch(self, stored: Stored, now: datetime) -> None:
        stored.version += 1
        stored.modified_at = now

    def live(self) -> list[Stored]:
        """Return the records that are not in the bin, by id."""
        alive = [item for item in self.records.values() if not item.is_archived]
        return sorted(alive, key=lambda item: item.id)

    def holder(self, key: str, value: Value) -> Stored | None:
        """Return the live record that holds a unique value."""
        wanted = str(value).casefold()
        for stored in self.live():
            held = stored.external_id if key == EXTERNAL_ID else stored.values.get(key)
            if held is not None and str(held).casefold() == wanted:
                return stored
        return None


def people_fields(*names: str) -> Mapping[str, Field]:
    """Return text fields, with ``email`` unique, for tests and simulations."""
    kinds = {"email": FieldKind.EMAIL, "phone": FieldKind.PHONE}
    return MappingProxyType(
        {
            name: Field(
                name=name,
                label=name,
                kind=kinds.get(name, FieldKind.TEXT),
                is_unique=name == "email",
            )
            for name in names
        }
    )


class MemoryAdapter:
    """Our end of the wire to a :class:`MemorySystem`."""

    def __init__(self, system: MemorySystem, surroundings: Surroundings) -> None:
        """Connect *system*; nothing is called yet."""
        self._system = system
        self._around = surroundings

    @property
    def capabilities(self) -> Capabilities:
        """What the system can do."""
        return self._system.capabilities

    async def open(self) -> None:
        """Nothing to acquire."""

    async def close(self) -> None:
        """Nothing to release."""

    async def account(self) -> Account:
        """Return the account."""
        self._call("account")
        return Account(id=self._system.account_id)

    async def objects(self) -> Sequence[str]:
        """Return the one object."""
        return (OBJECT,)

    async def schema(self, object_name: str) -> Schema:
        """Return the fields. Raises Unreadable for another object than the one."""
        if object_name != OBJECT:
            raise Unreadable(f"Connection {self._around.connection!r} has no {object_name!r}.")
        self._call("schema")
        return Schema(object=object_name, fields=MappingProxyType(dict(self._system.fields)))

    async def prepare(self, object_name: str) -> bool:
        """Tell whether records can carry our id."""
        del object_name
        self._call("prepare")
        return self._system.carries_external_id

    async def start_cursor(self, object_name: str) -> str:
        """Return the present moment as cursor."""
        del object_name
        return self._covered_until().isoformat()

    def _covered_until(self) -> datetime:
        return self._system.now() - self.capabilities.index_lag

    async def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk the live records by id."""
        del object_name
        faults = self._system.faults
        ids = [stored.id for stored in self._system.live()]
        pages = batches(ids, self.capabilities.page_size) or [[]]
        for number, some in enumerate(pages):
            if faults.cut_listing_after is not None and number >= faults.cut_listing_after:
                break
            self._call("listing")
            there = [self._system.records[i] for i in some]
            yield Page(records=[self._record(s, fields) for s in there if not s.is_archived])
            if faults.loops_listing and number:
                yield Partial(why="the page token repeats")
                return
        yield Complete(proof="no further page", count=len(ids))

    async def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Tell what was modified since *cursor*, as far as the index knows it."""
        del object_name
        since, until = datetime.fromisoformat(cursor), self._covered_until()
        overlap = max(self.capabilities.time_resolution, timedelta(milliseconds=1))
        hints = [
            Hint(id=stored.id, version=str(stored.version), is_gone=stored.is_archived)
            for stored in sorted(self._system.records.values(), key=lambda item: item.id)
            if since - overlap <= stored.modified_at <= until
        ]
        for some in batches(hints, self.capabilities.hint_page_size) or [[]]:
            self._call("changes")
            yield Hints(hints=some)
        yield Covered(cursor=max(since, until).isoformat(), covered_until=until)

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read by id, archived ones included."""
        del object_name
        self._call("read")
        there = [self._system.records[i] for i in ids if i in self._system.records]
        missing = frozenset(set(ids) - {stored.id for stored in there})
        return Reading(records=[self._record(s, fields) for s in there], missing=missing)

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look up by a unique field, never later than ``lookup_lag``."""
        del object_name
        self._call("find")
        latest = self._system.now() - self.capabilities.lookup_lag
        found, missing = [], set()
        for value in keys:
            stored = self._system.holder(key, value)
            if stored is None or (self.capabilities.lookup_lag and stored.created_at > latest):
                missing.add(value)
            else:
                found.append(self._record(stored, fields))
        return Reading(records=found, missing=frozenset(missing))

    async def times(
        self, object_name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return when fields last changed."""
        del object_name
        self._call("times")
        known = [self._system.records[i] for i in ids if i in self._system.records]
        return {s.id: {name: s.times[name] for name in fields if name in s.times} for s in known}

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch; record by record, as most systems do."""
        del object_name
        self._system.faults.before(verb.value)
        outcomes = [self._write_one(verb, write) for write in writes]
        self._call(verb.value, is_told=True)
        self._system.faults.after(verb.value)
        return outcomes

    def _write_one(self, verb: Verb, write: Write) -> Outcome:
        system = self._system
        reason = system.faults.refuses(write) or self._conflict(write)
        if reason:
            failure = Failure(kind="RejectRecord", code=reason, message=f"refused: {reason}")
            return Refused(failure=failure, existing_id=self._existing(write))
        if verb is Verb.CREATE:
            stored = system.make(write.values, is_ours=True)
            stored.external_id = write.external_id if system.carries_external_id else None
        else:
            found = system.records.get(str(write.id))
            if found is None or found.is_archived:
                failure = Failure(kind="RejectRecord", code="not_found", message="no such record")
                return Refused(failure=failure)
            if self.capabilities.has_precondition and self._has_moved(found, write):
                return Moved(record=self._record(found, sorted(system.fields)))
            stored = found
            system.edit(stored.id, write.values, is_ours=True)
        system.writes.append((verb.value, stored.id))
        return Accepted(id=stored.id, record=self._reply(stored, write))

    def _reply(self, stored: Stored, write: Write) -> Record | None:
        if not self.capabilities.replies_with_values:
            return None
        return self._record(stored, sorted(write.values))

    @staticmethod
    def _has_moved(stored: Stored, write: Write) -> bool:
        return any(stored.values.get(name) != value for name, value in write.expected.items())

    def _holders(self, write: Write) -> list[Stored]:
        unique = [n for n, item in self._system.fields.items() if item.is_unique]
        held = [
            self._system.holder(name, write.values[name])
            for name in unique
            if write.values.get(name) is not None
        ]
        if write.external_id is not None:
            held.append(self._system.holder(EXTERNAL_ID, write.external_id))
        return [stored for stored in held if stored is not None and stored.id != write.id]

    def _conflict(self, write: Write) -> str:
        return "duplicate" if self._holders(write) else ""

    def _existing(self, write: Write) -> str:
        return next((stored.id for stored in self._holders(write)), "")

    def _record(self, stored: Stored, fields: Sequence[str]) -> Record:
        record = Record(
            id=stored.id,
            values={name: stored.values[name] for name in fields if name in stored.values},
            version=str(stored.version),
            modified_at=stored.modified_at,
            is_archived=stored.is_archived,
        )
        return replace(record, external_id=stored.external_id)

    def _call(self, purpose: str, *, is_told: bool = False) -> None:
        """Log a call; reads pass both fault points here, writes pass them in ``write``."""
        if not is_told:
            self._system.faults.before(purpose)
        self._around.on_call(
            Call(
                connection=self._around.connection,
                method="MEMORY",
                endpoint=f"/{OBJECT}",
                purpose=purpose,
                status=200,
                started_at=self._around.clock.now(),
                duration=timedelta(0),
                attempt=1,
            )
        )
        if not is_told:
            self._system.faults.after(purpose)


def lost_reply() -> UnknownOutcome:
    """Return the error of a write whose reply never came."""
    return UnknownOutcome("The reply was lost; the write may have happened.", code="lost_reply")
