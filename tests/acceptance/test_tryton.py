"""The daemon between a file and a real Tryton server, with people at work on both sides."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.kills import FOUND, rounds
from tests.acceptance.people import as_csv, edit_row, save, table
from tests.acceptance.processes import FLOWING, Daemon, daemon, eventually
from tests.acceptance.tryton import COLUMNS, TRYTON, Tryton, configured, rows, tryton

SECONDS = 60.0
LINES = (*FLOWING, "conflicts: {default: source}", "deletes: {source: archive, crm: delete}")


@contextmanager
def desk(folder: Path, box: Tryton) -> Iterator[Daemon]:
    """Give a daemon that runs on a file of forty rows, ten of them of people Tryton knows."""
    text = configured(box.base_url, *LINES, time_out=20.0)
    (folder / "crmsyncd.yaml").write_text(text, encoding="utf-8")
    (folder / "people.csv").write_bytes(as_csv(rows(box.records()[:10], 40), COLUMNS))
    with daemon(folder, {"TRYTON_PASSWORD": box.token}) as process:
        process.start()
        yield process


def test_a_file_and_a_real_tryton_become_one(tmp_path: Path) -> None:
    """A first load, edits of either side, a conflict, deletes of either side: both end alike."""
    file = tmp_path / "people.csv"
    with tryton(30) as box, desk(tmp_path, box) as process:
        eventually(process.is_quiet, "the first load ends", SECONDS)
        assert 60 == len(box.records())
        _edits_travel_both_ways(box, file)
        _a_conflict_goes_to_the_file(box, file)
        process.settle(SECONDS)
        _deletes_travel_both_ways(box, file)
        process.settle(SECONDS)
        assert 58 == len(box.records())
        assert 38 == len(table(file))
        assert 0 == TRYTON.doubled(box.records())
        assert 0 == process.stop()
        assert box.token not in process.errors()


def _email(number: int) -> str:
    return f"row.{number}@example.com"


def _edits_travel_both_ways(box: Tryton, file: Path) -> None:
    edit_row(file, "K00020", "City", "Zürich")
    party = box.contact(_email(21))
    assert party is not None
    box.edit(party["id"], street="Am Ufer 1, “hinten”", phone="+49 30 7654321")
    eventually(lambda: "Zürich" == box.value(_email(20), "city"), "the party", SECONDS)

    def is_there() -> bool:
        row = table(file)["K00021"]
        return ("Am Ufer 1, “hinten”", "7654321") == (row["Street"], row["Phone"][-7:])

    eventually(is_there, "the row", SECONDS)


def _a_conflict_goes_to_the_file(box: Tryton, file: Path) -> None:
    party = box.contact(_email(22))
    assert party is not None
    box.edit(party["id"], name="Edited there")
    edit_row(file, "K00022", "Full Name", "Edited here")
    eventually(lambda: "Edited here" == box.value(_email(22), "name"), "the policy", SECONDS)
    assert "Edited here" == table(file)["K00022"]["Full Name"]


def _deletes_travel_both_ways(box: Tryton, file: Path) -> None:
    party = box.contact(_email(30))
    assert party is not None
    box.person.archive(party["id"])
    kept = [line for line in file.read_bytes().split(b"\r\n") if not line.startswith(b"K00031,")]
    save(file, b"\r\n".join(kept))
    eventually(lambda: "K00030" not in table(file), "the row goes", SECONDS)
    eventually(lambda: box.contact(_email(31)) is None, "the party goes", SECONDS)


def test_a_sync_with_tryton_killed_at_random_ends_as_the_undisturbed_one() -> None:
    """``kill -9`` at random moments: nothing made twice, no edit lost, every effect promised."""
    tally = rounds(1, 80, random.Random(5), lambda: "state", crm=TRYTON)

    assert 1 == tally.kills
    assert {} == {name: tally.faults[name] for name in FOUND if tally.faults[name]}
