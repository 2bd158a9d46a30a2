"""A CSV file as one end of a sync (R11).

Takes validated settings and the adapter's surroundings; gives the contract of
``adapters.contract``. Reading works on a private snapshot, writing on splices of one, and every
file operation runs in a thread, so that a large file never holds up the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from adapters.contract import (
    Account,
    Capabilities,
    Complete,
    Covered,
    Hints,
    Outcome,
    Page,
    Partial,
    Reading,
    Surroundings,
    Verb,
    Write,
)
from adapters.csv_file.fingerprint import Fingerprint
from adapters.csv_file.replacement import Step, no_step
from adapters.csv_file.row_store import RowStore
from adapters.csv_file.settings import CsvSettings
from adapters.csv_file.snapshot import real_path, signature_now
from adapters.csv_file.table import PAGE_SIZE, Table
from adapters.errors import Unreadable
from daemon.core.record import FieldTime
from daemon.core.schema import Field, Schema
from daemon.core.values import FieldKind, digest

ROWS = "rows"
"""The one object of a CSV file."""

READ_BATCH = 10_000
"""Keys of one read: each read passes over the file once, however many it is asked for."""

WRITE_BATCH = 1000
"""Rows of one write: each write rewrites the file once."""

Result = TypeVar("Result")


async def _in_thread(work: Callable[[], Result]) -> Result:
    """Run *work* in a thread; a cancelled caller waits for it, so that nothing is half-told."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class CsvFile:
    """One CSV file."""

    def __init__(
        self, settings: CsvSettings, surroundings: Surroundings, *, step: Step = no_step
    ) -> None:
        """Touch nothing yet. *step* is told of each step of a rewrite before it is taken."""
        self._settings = settings
        self._clock = surroundings.clock
        self._rows = RowStore(settings, surroundings, step)
        self._fingerprint = Fingerprint(settings.path, surroundings.clock)
        self._columns: tuple[str, tuple[str, ...]] | None = None
        self._writing = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """A local file that compares before it swaps, and that people save as a whole."""
        return Capabilities(
            read_batch=READ_BATCH,
            write_batch=WRITE_BATCH,
            page_size=PAGE_SIZE,
            hint_page_size=0,
            is_remote=False,
            has_external_id=True,
            unique_keys=frozenset({self._settings.identity}),
            has_precondition=True,
            removals=frozenset({Verb.DELETE}),
            time_resolution=timedelta(0),
            is_saved_whole=True,
        )

    async def open(self) -> None:
        """Remove what a crash left beside the file."""
        await _in_thread(self._rows.clean)

    async def close(self) -> None:
        """Nothing is held between calls."""

    def watched_files(self) -> Sequence[Path]:
        """Return the file, and where a symlink leads."""
        path = self._settings.path.absolute()
        return list(dict.fromkeys([path, real_path(path)]))

    async def account(self) -> Account:
        """Return the real path as the account: another file under the same name is noticed."""
        real = real_path(self._settings.path)
        return Account(id=digest(str(real)), name=real.name, time_zone=self._settings.time_zone)

    async def objects(self) -> Sequence[str]:
        """Return the one object: the rows."""
        return (ROWS,)

    async def schema(self, object_name: str) -> Schema:
        """Return one text field for each header. Raises Unreadable for a damaged file."""
        self._check(object_name)
        columns = await _in_thread(self._columns_now)
        fields = {
            name: Field(
                name=name,
                label=name,
                kind=FieldKind.TEXT,
                is_unique=name == self._settings.identity,
            )
            for name in columns
        }
        return Schema(object=object_name, fields=MappingProxyType(fields))

    def _columns_now(self) -> tuple[str, ...]:
        """Return the headers; the file is read again only when its content is another one."""
        hash_ = self._fingerprint.now()
        if self._columns is None or self._columns[0] != hash_:
            columns = self._rows.columns()
            if self._fingerprint.now() != hash_:  # saved meanwhile: told, not kept
                return columns
            self._columns = (hash_, columns)
        return self._columns[1]

    async def prepare(self, object_name: str) -> bool:
        """See that every row can be told apart; the only place where ids are added to rows.

        Cheap where nothing is to be done. Raises WaitUntil while a spreadsheet program holds the
        file.
        """
        self._check(object_name)
        async with self._writing:
            return await _in_thread(self._rows.prepare)

    async def start_cursor(self, object_name: str) -> str:
        """Return the hash of the present content."""
        self._check(object_name)
        return await _in_thread(self._fingerprint.now)

    async def listing(
        self, object_name: str, fields: Sequence[str]
    ) -> AsyncIterator[Page | Complete | Partial]:
        """Walk one content of the file; Complete only if the file is still that content after it.

        Raises Unreadable before the first page when the file is damaged or half-written.
        """
        self._check(object_name)
        with ExitStack() as stack:
            table = await _in_thread(lambda: stack.enter_context(self._rows.identified()))
            pages, count = table.pages(fields), 0
            while page := await _in_thread(lambda: next(pages, None)):
                count += len(page.records) + len(page.faults)
                yield page
            yield await _in_thread(lambda: self._verdict(table, count))

    def _verdict(self, table: Table, count: int) -> Complete | Partial:
        seen, encoding = table.snapshot, table.layout.encoding
        if signature_now(real_path(self._settings.path)) != seen.signature:
            return Partial(why=f"{self._settings.path} was saved while it was listed")
        proof = (
            f"sha256 {seen.hash}, {count} rows, file unchanged while reading, "
            f"encoding {encoding.name} ({encoding.origin})"
        )
        return Complete(proof=proof, count=count)

    async def changes(self, object_name: str, cursor: str) -> AsyncIterator[Hints | Covered]:
        """Compare the content's hash with *cursor*; which rows changed only a listing can tell.

        ``covered_until`` is the moment before the look, by the daemon's clock: a save that ends
        later has a later time. The file's own modified time is not used, since copying tools set
        it back.
        """
        self._check(object_name)
        begun = self._clock.now()
        hash_ = await _in_thread(self._fingerprint.now)
        yield Covered(cursor=hash_, covered_until=begun, is_full_listing_needed=hash_ != cursor)

    async def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Reading:
        """Read rows by key in one pass; a row with a fault is neither found nor missing."""
        self._check(object_name)
        return await _in_thread(lambda: self._rows.read(frozenset(ids), fields))

    async def find(
        self, object_name: str, key: str, keys: Sequence[str], fields: Sequence[str]
    ) -> Reading:
        """Look rows up by :data:`EXTERNAL_ID` (the identity column) or any column, exactly."""
        self._check(object_name)
        return await _in_thread(lambda: self._rows.find(key, frozenset(keys), fields))

    async def times(
        self,
        object_name: str,
        ids: Sequence[str],  # noqa: ARG002 - the contract's signature
        fields: Sequence[str],  # noqa: ARG002 - the same
    ) -> Mapping[str, Mapping[str, FieldTime]]:
        """Return nothing: a file has no times for single fields."""
        self._check(object_name)
        return {}

    async def write(
        self, object_name: str, verb: Verb, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        """Change the touched cells, add rows or take rows out, in one swap of the file.

        Raises WaitUntil while a spreadsheet program holds the file or it keeps changing;
        GrantAccess and RetryLater when it cannot be rewritten; UnknownOutcome after a swap that
        may not be on disk.
        """
        self._check(object_name)
        if verb is Verb.ARCHIVE:
            raise ValueError("A file has no bin to archive into; its removals are DELETE.")
        async with self._writing:
            return await _in_thread(lambda: self._rows.write(verb, writes))

    def _check(self, object_name: str) -> None:
        if object_name != ROWS:
            raise Unreadable(
                f"{self._settings.path} has no object {object_name!r}; a CSV file has {ROWS!r}.",
                code="no_object",
                next_step="Remove object from this end of the sync.",
            )
