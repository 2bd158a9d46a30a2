"""``check`` and ``check --probe`` as commands: exit codes, and processes that really die."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk, desk
from tests.acceptance.processes import COMMAND, eventually, surroundings

UPDATES = {"method": "POST", "path_prefix": "/crm/objects/2026-09/contacts/batch/update"}


def start_probe(at: Desk) -> subprocess.Popen[bytes]:
    """Start a probe in a process of its own."""
    words = ["check", "--probe", "--yes", "--config", "crmsyncd.yaml", "--state", "state"]
    return subprocess.Popen(
        [COMMAND, *words],
        cwd=at.folder,
        env=surroundings(at.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_probe_asks_first_and_leaves_nothing(tmp_path: Path) -> None:
    """Without a person or ``--yes`` it writes nothing and exits 3; with it, 0."""
    with desk(tmp_path) as at:
        before = len(at.box.records())
        unasked = at.look("check", "--probe")
        assert 3 == unasked.code
        assert "crmsyncd check --probe --yes" in unasked.err
        assert before == len(at.box.records())

        done = at.look("check", "--probe", "--yes", "--json")
        assert 0 == done.code
        (probe,) = done.json["probes"]
        assert probe["is_clean"]
        assert probe["calls"] == sum(probe["by_purpose"].values())
        assert before == len(at.box.records())

        shown = at.look("check")
        assert 0 == shown.code
        assert "Are blanks at the ends of a text kept?" in shown.out
        assert "API calls today" in shown.out


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_probe_that_dies_leaves_nothing_in_the_end(tmp_path: Path, how: signal.Signals) -> None:
    """Killed with its record made: the next probe removes it. Interrupted, it does so itself."""
    with desk(tmp_path) as at:
        before = len(at.box.records())
        at.box.fault("slow_body", seconds=20, match=UPDATES)
        process = start_probe(at)
        eventually(lambda: len(at.box.records()) > before, "the test record")
        process.send_signal(how)
        process.wait(60)
        at.box.heal()

        is_killed = how is signal.SIGKILL
        assert is_killed == (len(at.box.records()) > before)
        told = at.look("check", "--json").json["connections"]
        assert is_killed == ("probe_left_behind" in {one["trouble"] for one in told})
        again = at.look("check", "--probe", "--yes", "--json")
        assert (0, int(is_killed)) == (again.code, again.json["probes"][0]["former_removed"])
        assert before == len(at.box.records())
