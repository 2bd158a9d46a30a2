"""A CSV file that a person edits with the standard library's reader and writer."""

import csv
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.contract import Surroundings
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.csv_file.settings import CsvSettings
from daemon.clock import SeededLuck, SystemClock
from daemon.core.values import Values

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
        self._fails_at = ""
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

    async def cut_listing(self) -> bool:
        """Leave the file as a program does that is still writing it."""
        self.path.write_bytes(self.path.read_bytes()[:-12])
        return True

    async def break_reading(self) -> bool:
        self.path.write_bytes(b"")
        return True

    async def lose_reply(self) -> bool:
        """Let the disk fail once, between the swap and the proof that it is kept."""
        self._fails_at = "sync the folder"
        return True

    def _step(self, name: str) -> None:
        if name == self._fails_at:
            self._fails_at = ""
            raise OSError(errno.EIO, os.strerror(errno.EIO))

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


@asynccontextmanager
async def open_harness(folder: Path) -> AsyncIterator[CsvHarness]:
    harness = CsvHarness(folder / "people.csv")
    await harness.adapter.open()
    await harness.adapter.prepare(ROWS)
    yield harness
    await harness.adapter.close()
