"""The configuration changes while the daemon runs: a good one is obeyed, a bad one refused (R16)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.desk import Desk, desk
from tests.acceptance.people import edit_row
from tests.acceptance.processes import FLOWING, Daemon, configured, eventually

SECONDS = 30.0
FAILED = "crmsync_config_reload_failed"


def test_a_bad_configuration_is_refused_and_a_good_one_obeyed(tmp_path: Path) -> None:
    """The former one stays live; log, metric and status say where the new one is wrong."""
    with desk(tmp_path, *FLOWING) as at, at.daemon() as process:
        eventually(process.is_quiet, "the first sync ends")
        _a_bad_one_is_refused(at, process)
        _the_former_one_stays_live(at, process)
        _a_good_one_is_obeyed(at, process)
        _an_address_needs_a_restart(at, process)
        assert 0 == process.stop()


def _a_bad_one_is_refused(at: Desk, process: Daemon) -> None:
    text = configured(at.box.base_url, *FLOWING, "direktion: push")
    save(at, text)
    eventually(lambda: process.metrics()[FAILED], "the metric", SECONDS)
    line = 1 + text.splitlines().index("    direktion: push")
    (told,) = events(process, "configuration_refused")
    (problem,) = told["problems"]
    assert f"crmsyncd.yaml:{line}:5" == problem["at"]
    assert 1 == process.total("crmsync_config_reloads_total", 'result="refused"')
    standing = at.look("status", "--json").json["configuration"]
    assert standing["problems"][0].startswith(f"crmsyncd.yaml:{line}:5: ")
    assert standing["refused_at"]
    assert f"crmsyncd.yaml:{line}:5" in at.look("status").out


def _the_former_one_stays_live(at: Desk, process: Daemon) -> None:
    edit_row(at.file, "K00020", "City", "Zürich")
    eventually(lambda: "Zürich" == at.box.value(at.email(20), "city"), "the contact", SECONDS)
    process.settle()


def _a_good_one_is_obeyed(at: Desk, process: Daemon) -> None:
    save(at, configured(at.box.base_url, *FLOWING, "fields: {City: false}"))
    eventually(lambda: not process.metrics()[FAILED], "the metric", SECONDS)
    process.settle()
    edit_row(at.file, "K00021", "City", "Graz")
    edit_row(at.file, "K00021", "Company", "Neu AG")
    eventually(lambda: "Neu AG" == at.box.value(at.email(21), "company"), "the contact", SECONDS)
    assert "Graz" != at.box.value(at.email(21), "city")
    standing = at.look("status", "--json").json["configuration"]
    assert (None, []) == (standing["refused_at"], standing["problems"])
    assert 1 == process.total("crmsync_config_reloads_total", 'result="taken"')


def _an_address_needs_a_restart(at: Desk, process: Daemon) -> None:
    text = configured(at.box.base_url, *FLOWING).replace("127.0.0.1:0", "127.0.0.1:1")
    save(at, text)
    eventually(lambda: events(process, "restart_needed"), "it is told", SECONDS)
    found = at.look("status", "--json").json["configuration"]
    assert ["service.listen"] == found["restart_needed"]
    edit_row(at.file, "K00022", "City", "Linz")
    eventually(lambda: "Linz" == at.box.value(at.email(22), "city"), "the rest applies", SECONDS)


def test_a_swapped_config_map_is_obeyed(tmp_path: Path) -> None:
    """Kubernetes swaps a folder behind a link; the visible file stays the same link."""
    with desk(tmp_path, *FLOWING) as at:
        version(tmp_path, "..v1", (tmp_path / "crmsyncd.yaml").read_text())
        (tmp_path / "crmsyncd.yaml").unlink()
        (tmp_path / "crmsyncd.yaml").symlink_to("..data/crmsyncd.yaml")
        with at.daemon() as process:
            eventually(process.is_quiet, "the first sync ends")
            version(tmp_path, "..v2", configured(at.box.base_url, *FLOWING, "direction: pull"))
            eventually(lambda: events(process, "configuration_taken"), "it is taken", SECONDS)
            process.settle()
            edit_row(at.file, "K00020", "City", "Zürich")
            contact = at.box.contact(at.email(21))
            assert contact is not None
            at.box.edit(contact["id"], city="Linz")
            eventually(lambda: "Linz" == at.rows()["K00021"]["City"], "the row", SECONDS)
            assert "Zürich" != at.box.value(at.email(20), "city")
            assert 0 == process.stop()


def test_a_changed_secret_is_used(tmp_path: Path) -> None:
    """A credential in a file of its own is exchanged without a word in the configuration."""
    with desk(tmp_path) as at:
        (tmp_path / "token").write_text("not-the-token")
        text = configured(at.box.base_url, *FLOWING).replace(
            "${env:HUBSPOT_TOKEN}", "${file:token}"
        )
        save(at, text)
        with at.daemon() as process:
            eventually(lambda: events(process, "run_failed"), "the wrong token is refused")
            (tmp_path / "token").write_text(at.box.token)
            eventually(process.is_quiet, "the right one is used")
            assert 60 == len(at.box.records())
            (taken,) = events(process, "configuration_taken")
            assert ["crm"] == taken["connections"]
            assert at.box.token not in process.errors()
            assert 0 == process.stop()


def test_a_rename_is_told_or_refused(tmp_path: Path) -> None:
    """Without ``was:`` a new name is refused; with it links go on and nothing is written twice."""
    with desk(tmp_path, *FLOWING) as at, at.daemon() as process:
        eventually(process.is_quiet, "the first sync ends")
        before = at.box.records()
        _a_silent_rename_is_refused(at, process)
        _a_told_rename_goes_on(at, process)
        assert before == at.box.records()
        _edits_travel_on(at, process)
        _a_removed_sync_rests(at, process)
        assert 0 == process.stop()
        refused = at.run("sync", "people")
        assert (2, True) == (refused.code, "was: persons" in refused.err)


def _a_silent_rename_is_refused(at: Desk, process: Daemon) -> None:
    save(at, named(at, "persons"))
    (told,) = eventually(lambda: events(process, "configuration_refused"), "refused", SECONDS)
    (problem,) = told["problems"]
    assert ("crmsyncd.yaml:5:3", "syncs.persons") == (problem["at"], problem["key"])
    assert '"people-to-crm"' in problem["message"]
    assert "was: people-to-crm" in at.look("status").out
    process.settle()


def _a_told_rename_goes_on(at: Desk, process: Daemon) -> None:
    save(at, named(at, "persons", "was: people-to-crm"))
    eventually(lambda: events(process, "configuration_taken"), "taken", SECONDS)
    eventually(lambda: runs_of(process, "persons"), "the new name runs", SECONDS)
    process.settle()
    (found,) = at.look("status", "--json").json["syncs"]
    assert ("persons", "active", 40, 0) == (
        found["sync"],
        found["status"],
        found["links"],
        found["conflicts"],
    )


def _edits_travel_on(at: Desk, process: Daemon) -> None:
    edit_row(at.file, "K00020", "City", "Zürich")
    eventually(lambda: "Zürich" == at.box.value(at.email(20), "city"), "the contact", SECONDS)
    process.settle()


def _a_removed_sync_rests(at: Desk, process: Daemon) -> None:
    lines = named(at, "persons").splitlines()
    kept = [line for line in lines if not line.startswith("    ") and "persons" not in line]
    save(at, "\n".join(kept).replace("syncs:\n", "") + "\n")
    eventually(lambda: events(process, "syncs_dormant"), "it rests", SECONDS)
    assert "dormant" == at.status()["status"]
    save(at, named(at, "people"))
    eventually(lambda: 1 == process.metrics()[FAILED], "another name for it is refused", SECONDS)


def save(at: Desk, text: str) -> None:
    """Write beside and rename over, as editors do."""
    beside = at.folder / ".crmsyncd.yaml.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(at.folder / "crmsyncd.yaml")


def named(at: Desk, name: str, *more: str) -> str:
    return configured(at.box.base_url, *FLOWING, *more).replace("  people-to-crm:", f"  {name}:")


def version(folder: Path, name: str, text: str) -> None:
    """Put a version of a ConfigMap in place as Kubernetes does."""
    (folder / name).mkdir()
    (folder / name / "crmsyncd.yaml").write_text(text, encoding="utf-8")
    (folder / "..data_tmp").symlink_to(name)
    (folder / "..data_tmp").replace(folder / "..data")


def events(process: Daemon, word: str) -> list[Mapping[str, Any]]:
    """What the daemon has logged under a word."""
    lines = process.errors().splitlines()
    return [event for event in map(json.loads, lines) if word == event["event"]]


def runs_of(process: Daemon, sync: str) -> float:
    return process.total("crmsync_runs_total", f'sync="{sync}"', 'outcome="nothing"')
