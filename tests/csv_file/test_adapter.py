"""Reading a CSV file as an end of a sync: listings, changes, ids, times."""

import asyncio
import os
import threading
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.contract import Complete, Covered, Page, Partial, Verb
from adapters.csv_file.adapter import ROWS, CsvFile
from adapters.csv_file.settings import CsvSettings
from adapters.errors import Unreadable
from adapters.registry import adapter_kinds
from daemon.core.schema import Field
from daemon.core.values import FieldKind
from tests.csv_file.ends import csv_file, end, listed, update

CONTENT = b"id,name,mail\n1,Ann,a@x.com\n2,Bob,\n"


async def change_after(adapter: CsvFile, cursor: str) -> Covered:
    (covered,) = [item async for item in adapter.changes(ROWS, cursor)]
    assert isinstance(covered, Covered)
    return covered


def test_the_type_is_found_by_its_word() -> None:
    """``type: csv`` leads here, and every setting is described."""
    kind = adapter_kinds()["csv"]

    assert (CsvSettings, ROWS) == (kind.settings, kind.default_object)
    assert all(item.description for item in CsvSettings.model_fields.values())


@pytest.mark.parametrize(
    "settings",
    [
        {"unknown": 1},
        {"delimiter": "ab"},
        {"delimiter": "x"},
        {"delimiter": ";", "quote": ";"},
        {"encoding": "utf-16"},
        {"encoding": "shift_jis"},
        {"encoding": "klingon"},
        {"fallback_encoding": "utf-7"},
        {"time_zone": "Mars/Olympus"},
        {"key": "id", "may_add_id_column": True},
        {"keep_versions": -1},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    """Mistakes show when the configuration is read, not when the file is."""
    with pytest.raises(ValidationError):
        CsvSettings.model_validate({"path": "people.csv", **settings})


async def test_the_schema_is_one_text_field_a_header(tmp_path: Path) -> None:
    """Headers are names and labels; the key is the only unique one."""
    schema = await end(tmp_path, CONTENT).schema(ROWS)

    expected = {
        name: Field(name=name, label=name, kind=FieldKind.TEXT, is_unique=name == "id")
        for name in ("id", "name", "mail")
    }
    assert expected == dict(schema.fields)


async def test_a_listing_reads_the_fields_asked_for(tmp_path: Path) -> None:
    """Empty cells are None; a column that is not there is unread, not empty (I24)."""
    listing = await listed(end(tmp_path, CONTENT), ["mail", "gone"])

    assert {"1": {"mail": "a@x.com"}, "2": {"mail": None}} == {
        id_: dict(record.values) for id_, record in listing.records.items()
    }


async def test_a_listing_comes_in_pages(tmp_path: Path) -> None:
    """Five hundred rows a page, in the order of the file."""
    content = b"id\n" + b"".join(b"%d\n" % number for number in range(1201))

    listing = await listed(end(tmp_path, content))

    assert 3 == listing.pages
    assert [str(number) for number in range(1201)] == list(listing.records)
    assert isinstance(listing.verdict, Complete)
    assert 1201 == listing.verdict.count


async def test_a_file_saved_during_a_listing_proves_nothing(tmp_path: Path) -> None:
    """The pages still show one content only, but absence means nothing (R4)."""
    content = b"id,name\n" + b"".join(b"%d,old\n" % number for number in range(600))
    adapter = end(tmp_path, content)
    pages = adapter.listing(ROWS, ["name"])
    await anext(pages)

    (tmp_path / "people.csv").write_bytes(content.replace(b"old", b"new"))
    rest = [item async for item in pages]

    assert isinstance(rest[-1], Partial)
    assert {"old"} == {record.values["name"] for record in rest[0].records}  # type: ignore[union-attr] # a page


async def test_the_version_follows_the_content_of_the_cells(tmp_path: Path) -> None:
    """Quoting differently changes nothing; another text, or another header, does."""
    contents = [b"id,n\n1,a\n", b'id,n\r\n"1","a"\r\n', b"id,n\n1,b\n", b"id,m\n1,a\n"]

    versions = [(await listed(end(tmp_path, item))).records["1"].version for item in contents]

    assert versions[0] == versions[1]
    assert 3 == len(set(versions))


async def test_an_unchanged_file_is_covered_at_once(tmp_path: Path) -> None:
    """The cursor is the content's hash: touching the file is no change, saving another is."""
    path = tmp_path / "people.csv"
    adapter = end(tmp_path, CONTENT)
    cursor = await adapter.start_cursor(ROWS)

    path.touch()
    unchanged = await change_after(adapter, cursor)
    path.write_bytes(CONTENT.replace(b"Ann", b"Eve"))
    changed = await change_after(adapter, cursor)
    path.write_bytes(CONTENT)
    back = await change_after(adapter, changed.cursor)

    assert (cursor, False) == (unchanged.cursor, unchanged.is_full_listing_needed)
    assert (True, True) == (changed.is_full_listing_needed, back.is_full_listing_needed)
    assert cursor == back.cursor
    assert unchanged.covered_until < changed.covered_until < back.covered_until


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("0001-01-01", None),
    ],
)
async def test_a_declared_column_tells_when_a_row_changed(
    tmp_path: Path, text: str, moment: datetime | None
) -> None:
    """Naive times are in the configured zone; what is no time is no evidence."""
    adapter = end(
        tmp_path, f"id,at\n1,{text}\n".encode(), updated_at="at", time_zone="Europe/Berlin"
    )

    assert moment == (await listed(adapter)).records["1"].modified_at


