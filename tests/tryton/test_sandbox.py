"""The real server as a sandbox: whose packages it has, and that it leaves nothing running."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.tryton.sandbox import environment as environments
from adapters.tryton.sandbox.environment import NoServerError, alone_in, environment
from tests.acceptance.processes import ask, eventually
from tests.test_requirements import PIN
from tests.tryton.person import Person
from tests.tryton.server import server, surroundings

LOCKED = Path(environments.__file__).with_name("requirements.txt")


def test_the_servers_packages_are_hashed_pins_and_none_of_ours() -> None:
    """Its environment is exact, and its licence's packages are no dependency of the product."""
    locked = LOCKED.read_text(encoding="utf-8")
    ours = Path("requirements/runtime.txt").read_text(encoding="utf-8")

    assert "" == PIN.sub("", locked)
    assert {"trytond", "trytond-party", "trytond-sale-opportunity"} <= {
        pin["name"] for pin in PIN.finditer(locked)
    }
    assert "trytond" not in ours


def test_a_killed_sandbox_takes_its_server_along() -> None:
    """``kill -9`` leaves no server behind that nobody knows of."""
    words = ("-m", "adapters.sandbox", "tryton", "--records", "0")
    with subprocess.Popen(
        [sys.executable, *words], env=surroundings(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split(b'"base_url":"')[1].split(b'"')[0].decode()
        assert ask("GET", url)[0]
        process.send_signal(signal.SIGKILL)

    def is_gone() -> bool:
        try:
            ask("GET", url)
        except OSError:
            return True
        return False

    eventually(is_gone, "the server ends")


def test_people_are_there_from_the_start() -> None:
    """A sandbox with people has them as a person sees them; a fresh one is its own."""
    with server(records=3) as at:
        people = Person(at).everybody()

    assert ["party.0@example.com", "party.1@example.com", "party.2@example.com"] == sorted(
        one["email"] for one in people.values()
    )


def test_a_server_that_cannot_be_installed_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half-made environment is taken for a whole one, and the next step is named."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with alone_in(tmp_path), pytest.raises(NoServerError, match=environments.FOLDER_VARIABLE):
        asyncio.run(environment(tmp_path))

    assert not (tmp_path / "venv" / ".installed").exists()
