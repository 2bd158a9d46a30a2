"""Write-back (R11): the touched cells change, every other byte stays."""

import asyncio
import csv
import io
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import Accepted, Moved, Refused, Verb
from adapters.csv_file.adapter import ROWS
from adapters.csv_file.text import escape, unescape
from tests.csv_file.ends import create, csv_file, end, listed, names_in, update

TEXT = st.text(
    st.sampled_from("aZ5 ,;\"\n\r\t'=+-@#éßשא́𝄞")
    | st.characters(exclude_characters="\0", codec="utf-8"),
    max_size=8,
)
COLUMNS = ("name", "note", "mail")


@dataclass(frozen=True)
class Cell:
    """A cell as some program wrote it."""

    text: str
    is_quoted: bool

    def raw(self, delimiter: str) -> str:
        if self.is_quoted or any(mark in self.text for mark in (delimiter, '"', "\r", "\n")):
            return '"' + self.text.replace('"', '""') + '"'
        return self.text


CELL = st.builds(Cell, TEXT, st.booleans())


@dataclass(frozen=True)
class Sheet:
    """A file as people leave them: mixed quotes and line ends, blank lines, a mark or none."""

    mark: bytes
    delimiter: str
    rows: tuple[tuple[Cell, Cell, Cell], ...]
    ends: tuple[str, ...]
    has_last_end: bool

    def parts(self) -> list[list[bytes]]:
        """The bytes of each row's cells, header first."""
        header = [name.encode() for name in ("id", *COLUMNS)]
        return [header] + [
            [str(number).encode(), *(cell.raw(self.delimiter).encode() for cell in row)]
            for number, row in enumerate(self.rows)
        ]

    def content(self) -> bytes:
        """The whole file."""
        parts = self.parts()
        ends = ["\r\n", *self.ends][: len(parts)]
        if not self.has_last_end:
            ends[-1] = ""
        lines = [
            self.delimiter.encode().join(cells) + line_end.encode()
            for cells, line_end in zip(parts, ends, strict=True)
        ]
        return self.mark + b"".join(lines)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    rows = draw(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5))
    line_end = st.sampled_from(["\n", "\r\n", "\r\n\r\n", "\n\n", "\n \n"])
    return Sheet(
        mark=draw(st.sampled_from([b"", b"\xef\xbb\xbf"])),
        delimiter=draw(st.sampled_from(",;\t|")),
        rows=tuple(rows),
        ends=tuple(draw(st.lists(line_end, min_size=len(rows), max_size=len(rows)))),
        has_last_end=draw(st.booleans()),
    )


Change = tuple[int, str, str | None]
"""Row, column, new text."""

CHANGES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(COLUMNS), st.none() | TEXT), max_size=6
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheet=sheets(), changes=CHANGES, chunk=st.integers(1, 3))
def test_only_touched_cells_change(sheet: Sheet, changes: list[Change], chunk: int) -> None:
    """After any writes every untouched byte is as before, and both readers read the new texts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(sheet.content())
        batches = batched([change for change in changes if change[0] < len(sheet.rows)], chunk)
        records = asyncio.run(written(path, sheet.delimiter, batches))
        after = path.read_bytes()

    for batch in batches:
        sheet = edited(sheet, batch)
    assert sheet.content() == after
    assert [
        [str(number), *(cell.text for cell in row)] for number, row in enumerate(sheet.rows)
    ] == (read_by_standard_library(after, sheet.delimiter))
    assert [[unescape(cell.text) or None for cell in row] for row in sheet.rows] == [
        [records[str(number)][name] for name in COLUMNS] for number in range(len(sheet.rows))
    ]


def batched(changes: list[Change], size: int) -> list[list[Change]]:
    return [changes[start : start + size] for start in range(0, len(changes), size)]


def edited(sheet: Sheet, batch: list[Change]) -> Sheet:
    """What a batch should make of the sheet: a touched cell keeps the quotes it had."""
    rows = [list(row) for row in sheet.rows]
    for number, name, text in batch:
        column = COLUMNS.index(name)
        if unescape(rows[number][column].text) != (text or ""):
            is_quoted = sheet.rows[number][column].raw(sheet.delimiter).startswith('"')
            rows[number][column] = Cell(escape(text or ""), is_quoted)
    return replace(sheet, rows=tuple((row[0], row[1], row[2]) for row in rows))


def read_by_standard_library(content: bytes, delimiter: str) -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    rows = [row for row in csv.reader(text, delimiter=delimiter) if len(row) > 1]
    return rows[1:]


async def written(
    path: Path, delimiter: str, batches: list[list[Change]]
) -> dict[str, dict[str, object]]:
    adapter = csv_file(path, delimiter=delimiter, keep_versions=0)
    for batch in batches:
        writes = [
            update(str(row), str(index), values={column: text})
            for index, (row, column, text) in enumerate(batch)
        ]
        await adapter.write(ROWS, Verb.UPDATE, writes)
    listing = await listed(adapter)
    assert not listing.faults
    return {id_: dict(record.values) for id_, record in listing.records.items()}


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), has_end=st.booleans())
def test_any_text_of_a_new_row_comes_back(texts: list[tuple[str, str]], has_end: bool) -> None:
    """New rows carry any text; the rows before them keep every byte."""
    content = b"id,name,note\r\n1,Ann,x" + (b"\r\n" if has_end else b"")
    writes = [
        create(f"n{index}", str(index), name=name, note=note)
        for index, (name, note) in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as folder:
        adapter = end(Path(folder), content)
        asyncio.run(adapter.write(ROWS, Verb.CREATE, writes))
        records = asyncio.run(listed(adapter)).records
        after = (Path(folder) / "people.csv").read_bytes()

    assert after.startswith(content)
    assert has_end == after.endswith(b"\n") or after.endswith(b'"')
    for index, (name, note) in enumerate(texts):
        assert (name or None, note or None) == (
            records[f"n{index}"].values["name"],
            records[f"n{index}"].values["note"],
        )


async def test_everything_a_person_put_between_cells_stays(tmp_path: Path) -> None:
    """BOM, Excel's hint, comments, blank lines, spaces, quotes, mixed ends: all as before."""
    content = (
        b'\xef\xbb\xbfsep=;\r\n# people \r\n\r\nid; name ;"note"\n'
        b'1;"Ann";  x  \r\n;;\r\n# "open\n2;B"o"b; "y" \n\n3;\'=1;last'
    )
    adapter = end(tmp_path, content, comment="#")

    await adapter.write(
        ROWS,
        Verb.UPDATE,
        [update("1", "a", name="A;n"), update("2", "b", note=None), update("3", "c", note="#x")],
    )

    expected = content.replace(b'"Ann"', b'"A;n"').replace(b' "y" ', b"").replace(b"last", b'"#x"')
    assert expected == (tmp_path / "people.csv").read_bytes()
    assert "=1" == (await listed(adapter)).records["3"].values["name"]


