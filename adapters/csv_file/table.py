"""The rows of one snapshot as records and faults.

A row is either an :class:`Entry`, which can be read and written, or a fault, which is neither
source nor target (R44). Blank rows, and rows of nothing but delimiters, are no records.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from adapters.contract import Page, RecordFault
from adapters.csv_file.layout import Layout, half_written, read_layout, too_long
from adapters.csv_file.rows import Row, RowTooLong, read_rows
from adapters.csv_file.settings import CsvSettings
from adapters.csv_file.snapshot import Snapshot
from adapters.csv_file.text import unescape
from daemon.core.record import Record
from daemon.core.values import Value, digest

LARGEST_CELL = 1024 * 1024
"""Bytes; a cell beyond it is taken for damage, not for data."""

PAGE_SIZE = 500
"""Rows on one page of a listing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be a source and a target."""

    id: str
    row: Row
    texts: Sequence[str]
    """What each cell says: unquoted, decoded, formula escape taken off."""


@dataclass(slots=True)
class Matches:
    """What a scan for some keys found."""

    found: dict[str, list[Entry | RecordFault]] = field(default_factory=dict)
    is_proof: bool = True
    """A key that was not found is in no row."""
    last: Entry | None = None
    """The last sound row of the file, whose style a new row takes."""

    def add(self, key: str, item: Entry | RecordFault) -> None:
        """Note one more row with *key*."""
        self.found.setdefault(key, []).append(item)

    def drop_repeats(self) -> None:
        """Forget the rows of a key that several rows have, but not that the key is there."""
        for items in self.found.values():
            if len(items) > 1:
                items.clear()

    def entries(self) -> Iterator[Entry]:
        """Walk the sound rows."""
        for items in self.found.values():
            yield from (item for item in items if isinstance(item, Entry))

    def only(self, key: str) -> Entry | None:
        """Return the one sound row with *key*, or None."""
        match self.found.get(key):
            case [Entry() as entry]:
                return entry
            case _:
                return None


class Table:
    """One content of the file, parsed on demand and never held as a whole."""

    def __init__(self, snapshot: Snapshot, settings: CsvSettings) -> None:
        """Read the head. Raises Unreadable."""
        self.snapshot = snapshot
        self.settings = settings
        self.layout: Layout = read_layout(snapshot.stream, settings)

    def rows(self) -> Iterator[Row]:
        """Walk the rows below the header as they stand, those that hold nothing left out.

        Raises Unreadable where the file stops in the middle of a row.
        """
        layout, settings = self.layout, self.settings
        stream = self.snapshot.stream
        nothing = layout.dialect.delimiter_byte + layout.dialect.quote_byte + b" \t"
        rows = read_rows(stream, layout.dialect, offset=layout.rows_offset, line=layout.rows_line)
        try:
            for row in rows:
                if row.is_open or (not row.ending and self._is_short(row)):
                    raise half_written(settings, row)
                if row.raw.strip(nothing) or self._says_something(row):
                    yield row
        except RowTooLong as error:
            raise too_long(settings, error) from None

    def _is_short(self, row: Row) -> bool:
        cells = self.layout.dialect.cells(row.raw)
        return bool(row.raw.strip()) and len(cells) < len(self.layout.columns)

    def _says_something(self, row: Row) -> bool:
        """Tell a row whose text is delimiters or quotes from one without text."""
        dialect = self.layout.dialect
        if dialect.quote_byte not in row.raw:
            return False
        return any(dialect.content(cell).strip() for cell in dialect.cells(row.raw))

    def items(self) -> Iterator[Entry | RecordFault]:
        """Walk entries and faults; keys that repeat are not looked for here."""
        return map(self.judge, self.rows())

    def duplicates(self) -> frozenset[str]:
        """Return the keys that more than one row has; keeps one text a row and nothing else."""
        seen: set[str] = set()
        repeated: set[str] = set()
        for row in self.rows():
            key = self._key(self.layout.dialect.cells(row.raw))
            if key:
                (repeated if key in seen else seen).add(key)
        return frozenset(repeated)

    def pages(self, fields: Sequence[str]) -> Iterator[Page]:
        """Walk all records in pages; every row of a repeated key is a fault."""
        repeated = self.duplicates()
        records: list[Record] = []
        faults: list[RecordFault] = []
        for item in self.items():
            if isinstance(item, Entry) and item.id not in repeated:
                records.append(self.record(item, fields))
            else:
                faults.append(item if isinstance(item, RecordFault) else self._duplicate(item))
            if len(records) + len(faults) == PAGE_SIZE:
                yield Page(records=records, faults=faults)
                records, faults = [], []
        if records or faults:
            yield Page(records=records, faults=faults)

    def by_id(self, wanted: Container[str]) -> "Matches":
        """Return the rows whose id is in *wanted*, in one pass."""
        matches = Matches()
        for item in self.items():
            if isinstance(item, Entry):
                matches.last = item
            if item.id in wanted:
                matches.add(item.id, item)
            elif not item.id and isinstance(item, RecordFault) and item.code != "missing_key":
                # Its key cannot be read: it could be any of those that are not found.
                matches.is_proof = False
        matches.drop_repeats()
        return matches

    def by_text(self, wanted: Container[str], column: int) -> "Matches":
        """Return the rows whose *column* holds one of *wanted*; faulty rows could be any."""
        repeated = self.duplicates()
        matches = Matches()
        for item in self.items():
            if isinstance(item, RecordFault) or item.id in repeated:
                matches.is_proof = False
            elif item.texts[column] in wanted:
                matches.add(item.texts[column], item)
        return matches

    def judge(self, row: Row) -> Entry | RecordFault:
        """Return what can be made of a row."""
        cells = self.layout.dialect.cells(row.raw)
        fault = self._damage(row, cells)
        if fault:
            return fault
        try:
            texts = self._texts(row, cells)
        except UnicodeDecodeError:
            name = self.layout.encoding.name
            return self._fault(row, cells, "undecodable", f"holds bytes that are not {name}")
        id_ = "" if self.layout.identity is None else texts[self.layout.identity].strip()
        if not id_:
            column = self.settings.identity
            return self._fault(row, cells, "missing_key", f"has nothing in the column {column!r}")
        return Entry(id_, row, texts)

    def record(self, entry: Entry, fields: Sequence[str] | None = None) -> Record:
        """Return an entry as a record with *fields*, or with all columns."""
        return Record(
            id=entry.id,
            values=self._values(entry.texts, fields),
            version=digest("\0".join([self._header_digest, *entry.texts])),
            modified_at=self._modified_at(entry.texts),
            external_id=entry.id,
        )

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Column name → index."""
        return {name: index for index, name in enumerate(self.layout.columns)}

    @cached_property
    def _header_digest(self) -> str:
        # A renamed or moved column changes what the same cells mean.
        return digest("\0".join(self.layout.columns))

    def _texts(self, row: Row, cells: Sequence[bytes]) -> Sequence[str]:
        encoding, dialect = self.layout.encoding, self.layout.dialect
        if dialect.quote_byte not in row.raw:
            texts = encoding.decode(row.raw).split(dialect.delimiter)
        else:
            texts = [encoding.decode(dialect.content(cell)) for cell in cells]
        if self.settings.formula_escape and b"'" in row.raw:
            return [unescape(text) for text in texts]
        return texts

    def _damage(self, row: Row, cells: Sequence[bytes]) -> RecordFault | None:
        if b"\0" in row.raw:
            return self._fault(row, cells, "nul_byte", "holds a NUL byte")
        if len(row.raw) > LARGEST_CELL and max(map(len, cells)) > LARGEST_CELL:
            size = LARGEST_CELL // 1024
            return self._fault(row, cells, "long_cell", f"has a cell longer than {size} KiB")
        expected = len(self.layout.columns)
        if len(cells) != expected:
            problem = f"has {len(cells)} cells where the header names {expected} columns"
            return self._fault(row, cells, "ragged_row", problem)
        return None

    def _duplicate(self, entry: Entry) -> RecordFault:
        line = entry.row.line
        return RecordFault(
            id=entry.id,
            place=f"line {line}",
            code="duplicate_key",
            message=f"{self.settings.path}: line {line} has a key that another line has too.",
        )

    def _fault(self, row: Row, cells: Sequence[bytes], code: str, problem: str) -> RecordFault:
        return RecordFault(
            id=self._key(cells),
            place=f"line {row.line}",
            code=code,
            message=f"{self.settings.path}: line {row.line} {problem}.",
        )

    def _key(self, cells: Sequence[bytes]) -> str:
        """Return a row's id as far as its key cell can be read, whatever the others are like.

        A damaged row whose id is known is held; one without would look as if it were gone.
        """
        index = self.layout.identity
        if index is None or index >= len(cells) or len(cells[index]) > LARGEST_CELL:
            return ""
        try:
            text = self.layout.encoding.decode(self.layout.dialect.content(cells[index]))
        except UnicodeDecodeError:
            return ""
        text = unescape(text) if self.settings.formula_escape else text
        return "" if "\0" in text else text.strip()

    def _values(self, texts: Sequence[str], fields: Sequence[str] | None) -> Mapping[str, Value]:
        if fields is None:
            return {
                name: text or None for name, text in zip(self.layout.columns, texts, strict=True)
            }
        positions = self.positions
        return {name: texts[positions[name]] or None for name in fields if name in positions}

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.time_zone)

    def _modified_at(self, texts: Sequence[str]) -> datetime | None:
        """Return the declared time; weak evidence, so an unclear one is no evidence."""
        if self.layout.updated_at is None:
            return None
        try:
            moment = datetime.fromisoformat(texts[self.layout.updated_at].strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
