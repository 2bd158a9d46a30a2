"""State dumped, kept and loaded; switches while running; seeds; the process itself."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import UnknownSandboxError, known_sandboxes, serve_sandbox
from tests.sandbox.conftest import Start
from tests.sandbox.wire import CONTACTS, Wire

ROOT = Path(__file__).resolve().parents[2]
WANTED = "properties=email,phone,sync_external_id&propertiesWithHistory=phone"


async def test_dump_loads_as_it_was(wire: Wire, start: Start) -> None:
    """Ids, history, custom properties, the bin, merges and unique values survive."""
    await wire.unique_property()
    kept = await wire.create(email="a@example.com", phone="1", sync_external_id="k")
    await wire.patch(kept, phone="2")
    gone = await wire.create(email="b@example.com")
    await wire.call("DELETE", f"{CONTACTS}/{gone}")
    old = await wire.create(email="c@example.com")
    body = {"primaryObjectId": kept, "objectIdToMerge": old}
    await wire.call("POST", f"{CONTACTS}/merge", body)
    state = (await wire.call("GET", "/_sandbox/state")).body
    other = await start(seed=2)
    assert {"records": 1} == (await other.call("PUT", "/_sandbox/state", state)).body
    for record_id in (kept, old):
        expected = (await wire.read(record_id, WANTED)).body
        assert expected == (await other.read(record_id, WANTED)).body
    assert 200 == (await other.read(gone, "archived=true")).status
    taken = {"properties": {"email": "c@example.com"}}
    assert 409 == (await other.call("POST", CONTACTS, taken)).status
    assert state == (await other.call("GET", "/_sandbox/state")).body
    assert int(await other.create(lastname="L")) > int(old)


@pytest.mark.parametrize("state", [{}, {"types": {"contacts": {}}}, {"types": 1}])
async def test_dump_of_something_else(wire: Wire, state: dict[str, Any]) -> None:
    """What is no state is refused with a reason."""
    answer = await wire.call("PUT", "/_sandbox/state", state)
    assert (400, True) == (answer.status, bool(answer.body["error"]))


async def test_same_seed_same_people(start: Start) -> None:
    """Seeded contacts repeat to the letter; another seed gives others."""
    first, same, other = [
        [
            record.values
            for record in (await start(seed=seed, records=300)).sandbox.contacts.all_live()
        ]
        for seed in (1, 1, 2)
    ]
    assert first == same
    assert first != other


async def test_seeded_people_are_untidy(start: Start) -> None:
    """Some without address, some with a second one, phones tidy and not, names beyond ASCII."""
    wire = await start(records=300)
    people = wire.sandbox.contacts.all_live()
    assert any(not person.get("email") for person in people)
    assert any(person.get("hs_additional_emails") for person in people)
    assert any(person.get("phone").startswith("+") for person in people)
    assert any("(" in person.get("phone") for person in people)
    assert any(not person.get("firstname").isascii() for person in people)
    assert all(person.updated_at < wire.sandbox.clock.now() for person in people)
    assert 300 == (await wire.search()).body["total"]


async def test_switches_turn_while_running(wire: Wire) -> None:
    """Switches and rates can be changed in a running sandbox; unknown ones are refused."""
    change = {"switches": {"is_lifecycle_forward_only": False}, "limits": {"burst": 1}}
    answer = await wire.call("POST", "/_sandbox/switches", change)
    assert (False, 1) == (
        answer.body["switches"]["is_lifecycle_forward_only"],
        answer.body["limits"]["burst"],
    )
    await wire.call("GET", CONTACTS)
    assert 429 == (await wire.call("GET", CONTACTS)).status
    wrong_ones: list[dict[str, Any]] = [
        {"switches": {"nonsense": True}},
        {"switches": {"is_text_trimmed": "yes"}},
        {"switches": {"partial_email_upsert": "maybe"}},
        {"limits": {"page_size": 1}},
        {"limits": {"burst": "many"}},
    ]
    for wrong in wrong_ones:
        assert 400 == (await wire.call("POST", "/_sandbox/switches", wrong)).status


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "adapters.sandbox", "hubspot", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, json.loads(running.stdout.readline())
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=10)


def ask(place: dict[str, Any], path: str, body: object = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{place['base_url']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {place['token']}"},
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
        return json.load(response)


def test_process_announces_itself_and_keeps_its_state(tmp_path: Path) -> None:
    """One JSON line, an end on SIGTERM with 0, and the same records after a restart."""
    keep = ("--state", str(tmp_path / "state.json"))
    with process("--records", "7", "--seed", "3", *keep) as (running, place):
        assert {"base_url", "token"} <= set(place)
        assert 7 == len(ask(place, f"{CONTACTS}?limit=100")["results"])
        ask(place, CONTACTS, {"properties": {"email": "kept@example.com"}})
    assert 0 == running.returncode
    assert running.stdout is not None
    with process("--records", "7", *keep) as (_, place):
        found = ask(place, f"{CONTACTS}/kept@example.com?idProperty=email")
        assert "kept@example.com" == found["properties"]["email"]
        assert 8 == place["records"]


def test_file_that_is_no_state(tmp_path: Path) -> None:
    """A state file that cannot be read ends the start with a reason and code 2, and stays as it is."""
    path = tmp_path / "state.json"
    path.write_text("half a fi")
    command = [sys.executable, "-m", "adapters.sandbox", "hubspot", "--state", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (2, "", True) == (ended.returncode, ended.stdout, str(path) in ended.stderr)
    assert "half a fi" == path.read_text()


def test_unknown_sandbox_is_named() -> None:
    """A name without a sandbox lists those there are."""
    assert "hubspot" in known_sandboxes()
    with pytest.raises(UnknownSandboxError, match="hubspot"):
        serve_sandbox("spaceship", port=0, records=0, seed=1)
