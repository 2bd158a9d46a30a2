"""Questions to an adapter, asked whole."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.contract import (
    Accepted,
    Complete,
    Covered,
    Hint,
    Outcome,
    Page,
    Partial,
    Verb,
    Write,
)
from adapters.errors import AdapterError, WaitUntil
from daemon.core.record import Record
from daemon.core.values import Values
from tests.conformance.harness import Harness

UNKNOWN = "987654321"
"""An id that nobody has."""

PATIENCE = 5
"""How often the engine comes back in a case."""

Answer = TypeVar("Answer")


@dataclass
class Listing:
    """A listing from its first page to its verdict."""

    verdict: Complete | Partial
    pages: list[Page] = field(default_factory=list)

    @property
    def records(self) -> dict[str, Record]:
        """All records, by id."""
        return {record.id: record for page in self.pages for record in page.records}


async def listing(harness: Harness, fields: Sequence[str] | None = None) -> Listing:
    """List everything; the verdict must be the last item and the only one."""
    names = harness.text_fields if fields is None else fields
    items = [item async for item in harness.adapter.listing(harness.object_name, names)]
    *pages, verdict = items
    assert isinstance(verdict, Complete | Partial)
    assert all(isinstance(page, Page) for page in pages)
    return Listing(verdict, [page for page in pages if isinstance(page, Page)])


@dataclass
class Changes:
    """What the change feed told, from one cursor to the next."""

    covered: Covered
    hints: list[Hint] = field(default_factory=list)

    def tell_of(self, id_: str) -> bool:
        """Return whether a reader of the feed would come to look at this record."""
        return self.covered.is_full_listing_needed or id_ in {hint.id for hint in self.hints}


async def changes(harness: Harness, cursor: str) -> Changes:
    """Follow the feed to its end; Covered must be the last item and the only one."""
    items = [item async for item in harness.adapter.changes(harness.object_name, cursor)]
    *told, covered = items
    assert isinstance(covered, Covered)
    assert not any(isinstance(item, Covered) for item in told)
    return Changes(covered, [hint for item in told for hint in getattr(item, "hints", ())])


async def write(harness: Harness, verb: Verb, *writes: Write) -> Sequence[Outcome]:
    """Write one batch; there must be one outcome a write."""
    outcomes = await harness.adapter.write(harness.object_name, verb, writes)
    assert len(writes) == len(outcomes)
    return outcomes


async def created(harness: Harness, number: int, external_id: str | None = None) -> Accepted:
    """Create one record through the adapter and let the system settle."""
    new = Write(token=f"c{number}", values=harness.sample(number), external_id=external_id)
    (outcome,) = await write(harness, Verb.CREATE, new)
    assert isinstance(outcome, Accepted)
    await harness.settle()
    return outcome


async def one(harness: Harness, number: int = 1) -> str:
    """Put one record there by hand and return its id."""
    (id_,) = await harness.put([harness.sample(number)])
    await harness.settle()
    return id_


def text_of(harness: Harness, number: int) -> Values:
    """Return the sample's text fields alone."""
    sample = harness.sample(number)
    return {name: sample[name] for name in harness.text_fields}


async def filled(harness: Harness, count: int) -> Sequence[str]:
    """Put so many records there by hand and return their ids."""
    ids = await harness.put([harness.sample(number) for number in range(1, count + 1)])
    await harness.settle()
    return ids


def new(harness: Harness, number: int) -> Write:
    """Return the creation of a record, with an id of ours where the system carries one."""
    external_id = f"ours-{number}" if harness.adapter.capabilities.has_external_id else None
    return Write(token=f"n{number}", values=harness.sample(number), external_id=external_id)


async def attempt(harness: Harness, verb: Verb, one_write: Write) -> Outcome | AdapterError:
    """Write one record; return its outcome, or the error that is true of it."""
    try:
        (outcome,) = await write(harness, verb, one_write)
    except AdapterError as error:
        return error
    return outcome


async def patiently(harness: Harness, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask until the system is no longer asked for patience, as the engine would."""
    for _ in range(PATIENCE):
        try:
            return await ask()
        except WaitUntil as asked:
            now = harness.clock.now()
            await harness.clock.sleep(max(0.0, (asked.until - now).total_seconds()))
    return await ask()
