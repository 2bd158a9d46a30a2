"""CSV files for tests: made, opened as an adapter, and read back by the standard library."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.contract import Complete, Page, Partial, RecordFault, Surroundings, Write
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.csv_file.replacement import Step, no_step
from adapters.csv_file.settings import CsvSettings
from daemon.clock import SeededLuck
from daemon.core.record import Record
from daemon.core.values import Value


class TickingClock:
    """A clock that moves by a millisecond whenever it is asked."""

    def __init__(self) -> None:
        self.moment = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def monotonic(self) -> float:
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def surroundings() -> Surroundings:
    return Surroundings(
        connection="newsletter",
        clock=TickingClock(),
        luck=SeededLuck(1),
        on_call=lambda _call: None,
    )


def csv_file(path: Path, *, step: Step = no_step, **settings: Any) -> CsvFile:
    if not settings.keys() & {"key", "may_add_id_column", "id_column"}:
        settings["key"] = "id"
    return CsvFile(CsvSettings(path=path, **settings), surroundings(), step=step)


def end(folder: Path, content: bytes, **settings: Any) -> CsvFile:
    path = folder / "people.csv"
    path.write_bytes(content)
    return csv_file(path, **settings)


def update(
    id_: str,
    token: str = "w",
    *,
    values: Mapping[str, Value] | None = None,
    expected: Mapping[str, Value] | None = None,
    **more: Value,
) -> Write:
    return Write(token=token, id=id_, values={**(values or {}), **more}, expected=expected or {})


def create(external_id: str | None, token: str = "w", **values: Value) -> Write:
    return Write(token=token, external_id=external_id, values=values)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Listing:
    """Everything one listing said."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.faults: list[RecordFault] = []
        self.verdict: Complete | Partial | None = None
        self.pages = 0

    @property
    def fault_lines(self) -> list[tuple[str, str, str]]:
        return [(fault.place, fault.code, fault.id) for fault in self.faults]


async def listed(adapter: CsvFile, fields: Sequence[str] | None = None) -> Listing:
    names = fields if fields is not None else list((await adapter.schema(ROWS)).fields)
    listing = Listing()
    async for item in adapter.listing(ROWS, names):
        if isinstance(item, Page):
            listing.pages += 1
            listing.records |= {record.id: record for record in item.records}
            listing.faults += item.faults
        else:
            listing.verdict = item
    return listing
