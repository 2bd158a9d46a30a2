"""A system in memory with a real system's manners: records, people who work in it, faults.

:class:`MemorySystem` is the far end of :class:`adapters.memory.MemoryAdapter`; it outlives a crash
of ours. What it does wrong is programmed through ``MemorySystem.faults``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from adapters.contract import EXTERNAL_ID, Capabilities, Verb, Write
from daemon.clock import Clock
from daemon.core.record import FieldTime
from daemon.core.schema import Field
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
    removals=frozenset({Verb.ARCHIVE, Verb.DELETE}),
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
    merged_ids: list[str] = field(default_factory=list)
    """Records that were merged into this one, where the system tells so."""
    other_emails: list[str] = field(default_factory=list)
    """Addresses of those, where the system keeps them."""


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
    answers_for_merged: bool = True
    """Whoever asks for a record that was merged away is answered by the one that survived, which
    tells whom it took over and keeps their addresses; else it stays in the bin and names the one it
    was merged into."""
    merged: dict[str, str] = field(default_factory=dict)
    """Record that was merged away → the one it was merged into."""
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
        """Put a record into the bin, as a person or as our write."""
        self.records[record].is_archived = True
        self._touch(self.records[record], self.now())

    def restore(self, record: str) -> None:
        """Take a record out of the bin, as a person; a merge is undone by that."""
        self.merged.pop(record, None)
        self.records[record].is_archived = False
        self._touch(self.records[record], self.now())

    def erase(self, record: str) -> None:
        """Delete a record for good, as a person or as our write: no feed tells, no read finds it."""
        del self.records[record]

    def merge(self, survivor: str, loser: str, values: Mapping[str, Value]) -> None:
        """Make one record of two, as a person who chooses *values* for the one that survives."""
        stored, gone = self.records[survivor], self.records[loser]
        self.merged[loser] = survivor
        if self.answers_for_merged:
            del self.records[loser]
            stored.merged_ids += [loser, *gone.merged_ids]
            held = [str(gone.values["email"])] if gone.values.get("email") else []
            stored.other_emails += [*held, *gone.other_emails]
        else:
            self.archive(loser)
        self.edit(survivor, values)

    def survivor(self, record: str) -> str:
        """Return the record that answers for one that may have been merged away."""
        while record in self.merged:
            record = self.merged[record]
        return record

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
            others = stored.other_emails if key == "email" else []
            if wanted in {str(one).casefold() for one in (held, *others) if one is not None}:
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
