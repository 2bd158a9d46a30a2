"""The other commands as a person or a script meets them: what they do and how they exit."""

import asyncio
from pathlib import Path
from typing import Any

from state import pairs
from state.opening import open_state
from tests.acceptance.desk import Desk, desk
from tests.acceptance.people import edit_row
from tests.acceptance.processes import FLOWING

SYNC = "people-to-crm"


def test_a_first_run_needs_the_digest_that_plan_shows(tmp_path: Path) -> None:
    """``plan`` writes nothing and shows a digest; ``sync`` exits 3 without it and runs with it."""
    with desk(tmp_path, "schedule: {every: 1m}") as at:
        shown = at.run("plan", SYNC, "--json")
        assert (0, 30) == (shown.code, len(at.box.records()))
        digest = shown.json["plan"]["digest"]
        assert digest[:12] in at.look("plan", SYNC).out
        waiting = at.run("sync", SYNC, "--json")
        assert (3, "waiting") == (waiting.code, waiting.json["outcome"])
        assert digest == waiting.json["plan"]["digest"]
        assert 3 == at.look("sync", SYNC, "--approve", "0123456789ab").code
        assert 30 == len(at.box.records())
        done = at.run("sync", SYNC, "--approve", digest[:12], "--by", "ana", "--json")
        assert (0, "done", 60) == (done.code, done.json["outcome"], len(at.box.records()))
        again = at.look("sync", SYNC, "--json")
        assert (0, 0) == (again.code, again.json["plan"]["writes"])
        assert done.json == at.look("report", done.json["run"], "--json").json


def test_a_manual_conflict_waits_for_the_verdict_and_then_travels(tmp_path: Path) -> None:
    """``conflicts resolve`` carries the chosen value to the other side with the next run."""
    with desk(tmp_path, *FLOWING, "conflicts: {default: manual}") as at:
        at.sync()
        edit_row(at.file, "K00025", "City", "Here")
        contact = at.box.contact(at.email(25))
        assert contact is not None
        at.box.edit(contact["id"], city="There")
        at.sync()
        assert ("Here", "There") == (
            at.rows()["K00025"]["City"],
            at.box.value(at.email(25), "city"),
        )
        entry = next(
            one for one in at.look("conflicts", "--json").json
            if "There" == one["crm"]
        )  # fmt: skip
        told = at.run("conflicts", "resolve", entry["id"], "--winner", "crm", "--json")
        assert (0, "crm") == (told.code, told.json["winner"])
        at.sync()
        assert "There" == at.rows()["K00025"]["City"] == at.box.value(at.email(25), "city")
        assert 2 == at.look("conflicts", "resolve", "999", "--winner", "crm").code


def test_a_refused_record_exits_1_and_is_retried(tmp_path: Path) -> None:
    """A record the CRM refuses fails alone, waits in quarantine, and passes when retried."""
    with desk(tmp_path) as at:
        edit_row(at.file, "K00039", "Job Title", "longer than fits " * 5_000)
        done = at.run("sync", SYNC, "--json")
        assert (1, 1, 29) == (done.code, *_of(done.json, "failed", "created"))
        entry = _quarantined(at, "K00039")
        assert entry["message"]
        retried = at.run("quarantine", "retry", entry["id"], "--json")
        assert (0, "retried") == (retried.code, retried.json["status"])
        assert 1 == at.look("sync", SYNC).code
        edit_row(at.file, "K00039", "Job Title", "This fits")
        assert 0 == at.look("sync", SYNC).code
        assert "This fits" == at.box.value(at.email(39), "jobtitle")
        assert not _quarantined(at, "K00039")


def _quarantined(at: Desk, record: str) -> dict[str, Any]:
    found = at.look("quarantine", "--json").json
    return next((one for one in found if record == one["record"]), {})


def _of(report: dict[str, dict[str, int]], *names: str) -> list[int]:
    return [report["counts"][name] for name in names]


