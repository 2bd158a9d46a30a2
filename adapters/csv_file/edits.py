"""What a batch of writes means for one content of the file: outcomes, and the bytes to change.

Nothing is written here. A write that changes nothing yields no splice, so that the file is left
alone when every cell already says what it should.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.contract import Accepted, Moved, Outcome, RecordFault, Refused, Verb, Write
from adapters.csv_file.cells import CellWriter, Splice
from adapters.csv_file.rows import LARGEST_ROW, Row
from adapters.csv_file.table import LARGEST_CELL, Entry, Table
from adapters.csv_file.text import render
from adapters.errors import Failure
from daemon.core.values import Value

_ROOM_FOR_QUOTES = 4
"""Bytes: a cell may get a pair of quotes, an apostrophe and a delimiter."""

_MOST_BYTES = 8
"""A character has at most four bytes; short cells have the room for quotes besides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edits:
    """What to do to the file, and what to answer once it is done."""

    outcomes: Sequence[Outcome]
    splices: Sequence[Splice]
    """In order of offset, none overlapping."""


def _written_size(encoded: bytes) -> int:
    """Return the bytes a cell takes at most: quotes in it are doubled."""
    return len(encoded) + encoded.count(b'"') + _ROOM_FOR_QUOTES


class _Refusal(Exception):
    """This write cannot be done; carried to its outcome."""

    def __init__(self, code: str, message: str, *, field_: str = "", existing: str = "") -> None:
        super().__init__(message)
        failure = Failure(kind="RejectRecord", code=code, message=message, field=field_)
        self.outcome = Refused(failure=failure, existing_id=existing)


def plan_edits(
    table: Table, verb: Verb, writes: Sequence[Write], new_key: Callable[[], str]
) -> Edits:
    """Return what *writes* do to the content of *table*. Raises Unreadable for a damaged file."""
    plan = _Plan(table, writes, new_key)
    steps = {Verb.CREATE: plan.create, Verb.UPDATE: plan.update, Verb.DELETE: plan.delete}
    outcomes = [_settled(steps[verb], write) for write in writes]
    return Edits(outcomes=outcomes, splices=sorted(plan.splices(), key=lambda item: item.offset))


def _settled(step: Callable[[Write], Outcome], write: Write) -> Outcome:
    try:
        return step(write)
    except _Refusal as refusal:
        return refusal.outcome


@dataclass(slots=True)
class _Change:
    """A row on its way to its new content."""

    entry: Entry
    """Its present id and texts; ``row`` stays what stands in the file."""
    cells: dict[int, bytes] = field(default_factory=dict)
    """Index → the cell's new bytes."""


