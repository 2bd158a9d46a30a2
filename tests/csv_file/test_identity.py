"""Which row is which: keys, ids of ours, and what a direct read can and cannot prove."""

from pathlib import Path

import pytest

from adapters.contract import EXTERNAL_ID, Verb
from adapters.csv_file.adapter import ROWS
from adapters.errors import Unreadable, WaitUntil
from tests.csv_file.ends import create, end, listed, names_in

CONTENT = b"id,name,mail\n1,Ann,a@x.com\n2,Bob,\n"


async def test_a_key_is_trimmed_and_unescaped(tmp_path: Path) -> None:
    """Spaces around a key are not part of it, nor is the apostrophe of an escaped formula."""
    adapter = end(tmp_path, b'id,name\n 1 ,a\n"\'=2",b\n')

    reading = await adapter.read(ROWS, ["1", "=2", "3"], ["name"])

    assert {"1", "=2"} == {record.id for record in reading.records}
    assert {"3"} == reading.missing


async def test_a_faulty_row_is_neither_found_nor_missing(tmp_path: Path) -> None:
    """A repeated key, a ragged row, and what an unreadable key could be: unknown (R44)."""
    adapter = end(tmp_path, b"id,name\n1,a\n1,b\n2,c,d\n3,e\n,f\n")

    reading = await adapter.read(ROWS, ["1", "2", "3", "4"], [])
    end(tmp_path, b"id,name\n1\xff,\xc3\xa9\n3,e\n")
    unclear = await adapter.read(ROWS, ["3", "4"], [])

    assert ["3"] == [record.id for record in reading.records]
    assert {"4"} == reading.missing
    assert ["3"] == [record.id for record in unclear.records]
    assert not unclear.missing


async def test_rows_are_found_by_our_id_by_key_and_by_any_column(tmp_path: Path) -> None:
    """Our id stands in the key column; another column is compared as it stands."""
    adapter = end(tmp_path, CONTENT)
    await adapter.write(ROWS, Verb.CREATE, [create("ours-7", name="Cy", mail="a@x.com")])

    by_id = await adapter.find(ROWS, EXTERNAL_ID, ["ours-7", "nobody"], ["name"])
    by_key = await adapter.find(ROWS, "id", ["2"], [])
    by_mail = await adapter.find(ROWS, "mail", ["a@x.com", "b@x.com"], [])

    assert [("ours-7", "ours-7")] == [(item.id, item.external_id) for item in by_id.records]
    assert {"nobody"} == by_id.missing
    assert ["2"] == [record.id for record in by_key.records]
    assert ["1", "ours-7"] == [record.id for record in by_mail.records]
    assert {"b@x.com"} == by_mail.missing
    with pytest.raises(Unreadable):
        await adapter.find(ROWS, "phone", ["1"], [])


async def test_an_id_column_is_added_where_allowed(tmp_path: Path) -> None:
    """Each row gets an id of ours in the file's own style; other bytes stay; once is enough."""
    content = b'"name";mail\r\n"Ann";\r\n\r\n;\r\nBob;"b@x.com"\r\nragged\r\n'
    adapter = end(tmp_path, content, may_add_id_column=True)
    with pytest.raises(Unreadable):
        await listed(adapter)

    assert await adapter.prepare(ROWS)
    after = (tmp_path / "people.csv").read_bytes()
    assert await adapter.prepare(ROWS)

    listing = await listed(adapter)
    ann, bob = listing.records
    expected = content.replace(b"mail", b"mail;crmsyncd_id").replace(
        b'"Ann";', b'"Ann";;' + ann.encode()
    )
    expected = expected.replace(b'"b@x.com"', b'"b@x.com";"' + bob.encode() + b'"')
    assert expected == after == (tmp_path / "people.csv").read_bytes()
    assert 16 == len(ann) == len(bob)
    assert ["ragged_row"] == [fault.code for fault in listing.faults]


async def test_rows_without_an_id_get_one_when_prepared(tmp_path: Path) -> None:
    """A row that a person added is a fault until the next ``prepare`` gives it an id."""
    adapter = end(tmp_path, b"crmsyncd_id,name\nx1,Ann\n,Bob\n", may_add_id_column=True)
    before = await listed(adapter)

    assert await adapter.prepare(ROWS)

    after = await listed(adapter)
    assert [("line 3", "missing_key", "")] == before.fault_lines
    assert {"Ann", "Bob"} == {record.values["name"] for record in after.records.values()}


async def test_preparing_waits_for_an_open_spreadsheet(tmp_path: Path) -> None:
    """Adding ids is a write like any other; without anything to add it does not wait."""
    adapter = end(tmp_path, b"name\nAnn\n", may_add_id_column=True)
    lock = tmp_path / ".~lock.people.csv#"
    lock.touch()

    with pytest.raises(WaitUntil):
        await adapter.prepare(ROWS)

    lock.unlink()
    assert await adapter.prepare(ROWS)
    lock.touch()
    assert await adapter.prepare(ROWS)


async def test_an_unnamed_id_column_is_never_invented(tmp_path: Path) -> None:
    """Without a key and without permission the file is left alone, and the error says both."""
    adapter = end(tmp_path, b"name\nAnn\n", id_column="crmsyncd_id")

    with pytest.raises(Unreadable) as raised:
        await adapter.prepare(ROWS)

    assert "may_add_id_column" in str(raised.value)
    assert ["people.csv"] == names_in(tmp_path)