@pytest.mark.parametrize(
    ("content", "added"),
    [
        (b"id,name\n1,x\n", b"n,y\n"),
        (b"id,name\r\n1,x\r\n", b"n,y\r\n"),
        (b"id,name\r1,x\r", b"n,y\r"),
        (b"id,name\n1,x", b"\nn,y"),
        (b"id,name", b"\nn,y"),
        (b'"id","name"\n"1","x,y"\n', b'"n","y"\n'),
        (b'id,name\n1,"x"\n', b'n,"y"\n'),
        (b'id,name\n1,"x,x"\n', b"n,y\n"),
        (b"id;name\n1;x\n\n", b"n;y\n"),
    ],
)
async def test_a_new_row_looks_like_the_others(
    tmp_path: Path, content: bytes, added: bytes
) -> None:
    """Delimiter, quotes, line end and a missing final line end are the file's own."""
    adapter = end(tmp_path, content)

    (outcome,) = await adapter.write(ROWS, Verb.CREATE, [create("n", name="y")])

    assert isinstance(outcome, Accepted)
    assert content + added == (tmp_path / "people.csv").read_bytes()
    assert {"id": "n", "name": "y"} == (await listed(adapter)).records["n"].values


async def test_a_change_of_the_same_batch_is_seen_by_the_next(tmp_path: Path) -> None:
    """Two writes to one row add up, and the second's expectation is checked after the first."""
    adapter = end(tmp_path, b"id,name,note\n1,a,b\n")

    outcomes = await adapter.write(
        ROWS,
        Verb.UPDATE,
        [
            update("1", "a", expected={"name": "a"}, name="x"),
            update("1", "b", expected={"name": "a"}, name="y"),
            update("1", "c", expected={"name": "x"}, note="z"),
        ],
    )

    assert [Accepted, Moved, Accepted] == [type(outcome) for outcome in outcomes]
    assert b"id,name,note\n1,x,z\n" == (tmp_path / "people.csv").read_bytes()


async def test_a_write_that_changes_nothing_leaves_the_file_alone(tmp_path: Path) -> None:
    """No swap, no kept version: programs that watch the file are not woken."""
    adapter = end(tmp_path, b"id,name\n1,a\n")
    before = (tmp_path / "people.csv").stat()

    (outcome,) = await adapter.write(ROWS, Verb.UPDATE, [update("1", name="a")])

    after = (tmp_path / "people.csv").stat()
    assert isinstance(outcome, Accepted)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert ["people.csv"] == names_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\0", "nul_byte"),
        ("ש", "unencodable"),
        ("\ud800", "unencodable"),
        ("a" * 1024 * 1024, "long_cell"),
        ('"' * 600 * 1024, "long_cell"),
    ],
    ids=["NUL", "other script", "half a character", "long", "long once quotes are doubled"],
)
async def test_what_the_file_cannot_carry_is_refused(tmp_path: Path, text: str, code: str) -> None:
    """One refusal names the field; the batch's other rows are written."""
    adapter = end(tmp_path, b"id,name\n1,\xe9\n2,b\n")

    outcomes = await adapter.write(
        ROWS, Verb.UPDATE, [update("1", "a", name=text), update("2", "b", name="ü")]
    )

    assert isinstance(outcomes[0], Refused)
    assert (code, "name") == (outcomes[0].failure.code, outcomes[0].failure.field)
    assert b"id,name\n1,\xe9\n2,\xfc\n" == (tmp_path / "people.csv").read_bytes()