async def test_the_account_is_the_real_file(tmp_path: Path) -> None:
    """A rewrite does not change it; a link that leads elsewhere does."""
    link = tmp_path / "link.csv"
    link.symlink_to("people.csv")
    adapter = end(tmp_path, CONTENT)
    first = await adapter.account()
    await adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")])

    assert first == await adapter.account() == await csv_file(link).account()
    assert [link, tmp_path / "people.csv"] == list(csv_file(link).watched_files())
    link.unlink()
    link.symlink_to("other.csv")
    assert first.id != (await csv_file(link).account()).id


async def test_an_unknown_object_is_refused_everywhere(tmp_path: Path) -> None:
    """A CSV file has rows and nothing else."""
    adapter = end(tmp_path, CONTENT)

    for ask in (
        adapter.schema("contacts"),
        adapter.prepare("contacts"),
        adapter.start_cursor("contacts"),
        adapter.read("contacts", ["1"], []),
        adapter.find("contacts", "id", ["1"], []),
        adapter.write("contacts", Verb.UPDATE, []),
        adapter.times("contacts", [], []),
    ):
        with pytest.raises(Unreadable) as raised:
            await ask
        assert "no_object" == raised.value.code


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (b"id,a\n1,x\n", {}),
        (b"id;a\n1;x\n", {}),
        (b"id\ta\n1\tx\n", {}),
        (b"id|a\n1|x\n", {}),
        (b"id:a\n1:x\n", {"delimiter": ":"}),
        (b"sep=:\r\nid:a\r\n1:x\r\n", {}),
        (b"SEP=;\nid;a\n1;x\n", {}),
        (b'id,"a"\n1,x\n', {"comment": ";"}),
        (b"id,'a'\n1,'x'\n", {"quote": "'"}),
        (b"a,id\nx,1\n", {"may_add_id_column": True, "id_column": "id"}),
    ],
)
async def test_the_dialect_is_found_by_the_identity_column(
    tmp_path: Path, content: bytes, settings: dict[str, object]
) -> None:
    """The delimiter that cuts the identity column out of line 1 is the file's."""
    listing = await listed(end(tmp_path, content, **settings))

    assert {"id": "1", "a": "x"} == dict(listing.records["1"].values)


async def test_rows_of_nothing_are_no_records_but_marks_can_be_text(tmp_path: Path) -> None:
    """Delimiters and blanks alone say nothing; inside quotes they are a text like any other."""
    adapter = end(tmp_path, b'id,a\n,\n  \n"",""\n",",\n"""",\n')

    listing = await listed(adapter)

    assert [",", '"'] == list(listing.records)
    assert not listing.faults


async def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """What is held is one page and a set of keys, not the rows."""
    row = b",".join([b"value"] * 20)
    content = b"id," + b",".join(b"c%d" % number for number in range(20)) + b"\n"
    content += b"".join(b"%d,%b\n" % (number, row) for number in range(12_000))
    adapter = end(tmp_path, content, keep_versions=0)
    fields = [f"c{number}" for number in range(20)]
    count = 0

    tracemalloc.start()
    async for item in adapter.listing(ROWS, fields):
        count += len(item.records) if isinstance(item, Page) else 0
    await adapter.write(ROWS, Verb.UPDATE, [update("11999", c1="x")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 12_000 == count
    assert peak < 10 * 1024 * 1024


async def test_a_file_that_is_written_to_all_the_time_is_not_read(tmp_path: Path) -> None:
    """No reading mixes two contents: after some tries it is refused, later it works."""
    path = tmp_path / "people.csv"
    adapter = end(tmp_path, b"id\n" + b"".join(b"%d\n" % number for number in range(2_000_000)))
    is_done = threading.Event()

    def write_on() -> None:
        while not is_done.is_set():
            os.utime(path)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        with pytest.raises(Unreadable) as raised:
            await adapter.schema(ROWS)
    finally:
        is_done.set()
        writer.join()

    assert "changing" == raised.value.code
    assert {"id"} == (await adapter.schema(ROWS)).fields.keys()


async def test_a_cancelled_write_is_finished_first(tmp_path: Path) -> None:
    """Who cancels gets control back once the file is whole again, not in the middle."""
    begun, may_go_on = threading.Event(), threading.Event()

    def step(name: str) -> None:
        if name == "compare":
            begun.set()
            may_go_on.wait(10)

    adapter = end(tmp_path, CONTENT, step=step)
    task = asyncio.create_task(adapter.write(ROWS, Verb.UPDATE, [update("1", name="x")]))
    await asyncio.to_thread(begun.wait, 10)

    task.cancel()
    await asyncio.sleep(0)
    is_held = not task.done()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert is_held
    assert CONTENT.replace(b"Ann", b"x") == (tmp_path / "people.csv").read_bytes()


async def test_a_settled_file_is_known_by_its_signature(tmp_path: Path) -> None:
    """The same cursor twice, and another one as soon as the content is another one."""
    adapter = end(tmp_path, CONTENT)

    first = await adapter.start_cursor(ROWS)
    second = await adapter.start_cursor(ROWS)
    (tmp_path / "people.csv").write_bytes(CONTENT.replace(b"Ann", b"Eve"))

    assert first == second
    assert first != await adapter.start_cursor(ROWS)
