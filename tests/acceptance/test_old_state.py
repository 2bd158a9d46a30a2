"""A state that is yesterday's, or gone: nothing is lost, nobody doubled."""

import shutil
import sqlite3
from pathlib import Path

from tests.acceptance.history import Promise
from tests.acceptance.outpost import Outpost, outpost
from tests.acceptance.people import as_csv, rows_for, save
from tests.acceptance.processes import eventually
from tests.acceptance.proxy import Fault

NEW = 45
"""Rows after five more people came."""


def test_a_state_from_yesterday_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Edits and people of the day that the copy does not know stay; later ones travel (I10)."""
    with outpost(tmp_path) as at:
        at.first_sync()
        copy = _copied(at)
        day = _a_day_passes(at)
        put_back = _restored(at, copy)
        at.edit_row(33, "While nobody ran")
        at.edit_contact(34, "While nobody ran there")
        at.daemon.start()
        at.until_agreed({**day, 33: "While nobody ran", 34: "While nobody ran there"})
        at.ends_well(65, put_back)
        assert NEW == len(at.rows())


def _copied(at: Outpost) -> Path:
    """Copy the state of a daemon at work, as a backup does."""
    copy = at.folder / "yesterday.db"
    with sqlite3.connect(at.folder / "state" / "state.db") as from_, sqlite3.connect(copy) as to:
        from_.backup(to)
    from_.close()
    to.close()
    return copy


def _a_day_passes(at: Outpost) -> dict[int, str]:
    """Let people come and edits travel either way, one twice; stop the daemon."""
    save(at.file, _with_new_people(at))
    eventually(lambda: at.box.value("row.44@example.com", "email"), "the new people are there")
    at.edit_row(30, "From the file")
    at.edit_contact(31, "From the CRM")
    at.edit_row(32, "First here")
    at.until_agreed({30: "From the file", 31: "From the CRM", 32: "First here"})
    at.daemon.settle()
    at.edit_contact(32, "Then there")
    at.edit_row(44, "New here")
    day = {30: "From the file", 31: "From the CRM", 32: "Then there", 44: "New here"}
    at.until_agreed(day)
    at.daemon.settle()
    assert 0 == at.daemon.stop()
    return day


def _with_new_people(at: Outpost) -> bytes:
    lines = at.file.read_bytes().removesuffix(b"\r\n").split(b"\r\n")
    more = as_csv(rows_for(at.known, NEW)).removesuffix(b"\r\n").split(b"\r\n")[len(lines) :]
    return b"\r\n".join([*lines, *more]) + b"\r\n"


def _restored(at: Outpost, copy: Path) -> dict[str, Promise]:
    """Put yesterday's state in the place of today's; return what today's had promised."""
    promised = at.promises()
    shutil.rmtree(at.folder / "state")
    (at.folder / "state").mkdir(mode=0o700)
    shutil.copyfile(copy, at.folder / "state" / "state.db")
    return promised


def test_a_lost_state_is_built_anew_from_both_sides(tmp_path: Path) -> None:
    """Everybody is found again; not one write, not one record; afterwards edits travel."""
    with outpost(tmp_path) as at:
        at.first_sync()
        assert 0 == at.daemon.stop()
        promised, file, contacts = at.promises(), at.file.read_bytes(), at.box.records()
        shutil.rmtree(tmp_path / "state")
        writes = len(at.net.writes())
        at.daemon.start()
        eventually(at.daemon.is_quiet, "everybody is found again")
        assert 40 == at.daemon.total("crmsync_linked_records")
        assert writes == len(at.net.writes())
        assert (file, contacts) == (at.file.read_bytes(), at.box.records())
        at.edit_row(30, "Afterwards here")
        at.edit_contact(31, "Afterwards there")
        at.until_agreed({30: "Afterwards here", 31: "Afterwards there"})
        at.ends_well(60, promised)


def test_a_state_lost_with_a_create_under_way_doubles_nobody(tmp_path: Path) -> None:
    """Killed while the CRM makes 30 people, its state deleted: they are found, not made again."""
    with outpost(tmp_path) as at:
        at.net.hold(Fault.HOLD_REPLY, "upsert")
        at.daemon.start()
        eventually(lambda: at.net.held, "the people are made")
        at.daemon.kill()
        promised = at.promises()
        assert {"sent"} == {one.state for one in promised.values() if one.verb == "create"}
        shutil.rmtree(tmp_path / "state")
        at.net.heal()
        at.daemon.start()
        eventually(at.daemon.is_quiet, "everybody is there")
        at.ends_well(60, promised)
