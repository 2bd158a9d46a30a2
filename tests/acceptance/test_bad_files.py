"""Files as they must not be: each gives one clear error, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.lab import Lab, lab
from tests.acceptance.people import COLUMNS, edit_row

Damage = Callable[[bytes], bytes]
HEADER = ",".join(COLUMNS).encode()

DAMAGED: dict[str, tuple[Damage, str]] = {
    "empty": (lambda _: b"", "empty"),
    "truncated inside quotes": (lambda c: c + b'K90001,a@example.com,"Ada', "line 42"),
    "half-written row": (lambda c: c + b"K90001,a@exam", "half-written"),
    "UTF-16": (lambda c: c.decode("utf-8-sig").encode("utf-16"), "UTF-16"),
    "UTF-16 without its mark": (lambda c: c.decode("utf-8-sig").encode("utf-16-le"), "NUL"),
    "NUL bytes in the header": (lambda c: c.replace(b"E-Mail", b"E\0ail", 1), "NUL"),
    "a line of 100 MB": (lambda c: c + b"x" * 100_000_000, "line 42"),
    "a header twice": (lambda c: c.replace(b",City", b",Phone", 1), "the same name"),
    "a header without a name": (lambda c: c.replace(b",City", b",", 1), "no name"),
    "no key column": (lambda c: c.replace(b"id,", b"ident,", 1), "'id'"),
    "no header row": (lambda c: c.split(b"\r\n", 1)[1], "lost its header row"),
    "only a header": (lambda c: c.split(b"\r\n", 1)[0] + b"\r\n", "no record"),
}


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_damaged_file_stops_its_sync_with_one_clear_error(
    tmp_path: Path, name: str
) -> None:
    """The error names file and fault and the next step; contacts, links and file stay; it heals."""
    damage, words = DAMAGED[name]
    async with lab(tmp_path, contacts=15, known=5) as at:
        await at.settle()
        good, contacts, links = at.file.read_bytes(), at.values(), await at.links()
        bad = damage(good)
        at.file.write_bytes(bad)
        for _ in range(3):
            at.wait(60.0)
            await _fails_clearly(at, words)
        assert (contacts, links, bad) == (at.values(), await at.links(), at.file.read_bytes())
        at.file.write_bytes(good)
        edit_row(at.file, "K00030", "City", "Healed")
        await at.settle()
        assert "Healed" == at.contact("row.30@example.com")["values"]["city"]
        assert (len(contacts), links) == (len(at.values()), await at.links())
        assert [] == await at.quarantined()


async def _fails_clearly(at: Lab, words: str) -> None:
    report = await at.sync()
    told = report.error + "".join(trip.reason for trip in report.guards)
    assert ("held" if report.guards else "failed") == report.outcome
    assert words in told
    assert "people" in told
    assert report.next_steps
    assert 0 == report.counts["created"] + report.counts["updated"]
    assert "@example" not in told


async def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file that is gone, and a folder in its place, are said to be that."""
    async with lab(tmp_path, contacts=15, known=5) as at:
        await at.settle()
        contacts, content = at.values(), at.file.read_bytes()
        at.file.unlink()
        await _fails_clearly(at, "does not exist")
        at.file.mkdir()
        await _fails_clearly(at, "people.csv")
        at.file.rmdir()
        at.file.write_bytes(content)
        assert "nothing" == (await at.sync()).outcome
        assert contacts == at.values()


async def test_a_bad_row_is_set_apart_and_its_neighbours_go_on(tmp_path: Path) -> None:
    """NUL bytes and a key that repeats stop their own rows only, and heal with the file."""
    async with lab(tmp_path, contacts=15, known=5) as at:
        await at.settle()
        good, contacts, links = at.file.read_bytes(), at.values(), await at.links()
        lines = good.split(b"\r\n")
        lines[21] = lines[21].replace(b"row.20", b"row\0.20")  # the row of K00020
        lines.insert(31, lines[30].replace(b"K00029", b"K00028"))
        at.file.write_bytes(b"\r\n".join(lines))
        edit_row(at.file, "K00035", "City", "A neighbour")
        for _ in range(3):
            at.wait(60.0)
            report = await at.sync()
            assert not report.error
        apart = {record for record, _ in await at.quarantined()}
        assert {"K00020", "K00028"} == apart
        assert "A neighbour" == at.contact("row.35@example.com")["values"]["city"]
        at.file.write_bytes(good)
        edit_row(at.file, "K00028", "City", "Back")
        await at.settle()
        assert "Back" == at.contact("row.28@example.com")["values"]["city"]
        assert (len(contacts), links) == (len(at.values()), await at.links())
        assert [] == await at.quarantined()


async def test_a_formula_is_text_on_both_sides(tmp_path: Path) -> None:
    """A value that a spreadsheet would run is escaped in the file only, and is no edit."""
    async with lab(tmp_path, contacts=15, known=5) as at:
        await at.settle()
        evil = '=HYPERLINK("http://evil.example";"x")'
        at.edit("row.20@example.com", jobtitle=evil)
        edit_row(at.file, "K00021", "Job Title", "'=1+1")
        await at.settle()
        assert f"'{evil}" == at.rows()["K00020"]["Job Title"]
        assert evil == at.contact("row.20@example.com")["values"]["jobtitle"]
        assert "=1+1" == at.contact("row.21@example.com")["values"]["jobtitle"]
        assert "'=1+1" == at.rows()["K00021"]["Job Title"]


async def test_rows_that_vanish_delete_nobody_and_come_back(tmp_path: Path) -> None:
    """Rows that are not there at the next read: every contact stays, and is met again later."""
    async with lab(tmp_path, contacts=15, known=5) as at:
        await at.settle()
        good, contacts, links = at.file.read_bytes(), at.values(), await at.links()
        at.file.write_bytes(b"\r\n".join(good.split(b"\r\n")[:6]) + b"\r\n")
        for _ in range(3):
            at.wait(60.0)
            await at.sync()
        assert contacts == at.values()
        at.file.write_bytes(good)
        edit_row(at.file, "K00030", "City", "Back again")
        await at.settle()
        assert len(contacts) == len(at.values())
        assert "Back again" == at.contact("row.30@example.com")["values"]["city"]
        assert links == await at.links()
