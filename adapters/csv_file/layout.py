"""What the head of a file says: its encoding, its dialect, its columns.

Takes a snapshot's stream; gives a :class:`Layout`, or raises Unreadable with the line and what to
do. No message shows a cell: without a header row, line 1 is somebody's data.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from adapters.csv_file.encoding import Encoding, find_encoding
from adapters.csv_file.rows import Dialect, Row, RowTooLong, read_rows
from adapters.csv_file.settings import CsvSettings
from adapters.errors import Unreadable

DELIMITERS = ",;\t|"
"""Characters tried as delimiters, most usual first."""

_EXCEL_HINT = re.compile(rb"sep=(.)", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How to read one content of one file."""

    encoding: Encoding
    dialect: Dialect
    header: Row
    columns: tuple[str, ...]
    """Headers in order, without outer spaces; no two are the same."""
    identity: int | None
    """Index of the column that identifies a row; None where crmsyncd has yet to add it."""
    updated_at: int | None
    """Index of the column with each row's last change, where one is declared."""

    @property
    def rows_offset(self) -> int:
        """Where the first row after the header begins."""
        return self.header.offset + len(self.header.raw) + len(self.header.ending)

    @property
    def rows_line(self) -> int:
        """The line it begins on."""
        return self.header.line + 1 + len(re.findall(rb"\r\n|\n|\r", self.header.raw))

    @property
    def line_end(self) -> bytes:
        """The line end that new rows get: the header's own."""
        return self.header.ending or b"\n"


def read_layout(stream: BinaryIO, settings: CsvSettings) -> Layout:
    """Read the head of a file. Raises Unreadable."""
    encoding = find_encoding(stream, settings)
    offset, line, hinted = _after_hint(stream, encoding.mark_size)
    told = settings.delimiter or hinted
    taken = {settings.quote, settings.comment}
    marks = [told] if told and told not in taken else [*DELIMITERS]
    dialects = [
        Dialect(mark, settings.quote, settings.comment) for mark in marks if mark not in taken
    ]
    layouts = [_layout(stream, settings, encoding, dialect, (offset, line)) for dialect in dialects]
    layout = _choose(layouts, settings)
    _check_columns(layout, settings)
    return layout


def _after_hint(stream: BinaryIO, offset: int) -> tuple[int, int, str | None]:
    """Step over the line ``sep=;`` that Excel understands and writes no data into."""
    stream.seek(offset)
    first = stream.readline(16)
    hint = _EXCEL_HINT.fullmatch(first.rstrip(b"\r\n"))
    if not hint or not first.endswith(b"\n") or not hint.group(1).isascii():
        return offset, 1, None
    return offset + len(first), 2, hint.group(1).decode("ascii")


def _layout(
    stream: BinaryIO,
    settings: CsvSettings,
    encoding: Encoding,
    dialect: Dialect,
    start: tuple[int, int],
) -> Layout:
    header = _header_row(stream, settings, dialect, start)
    try:
        columns = tuple(
            encoding.decode(dialect.content(cell)).strip() for cell in dialect.cells(header.raw)
        )
    except UnicodeDecodeError:
        raise Unreadable(
            f"{settings.path}: line {header.line}, the column names, is not {encoding.name} "
            f"({encoding.origin}).",
            code="wrong_encoding",
            next_step="Set encoding to the file's encoding, or save it as UTF-8.",
        ) from None
    return Layout(
        encoding=encoding,
        dialect=dialect,
        header=header,
        columns=columns,
        identity=_index(columns, settings.identity),
        updated_at=_index(columns, settings.updated_at),
    )


def _index(columns: tuple[str, ...], name: str | None) -> int | None:
    return columns.index(name) if name in columns else None