async def test_a_row_does_not_outgrow_what_can_be_read(tmp_path: Path) -> None:
    """Cells that fit one by one are refused together, before the whole file is lost to us."""
    names = [f"c{number}" for number in range(9)]
    adapter = end(tmp_path, f"id,{','.join(names)}\n1{',' * 9}\n".encode())
    long = "a" * (1000 * 1024)

    (most,) = await adapter.write(
        ROWS, Verb.UPDATE, [update("1", values=dict.fromkeys(names[:8], long))]
    )
    (all_,) = await adapter.write(ROWS, Verb.UPDATE, [update("1", c8=long)])

    assert isinstance(most, Accepted)
    assert isinstance(all_, Refused)
    assert "long_row" == all_.failure.code
    reading = await adapter.read(ROWS, ["1"], names)
    assert [long] * 8 + [None] == [reading.records[0].values[name] for name in names]


async def test_a_key_may_change_but_not_to_a_taken_one(tmp_path: Path) -> None:
    """Writing the key column renames the row; an empty or taken key is refused."""
    adapter = end(tmp_path, b"id,name\n1,a\n2,b\n")

    outcomes = await adapter.write(
        ROWS,
        Verb.UPDATE,
        [update("1", "a", id="2"), update("1", "b", id=None), update("1", "c", id="3")],
    )

    assert [Refused, Refused, Accepted] == [type(outcome) for outcome in outcomes]
    assert "3" == outcomes[2].id  # type: ignore[union-attr] # the line above says which it is
    assert b"id,name\n3,a\n2,b\n" == (tmp_path / "people.csv").read_bytes()


async def test_rows_with_faults_are_no_targets(tmp_path: Path) -> None:
    """A repeated key, a ragged row, a vanished column: refused, nothing written (R44)."""
    content = b"id,name\n1,a\n1,b\n2,c,d\n3,e\n"
    adapter = end(tmp_path, content)

    outcomes = await adapter.write(
        ROWS,
        Verb.UPDATE,
        [update("1", "a", name="x"), update("2", "b", name="x"), update("3", "c", phone="x")],
    )
    created = await adapter.write(
        ROWS, Verb.CREATE, [create("1", "a"), create("2", "b"), create(" ", "c")]
    )

    codes = [item.failure.code for item in [*outcomes, *created] if isinstance(item, Refused)]
    assert ["faulty_row", "faulty_row", "no_column"] == codes[:3]
    assert ["duplicate_key", "duplicate_key", "missing_key"] == codes[3:]
    assert content == (tmp_path / "people.csv").read_bytes()


async def test_a_new_row_is_named_by_its_mapping_else_by_us(tmp_path: Path) -> None:
    """A mapped key stands; without one our id is the key; without that a new one is made."""
    adapter = end(tmp_path, b"id,name\n")

    outcomes = await adapter.write(
        ROWS,
        Verb.CREATE,
        [create("ours-1", "a", id="7"), create("ours-2", "b", id=None), create(None, "c")],
    )

    ids = [outcome.id for outcome in outcomes if isinstance(outcome, Accepted)]
    assert ["7", "ours-2"] == ids[:2]
    assert 16 == len(ids[2])
    assert set(ids) == (await listed(adapter)).records.keys()


async def test_a_row_that_may_be_the_unreadable_one_is_not_called_gone(tmp_path: Path) -> None:
    """While a key cannot be read, an absent id is refused instead of reported as deleted."""
    adapter = end(tmp_path, b"id,name\n\xff,\xc3\xa9\n2,b\n")

    outcomes = await adapter.write(
        ROWS, Verb.UPDATE, [update("1", "a", name="x"), update("2", "b", name="y")]
    )

    assert isinstance(outcomes[0], Refused)
    assert "faulty_row" == outcomes[0].failure.code
    assert isinstance(outcomes[1], Accepted)


async def test_one_batch_cannot_add_a_key_twice(tmp_path: Path) -> None:
    """The second of two new rows with one key is refused, and names the row in its way."""
    adapter = end(tmp_path, b"id,name\n")

    outcomes = await adapter.write(
        ROWS, Verb.CREATE, [create("n", "a", name="x"), create("n", "b", name="y")]
    )

    assert isinstance(outcomes[1], Refused)
    assert ("duplicate_key", "n") == (outcomes[1].failure.code, outcomes[1].existing_id)
    assert b"id,name\nn,x\n" == (tmp_path / "people.csv").read_bytes()
