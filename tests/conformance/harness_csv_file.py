"""A CSV file that a person edits with the standard library's reader and writer."""

import csv
import errno
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.contract import Capabilities, Surroundings, Verb
from adapters.csv_file.adapter import READ_BATCH, ROWS, WRITE_BATCH, CsvFile
from adapters.csv_file.settings import CsvSettings
from adapters.csv_file.table import PAGE_SIZE
from daemon.clock import SeededLuck, SystemClock
from daemon.core.values import Values
from tests.conformance.cases import Declaration
from tests.conformance.causes import Cause

CAPABILITIES = Capabilities(
    read_batch=READ_BATCH,
    write_batch=WRITE_BATCH,
    page_size=PAGE_SIZE,
    hint_page_size=0,
    is_remote=False,
    has_external_id=True,
    has_precondition=True,
    removals=frozenset({Verb.DELETE}),
)

HEADER = ["key", "name", "note"]


class CsvHarness:
    """The file, and hands that rewrite it as a spreadsheet program would."""

    object_name = ROWS
    text_fields = ("name", "note")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = SystemClock()
        self.adapter = CsvFile(
            CsvSettings(path=path, key="key", formula_escape=True),
            Surroundings(
                connection="people",
                clock=self.clock,
                luck=SeededLuck(1),
                on_call=lambda _call: None,
            ),
            step=self._step,
        )
        self._fails_at, self._error, self._is_lasting = "", 0, False
        self._keys = 0
        self._save([])

    def sample(self, number: int) -> Values:
        return {"name": f"Name {number}", "note": f"Note {number}"}

    async def put(self, records: Sequence[Values]) -> Sequence[str]:
        rows = [
            {name: str(values[name] or "") for name in self.text_fields} | {"key": self._new_key()}
            for values in records
        ]
        self._save([*self._rows(), *rows])
        return [row["key"] for row in rows]

    async def edit(self, id_: str, values: Values) -> None:
        texts = {name: str(value or "") for name, value in values.items()}
        self._save([row | texts if row["key"] == id_ else row for row in self._rows()])

    async def remove(self, id_: str) -> None:
        self._save([row for row in self._rows() if row["key"] != id_])

    async def look(self, id_: str) -> Values | None:
        rows = [row for row in self._rows() if row["key"] == id_]
        return {name: rows[0][name] or None for name in self.text_fields} if rows else None

    async def count(self) -> int:
        return len(self._rows())

    async def settle(self) -> None:
        """A file has no lag."""

    async def cause(self, what: Cause, *ids: str) -> None:
        _HOW[what](self, *ids)

    def unacceptable(self, number: int) -> Values:
        return {**self.sample(number), "name": "no file holds a \0"}

    def cut(self) -> None:
        """Leave the file as a program does that is still writing it."""
        self.path.write_bytes(self.path.read_bytes()[:-12])

    def twice(self) -> None:
        """Have every row twice."""
        self._save([row for row in self._rows() for _ in range(2)])

    def reverse(self) -> None:
        """Sort the rows otherwise."""
        self._save(self._rows()[::-1])

    def fail(self, step: str, number: int, *, is_lasting: bool = False) -> None:
        """Let the disk refuse a step of the next rewrite, or of each."""
        self._fails_at, self._error, self._is_lasting = step, number, is_lasting

    def hide(self) -> None:
        """Take a column out, as an export with another selection does."""
        rows = [{name: row[name] for name in ("key", "note")} for row in self._rows()]
        with self.path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, ["key", "note"])
            writer.writeheader()
            writer.writerows(rows)

    def swap(self) -> None:
        """Let another file stand under the same name."""
        other = self.path.rename(self.path.with_name("another.csv"))
        self.path.symlink_to(other)

    def reuse(self, id_: str) -> None:
        """Give a key to somebody else."""
        new = {name: str(value) for name, value in self.sample(77).items()}
        self._save([row | new if row["key"] == id_ else row for row in self._rows()])

    def _step(self, name: str) -> None:
        if name == self._fails_at:
            self._fails_at = name if self._is_lasting else ""
            raise OSError(self._error, os.strerror(self._error))

    def _new_key(self) -> str:
        self._keys += 1
        return f"k{self._keys}"

    def _rows(self) -> list[dict[str, str]]:
        with self.path.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    def _save(self, rows: Sequence[dict[str, str]]) -> None:
        with self.path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, HEADER)
            writer.writeheader()
            writer.writerows(rows)


_HOW: Mapping[Cause, Callable[..., None]] = {
    Cause.CUT_LISTING: lambda on: on.cut(),
    Cause.DUPLICATED_ROWS: lambda on: on.twice(),
    Cause.REORDERED_ROWS: lambda on: on.reverse(),
    Cause.FAILING_READS: lambda on: on.path.write_bytes(b""),
    Cause.LOST_REQUEST: lambda on: on.fail("swap", errno.ENOSPC),
    Cause.LOST_REPLY: lambda on: on.fail("sync the folder", errno.EIO),
    Cause.FORBIDDEN: lambda on: on.fail("create the temporary file", errno.EACCES, is_lasting=True),
    Cause.REFUSED_RECORD: lambda on: None,
    Cause.HIDDEN_FIELD: lambda on: on.hide(),
    Cause.SWAPPED_ACCOUNT: lambda on: on.swap(),
    Cause.ID_REUSED: lambda on, id_: on.reuse(id_),
}

_NO_FEED = "a file tells only that it is another one; what changed a listing shows"
_NO_CLOCK = "a file has no clock of its own"
_NO_LIMIT = "a local file counts no requests"
_NO_NET = "a local file is not behind a net"
_NO_BATCH = "all writes of a batch are one swap of the file"
_NO_MANNERS = "a file keeps what is written into it"

DECLARATION = Declaration(
    title="csv",
    word="csv",
    capabilities=CAPABILITIES,
    causes=frozenset(_HOW),
    impossible={
        Cause.LOOPING_LISTING: "a file is read once from end to end; nothing leads back",
        Cause.EQUAL_TIMES: _NO_FEED,
        Cause.LOOPING_FEED: _NO_FEED,
        Cause.EXPIRED_CURSOR: "the hash of a content does not grow old",
        Cause.LATE_INDEX: _NO_FEED,
        Cause.CLOCK_AHEAD: _NO_CLOCK,
        Cause.CLOCK_BEHIND: _NO_CLOCK,
        Cause.RATE_LIMIT: _NO_LIMIT,
        Cause.RATE_LIMIT_SILENT: _NO_LIMIT,
        Cause.RATE_LIMIT_LONG: _NO_LIMIT,
        Cause.TIME_OUT_AFTER_COMMIT: _NO_NET,
        Cause.SLOW_REPLY: _NO_NET,
        Cause.HTML_REPLY: _NO_NET,
        Cause.HTML_ERROR: _NO_NET,
        Cause.CUT_REPLY: _NO_NET,
        Cause.ERROR_IN_SUCCESS: _NO_NET,
        Cause.SHORT_BATCH: _NO_BATCH,
        Cause.SHUFFLED_BATCH: _NO_BATCH,
        Cause.REVOKED: "a file is opened without credentials",
        Cause.NORMALISED: _NO_MANNERS,
        Cause.IGNORED: _NO_MANNERS,
        Cause.ANSWERED: _NO_MANNERS,
        Cause.MERGED: "rows that become one are a row that is gone and an edit",
        Cause.RESTORED: "a file has no bin to take rows back from",
    },
)


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[CsvHarness]:
    harness = CsvHarness(folder / "people.csv")
    await harness.adapter.open()
    await harness.adapter.prepare(ROWS)
    yield harness
    await harness.adapter.close()
