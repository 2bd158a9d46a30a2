"""The reference adapter: an in-memory system with a real system's manners.

It is product code with the product's quality: the simulation runs the whole engine against it, and
the conformance suite holds it to the same contract as every other adapter. :class:`MemoryAdapter` is
our end of the wire; the system at the other end (``adapters.memory_system``) is given out here too.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
from adapters.memory_system import (
    CAPABILITIES,
    OBJECT,
    Faults,
    MemorySystem,
    Normalise,
    Stored,
    people_fields,
)
from daemon.core.record import FieldTime, Record
from daemon.core.schema import Schema

__all__ = [
    "CAPABILITIES",
    "OBJECT",
    "Faults",
    "MemoryAdapter",
    "MemorySystem",
    "Normalise",
    "Stored",
    "lost_reply",
    "people_fields",
]


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
        # A record may come twice, as it may where one moves between pages during a walk.
        ids = list(dict.fromkeys(stored.id for stored in self._system.live()))
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
        """Tell what was modified since *cursor*, as far as the index knows it.

        A cursor of another making is no start: a full listing is asked for.
        """
        del object_name
        since, until = _moment(cursor), self._covered_until()
        if since is None:
            yield Covered(
                cursor=until.isoformat(), covered_until=until, is_full_listing_needed=True
            )
            return
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
        system = self._system
        if system.answers_for_merged:
            redirects = {i: system.survivor(i) for i in ids if i in system.merged}
        else:
            redirects = {i: system.merged[i] for i in ids if i in system.merged}
        answering = {i: redirects.get(i, i) if system.answers_for_merged else i for i in ids}
        there = {i: system.records[who] for i, who in answering.items() if who in system.records}
        return Reading(
            records=[self._record(s, fields) for s in {s.id: s for s in there.values()}.values()],
            missing=frozenset(set(ids) - there.keys()),
            redirects={old: new for old, new in redirects.items() if old in there},
        )

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
        if verb.is_removal:
            return self._remove(verb, write)
        if verb is Verb.CREATE:
            stored = system.make(write.values, is_ours=True)
            stored.external_id = write.external_id if system.carries_external_id else None
        else:
            found = system.records.get(str(write.id))
            if found is None or found.is_archived:
                failure = Failure(kind="RejectRecord", code="not_found", message="no such record")
                return Refused(failure=failure)
            if self._has_moved(found, write):
                return self._moved(found)
            stored = found
            system.edit(stored.id, write.values, is_ours=True)
        system.writes.append((verb.value, stored.id))
        return Accepted(id=stored.id, record=self._reply(stored, write))

    def _remove(self, verb: Verb, write: Write) -> Outcome:
        """Archive or erase one record; an archived one can still be erased."""
        system, id_ = self._system, str(write.id)
        found = system.records.get(id_)
        if found is not None and not (found.is_archived and verb is Verb.ARCHIVE):
            if self._has_moved(found, write):
                return self._moved(found)
            remove = system.archive if verb is Verb.ARCHIVE else system.erase
            remove(id_)
            system.writes.append((verb.value, id_))
        return Accepted(id=id_, record=None)

    def _reply(self, stored: Stored, write: Write) -> Record | None:
        if not self.capabilities.replies_with_values:
            return None
        return self._record(stored, sorted(write.values))

    def _has_moved(self, stored: Stored, write: Write) -> bool:
        differs = (stored.values.get(name) != value for name, value in write.expected.items())
        return self.capabilities.has_precondition and any(differs)

    def _moved(self, stored: Stored) -> Moved:
        return Moved(record=self._record(stored, sorted(self._system.fields)))

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
        return replace(
            record,
            external_id=stored.external_id,
            merged_ids=tuple(stored.merged_ids),
            other_emails=tuple(stored.other_emails),
        )

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


def _moment(cursor: str) -> datetime | None:
    """Return the moment a cursor stands for; None for a text that is no moment."""
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def lost_reply() -> UnknownOutcome:
    """Return the error of a write whose reply never came."""
    return UnknownOutcome("The reply was lost; the write may have happened.", code="lost_reply")