def test_a_held_sync_exits_4_until_it_is_released(tmp_path: Path) -> None:
    """A held sync writes nothing, says why and how to release it."""
    with desk(tmp_path) as at:
        at.sync()
        _hold(at, "two records differ from what was written")
        edit_row(at.file, "K00025", "City", "Later")
        held = at.run("sync", SYNC, "--json")
        assert (4, "held") == (held.code, held.json["outcome"])
        assert ["two records differ from what was written"] == [
            guard["reason"] for guard in held.json["guards"]
        ]
        assert "two records differ" in at.status()["hold"]
        assert "Later" != at.box.value(at.email(25), "city")
        assert 0 == at.run("approvals", "release", SYNC, "--reason", "looked into").code
        assert 0 == at.look("sync", SYNC).code
        assert "Later" == at.box.value(at.email(25), "city")


def _hold(at: Desk, why: str) -> None:
    state = open_state(at.folder / "state", inline=True)
    try:
        asyncio.run(state.write(pairs.hold, pair=SYNC, why=why))
    finally:
        state.close()


def test_what_is_asked_wrongly_exits_2_and_says_what_there_is(tmp_path: Path) -> None:
    """An unknown sync, run or configuration is one clear message and code 2."""
    with desk(tmp_path) as at:
        at.sync()
        for words, hint in (
            (("sync", "nobody"), SYNC),
            (("plan", "nobody"), SYNC),
            (("report", "999"), "crmsyncd status"),
            (("sync", SYNC, "--config", "missing.yaml"), "missing.yaml"),
            (("quarantine", "retry", "999"), "crmsyncd quarantine"),
            (("approvals", "release", SYNC, "--reason", "why not"), "not held"),
            (("approvals", "release", SYNC, "--reason", " "), "needs a reason"),
        ):
            done = at.look(*words)
            assert (2, "") == (done.code, done.out)
            assert hint in done.err
            assert "Traceback" not in done.err


def test_a_one_off_sync_needs_no_configuration(tmp_path: Path) -> None:
    """``sync --from FILE --to TYPE:OBJECT`` shows a plan first, and keeps itself with --save."""
    with desk(tmp_path) as at:
        (at.folder / "crmsyncd.yaml").unlink()
        to = ("--to", "hubspot:contacts", "--base-url", at.box.base_url, "--json")
        first = at.run("sync", "--from", at.file, *to)
        assert (3, 30) == (first.code, len(at.box.records()))
        digest = first.json["plan"]["digest"]
        done = at.run("sync", "--from", at.file, *to, "--approve", digest, "--save", "people")
        assert (0, 60) == (done.code, len(at.box.records()))
        saved = (at.folder / "crmsyncd.yaml").read_text()
        assert at.box.token not in saved
        assert 0 == at.run("check").code
        kept = at.look("sync", "people", "--json")
        assert (60, 0) == (len(at.box.records()), kept.json["counts"]["created"])
        nameless = at.look("sync", "--from", at.file, *to, HUBSPOT_TOKEN="")
        assert (2, True) == (nameless.code, "HUBSPOT_TOKEN" in nameless.err)


def test_a_one_off_sync_reads_standard_input(tmp_path: Path) -> None:
    """``--from -`` takes the file from a pipe."""
    with desk(tmp_path) as at:
        to = ("--to", "hubspot:contacts", "--base-url", at.box.base_url)
        piped = at.file.read_bytes()
        done = at.run("sync", "--from", "-", *to, "--yes", "--json", stdin=piped)
        assert (0, 60) == (done.code, len(at.box.records()))
        again = at.run("sync", "--from", "-", *to, "--yes", "--json", stdin=piped)
        assert (0, 0) == (again.code, again.json["plan"]["writes"])
        assert 2 == at.run("sync", "--from", "-", *to, "--save", "people", stdin=piped).code
        assert 2 == at.look("sync", "--from", "no.csv", *to).code