def _header_row(
    stream: BinaryIO, settings: CsvSettings, dialect: Dialect, start: tuple[int, int]
) -> Row:
    """Return the first row that is neither blank nor a comment."""
    offset, line = start
    try:
        rows = read_rows(stream, dialect, offset=offset, line=line)
        header = next((row for row in rows if row.raw.strip()), None)
    except RowTooLong as error:
        raise too_long(settings, error) from None
    if header is None:
        raise Unreadable(
            f"{settings.path} holds only blank lines and comments, and line {line} should hold "
            "the column names.",
            code="no_header",
            next_step="Add a first line with the column names.",
        )
    if b"\0" in header.raw:
        raise Unreadable(
            f"{settings.path}: line {header.line}, the column names, holds NUL bytes. It may be "
            "UTF-16 without a byte order mark, or damaged.",
            code="nul_byte",
            next_step='Save it as "CSV UTF-8".',
        )
    if header.is_open:
        raise half_written(settings, header)
    return header


def too_long(settings: CsvSettings, error: RowTooLong) -> Unreadable:
    """Return the error for a row without an end."""
    cause = "opens a quote that is never closed" if error.is_quoted else "does not end"
    return Unreadable(
        f"{settings.path}: the row on line {error.line} {cause}.",
        code="endless_row",
        next_step="Mend that line, or set quote to the character that quotes cells.",
    )


def half_written(settings: CsvSettings, row: Row) -> Unreadable:
    """Return the error for a file that stops in the middle of a row."""
    return Unreadable(
        f"{settings.path} looks half-written: the row on line {row.line} stops in the middle.",
        code="half_written",
        next_step="Wait until it is saved whole, or complete that line.",
    )


def _choose(layouts: list[Layout], settings: CsvSettings) -> Layout:
    """Return the layout whose delimiter explains the header.

    The identity column is the best witness: a wrong delimiter does not cut it out. Without one the
    delimiter that cuts most columns stands, unless two cut equally many.
    """
    known = [layout for layout in layouts if layout.identity is not None] or layouts
    counts = Counter(len(layout.columns) for layout in known)
    most = max(counts)
    if most > 1 and counts[most] > 1:
        raise Unreadable(
            f"{settings.path}: line {known[0].header.line} could be separated by more than one of "
            "comma, semicolon, tab and bar.",
            code="unclear_delimiter",
            next_step="Set delimiter in the configuration.",
        )
    return next(layout for layout in known if len(layout.columns) == most)


def _check_columns(layout: Layout, settings: CsvSettings) -> None:
    line = layout.header.line
    for number, name in enumerate(layout.columns, 1):
        if not name:
            raise Unreadable(
                f"{settings.path}: column {number} has no name in line {line}.",
                code="empty_header",
                next_step="Name the column, or remove it.",
            )
        if layout.columns.index(name) != number - 1:
            raise Unreadable(
                f"{settings.path}: columns {layout.columns.index(name) + 1} and {number} have "
                f"the same name in line {line}.",
                code="duplicate_header",
                next_step="Rename or remove one of the two columns.",
            )
    if layout.identity is None:
        _check_missing_identity(layout, settings)
    if settings.updated_at and layout.updated_at is None:
        raise _no_column(layout, settings, settings.updated_at, "updated_at")


def _check_missing_identity(layout: Layout, settings: CsvSettings) -> None:
    """Refuse a missing identity column, unless it may be added below real column names."""
    if not settings.may_add_id_column:
        setting = "key" if settings.key else "id_column"
        raise _no_column(layout, settings, settings.identity, setting)
    if any(_EMAIL.fullmatch(name) for name in layout.columns):
        raise Unreadable(
            f"{settings.path}: line {layout.header.line} looks like data, and the column names "
            "were expected there.",
            code="no_header",
            next_step="Add a first line with the column names.",
        )


def _no_column(layout: Layout, settings: CsvSettings, name: str, setting: str) -> Unreadable:
    return Unreadable(
        f"{settings.path}: line {layout.header.line} names {len(layout.columns)} columns and none "
        f"is called {name!r}. Has the file lost its header row?",
        code="no_column",
        next_step=f"Correct {setting} in the configuration, or the column's name in the file"
        + ("." if settings.key else "; or give key, or set may_add_id_column: true."),
    )
