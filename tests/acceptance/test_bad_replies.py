"""A CRM that answers badly, or not at all: nothing is concluded from that, and nothing is lost."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.desk import desk
from tests.acceptance.history import doubled
from tests.acceptance.lab import Lab, lab
from tests.acceptance.people import as_csv, edit_row, rows_for
from tests.acceptance.processes import (
    FLOWING,
    Daemon,
    Sandbox,
    crmsyncd_here,
    daemon,
    eventually,
    sandbox,
)

OBJECTS = "/crm/objects"
BROKEN = (
    "truncated_body",
    "truncated_json",
    "html_200",
    "gateway_html_502",
    "server_error_500",
    "reset_before",
    "reset_after",
    "timeout_504_after_write",
    "cursor_loop",
    "listing_cut",
    "duplicated_rows",
)


@pytest.mark.parametrize("kind", BROKEN)
async def test_whatever_breaks_a_reply_nothing_is_lost_or_doubled(
    tmp_path: Path, kind: str
) -> None:
    """Twelve broken replies from the first call on: in the end everybody is there once."""
    async with lab(tmp_path, contacts=130, known=20, rows=150) as at:
        at.fault(kind, times=12)
        await _until_it_gets_through(at)
        at.fault(kind, times=8, match={"method": "POST"})
        edit_row(at.file, "K00100", "City", "Through it all")
        at.edit("row.101@example.com", city="Through it all")
        await _until_it_gets_through(at)
        at.heal()
        await at.settle()
        assert 260 == len(at.records())
        assert 0 == doubled(at.records())
        assert 150 == await at.links()
        assert "Through it all" == at.contact("row.100@example.com")["values"]["city"]
        assert "Through it all" == at.rows()["K00101"]["City"]
        assert [] == await at.quarantined()


async def _until_it_gets_through(at: Lab) -> None:
    for _ in range(20):
        report = await at.sync()
        _is_clear(report.model_dump())
        if report.outcome in {"done", "nothing"}:
            return
        at.wait(400.0)
    raise AssertionError(report.error)


def _is_clear(report: dict[str, Any]) -> None:
    """An error names its connection, tells no data, and says what comes next."""
    if report["error"]:
        assert "'crm'" in report["error"]
        assert "@example" not in report["error"]
        assert report["next_steps"]


@pytest.mark.parametrize("kind", ["listing_cut", "cursor_loop"])
async def test_a_listing_cut_or_looping_detaches_nobody(tmp_path: Path, kind: str) -> None:
    """Full listings that end early or run in circles: zero deletes, every link stays."""
    lines = ("approval: {first_run: none}", "schedule: {every: 1m, full: 5m}")
    async with lab(tmp_path, *lines, contacts=130, known=20, rows=150) as at:
        await at.settle()
        contacts, links, file = at.values(), await at.links(), at.file.read_bytes()
        at.fault(kind, match={"method": "GET", "path_prefix": OBJECTS}, times=1000)
        for _ in range(4):
            at.wait(400.0)
            report = await at.sync()
            assert report.notes or report.error
        assert (contacts, links, file) == (at.values(), await at.links(), at.file.read_bytes())
        edit_row(at.file, "K00100", "City", "Meanwhile")
        at.heal()
        await at.settle()
        assert "Meanwhile" == at.contact("row.100@example.com")["values"]["city"]
        assert (len(contacts), links) == (len(at.values()), await at.links())


async def test_two_hours_of_503_pause_the_connection_and_lose_nothing(tmp_path: Path) -> None:
    """The circuit asks ever more rarely; no record is blamed; afterwards everything arrives."""
    async with lab(tmp_path) as at:
        await at.settle()
        edit_row(at.file, "K00030", "City", "Before")
        at.edit("row.31@example.com", city="There meanwhile")
        at.fault("unavailable_503", lasts=7200.0)
        before, started = at.sandbox.calls.total, at.clock.elapsed
        while at.clock.elapsed - started < 7000.0:
            report = await at.sync()
            assert "failed" == report.outcome
            _is_clear(report.model_dump())
            assert [] == await at.quarantined()
            at.wait(60.0)
        assert at.sandbox.calls.total - before < 60
        at.wait(1000.0)
        edit_row(at.file, "K00032", "City", "After")
        await at.settle()
        assert "Before" == at.contact("row.30@example.com")["values"]["city"]
        assert "There meanwhile" == at.rows()["K00031"]["City"]
        assert "After" == at.contact("row.32@example.com")["values"]["city"]


async def test_another_account_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """Credentials that lead elsewhere stop the sync; the error names both accounts."""
    async with lab(tmp_path) as at:
        await at.settle()
        contacts = at.values()
        edit_row(at.file, "K00030", "City", "Nowhere")
        at.fault("account_swap", value="999", times=10)
        async with at.reconfigured(patience="60s") as elsewhere:
            report = await elsewhere.sync()
        assert "failed" == report.outcome
        assert "999" in report.error
        assert str(at.sandbox.account.portal_id) in report.error
        assert report.next_steps
        assert contacts == at.values()
        at.heal()
        await at.settle()
        assert "Nowhere" == at.contact("row.30@example.com")["values"]["city"]


async def test_a_wrong_token_is_told_without_being_shown(tmp_path: Path) -> None:
    """The error names the connection and asks for new credentials; nothing is quarantined."""
    async with lab(tmp_path) as at:
        await at.settle()
        edit_row(at.file, "K00030", "City", "Later")
        async with at.reconfigured(token="pat-eu1-wrong") as locked:
            report = await locked.sync()
            assert "failed" == report.outcome
            _is_clear(report.model_dump())
            assert "pat-eu1-wrong" not in report.model_dump_json()
        assert [] == await at.quarantined()
        await at.settle()
        assert "Later" == at.contact("row.30@example.com")["values"]["city"]


def test_an_outage_of_one_system_stops_no_other_sync(tmp_path: Path) -> None:
    """The daemon keeps a healthy sync going, says which one fails, and recovers by itself."""
    with sandbox(20) as down, sandbox(20) as up:
        _two_syncs(tmp_path, down, up)
        environment = {"DOWN": down.token, "UP": up.token}
        with daemon(tmp_path, environment) as process:
            process.start()
            eventually(process.is_quiet, "both syncs are done")
            down.fault("unavailable_503", lasts=600)
            edit_row(tmp_path / "down.csv", "K00010", "City", "Much later")
            eventually(lambda: _outcome(tmp_path, "down") == "failed", "the outage is told")
            edit_row(tmp_path / "up.csv", "K00010", "City", "At once")
            eventually(lambda: "At once" == up.value("row.10@example.com", "city"), "the healthy")
            assert "" == "".join(one["error"] for one in _runs(tmp_path) if one["sync"] == "up")
            down.heal()
            eventually(lambda: "Much later" == down.value("row.10@example.com", "city"), "recovery")
            eventually(lambda: "run_recovered" in _events(process), "the recovery is told")
            events = _events(process)
            assert 1 == events.count("run_recovered") <= events.count("run_failed")
            assert 0 == process.stop()


def _two_syncs(folder: Path, down: Sandbox, up: Sandbox) -> None:
    lines = ["connections:"]
    for name, box in (("down", down), ("up", up)):
        (folder / f"{name}.csv").write_bytes(as_csv(rows_for([], 15)))
        lines.append(f"  {name}-file: {{type: csv, path: {name}.csv, key: id}}")
        token = f'token: "${{env:{name.upper()}}}", base_url: "{box.base_url}"'
        lines.append(f"  {name}-crm: {{type: hubspot, {token}, request_time_out: 3s}}")
    lines.append("syncs:")
    for name in ("down", "up"):
        lines += [f"  {name}:", f"    source: {{connection: {name}-file}}"]
        lines += [f"    crm: {{connection: {name}-crm}}", *(f"    {line}" for line in FLOWING)]
    lines.append("service: {listen: 127.0.0.1:0}")
    (folder / "crmsyncd.yaml").write_text("\n".join(lines), encoding="utf-8")


def _runs(folder: Path) -> list[dict[str, Any]]:
    words = ("status", "--state", folder / "state", "--json")
    found: list[dict[str, Any]] = crmsyncd_here(*words, environment={}).json["runs"]
    return found


def _events(process: Daemon) -> list[str]:
    return [line["event"] for line in process.log()]


def _outcome(folder: Path, sync: str) -> str:
    return next((str(one["outcome"]) for one in _runs(folder) if one["sync"] == sync), "")


def test_a_refused_credential_exits_5_and_status_says_what_to_do(tmp_path: Path) -> None:
    """From the command: one error on the run, the same in ``status``, no token anywhere."""
    with desk(tmp_path) as at:
        done = at.run("sync", "people-to-crm", HUBSPOT_TOKEN="pat-eu1-wrong")
        assert 5 == done.code
        (run,) = at.look("status", "--json").json["runs"]
        assert "'crm'" in run["error"]
        assert "pat-eu1-wrong" not in done.out + done.err + run["error"]
        assert 2 == at.look("check", HUBSPOT_TOKEN="pat-eu1-wrong").code


def test_unknown_configuration_keys_are_all_told_at_once(tmp_path: Path) -> None:
    """Each with file, line and column; nothing runs."""
    with desk(tmp_path, *FLOWING, "shedule: {every: 1s}", "direction: sideways") as at:
        for words in (("check",), ("sync", "people-to-crm"), ("run",)):
            done = at.look(*words)
            assert (2, "") == (done.code, done.out)
            assert "crmsyncd.yaml:10:" in done.err
            assert "shedule" in done.err
            assert "crmsyncd.yaml:11:" in done.err
        assert 0 == at.box.calls()["total"]
