"""What can be asked of the rows of one file: synchronous, each call on one consistent content."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from adapters.contract import EXTERNAL_ID, Outcome, Reading, Surroundings, Verb, Write
from adapters.csv_file.cells import Splice
from adapters.csv_file.edits import plan_edits, plan_ids
from adapters.csv_file.replacement import (
    Replacement,
    Step,
    lock_of,
    remove_leftovers,
    versions_folder,
)
from adapters.csv_file.settings import CsvSettings
from adapters.csv_file.snapshot import real_path, snapshot
from adapters.csv_file.table import Matches, Table
from adapters.errors import Unreadable, WaitUntil

LOCKED_FOR = timedelta(seconds=5)
"""How long a write waits before it looks again whether another program let go of the file."""

_ATTEMPTS = 5

Answer = TypeVar("Answer")


class RowStore:
    """Reads from snapshots of the file and writes by swapping its content."""

    def __init__(self, settings: CsvSettings, surroundings: Surroundings, step: Step) -> None:
        """Touch nothing yet."""
        self._settings = settings
        self._clock = surroundings.clock
        self._luck = surroundings.luck
        self._step = step

    @contextmanager
    def table(self) -> Iterator[Table]:
        """Give one content of the file; the identity column may still be missing."""
        with snapshot(self._settings.path) as taken:
            yield Table(taken, self._settings)

    @contextmanager
    def identified(self) -> Iterator[Table]:
        """Give one content of the file whose rows can be told apart. Raises Unreadable."""
        with self.table() as table:
            self._require_identity(table)
            yield table

    def _require_identity(self, table: Table) -> None:
        if table.layout.identity is None:
            raise Unreadable(
                f"{self._settings.path}: line {table.layout.header.line} has no column "
                f"{self._settings.id_column!r} yet.",
                code="no_column",
                next_step="Let the sync prepare the file, or give key in the configuration.",
            )

    def clean(self) -> None:
        """Remove what a crash left beside the file."""
        real = real_path(self._settings.path)
        remove_leftovers(real, versions_folder(self._settings, real))

    def columns(self) -> tuple[str, ...]:
        """Return the headers in order."""
        with self.table() as table:
            return table.layout.columns

    def prepare(self) -> bool:
        """Return whether rows can carry an id, after giving one to those without where allowed."""
        if self._settings.key:
            return True
        if self._settings.may_add_id_column:
            self._rewrite(lambda table: (plan_ids(table, self._luck.token), True))
        return self._settings.id_column in self.columns()

    def read(self, ids: frozenset[str], fields: Sequence[str]) -> Reading:
        """Return the rows with these keys."""
        with self.identified() as table:
            return _reading(table, table.by_id(ids), ids, fields)

    def find(self, key: str, keys: frozenset[str], fields: Sequence[str]) -> Reading:
        """Return the rows whose column *key* holds exactly one of *keys*."""
        if key in {EXTERNAL_ID, self._settings.identity}:
            return self.read(keys, fields)
        with self.identified() as table:
            if key not in table.positions:
                raise Unreadable(
                    f"{self._settings.path} has no column {key!r} to look rows up by.",
                    code="no_column",
                    next_step="Correct the column's name in the file or in the configuration.",
                )
            return _reading(table, table.by_text(keys, table.positions[key]), keys, fields)

    def write(self, verb: Verb, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Do a batch in one swap. Raises WaitUntil, GrantAccess, RetryLater, UnknownOutcome."""

        def planned(table: Table) -> tuple[Sequence[Splice], Sequence[Outcome]]:
            self._require_identity(table)
            edits = plan_edits(table, verb, writes, self._luck.token)
            return edits.splices, edits.outcomes

        return self._rewrite(planned)

    def _rewrite(self, plan: Callable[[Table], tuple[Sequence[Splice], Answer]]) -> Answer:
        """Swap the content for the planned one; planned anew whenever somebody was faster."""
        for _ in range(_ATTEMPTS):
            with self.table() as table:
                splices, answer = plan(table)
                if not splices:
                    return answer
                self._refuse_locked()
                if self._replacement().swap(table.snapshot, splices):
                    return answer
        raise self._wait(f"{self._settings.path} keeps changing while it is to be rewritten.")

    def _replacement(self) -> Replacement:
        return Replacement(
            self._settings, token=self._luck.token(), now=self._clock.now(), step=self._step
        )

    def _refuse_locked(self) -> None:
        path = self._settings.path
        lock = lock_of(path) or lock_of(real_path(path))
        if lock:
            raise self._wait(
                f"{path} is open in a spreadsheet program, which keeps the lock file {lock.name}."
                " It is rewritten once it is closed there."
            )

    def _wait(self, message: str) -> WaitUntil:
        return WaitUntil(message, until=self._clock.now() + LOCKED_FOR, code="file_in_use")


def _reading(
    table: Table, matches: Matches, keys: frozenset[str], fields: Sequence[str]
) -> Reading:
    """Return the sound rows; a key in no row is missing only if every row could be read."""
    return Reading(
        records=[table.record(entry, fields) for entry in matches.entries()],
        missing=keys.difference(matches.found) if matches.is_proof else frozenset(),
    )
