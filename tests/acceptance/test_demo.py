"""The demonstration: what ``crmsyncd demo`` promises, from outside."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.processes import (
    COMMAND,
    ask,
    crmsyncd,
    crmsyncd_here,
    eventually,
    surroundings,
)

COUNTS = {
    "read", "valid", "invalid", "created", "updated", "skipped", "merged", "failed", "conflicts",
    "quarantined",
}  # fmt: skip


def test_demo_once_proves_itself_in_one_json_object(tmp_path: Path) -> None:
    """Converged, nobody doubled, a further run writes nothing; its folder can be looked into."""
    done = crmsyncd("demo", "--once", "--json", folder=tmp_path, environment=_home(tmp_path))
    assert 0 == done.code, done.err
    told = done.json
    assert (True, 0, 0) == (told["converged"], told["duplicates"], told["second_run_operations"])
    for run in told["runs"]:
        assert {"run", "sync", "outcome", "counts", "by_side", "api", "verified"} <= run.keys()
        assert COUNTS <= run["counts"].keys()
        assert run["api"]["minimum"] <= run["api"]["calls"] <= 1.05 * run["api"]["minimum"]
        assert 0 == run["verified"]["mismatched"]
    first = told["runs"][0]
    assert 1000 < first["counts"]["read"]
    assert 5 <= first["verified"]["checked"]
    assert all(first["counts"][name] for name in ("created", "updated", "merged", "conflicts"))
    state = ("--state", told["folder"])
    assert first == crmsyncd("report", first["run"], *state, "--json", folder=tmp_path).json
    assert crmsyncd_here("report", first["run"], *state, environment={}).out.startswith("Run 1")
    assert crmsyncd_here("quarantine", *state, "--json", environment={}).json


@pytest.mark.parametrize(
    "words",
    [("--crm", "salesforce"), ("--from", "salesforce", "--crm", "hubspot")],
    ids=["salesforce", "salesforce to hubspot"],
)
def test_demo_shows_any_system_on_either_side(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A file with Salesforce, and two CRMs with each other, come to rest as file and HubSpot do."""
    done = crmsyncd(
        "demo", *words, "--once", "--json", folder=tmp_path, environment=_home(tmp_path)
    )
    assert 0 == done.code, done.err
    told = done.json
    assert (True, 0, 0) == (told["converged"], told["duplicates"], told["second_run_operations"])
    first = told["runs"][0]
    assert all(first["counts"][name] for name in ("created", "updated", "merged", "conflicts"))
    for run in told["runs"]:  # of two objects taken for one each is described and listed by itself
        assert run["api"]["calls"] <= 1.05 * run["api"]["minimum"] + 5
        assert 0 == run["verified"]["mismatched"]


def test_demo_tells_which_sandboxes_there_are(tmp_path: Path) -> None:
    """A system without one is named, with those that have one."""
    done = crmsyncd_here("demo", "--from", "sheet", "--once", environment=_home(tmp_path))
    assert 2 == done.code
    assert "'sheet': no such sandbox" in done.err
    assert "hubspot, salesforce" in done.err


def _home(folder: Path) -> dict[str, str]:
    """An empty home: the demonstration needs nothing of anybody's."""
    return {"HOME": str(folder), "TMPDIR": str(folder)}


def test_demo_serves_on_the_port_it_is_given(tmp_path: Path) -> None:
    """The daemon answers there, syncs, and ends in good order on SIGTERM."""
    port = _free_port()
    words = [COMMAND, "demo", "--port", str(port), "--folder", str(tmp_path / "demo")]
    with (
        (tmp_path / "out").open("wb") as out,
        (tmp_path / "err").open("wb") as err,
        subprocess.Popen(words, env=surroundings({}), stdout=out, stderr=err) as process,
    ):
        try:
            eventually(lambda: _is_up(port), "the daemon listens")
            ran = 'crmsync_runs_total{outcome="done"'
            eventually(lambda: ran in _page(port, "metrics"), "a run is done")
            assert "ready" == json.loads(_page(port, "readyz"))["status"]
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(60)
        finally:
            process.kill()
    assert str(tmp_path / "demo") in (tmp_path / "out").read_text().replace("\n", "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_up(port: int) -> bool:
    try:
        return 200 == ask("GET", f"http://127.0.0.1:{port}/healthz")[0]
    except OSError:
        return False


def _page(port: int, name: str) -> str:
    return ask("GET", f"http://127.0.0.1:{port}/{name}")[1].decode()
