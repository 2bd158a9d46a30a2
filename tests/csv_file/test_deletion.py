"""Deleting rows (R11): the row goes, every other byte stays."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import Accepted, Moved, Outcome, Refused, Verb, Write
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.errors import UnknownOutcome, WaitUntil
from tests.csv_file.ends import csv_file, end, listed, names_in, update
from tests.csv_file.test_write_back import Sheet, sheets


def gone(id_: str) -> Accepted:
    return Accepted(id=id_, record=None)


async def delete(adapter: CsvFile, *writes: Write) -> list[Outcome]:
    return [*await adapter.write(ROWS, Verb.DELETE, writes)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheet=sheets(), doomed=st.lists(st.integers(0, 4), max_size=6))
def test_only_the_rows_go(sheet: Sheet, doomed: list[int]) -> None:
    """After any deletions every other byte is as before, whatever the order they came in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(sheet.content())
        adapter = csv_file(path, delimiter=sheet.delimiter, keep_versions=0)
        writes = [update(str(row), str(index)) for index, row in enumerate(doomed)]
        outcomes = asyncio.run(delete(adapter, *writes))
        left = asyncio.run(listed(adapter))
        after = path.read_bytes()

    assert [gone(str(row)) for row in doomed] == outcomes
    assert without(sheet, set(doomed)) == after
    assert {str(row) for row in range(len(sheet.rows)) if row not in doomed} == set(left.records)
    assert not left.faults


def without(sheet: Sheet, doomed: set[int]) -> bytes:
    """The sheet's bytes, less those of some rows and of their own line ends."""
    left = sheet.mark
    ends = ["\r\n", *sheet.ends[:-1], sheet.ends[-1] if sheet.has_last_end else ""]
    for number, (cells, line_end) in enumerate(zip(sheet.parts(), ends, strict=True), start=-1):
        row, rest = sheet.delimiter.encode().join(cells), line_end.encode()
        if number in doomed:
            row, rest = b"", rest.removeprefix(b"\r").removeprefix(b"\n")
        left += row + rest
    return left


async def test_what_people_put_between_rows_stays(tmp_path: Path) -> None:
    """Mark, Excel's hint, comments, blank lines, quotes and mixed line ends: all as before."""
    first, second = b'1;"An\r\nn";  x  \r\n', b'2;B"o"b; "y" \n'
    content = (
        b'\xef\xbb\xbfsep=;\r\n# people \r\n\r\nid; name ;"note"\n'
        + first
        + b';;\r\n# "open\n'
        + second
        + b"\n3;'=1;last"
    )
    adapter = end(tmp_path, content, comment="#")

    outcomes = await delete(adapter, update("2", "a"), update("1", "b"))

    assert [gone("2"), gone("1")] == outcomes
    expected = content.replace(first, b"").replace(second, b"")
    assert expected == (tmp_path / "people.csv").read_bytes()
    assert ["3"] == list((await listed(adapter)).records)


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"id,name\n1,x\n2,y", b"id,name\n2,y"),
        (b"id,name\n2,y\n1,x", b"id,name\n2,y\n"),
        (b"id,name\r\n1,x\r\n", b"id,name\r\n"),
        (b"id,name\r1,x\r2,y\r", b"id,name\r2,y\r"),
        (b"id,name\n1,x", b"id,name\n"),
        (b"id,name\n\n1,x\n\n", b"id,name\n\n\n"),
    ],
)
async def test_a_row_goes_with_its_own_line_end(
    tmp_path: Path, content: bytes, left: bytes
) -> None:
    """The end of the line before belongs to that line; a last line without one keeps none."""
    adapter = end(tmp_path, content)

    assert [gone("1")] == await delete(adapter, update("1"))
    assert left == (tmp_path / "people.csv").read_bytes()
    (made,) = await adapter.write(ROWS, Verb.CREATE, [Write(token="n", values={"id": "9"})])
    assert isinstance(made, Accepted)
    assert "9" in (await listed(adapter)).records


