"""The README's tour, walked with its own words: its files, its commands, in their order."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
COMMAND = str(Path(sys.executable).with_name("crmsyncd"))
ADDRESS = "http://127.0.0.1:8900"


def block(language: str) -> str:
    """Return the first block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def told_commands() -> list[str]:
    """Return every command that the README has people type, without the program's name."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line for text in blocks for line in text.splitlines()]
    return [line[11:].split("  #")[0].strip() for line in lines if line.startswith("$ crmsyncd ")]


def expected_code(line: str) -> int:
    """Return the exit code the README tells of: 3 where a first run waits for its approval."""
    is_run = line.startswith("sync ")
    return 3 if is_run and "--approve" not in line and "--yes" not in line else 0


def ask(url: str, body: object = None, token: str = "") -> Any:
    """Send a request to this machine; return what it answered."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    with urlopen(Request(url, data, headers), timeout=30) as reply:  # noqa: S310 - loopback
        text = reply.read().decode()
    return json.loads(text) if text[:1] in "{[" else text


def eventually(is_true: Callable[[], bool], what: str) -> None:
    """Wait for what another process does; a minute at most."""
    ends_at = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < ends_at, what
        time.sleep(0.2)


@contextmanager
def process(*words: str, folder: Path, environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Start a command that stays; yield the JSON line it begins with; end it in good order."""
    started = subprocess.Popen(
        [COMMAND, *words], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        yield json.loads(started.stdout.readline())
    finally:
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=30)


class Tour:
    """Somebody who walks the tour."""

    def __init__(self, folder: Path, sandbox: dict[str, Any], environment: dict[str, str]) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.environment = environment | {"HUBSPOT_TOKEN": sandbox["token"], "COLUMNS": "200"}
        self.file = folder / "people.csv"
        self.file.write_text(block("csv"), encoding="utf-8")
        settings = block("yaml").replace(ADDRESS, sandbox["base_url"])
        assert sandbox["base_url"] in settings
        (folder / "crmsyncd.yaml").write_text(settings, encoding="utf-8")

    def type(self, line: str) -> str:
        """Run a command as it stands in the README; return what it printed."""
        done = subprocess.run(
            [COMMAND, *line.split()],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert expected_code(line) == done.returncode, (line, done.stdout, done.stderr)
        return done.stdout

    def edit_file(self, old: str, new: str) -> None:
        """Save the file with one cell changed."""
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def contact(self, address: str) -> dict[str, Any]:
        """Return a contact of the sandbox by its address."""
        url = f"{self.sandbox['base_url']}/crm/v3/objects/contacts/{address}"
        query = "?idProperty=email&properties=jobtitle"
        found: dict[str, Any] = ask(url + query, token=self.sandbox["token"])
        return found

    def title(self, address: str) -> str:
        """Return somebody's job title in the sandbox."""
        return str(self.contact(address)["properties"]["jobtitle"])

    def edit_contact(self, address: str, title: str) -> None:
        """Change a contact as a person would on the sandbox's page."""
        body = {"id": self.contact(address)["id"], "properties": {"jobtitle": title}}
        ask(f"{self.sandbox['admin']}user/contacts/edit", body)


@pytest.fixture
def tour(tmp_path: Path) -> Iterator[Tour]:
    """The tour's folder and its sandbox."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CRMSYNCD_")}
    words = next(line for line in told_commands() if line.startswith("sandbox ")).split()
    words[words.index("--port") + 1] = "0"
    with process(*words, folder=tmp_path, environment=environment) as sandbox:
        yield Tour(tmp_path, sandbox, environment)


def walk(tour: Tour, lines: list[str]) -> None:
    """Type lines one after the other; where one says DIGEST, the digest shown before."""
    digest = ""
    for line in lines:
        shown = tour.type(line.replace("DIGEST", digest))
        found = re.search(r"Plan ([0-9a-f]{12})", shown)
        digest = found[1] if found else digest


def test_the_tour_goes_as_told(tour: Tour) -> None:
    """Each command works, each edit arrives, the conflict waits and is decided."""
    lines = told_commands()
    daemon = lines.index("run")
    one_off = next(number for number, line in enumerate(lines) if "--from" in line)
    walk(tour, lines[1:daemon])

    assert "siobhan.fitzgerald.1@example.com,Siobhán,Fitzgerald,0" in tour.file.read_text("utf-8")
    listen = ("--listen", "127.0.0.1:0", "--json")
    with process("run", *listen, folder=tour.folder, environment=tour.environment) as started:
        tour.edit_file("Buyer", "Head of Buying")
        eventually(lambda: tour.title("ada@example.com") == "Head of Buying", "file to contact")
        expected = tour.file.read_bytes().replace(b"23456789,", b"23456789,CTO")
        tour.edit_contact("bo@example.com", "CTO")
        eventually(lambda: tour.file.read_bytes() == expected, "contact to file")
        tour.edit_contact("bo@example.com", "Founder")
        tour.edit_file("CTO", "Chief Engineer")
        eventually(lambda: "both_changed" in tour.type("conflicts"), "the conflict is listed")
        assert "Founder" == tour.title("bo@example.com")

        walk(tour, lines[daemon + 1 : one_off])
        eventually(lambda: tour.title("bo@example.com") == "Chief Engineer", "the decision")
        assert "crmsync_runs_total" in ask(f"{started['url']}/metrics")
    assert "<!DOCTYPE html>" in (tour.folder / "run.html").read_text(encoding="utf-8")


def test_the_one_off_goes_as_told(tour: Tour) -> None:
    """It waits, runs when approved, and has nothing to do when run again."""
    people = block("csv").replace("ada@", "dee@").replace("bo@", "eve@")
    (tour.folder / "leads.csv").write_text(people, encoding="utf-8")
    lines = [
        f"{line} --base-url {tour.sandbox['base_url']}"
        for line in told_commands()
        if "--from" in line
    ]

    walk(tour, lines)
    again = tour.type(f"{lines[0]} --yes")

    assert 2 == len(lines)
    assert "nothing to do" in again
