"""Yesterday's state, put back: what was done since is found again (faults 13, 14)."""

from pathlib import Path

from tests.acceptance.desk import Desk, desk
from tests.acceptance.people import COLUMNS, edit_row, save
from tests.acceptance.processes import eventually

NEW_ROW = ("K90000", "new.row@example.com", "Nia", "Neu", "+49309019000", "Acme GmbH", "", "Wien")


def add_row(path: Path) -> None:
    assert len(COLUMNS) == len(NEW_ROW)
    save(path, path.read_bytes() + ",".join(NEW_ROW).encode() + b"\r\n")


def sync_until_quiet(at: Desk) -> None:
    """Sync until a run has nothing to do; the search of the CRM is late by seconds."""
    eventually(lambda: "nothing" == at.sync()["outcome"], "a run has nothing to do")


def worth(at: Desk) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """All rows and all contacts, as people see them."""
    contacts = {
        one["id"]: {k: v for k, v in one["values"].items() if not k.startswith("hs_")}
        for one in at.box.records()
    }
    return at.rows(), contacts


def test_a_restored_backup_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Backed up beside the daemon; edits and a new row since, synced and not, are there once."""
    copy = tmp_path / "monday.db"
    with desk(tmp_path) as at:
        with at.daemon() as process:
            eventually(process.is_quiet, "the first sync ends")
            assert 0 == at.look("backup", copy, "--by", "ana").code
            contact = at.box.contact(at.email(21))
            assert contact is not None
            at.box.edit(contact["id"], city="Linz")
            edit_row(at.file, "K00020", "City", "Zürich")
            add_row(at.file)
            eventually(lambda: at.box.contact(NEW_ROW[1]), "the new row's contact")
            eventually(lambda: "Linz" == at.rows()["K00021"]["City"], "the edited row")
            process.settle()
            refused = at.run("restore", copy, "--by", "ana")
            assert (2, True) == (refused.code, "in use by another daemon" in refused.err)
            assert 0 == process.stop()
        edit_row(at.file, "K00022", "City", "Graz")

        done = at.run("restore", copy, "--by", "ana", "--json").json
        assert Path(done["kept"]).is_file()
        first = at.sync()

        assert 2 == sum("state_age" in note for note in first["notes"])
        assert ("done", 0) == (first["outcome"], first["counts"]["created"])
        assert 61 == len(at.box.records())
        cities = [at.box.value(at.email(number), "city") for number in (20, 21, 22)]
        assert ["Zürich", "Linz", "Graz"] == cities
        assert cities == [at.rows()[f"K000{number}"]["City"] for number in (20, 21, 22)]
        sync_until_quiet(at)
        before = worth(at)
        assert "nothing" == at.sync()["outcome"]
        assert before == worth(at)
        trail = at.look("audit", "--verify", "--json").json
        assert ["restore"] == [entry["action"] for entry in trail["entries"]]
        assert (1, None) == (trail["verified"], trail["broken_at"])


def test_a_lost_state_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """With no state at all everybody is recognised again, and nothing is written."""
    with desk(tmp_path) as at:
        assert "done" == at.sync()["outcome"]
        sync_until_quiet(at)
        before = worth(at)
        (tmp_path / "state").rename(tmp_path / "lost")

        report = at.sync()

        assert 0 == report["counts"]["created"] + report["counts"]["updated"]
        assert 40 == at.status()["links"]
        assert before == worth(at)


def test_commands_about_backups_speak_plainly(tmp_path: Path) -> None:
    """What cannot be done is one line that names the file and the next step."""
    with desk(tmp_path) as at:
        assert "done" == at.sync()["outcome"]
        for words, told in (
            (("restore",), "Give either the FILE to restore, or --mark"),
            (("restore", at.file), "people.csv is no database or is damaged"),
            (("restore", tmp_path / "none.db"), "none.db is no file"),
            (("backup", tmp_path / "no" / "folder.db"), "could not be written"),
        ):
            done = at.look(*words)
            assert (2, 1) == (done.code, len(done.err.splitlines())), done.err
            assert told in done.err
        assert 0 == at.look("restore", "--mark", "--by", "ana").code
        assert any("state_age" in note for note in at.sync()["notes"])
        assert "restore" in at.look("audit").out
