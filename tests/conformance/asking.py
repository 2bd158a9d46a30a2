"""Questions to an adapter, asked whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
from daemon.core.record import Record
from daemon.core.values import Values
from tests.conformance.harness import Harness


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
