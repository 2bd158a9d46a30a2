"""When syncs run, as an operator meets it: a pause, an approval, another distance (B3, R16)."""

from pathlib import Path

from tests.acceptance.desk import Desk, desk
from tests.acceptance.people import edit_row
from tests.acceptance.processes import Daemon, configured, eventually
from tests.acceptance.test_reload import SECONDS, save

SYNC = "people-to-crm"
SLOWLY = ("schedule: {every: 1h}", "approval: {first_run: none}", "batch_size: 1")
"""Runs at the start only, one record a batch."""

WRITES = "/crm/objects/2026-09/contacts/batch/upsert"


def test_a_paused_sync_stops_between_batches_and_goes_on(tmp_path: Path) -> None:
    """The run under way ends early, nothing is written meanwhile, and nothing is lost or doubled."""
    with desk(tmp_path, *SLOWLY, rows=60) as at, at.daemon() as process:
        at.box.fault("slow_body", match={"path_prefix": WRITES}, seconds=0.5, times=1000)
        eventually(lambda: len(at.box.records()) > 32, "the first batches")
        assert 0 == at.look("pause", SYNC, "--reason", "the move", "--by", "ana").code
        eventually(lambda: process.total("crmsync_runs_total", 'outcome="held"'), "it stops")
        before = len(at.box.records())
        assert before < 80, "the pause came too late to show anything"
        _it_says_so(at, process)
        assert before == len(at.box.records())
        assert 0 == process.stop()
        at.box.heal()
        _a_run_by_hand_is_refused(at)
        process.start()
        eventually(lambda: process.metrics().get(f'crmsync_sync_paused{{sync="{SYNC}"}}'), "paused")
        assert before == len(at.box.records())
        assert at.look("resume", SYNC, "--json").json["was_paused"]
        eventually(lambda: 80 == len(at.box.records()), "it goes on")
        eventually(lambda: process.total("crmsync_runs_total", 'outcome="done"'), "it ends")
        assert 50 == len(_made(at)) == len(set(_made(at)))
        assert 0 == process.stop()


def _it_says_so(at: Desk, process: Daemon) -> None:
    found = at.status()
    assert "by ana: the move" in found["paused"]
    assert 1 == process.metrics()[f'crmsync_sync_paused{{sync="{SYNC}"}}']
    assert "paused" in at.look("status").out
    (decided,) = [
        one for one in at.look("audit", "--json").json["entries"] if "pause" == one["action"]
    ]
    assert ("ana", SYNC) == (decided["actor"], decided["subject"])
    unknown = at.look("pause", "nobody")
    assert (2, True) == (unknown.code, SYNC in unknown.err)


def _a_run_by_hand_is_refused(at: Desk) -> None:
    refused = at.look("sync", SYNC)
    assert (4, True) == (refused.code, f"crmsyncd resume {SYNC}" in refused.out + refused.err)


def _made(at: Desk) -> list[str]:
    """Addresses of the contacts that the sync made."""
    emails = [str(one["values"].get("email", "")) for one in at.box.records()]
    return [email for email in emails if email.startswith("row.")]


def test_an_approved_plan_does_not_wait_for_the_next_time(tmp_path: Path) -> None:
    """A decision beside the daemon wakes it, however seldom the sync runs by itself."""
    with desk(tmp_path, "schedule: {every: 1h}") as at, at.daemon() as process:
        (plan,) = eventually(lambda: at.look("approvals", "--json").json["plans"], "a plan waits")
        assert 0 == at.look("approvals", "approve", plan["digest"], "--by", "ana").code
        eventually(lambda: 60 == len(at.box.records()), "the plan is carried out", SECONDS)
        assert 0 == process.stop()


def test_another_distance_counts_at_once(tmp_path: Path) -> None:
    """A changed schedule is planned anew; the run that was an hour off comes now."""
    free = "approval: {first_run: none}"
    with desk(tmp_path, "schedule: {every: 1h, on_change: no}", free) as at, at.daemon() as process:
        eventually(lambda: process.total("crmsync_runs_total", 'outcome="done"'), "the first sync")
        edit_row(at.file, "K00020", "City", "Zürich")
        save(at, configured(at.box.base_url, "schedule: {every: 1s, on_change: no}", free))
        eventually(lambda: "Zürich" == at.box.value(at.email(20), "city"), "the contact", SECONDS)
        assert 0 == process.stop()
