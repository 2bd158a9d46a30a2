"""The contract between the engine and everything that holds records.

Both ends of a pair are adapters; a file and a CRM answer the same questions. What differs is told
as data (:class:`Capabilities`), so that the engine asks for abilities and never for a vendor.
``tests/conformance`` is this contract as a test suite; every adapter passes it.

Promises every adapter keeps:

* A read that fails raises; it never returns fewer records instead (I6).
* ``listing`` ends with :class:`Complete` only when the whole object was seen, else
  :class:`Partial`.
* ``write`` returns one outcome for each write, in order of the batch, or raises an error that is
  true of the whole batch. ``Accepted`` and ``Refused`` are definite; whatever is not definite is
  ``Unknown``.
* A write is never repeated by the adapter unless the reply proves that nothing happened (R20).
* Values are typed (``daemon.core.values``); only fields that were read are present (I24).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from adapters.budget import Spending
from adapters.errors import Failure
from adapters.guide import Guide
from daemon.clock import Clock, Luck
from daemon.core.record import FieldTime, Record
from daemon.core.schema import Schema
from daemon.core.values import Values

Item = TypeVar("Item")

EXTERNAL_ID = "crmsyncd_id"
"""Name of the one field per object that carries our entity id (R7)."""


class Verb(StrEnum):
    """What a write does."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    """Put it where a person can take it back from: a bin, an archive."""
    DELETE = "delete"
    """Take it away for good."""

    @property
    def is_removal(self) -> bool:
        """Whether the record is not there any more afterwards."""
        return self in {Verb.ARCHIVE, Verb.DELETE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a system can do, and how late or coarse it is: data, never code."""

    read_batch: int
    """Most ids one ``read`` or ``find`` call may ask for."""
    write_batch: int
    """Most records one ``write`` call may carry."""
    page_size: int
    """Records on one page of a listing."""
    hint_page_size: int
    """Ids on one page of the change feed; 0 where ``changes`` is not a paged remote call."""
    is_remote: bool
    """Every page, read and write costs an API call (R28). False for local files."""
    has_external_id: bool
    """Records can carry :data:`EXTERNAL_ID`, once ``prepare`` said so."""
    unique_keys: frozenset[str] = frozenset()
    """Fields that ``find`` can look up directly besides :data:`EXTERNAL_ID`."""
    has_field_times: bool = False
    """``times`` tells when single fields changed."""
    has_precondition: bool = False
    """``write`` compares ``Write.expected`` with what is there, atomically, and answers Moved."""
    replies_with_values: bool = True
    """``Accepted.record`` carries the written fields as now stored."""
    removals: frozenset[Verb] = frozenset()
    """Which of ARCHIVE and DELETE ``write`` can do."""
    index_lag: timedelta = timedelta(0)
    """How late ``changes`` may tell of a change; reads by id are never late."""
    lookup_lag: timedelta = timedelta(0)
    """How late ``find`` may see a record; zero means that an absence is proof at once (R32)."""
    time_resolution: timedelta = timedelta(milliseconds=1)
    """Step of ``modified_at``: within one step a second change may hide (R30)."""
    lanes: int = 1
    """Batches of writes that may be under way at once: while one waits for its reply, others go."""
    request_time_out: timedelta = timedelta(seconds=30)
    """Longest a request can still land after it was sent (R22)."""
    is_saved_whole: bool = False
    """People save the whole thing at once (a file): stale saves and edited keys happen (R11)."""
    full_listing_every: timedelta | None = None
    """Default distance of full listings; None where ``changes`` misses nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Which account the credentials lead to; compared at each new credential (canary)."""

    id: str
    name: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFault:
    """A record that is there but cannot be used: it is neither source nor target (R44)."""

    id: str
    """Its id, or "" where the id itself is the fault."""
    place: str
    """Where a person finds it: "line 17"."""
    code: str
    """Stable word: duplicate_key, missing_key, ragged_row, nul_byte, …"""
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some records of a listing, in the order the system gives them."""

    records: Sequence[Record]
    faults: Sequence[RecordFault] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Complete:
    """The listing saw every record there is; ``proof`` says how that is known."""

    proof: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """The listing ended without proof that it saw everything; absence means nothing (R4)."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """Look at this id. ``version`` is what the feed saw there ("" = unknown)."""

    id: str
    version: str = ""
    is_gone: bool = False
    """The feed says it was archived or deleted; still only a hint until read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hints:
    """Some ids that may have changed."""

    hints: Sequence[Hint]