class _Plan:
    """The batch so far: a later write of the batch sees what an earlier one did."""

    def __init__(self, table: Table, writes: Sequence[Write], new_key: Callable[[], str]) -> None:
        self._table = table
        self._path = table.settings.path
        self._identity = table.settings.identity
        self._writer = CellWriter(table)
        self._keys = {write.token: self._key_of(write, new_key) for write in writes}
        wanted = {key for key in self._keys.values() if key}
        wanted |= {write.id for write in writes if write.id}
        self._matches = table.by_id(wanted)
        self._styles = self._writer.styles(self._matches.last)
        self._changes = {
            key: _Change(entry) for key in wanted if (entry := self._matches.only(key))
        }
        self._appended: list[bytes] = []
        self._deleted: dict[str, Row] = {}

    def _key_of(self, write: Write, new_key: Callable[[], str]) -> str:
        """Return the key a write gives its row: mapped, else our entity id, else a new one."""
        mapped = render(write.values.get(self._identity)).strip()
        if write.id is not None or mapped:
            return mapped
        return (write.external_id or new_key()).strip()

    def update(self, write: Write) -> Outcome:
        """Change the touched cells of one row, if it still holds what the plan saw (R35)."""
        id_ = write.id or ""
        change = self._changes.get(id_)
        if change is None:
            self._refuse_faulty(id_)
            return Moved(record=None)
        if not self._is_unmoved(change.entry, write.expected):
            return Moved(record=self._table.record(change.entry))
        texts = self._new_texts(change.entry.texts, write.values)
        new_id = self._new_id(id_, write)
        self._note(change, texts)
        change.entry = replace(change.entry, id=new_id, texts=texts)
        if new_id != id_:
            self._changes[new_id] = self._changes.pop(id_)
        return Accepted(id=new_id, record=self._table.record(change.entry))

    def create(self, write: Write) -> Outcome:
        """Add one row below the last; the key is taken if any row has it, even a faulty one."""
        key = self._keys[write.token]
        if not key:
            raise _Refusal("missing_key", "The new row's key is empty.", field_=self._identity)
        self._refuse_taken(key)
        empty = [""] * len(self._table.layout.columns)
        texts = self._new_texts(empty, {**write.values, self._identity: key})
        raw = self._writer.row(texts, self._styles)
        entry = Entry(key, Row(0, 0, raw, b""), texts)
        self._appended.append(raw)
        self._changes[key] = _Change(entry)
        return Accepted(id=key, record=self._table.record(entry))

    def delete(self, write: Write) -> Outcome:
        """Take one row out, if it still holds what the plan saw (R35)."""
        id_ = write.id or ""
        change = self._changes.get(id_)
        if change is None:
            if id_ not in self._deleted:
                self._refuse_faulty(id_)
            return Accepted(id=id_, record=None)
        if not self._is_unmoved(change.entry, write.expected):
            return Moved(record=self._table.record(change.entry))
        self._deleted[id_] = self._changes.pop(id_).entry.row
        return Accepted(id=id_, record=None)

    def splices(self) -> Iterator[Splice]:
        """Yield the changes of the batch."""
        yield from map(self._writer.removal, self._deleted.values())
        for change in self._changes.values():
            yield from self._writer.splices(change.entry.row, change.cells)
        if self._appended:
            yield self._writer.appendix(self._appended)

    def _refuse_faulty(self, id_: str) -> None:
        if id_ in self._matches.found:
            raise _Refusal(
                "faulty_row",
                f"{self._path}: the row to write has a key that repeats, or is damaged.",
            )
        if not self._matches.is_proof:
            raise _Refusal(
                "faulty_row",
                f"{self._path}: the row to write was not found, and a row has a key "
                "that cannot be read.",
            )

    def _refuse_taken(self, key: str) -> None:
        if key in self._changes or key in self._matches.found:
            raise _Refusal(
                "duplicate_key",
                f"{self._path}: a row with the new row's key is there already.",
                field_=self._identity,
                existing=key,
            )

    def _new_id(self, id_: str, write: Write) -> str:
        if self._identity not in write.values:
            return id_
        key = self._keys[write.token]
        if not key:
            raise _Refusal("missing_key", "A row's key cannot be cleared.", field_=self._identity)
        if key != id_:
            self._refuse_taken(key)
        return key

    def _is_unmoved(self, entry: Entry, expected: Mapping[str, Value]) -> bool:
        positions = self._table.positions
        return all(
            name in positions and entry.texts[positions[name]] == render(value)
            for name, value in expected.items()
        )

    def _new_texts(self, texts: Sequence[str], values: Mapping[str, Value]) -> list[str]:
        new = list(texts)
        for name, value in values.items():
            if name not in self._table.positions:
                message = f"{self._path} has no column {name!r} any more."
                raise _Refusal("no_column", message, field_=name)
            new[self._table.positions[name]] = self._writable(name, render(value))
        self._require_room(new)
        return new

    def _require_room(self, texts: Sequence[str]) -> None:
        """Refuse a row that would make the whole file unreadable."""
        if sum(map(len, texts)) * _MOST_BYTES <= LARGEST_ROW:
            return
        encode = self._table.layout.encoding.encode
        if sum(_written_size(encode(text)) for text in texts) > LARGEST_ROW:
            size = LARGEST_ROW // 1024
            raise _Refusal("long_row", f"The row would be longer than {size} KiB.")

    def _writable(self, name: str, text: str) -> str:
        if "\0" in text:
            message = "A value holds a NUL character, which a CSV file cannot carry."
            raise _Refusal("nul_byte", message, field_=name)
        try:
            encoded = self._table.layout.encoding.encode(text)
        except UnicodeEncodeError:
            encoding = self._table.layout.encoding.name
            message = f"A value holds a character that {encoding}, the file's encoding, lacks."
            raise _Refusal("unencodable", message, field_=name) from None
        if _written_size(encoded) > LARGEST_CELL:
            message = f"A value is longer than {LARGEST_CELL // 1024} KiB, the most that is read."
            raise _Refusal("long_cell", message, field_=name)
        return text

    def _note(self, change: _Change, texts: Sequence[str]) -> None:
        old = self._table.layout.dialect.cells(change.entry.row.raw)
        for index, (before, after) in enumerate(zip(change.entry.texts, texts, strict=True)):
            if before != after:
                is_quoted = self._writer.is_quoted(old[index])
                change.cells[index] = self._writer.cell(after, is_quoted=is_quoted)


def plan_ids(table: Table, new_key: Callable[[], str]) -> Sequence[Splice]:
    """Return what gives every row an id of ours: the missing column, and its empty cells.

    The column is added to every row that has all other cells, faulty ones included, so that no
    row becomes ragged by it.
    """
    writer = CellWriter(table)
    dialect, width = table.layout.dialect, len(table.layout.columns)
    index = table.layout.identity
    if index is not None:
        blank = [row for row in table.rows() if _lacks_id(table, row)]
        is_quoted = writer.is_quoted(dialect.cells(table.layout.header.raw)[index])
        return [
            splice
            for row in blank
            for splice in writer.splices(row, {index: writer.cell(new_key(), is_quoted=is_quoted)})
        ]
    rows = [row for row in table.rows() if len(dialect.cells(row.raw)) == width]
    header = table.layout.header
    return [
        writer.extension(header, table.settings.id_column),
        *(writer.extension(row, new_key()) for row in rows),
    ]


def _lacks_id(table: Table, row: Row) -> bool:
    item = table.judge(row)
    return isinstance(item, RecordFault) and item.code == "missing_key"
