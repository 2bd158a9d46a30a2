"""Bytes to rows, without losing a byte.

Takes a binary stream and a dialect; gives each row's own bytes with its offset and line, so that a
later write can replace single cells and leave the rest alone. The content it finds agrees with the
standard library's ``csv`` reader (a property test holds both to that):

* a quote means something only as the first character of a cell;
* inside quotes everything is content until a quote that is not doubled;
* whatever follows the closing quote up to the next delimiter is content too;
* CR, LF and CR LF each end a row.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

LARGEST_ROW = 8 * 1024 * 1024
"""A longer row is no row: the file has no line ends, or a quote is never closed."""

_FIRST_READ = 256 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")
_COMMENT_LINE = re.compile(rb"[^\r\n]*+")


class RowTooLong(Exception):
    """A row did not end within :data:`LARGEST_ROW` bytes."""

    def __init__(self, line: int, *, is_quoted: bool) -> None:
        """Keep where it begins, and whether an open quote is what keeps it going."""
        super().__init__(f"line {line}")
        self.line = line
        self.is_quoted = is_quoted


@dataclass(frozen=True)
class Dialect:
    """How a file separates and quotes its cells. Characters are single ASCII characters."""

    delimiter: str
    quote: str = '"'
    comment: str | None = None

    @cached_property
    def delimiter_byte(self) -> bytes:
        """The delimiter as it stands in the file."""
        return self.delimiter.encode("ascii")

    @cached_property
    def quote_byte(self) -> bytes:
        """The quote as it stands in the file."""
        return self.quote.encode("ascii")

    @cached_property
    def comment_byte(self) -> bytes | None:
        """The comment mark as it stands in the file."""
        return self.comment.encode("ascii") if self.comment else None

    @cached_property
    def _cell(self) -> bytes:
        delimiter, quote = re.escape(self.delimiter_byte), re.escape(self.quote_byte)
        rest = rb"[^%b\r\n]*+" % delimiter
        quoted = rb"%b[^%b]*+(?:%b%b[^%b]*+)*+%b" % (quote, quote, quote, quote, quote, quote)
        return rb"(?:%b%b|(?!%b)%b)" % (quoted, rest, quote, rest)

    @cached_property
    def row_pattern(self) -> re.Pattern[bytes]:
        """One row without its line end. Possessive throughout: linear on any input."""
        return re.compile(
            rb"%b(?:%b%b)*+" % (self._cell, re.escape(self.delimiter_byte), self._cell)
        )

    @cached_property
    def cell_pattern(self) -> re.Pattern[bytes]:
        """One cell, quotes included."""
        return re.compile(self._cell)

    @cached_property
    def quoted_part(self) -> re.Pattern[bytes]:
        """The quoted beginning of a cell; the group is what stands between the quotes."""
        quote = re.escape(self.quote_byte)
        return re.compile(
            rb"%b([^%b]*+(?:%b%b[^%b]*+)*+)%b" % (quote, quote, quote, quote, quote, quote)
        )

    def cells(self, raw: bytes) -> Sequence[bytes]:
        """Return the cells of a row as they stand in the file, quotes included."""
        if self.quote_byte not in raw:
            return raw.split(self.delimiter_byte)
        cells, position = [], 0
        while True:
            match = self.cell_pattern.match(raw, position)
            # A row that ends inside a quoted cell: the rest is that cell.
            cells.append(match.group() if match else raw[position:])
            position += len(cells[-1]) + 1
            if position > len(raw):
                return cells

    def content(self, cell: bytes) -> bytes:
        """Return what a cell holds: without its quotes, doubled ones made single."""
        match = self.quoted_part.match(cell)
        if not match:
            return cell
        inner = match.group(1).replace(self.quote_byte * 2, self.quote_byte)
        return inner + cell[match.end() :]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file."""

    line: int
    """The line it begins on, from 1."""
    offset: int
    """Where its first byte is in the file."""
    raw: bytes
    """Its bytes without the line end."""
    ending: bytes
    """Its line end; empty where the file ends first."""
    is_open: bool = False
    """The file ends inside one of its quoted cells."""


@dataclass(slots=True)
class _Window:
    """The part of the stream that is in memory."""

    stream: BinaryIO
    held: bytes
    position: int
    is_last: bool = False

    def grow(self) -> None:
        """Drop what is done and read on; reads double, so that a long row stays linear."""
        rest = self.held[self.position :]
        more = self.stream.read(max(_FIRST_READ, len(rest)))
        self.held, self.position, self.is_last = rest + more, 0, not more


def read_rows(stream: BinaryIO, dialect: Dialect, *, offset: int, line: int = 1) -> Iterator[Row]:
    """Walk the rows from byte *offset*, blank ones included, comment lines left out.

    Memory is bounded by :data:`LARGEST_ROW`. Raises RowTooLong beyond it.
    """
    stream.seek(offset)
    window = _Window(stream, b"", 0)
    while True:
        row = _next_row(window, dialect, offset, line)
        if row is None:
            return
        raw = row.raw
        offset += len(raw) + len(row.ending)
        line += 1 if dialect.quote_byte not in raw else 1 + len(_LINE_END.findall(raw))
        if not _is_comment(raw, dialect):
            yield row


def _is_comment(raw: bytes, dialect: Dialect) -> bool:
    return dialect.comment_byte is not None and raw.startswith(dialect.comment_byte)


def _next_row(window: _Window, dialect: Dialect, offset: int, line: int) -> Row | None:
    """Return the row at the window's position, reading on as needed; None at the end."""
    while True:
        row = _whole_row(window, dialect, offset, line)
        if row is not None:
            return row
        if window.is_last:
            return _last_row(window, dialect, offset, line)
        if len(window.held) - window.position > LARGEST_ROW:
            has_line_end = _LINE_END.search(window.held, window.position)
            raise RowTooLong(line, is_quoted=has_line_end is not None)
        window.grow()


def _match(window: _Window, dialect: Dialect) -> re.Match[bytes] | None:
    comment = dialect.comment_byte
    is_comment = comment is not None and window.held.startswith(comment, window.position)
    pattern = _COMMENT_LINE if is_comment else dialect.row_pattern
    return pattern.match(window.held, window.position)


def _whole_row(window: _Window, dialect: Dialect, offset: int, line: int) -> Row | None:
    """Return the row if its line end is in memory."""
    match = _match(window, dialect)
    ending = _LINE_END.match(window.held, match.end()) if match else None
    if not match or not ending:
        return None
    # A CR that ends the window may be half of a CR LF.
    if ending.end() == len(window.held) and ending.group() == b"\r" and not window.is_last:
        return None
    window.position = ending.end()
    return Row(line, offset, match.group(), ending.group())


def _last_row(window: _Window, dialect: Dialect, offset: int, line: int) -> Row | None:
    """Return the row that the file's end cuts off, if there is one."""
    if window.position == len(window.held):
        return None
    match = _match(window, dialect)
    is_open = match is None or match.end() < len(window.held)
    raw = window.held[window.position :]
    window.position = len(window.held)
    return Row(line, offset, raw, b"", is_open)
