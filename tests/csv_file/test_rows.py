"""The row parser agrees with the standard library, and loses no byte."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.csv_file import rows as rows_module
from adapters.csv_file.rows import Dialect, Row, RowTooLong, read_rows

PIECES = ["a", "é", "ש", "𝄞", " ", ",", ";", '"', '""', "\n", "\r", "\r\n", "x", "\t", "'"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def parsed(content: bytes, dialect: Dialect) -> list[Row]:
    return list(read_rows(io.BytesIO(content), dialect, offset=0))


@given(text=TEXTS, delimiter=st.sampled_from(",;\t"))
def test_content_agrees_with_the_standard_library(text: str, delimiter: str) -> None:
    """Any bytes give the same cells as ``csv.reader`` finds in them."""
    dialect = Dialect(delimiter)

    found = [
        [dialect.content(cell).decode() for cell in dialect.cells(row.raw)]
        for row in parsed(text.encode(), dialect)
        if row.raw and not row.is_open
    ]

    expected = [
        row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
    ]
    if is_open(text, dialect):
        expected.pop()
    assert expected == found


def is_open(text: str, dialect: Dialect) -> bool:
    return any(row.is_open for row in parsed(text.encode(), dialect))


@given(text=TEXTS, window=st.integers(1, 7))
def test_every_byte_belongs_to_one_row(text: str, window: int) -> None:
    """Rows and their line ends put together are the content, however small the reads are."""
    content = text.encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "_FIRST_READ", window)
        found = parsed(content, Dialect(","))

    assert content == b"".join(row.raw + row.ending for row in found)
    assert parsed(content, Dialect(",")) == found
    assert all(content[row.offset :].startswith(row.raw) for row in found)


@given(text=TEXTS)
def test_cells_joined_are_the_row(text: str) -> None:
    """A row's cells with delimiters between them are the row, so their places can be counted."""
    dialect = Dialect(",")

    for row in parsed(text.encode(), dialect):
        assert row.raw == b",".join(dialect.cells(row.raw))


@given(text=TEXTS)
def test_lines_are_counted_as_an_editor_counts(text: str) -> None:
    """Each row says on which line it begins; line ends inside quotes count."""
    content = text.encode()

    for row in parsed(content, Dialect(",")):
        before = content[: row.offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert 1 + before.count(b"\n") == row.line


def test_comment_lines_are_left_out_but_counted() -> None:
    """A line that begins with the declared mark is no row, even with a quote in it."""
    content = b'# say "hi\na,b\n#\n"#1",2\n'

    found = [(row.line, row.raw) for row in parsed(content, Dialect(",", '"', "#"))]

    assert [(2, b"a,b"), (4, b'"#1",2')] == found


@pytest.mark.parametrize(
    ("content", "is_quoted"),
    [
        (b"a" * (9 * 1024 * 1024), False),
        (b'a,"' + b"line\n" * (2 * 1024 * 1024), True),
    ],
)
def test_an_endless_row_is_an_error(content: bytes, is_quoted: bool) -> None:
    """A row beyond the limit raises and says whether a quote keeps it open."""
    with pytest.raises(RowTooLong) as raised:
        parsed(b"x\n" + content, Dialect(","))

    assert (2, is_quoted) == (raised.value.line, raised.value.is_quoted)