async def test_nothing_to_delete_leaves_the_file_alone(tmp_path: Path) -> None:
    """A row that is gone already is no reason to wake programs that watch the file."""
    adapter = end(tmp_path, b"id,name\n1,a\n")
    before = (tmp_path / "people.csv").stat()

    assert [gone("2"), gone("2")] == await delete(adapter, update("2", "a"), update("2", "b"))
    assert before == (tmp_path / "people.csv").stat()
    assert ["people.csv"] == names_in(tmp_path)


async def test_rows_with_faults_are_not_deleted(tmp_path: Path) -> None:
    """Which of two rows with one key is meant nobody knows; a damaged one is no target (R44)."""
    content = b"id,name\n1,a\n1,b\n2,c,d\n3,e\n"
    adapter = end(tmp_path, content)

    outcomes = await delete(adapter, update("1", "a"), update("2", "b"), update("3", "c"))

    codes = [item.failure.code for item in outcomes if isinstance(item, Refused)]
    assert ["faulty_row", "faulty_row"] == codes
    assert gone("3") == outcomes[2]
    assert content.removesuffix(b"3,e\n") == (tmp_path / "people.csv").read_bytes()


async def test_a_row_that_may_be_the_unreadable_one_is_not_called_gone(tmp_path: Path) -> None:
    """While a key cannot be read, an absent id is refused: it could be that row."""
    adapter = end(tmp_path, b"id,name\n\xff,\xc3\xa9\n2,b\n")

    outcomes = await delete(adapter, update("1", "a"), update("2", "b"))

    assert isinstance(outcomes[0], Refused)
    assert gone("2") == outcomes[1]


async def test_a_save_just_before_the_swap_is_seen(tmp_path: Path) -> None:
    """The deletion is planned anew on what was saved: the edited row has moved, and stays (R35)."""
    path = tmp_path / "people.csv"

    def save(name: str) -> None:
        if name == "compare" and b"1,a" in path.read_bytes():
            path.write_bytes(b"id,name\n1,edited\n2,b\n")

    adapter = end(tmp_path, b"id,name\n1,a\n2,b\n", step=save)

    outcomes = await delete(
        adapter,
        update("1", "a", expected={"name": "a"}),
        update("2", "b", expected={"name": "b"}),
    )

    assert isinstance(outcomes[0], Moved)
    assert outcomes[0].record is not None
    assert "edited" == outcomes[0].record.values["name"]
    assert gone("2") == outcomes[1]
    assert b"id,name\n1,edited\n" == path.read_bytes()


async def test_the_content_before_is_kept(tmp_path: Path) -> None:
    """What was deleted can be taken back from the kept versions."""
    adapter = end(tmp_path, b"id,name\n1,a\n2,b\n")

    await delete(adapter, update("1"))

    (version,) = (tmp_path / ".crmsyncd-versions").iterdir()
    assert b"id,name\n1,a\n2,b\n" == version.read_bytes()


async def test_no_row_is_deleted_under_a_spreadsheets_hands(tmp_path: Path) -> None:
    """While a program holds the file, the deletion waits and the file is as it was."""
    adapter = end(tmp_path, b"id,name\n1,a\n")
    (tmp_path / ".~lock.people.csv#").touch()

    with pytest.raises(WaitUntil):
        await delete(adapter, update("1"))

    assert b"id,name\n1,a\n" == (tmp_path / "people.csv").read_bytes()


async def test_a_deletion_that_may_not_be_on_disk_is_unknown(tmp_path: Path) -> None:
    """The swap happened, its folder could not be synced: a read tells (I11)."""

    def fail(name: str) -> None:
        if name == "sync the folder":
            raise OSError(5, "Input/output error")

    adapter = end(tmp_path, b"id,name\n1,a\n", step=fail)

    with pytest.raises(UnknownOutcome):
        await delete(adapter, update("1"))

    assert {"1"} == (await adapter.read(ROWS, ["1"], ["name"])).missing


async def test_a_file_has_no_bin(tmp_path: Path) -> None:
    """Archiving is not offered, and asking for it changes nothing."""
    adapter = end(tmp_path, b"id,name\n1,a\n")

    assert {Verb.DELETE} == adapter.capabilities.removals
    with pytest.raises(ValueError, match="no bin"):
        await adapter.write(ROWS, Verb.ARCHIVE, [update("1")])

    assert b"id,name\n1,a\n" == (tmp_path / "people.csv").read_bytes()