@dataclass(frozen=True, kw_only=True, slots=True)
class Covered:
    """The feed is told up to here; store ``cursor`` once every hint before it is read (R3)."""

    cursor: str
    covered_until: datetime
    """Changes before this moment have been told, by the system's clock."""
    is_full_listing_needed: bool = False
    """The feed cannot promise completeness any more: list everything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a direct read found."""

    records: Sequence[Record]
    missing: frozenset[str] = frozenset()
    """Asked for and definitely not there. Empty unless the reply proves it."""
    redirects: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Id asked for → id that answered: merged records (I20)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One record to write; only the fields to be set are in ``values`` (I18)."""

    token: str
    """Identifies this write within its batch; the intent's id."""
    values: Values
    """``None`` clears the field."""
    id: str | None = None
    """The record to update or remove; None for a create."""
    external_id: str | None = None
    """Our entity id, written with a create where the system carries it (R7)."""
    expected: Values = field(default_factory=lambda: MappingProxyType({}))
    """What the plan saw in the fields about to be overwritten (R35)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The write happened."""

    id: str
    record: Record | None
    """The record as the reply shows it, with at least the written fields, or None (R45). None for
    a removal, whose acceptance says that the record is not there any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The write definitely did not happen, and would not the next time."""

    failure: Failure
    existing_id: str = ""
    """The record that holds the same unique key, where the refusal names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """The precondition failed: the record no longer holds what was expected. Nothing happened."""

    record: Record | None
    """As it is now; None when it is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """No definite reply: it may have happened (I11)."""

    failure: Failure


Outcome = Accepted | Refused | Moved | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One API call, as the log keeps it: no query values, no body."""

    connection: str
    method: str
    endpoint: str
    """Path template without ids or values."""
    purpose: str
    """What the engine wanted: account, schema, prepare, listing, changes, read, find, times,
    create, update, archive, delete."""
    status: int | None
    """None when no reply came."""
    started_at: datetime
    duration: timedelta
    attempt: int
    correlation_id: str = ""
    note: str = ""
    """Error class or code, where there was one."""


async def _nobody_asks() -> None:
    """Let a request leave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an adapter is given besides its settings."""

    connection: str
    """The connection's name, for logs and errors."""
    clock: Clock
    luck: Luck
    on_call: Callable[[Call], None]
    """Told of every API call, retries included, once its reply is known."""
    leaving: Callable[[], Awaitable[None]] = _nobody_asks
    """Awaited just before each request that writes leaves, after any waiting, repeats included: from
    then on it can land, and for ``request_time_out`` (R22). What it raises stops the request."""
    spending: Spending = field(default_factory=Spending)
    """Asked before each request leaves whether the account's day has room for it."""


class Watchable(Protocol):
    """An adapter whose records live in local files that people edit."""

    def watched_files(self) -> Sequence[Path]:
        """Return the files whose change should start a run."""
        ...


class Adapter(Protocol):
    """One connection: credentials on one system."""

    @property
    def capabilities(self) -> Capabilities:
        """What this system can do."""
        ...

    async def open(self) -> None:
        """Acquire what the adapter needs; makes no API call."""
        ...

    async def close(self) -> None:
        """Release it; safe to call twice."""
        ...

    async def account(self) -> Account:
        """Return the account the credentials lead to."""
        ...

    async def objects(self) -> Sequence[str]:
        """Return the names of the objects this connection can sync."""
        ...

    async def schema(self, object_name: str) -> Schema:
        """Return the live fields of an object. Raises Unreadable for an unknown object."""
        ...

    async def prepare(self, object_name: str) -> bool:
        """See that :data:`EXTERNAL_ID` exists, creating it where allowed; return if it does."""
        ...

    async def start_cursor(self, object_name: str) -> str:
        """Return the cursor that a listing which starts now hands over to ``changes``."""
        ...

    def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk all live records; the last item is Complete or Partial. Raises when a read fails."""
        ...

    def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Tell which ids may have changed since *cursor*; the last item is Covered."""
        ...

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read records by id, archived ones included (marked). At most ``read_batch`` ids."""
        ...

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look records up by a unique field. ``missing`` holds the keys that nobody has."""
        ...

    async def times(
        self, object_name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return id → field → when it last changed. Only with ``has_field_times``."""
        ...

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Write a batch; one outcome a write, in the batch's order.

        A removal (``capabilities.removals``) writes no values; one of a record that is not there
        already is Accepted: what was wanted is so.

        Raises what is true of the whole batch: WaitUntil, Reauthenticate, GrantAccess, RejectBatch
        and RetryLater mean that nothing was written; UnknownOutcome that every one may have been.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterKind:
    """One type of connection, as ``adapters/<name>/kind.py`` declares it in ``KIND``.

    ``adapters.registry`` finds all of them; third-party packages add theirs by the entry-point
    group ``crmsyncd.adapters``.
    """

    word: str
    """The word after ``type:`` in a configuration."""
    title: str
    """What people call it, for messages."""
    settings: type[BaseModel]
    """The connection's keys: a frozen pydantic model that forbids unknown keys."""
    create: Callable[[Any, Surroundings], Adapter]
    """Build the adapter from validated settings."""
    default_object: str
    """The object meant when a configuration names none."""
    standard_fields: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Object → canonical field name → this system's field (the standard mapping)."""
    credential_variable: str = ""
    """Environment variable that a one-off ``sync --to TYPE:OBJECT`` takes the secret from."""
    credential_setting: str = ""
    """The setting that receives it."""
    sandbox_module: str = ""
    """Module with ``serve`` that emulates this system, where there is one."""
    guide: Guide | None = None
    """How ``crmsyncd connect`` leads a person to a connection; None: it cannot."""


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return *items* in runs of at most *size*."""
    return [items[start : start + size] for start in range(0, len(items), size)]
