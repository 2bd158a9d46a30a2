"""Bad input: one clear error naming file, line and next step, or one fault a row; no cell shown."""

import codecs
import errno
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Complete, Verb
from adapters.csv_file.adapter import ROWS
from adapters.csv_file.snapshot import explain
from adapters.errors import AdapterError, GrantAccess, RetryLater, Unreadable
from tests.csv_file.ends import csv_file, end, listed, update

SECRET = "Ann.Secret"
NOBODY = 65534

DAMAGED: dict[str, tuple[bytes, dict[str, Any], str, str]] = {
    "empty": (b"", {}, "empty_file", "0 bytes"),
    "only a mark": (codecs.BOM_UTF8, {}, "no_header", "line 1"),
    "only blank lines": (b"\n\r\n\n", {}, "no_header", "line 1"),
    "no header row": (b"7,Ann.Secret,a@x.com\n", {}, "no_column", "line 1"),
    "no header row, ids of ours": (
        b"Ann.Secret,a@x.com\nBob,b@x.com\n",
        {"may_add_id_column": True},
        "no_header",
        "line 1",
    ),
    "no id column, none allowed": (b"name\nAnn.Secret\n", {"id_column": "x"}, "no_column", "'x'"),
    "other header": (b"\nkey,name\n1,Ann.Secret\n", {}, "no_column", "line 2"),
    "duplicate header": (b"id,name, name\n1,a,b\n", {}, "duplicate_header", "columns 2 and 3"),
    "empty header": (b"id,,name\n1,a,b\n", {}, "empty_header", "column 2"),
    "NUL header": (b"id,na\0me\n1,a\n", {}, "nul_byte", "line 1"),
    "UTF-16": ("id,name\n1,Ann.Secret\n".encode("utf-16"), {}, "wrong_encoding", "UTF-16"),
    "UTF-16 unmarked": ("id,name\n1,a\n".encode("utf-16-le"), {}, "nul_byte", "UTF-16"),
    "UTF-32": ("id,name\n".encode("utf-32"), {}, "wrong_encoding", "UTF-32"),
    "mark against setting": (
        codecs.BOM_UTF8 + b"id\n1\n",
        {"encoding": "cp1252"},
        "wrong_encoding",
        "cp1252",
    ),
    "header not as configured": (
        b"id,n\xe9\n1,a\n",
        {"encoding": "utf-8"},
        "wrong_encoding",
        "line 1",
    ),
    "open quote at the end": (b'id,name\n1,a\n2,"Ann.Secret\n', {}, "half_written", "line 3"),
    "cut in a row": (b"id,name,mail\n1,a,b\n2,Ann.Sec", {}, "half_written", "line 3"),
    "zeros after a power cut": (b"id,name\n1,a\n" + b"\0" * 512, {}, "half_written", "line 3"),
    "open quote, much behind it": (
        b'id,name\n1,a\n2,"Ann.Secret\n' + b"3,c\n" * 3_000_000,
        {},
        "endless_row",
        "line 3 opens a quote",
    ),
    "open quote in the header, much behind it": (
        b'id,"Ann.Secret\n' + b"3,c\n" * 3_000_000,
        {},
        "endless_row",
        "line 1 opens a quote",
    ),
    "header cut in a quote": (b'id,"name\n1,a\n', {}, "half_written", "line 1"),
    "unclear delimiter": (
        b"id;name,mail\n1;a,b\n",
        {"may_add_id_column": True},
        "unclear_delimiter",
        "line 1",
    ),
    "unknown updated_at": (b"id\n1\n", {"updated_at": "changed"}, "no_column", "'changed'"),
}


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_damaged_file_is_one_clear_error(tmp_path: Path, name: str) -> None:
    """Nothing is listed; the error names file, place and next step, and shows no data."""
    content, settings, code, words = DAMAGED[name]
    adapter = end(tmp_path, content, **settings)

    for ask in (listed(adapter, ["name"]), adapter.read(ROWS, ["1"], [])):
        with pytest.raises(Unreadable) as raised:
            await ask
        assert code == raised.value.code
        check_message(raised.value, tmp_path / "people.csv", words)


def check_message(error: AdapterError, path: Path, words: str) -> None:
    assert str(path) in str(error)
    assert words in str(error)
    assert error.next_step
    assert "Secret" not in str(error)
    assert "@x.com" not in str(error)


