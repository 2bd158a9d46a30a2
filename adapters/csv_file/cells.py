"""Texts to the bytes of cells and rows, in the file's own style, as splices of its content."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.csv_file.rows import Row
from adapters.csv_file.table import Entry, Table
from adapters.csv_file.text import escape


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace ``size`` bytes at ``offset`` by ``content``."""

    offset: int
    size: int
    content: bytes


class CellWriter:
    """Writes as the file is written: its encoding, delimiter, quotes and line end."""

    def __init__(self, table: Table) -> None:
        """Take the style from the table's head."""
        self._layout = table.layout
        self._dialect = table.layout.dialect
        self._has_escape = table.settings.formula_escape
        self._snapshot = table.snapshot
        comment = self._dialect.comment_byte or b""
        self._special = [self._dialect.delimiter_byte, self._dialect.quote_byte, b"\r", b"\n"]
        self._comment = comment

    def cell(self, text: str, *, is_quoted: bool) -> bytes:
        """Return the bytes of a cell, quoted if it was so before or must be."""
        plain = self._layout.encoding.encode(escape(text) if self._has_escape else text)
        if not is_quoted and not self._must_quote(plain):
            return plain
        quote = self._dialect.quote_byte
        return quote + plain.replace(quote, quote * 2) + quote

    def is_quoted(self, cell: bytes) -> bool:
        """Return whether a cell of the file begins with a quote."""
        return cell.startswith(self._dialect.quote_byte)

    def row(self, texts: Sequence[str], styles: Sequence[bool]) -> bytes:
        """Return the bytes of a new row, without its line end."""
        cells = zip(texts, styles, strict=True)
        return self._dialect.delimiter_byte.join(
            self.cell(text, is_quoted=is_quoted) for text, is_quoted in cells
        )

    def styles(self, last: Entry | None) -> Sequence[bool]:
        """Return for each column whether a new row quotes it: as the last row (or header) does.

        Quotes that the content made necessary say nothing, unless the whole row is quoted.
        """
        raw = last.row.raw if last else self._layout.header.raw
        cells = self._dialect.cells(raw)
        if all(self.is_quoted(cell) for cell in cells):
            return [True] * len(cells)
        return [
            self.is_quoted(cell) and not self._must_quote(self._dialect.content(cell))
            for cell in cells
        ]

    def splices(self, row: Row, cells: Mapping[int, bytes]) -> Iterator[Splice]:
        """Yield what replaces some cells of a row, by their index."""
        if not cells:
            return
        position = row.offset
        for index, old in enumerate(self._dialect.cells(row.raw)):
            if index in cells:
                yield Splice(position, len(old), cells[index])
            position += len(old) + 1

    def extension(self, row: Row, text: str) -> Splice:
        """Return what adds one more cell at the end of a row, quoted as its last cell is."""
        last = self._dialect.cells(row.raw)[-1]
        added = self.cell(text, is_quoted=self.is_quoted(last))
        return Splice(row.offset + len(row.raw), 0, self._dialect.delimiter_byte + added)

    def removal(self, row: Row) -> Splice:
        """Return what takes a row out with its own line end; the one before it stays."""
        return Splice(row.offset, len(row.raw) + len(row.ending), b"")

    def appendix(self, rows: Sequence[bytes]) -> Splice:
        """Return what adds rows below the last; a missing final line end stays missing."""
        line_end, size = self._layout.line_end, self._snapshot.signature.size
        self._snapshot.stream.seek(size - 1)
        joined = line_end.join(rows)
        if self._snapshot.stream.read(1) in {b"\r", b"\n"}:
            return Splice(size, 0, joined + line_end)
        return Splice(size, 0, line_end + joined)

    def _must_quote(self, plain: bytes) -> bool:
        if self._comment and plain.startswith(self._comment):
            return True
        return any(mark in plain for mark in self._special)
