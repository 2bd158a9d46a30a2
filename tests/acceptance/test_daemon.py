"""The daemon as an operator meets it: start it, edit on both sides, look, stop it, kill it."""

import json
from pathlib import Path

from tests.acceptance.desk import Desk, desk
from tests.acceptance.people import PROPERTIES, edit_row
from tests.acceptance.processes import FLOWING, Daemon, ask, daemon, eventually

SECONDS = 30.0
"""What "within seconds" may take on a busy machine; HubSpot's search alone is late by four."""


def test_edits_travel_both_ways_and_a_conflict_is_decided_and_listed(tmp_path: Path) -> None:
    """An edit of either side is on the other within seconds; an edit of both is a conflict."""
    with (
        desk(tmp_path, *FLOWING, "conflicts: {default: source}") as at,
        at.daemon() as process,
    ):
        eventually(process.is_quiet, "the first sync ends")
        _an_edited_row_reaches_its_contact(at)
        process.settle()
        _an_edited_contact_reaches_its_row_alone(at)
        process.settle()
        _an_edit_of_both_is_decided_by_policy_and_listed(at)
        process.settle()
        _it_tells_how_it_stands(at, process)
        _it_tells_nobody_about_anybody(at, process)
        assert 0 == process.stop()
        assert "stopped" == process.log()[-1]["event"]


def _an_edited_row_reaches_its_contact(at: Desk) -> None:
    edit_row(at.file, "K00020", "City", "Zürich")
    eventually(lambda: "Zürich" == at.box.value(at.email(20), "city"), "the contact", SECONDS)


def _an_edited_contact_reaches_its_row_alone(at: Desk) -> None:
    before = at.file.read_bytes()
    contact = at.box.contact(at.email(21))
    assert contact is not None
    at.box.edit(contact["id"], jobtitle="Chief, of “everything”")
    eventually(lambda: before != at.file.read_bytes(), "the row", SECONDS)
    after = at.file.read_bytes()
    at.file.write_bytes(before)
    edit_row(at.file, "K00021", "Job Title", "Chief, of “everything”")
    assert at.file.read_bytes() == after


def _an_edit_of_both_is_decided_by_policy_and_listed(at: Desk) -> None:
    contact = at.box.contact(at.email(22))
    assert contact is not None
    at.box.edit(contact["id"], company="Edited there")
    edit_row(at.file, "K00022", "Company", "Edited here")

    def listed() -> bool:
        found = at.look("conflicts", "--status", "all", "--json").json
        return any(
            ("Edited here", "Edited there", "source") == (one["source"], one["crm"], one["winner"])
            for one in found
        )

    eventually(listed, "the conflict is listed", SECONDS)
    eventually(
        lambda: "Edited here" == at.box.value(at.email(22), "company"), "the policy", SECONDS
    )
    assert "Edited here" == at.rows()["K00022"]["Company"]


def _it_tells_how_it_stands(at: Desk, process: Daemon) -> None:
    assert (200, b'{"status": "alive"}') == ask("GET", f"{process.url}/healthz")
    code, body = ask("GET", f"{process.url}/readyz")
    assert (200, "ready") == (code, json.loads(body)["status"])
    assert {"crmsync"} == {name.partition("_")[0] for name in process.metrics()}
    assert 40 == process.total("crmsync_linked_records") == at.status()["links"]
    newest = at.run("status", "--json").json["runs"][0]["run"]
    assert newest <= at.look("status", "--json").json["runs"][0]["run"]


def _it_tells_nobody_about_anybody(at: Desk, process: Daemon) -> None:
    told = process.errors() + ask("GET", f"{process.url}/metrics")[1].decode()
    for row in at.rows().values():
        for column in ("E-Mail", "Phone", "Last Name"):
            assert not row[column] or row[column] not in told
    assert at.box.token not in told
    assert {"started", "run_ended"} <= {line["event"] for line in process.log()}


def test_a_killed_daemon_goes_on_where_it_was(tmp_path: Path) -> None:
    """After ``kill -9`` the next start brings over what was edited while nobody ran."""
    with desk(tmp_path) as at, at.daemon() as process:
        eventually(process.is_quiet, "the first sync ends")
        process.kill()
        edit_row(at.file, "K00030", "City", "Graz")
        contact = at.box.contact(at.email(31))
        assert contact is not None
        at.box.edit(contact["id"], city="Linz")
        process.start()
        eventually(lambda: "Graz" == at.box.value(at.email(30), "city"), "the contact", SECONDS)
        eventually(lambda: "Linz" == at.rows()["K00031"]["City"], "the row", SECONDS)
        process.settle()
        assert 60 == len(at.box.records())
        assert 0 == process.stop()


def test_one_daemon_a_state(tmp_path: Path) -> None:
    """A second daemon and a run beside it are refused; state and holder are named (§7.7)."""
    with desk(tmp_path) as at, at.daemon() as first, daemon(tmp_path, at.environment) as second:
        eventually(first.is_quiet, "the first sync ends")
        second._starts = 100
        second.start()
        assert 2 == second.process.wait(SECONDS)
        beside = at.run("sync", "people-to-crm")
        assert 2 == beside.code
        for told in (second.errors(), beside.err):
            assert f"is in use by another daemon (crmsyncd process {first.process.pid} on " in told
            assert 1 == len(told.splitlines()), told
        eventually(lambda: first.idle_runs() > 1, "the first goes on")
        assert 0 == first.stop()


def test_the_daemon_waits_for_the_approval_of_its_first_plan(tmp_path: Path) -> None:
    """Nothing is written before a person approved the digest; then the next run writes it."""
    with desk(tmp_path, "schedule: {every: 1s}") as at, at.daemon() as process:
        (plan,) = eventually(lambda: at.look("approvals", "--json").json["plans"], "a plan waits")
        assert plan["digest"] == at.status()["waiting_plan"]
        assert 30 == len(at.box.records())
        wrong = at.look("approvals", "approve", "00000000")
        assert (2, True) == (wrong.code, "crmsyncd approvals" in wrong.err)
        assert 0 == at.run("approvals", "approve", plan["digest"][:12], "--by", "ana").code
        eventually(lambda: 60 == len(at.box.records()), "the plan is carried out")
        process.settle()
        (envelope,) = at.look("approvals", "--json").json["envelopes"]
        assert "ana" == envelope["approved_by"]
        told = [line["outcome"] for line in process.log() if "run_ended" == line["event"]]
        assert ["waiting", "done"] == told
        assert 0 == process.stop()


def test_every_mapped_property_arrives(tmp_path: Path) -> None:
    """A new person's contact holds every cell of the row."""
    with desk(tmp_path) as at:
        assert "done" == at.sync()["outcome"]
        row, contact = at.rows()["K00035"], at.box.contact(at.email(35))
        assert contact is not None
        for column, name in PROPERTIES.items():
            assert row[column] == contact["values"].get(name, "")