async def test_a_huge_single_line_is_refused_at_once(tmp_path: Path) -> None:
    """100 MB without a line end: one error after looking at the first MiB."""
    path = tmp_path / "people.csv"
    with path.open("wb") as stream:
        stream.write(b"id,name,")
        for _ in range(100):
            stream.write(b"x" * 1_000_000)

    tracemalloc.start()
    with pytest.raises(Unreadable) as raised:
        await csv_file(path).schema(ROWS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * 1024 * 1024
    assert "no_line_ends" == raised.value.code
    check_message(raised.value, path, "line 1")


async def test_a_missing_file_a_folder_and_a_looping_link(tmp_path: Path) -> None:
    """Each is named for what it is."""
    (tmp_path / "loop.csv").symlink_to("loop.csv")

    codes = {}
    for name in ("absent.csv", "loop.csv", "."):
        with pytest.raises(Unreadable) as raised:
            await csv_file(tmp_path / name).start_cursor(ROWS)
        codes[name] = raised.value.code
        check_message(raised.value, tmp_path / name, "")

    assert {"absent.csv": "missing_file", "loop.csv": "missing_file", ".": "not_a_file"} == codes


async def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    """Opening a pipe would block; it is no file to begin with."""
    os.mkfifo(tmp_path / "people.csv")

    with pytest.raises(Unreadable) as raised:
        await csv_file(tmp_path / "people.csv").schema(ROWS)

    assert "not_a_file" == raised.value.code


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def nobody() -> Iterator[None]:
    """Act as a user without rights: the superuser is never refused."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


async def test_a_forbidden_file_is_told_as_that(open_folder: Path, request: Any) -> None:
    """Reading a file without the right to names the right that is missing."""
    adapter = end(open_folder, b"id\n1\n")
    (open_folder / "people.csv").chmod(0)
    request.getfixturevalue("nobody")

    with pytest.raises(Unreadable) as raised:
        await listed(adapter, [])

    assert "no_permission" == raised.value.code
    check_message(raised.value, open_folder / "people.csv", "")


async def test_a_folder_that_refuses_new_files_is_told_as_that(
    open_folder: Path, request: Any
) -> None:
    """Without the right to write beside the file nothing is written, and the error says why."""
    adapter = end(open_folder, b"id,name\n1,a\n")
    for path, mode in [(open_folder / "people.csv", 0o644), (open_folder, 0o555)]:
        path.chmod(mode)
    request.getfixturevalue("nobody")

    with pytest.raises(GrantAccess) as raised:
        await adapter.write(ROWS, Verb.UPDATE, [update("1", name="b")])

    check_message(raised.value, open_folder / "people.csv", "")
    assert b"id,name\n1,a\n" == (open_folder / "people.csv").read_bytes()


async def test_faulty_rows_are_told_one_by_one(tmp_path: Path) -> None:
    """Each bad row is a fault with its line; the good rows beside it are records (R44)."""
    long = b"x" * (1024 * 1024 + 1)
    content = (
        b'id,name\n1,"a\nb"\n1,Ann.Secret\n2,n\0\n,Ann.Secret\n3,x,y\n4\n5,\xff\xc3\xa9\n6,'
        + long
        + b"\n\xff,z\n7,ok\n  ,\n;\n"
    )
    adapter = end(tmp_path, content)

    listing = await listed(adapter)

    assert [
        ("line 2", "duplicate_key", "1"),
        ("line 4", "duplicate_key", "1"),
        ("line 5", "nul_byte", "2"),
        ("line 6", "missing_key", ""),
        ("line 7", "ragged_row", "3"),
        ("line 8", "ragged_row", "4"),
        ("line 9", "undecodable", "5"),
        ("line 10", "long_cell", "6"),
        ("line 11", "undecodable", ""),
        ("line 14", "ragged_row", ";"),
    ] == listing.fault_lines
    assert {"7": "ok"} == {id_: item.values["name"] for id_, item in listing.records.items()}
    assert isinstance(listing.verdict, Complete)
    assert 11 == listing.verdict.count
    assert not any("Secret" in fault.message for fault in listing.faults)
    assert all(str(tmp_path) in fault.message for fault in listing.faults)


async def test_a_header_alone_is_a_complete_listing_of_nothing(tmp_path: Path) -> None:
    """No rows is a state a person can mean; zero bytes is not."""
    listing = await listed(end(tmp_path, b"id,name"))

    assert isinstance(listing.verdict, Complete)
    assert (0, 0) == (listing.verdict.count, listing.pages)


@pytest.mark.parametrize(
    ("content", "settings", "name", "origin"),
    [
        (b"id,name\n1,\xc3\xa9\n", {}, "é", "valid UTF-8"),
        (codecs.BOM_UTF8 + b"id,name\n1,\xc3\xa9\n", {}, "é", "byte order mark"),
        (b"id,name\n1,\xe9\n", {}, "é", "cp1252 (configured fallback, not UTF-8)"),
        (b"id,name\n1,\xa4\n", {"fallback_encoding": "iso8859-15"}, "€", "configured fallback"),
        (b"id,name\n1,\xc3\xa9\n", {"encoding": "cp1252"}, "Ã©", "cp1252 (configured)"),
        (b"id,name\n1,\xc3\xa9\n2,\xe9\n", {}, "é", "UTF-8 but for some rows"),
    ],
)
async def test_the_encoding_is_found_by_rule_and_said(
    tmp_path: Path, content: bytes, settings: dict[str, Any], name: str, origin: str
) -> None:
    """Mark, setting, UTF-8, fallback, in this order; one bad byte never garbles the other rows."""
    listing = await listed(end(tmp_path, content, **settings))

    assert name == listing.records["1"].values["name"]
    assert isinstance(listing.verdict, Complete)
    assert origin in listing.verdict.proof


def test_a_failing_disk_is_worth_another_try(tmp_path: Path) -> None:
    """An input or output error says nothing about the file: the next cycle may read it."""
    error = explain(tmp_path / "people.csv", OSError(errno.EIO, os.strerror(errno.EIO)))

    assert isinstance(error, RetryLater)
    check_message(error, tmp_path / "people.csv", "Input/output error")
