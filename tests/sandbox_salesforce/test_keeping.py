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

from adapters.salesforce.sandbox.ids import full_id, is_id, mint
from adapters.sandbox import known_sandboxes
from tests.sandbox_salesforce.conftest import Start
from tests.sandbox_salesforce.wire import BASE, Wire

ROOT = Path(__file__).resolve().parents[2]
COUNT = f"{BASE}/query?q=SELECT+COUNT()+FROM+Contact"


@pytest.mark.parametrize(
    ("short", "long"),
    [("a0D30000001n7Pi", "a0D30000001n7PiEAI"), ("0019000000B98de", "0019000000B98deAAB")],
)
def test_checksum(short: str, long: str) -> None:
    """§16: known pairs; capitals come back from the checksum."""
    assert (long, long) == (full_id(short), full_id(long.lower()[:15] + long[15:]))
    assert is_id(short)
    assert is_id(long)
    assert not is_id(f"{short}AAA")


def test_fresh_ids_sort() -> None:
    """§16: ids sort in the order they were made, with prefix and checksum."""
    made = [mint("003", number) for number in range(1, 20_000, 7)]
    assert sorted(made) == made
    assert all(is_id(each) and each.startswith("003") for each in made)


async def test_dump_loads_as_it_was(wire: Wire, start: Start) -> None:
    """Ids, stamps, the bin, the delete log, history, custom fields and keys survive."""
    field = {"FullName": "Contact.My__c", "Metadata": {"type": "Checkbox", "label": "My"}}
    await wire.call("POST", "tooling/sobjects/CustomField", field)
    kept = await wire.create(LastName="A", crmsyncd_id__c="k", My__c=True)
    await wire.patch(kept, Phone="2")
    gone = await wire.create(LastName="B")
    await wire.act("delete", id=gone)
    state = (await wire.call("GET", "/_sandbox/state")).body
    other = await start(seed=2)
    assert {"records": 1} == (await other.call("PUT", "/_sandbox/state", state)).body
    assert await wire.read(kept) == await other.read(kept)
    for query in (
        "SELECT Id, IsDeleted FROM Contact",
        "SELECT Field, NewValue FROM ContactHistory",
    ):
        assert await wire.values(query, "queryAll") == await other.values(query, "queryAll")
    assert state == (await other.call("GET", "/_sandbox/state")).body
    taken = await other.call("POST", "sobjects/Contact", {"LastName": "C", "crmsyncd_id__c": "K"})
    assert ["DUPLICATE_VALUE"] == taken.codes
    assert gone < await other.create(LastName="New")


@pytest.mark.parametrize("state", [{"types": {"Contact": {}}}, {"types": 1}, {"other": 1}])
async def test_dump_of_something_else(wire: Wire, state: dict[str, Any]) -> None:
    """What is no state is refused with a reason."""
    answer = await wire.call("PUT", "/_sandbox/state", state)
    assert (400, True) == (answer.status, bool(answer.body["error"]))


async def people(start: Start, seed: int) -> list[Any]:
    wire = await start(seed=seed, records=300)
    return [
        dict(row.values)
        for name in ("Contact", "Lead")
        for row in wire.sandbox.org.store(name).all_live()
    ]


async def test_same_seed_same_people(start: Start) -> None:
    """Seeded people repeat to the letter; another seed gives others."""
    first, same, other = [await people(start, seed) for seed in (1, 1, 2)]
    assert first == same
    assert first != other


async def test_seeded_people_are_untidy(start: Start) -> None:
    """Contacts of accounts and some leads; some without address, phones tidy and not."""
    rows = await people(start, 1)
    leads = [row for row in rows if row["Id"].startswith("00Q")]
    assert (300, True) == (len(rows), 30 < len(leads) < 90)
    assert all(row.get("AccountId") for row in rows if row["Id"].startswith("003"))
    assert any(not row.get("Email") for row in rows)
    assert any(row.get("Phone", "").startswith("+") for row in rows)
    assert any("(" in row.get("Phone", "") for row in rows)
    assert any(not row["FirstName"].isascii() for row in rows)


async def test_switches_and_limits(wire: Wire) -> None:
    """Both can be changed in a running sandbox; unknown ones and wrong values are refused."""
    changed = await wire.admin("POST", "switches", may_read_limits=False)
    assert changed.body["may_read_limits"] is False
    assert 3 == (await wire.admin("POST", "limits", page=3)).body["page"]
    wrong: list[tuple[str, dict[str, object]]] = [
        ("switches", {"nonsense": True}),
        ("switches", {"may_read_limits": "no"}),
        ("limits", {"nonsense": 1}),
        ("limits", {"page": "many"}),
        ("visibility", {"hide": ["Contact.Nothing"]}),
    ]
    for path, body in wrong:
        assert 400 == (await wire.admin("POST", path, **body)).status
    assert 400 == (await wire.admin("PUT", "jwt", public_key="no key")).status


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "adapters.sandbox", "salesforce", "--port", "0", *arguments]
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
        headers={
            "Authorization": f"Bearer {place['token']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
        return json.load(response)


def test_process_announces_itself_and_keeps_its_state(tmp_path: Path) -> None:
    """One JSON line, an end on SIGTERM with 0, and the same records after a restart."""
    keep = ("--state", str(tmp_path / "state.json"))
    with process("--records", "7", "--seed", "3", *keep) as (running, place):
        assert {
            "base_url",
            "instance_url",
            "client_id",
            "client_secret",
            "token",
            "page",
            "admin",
        } <= set(place)
        assert 7 == place["records"]
        before = ask(place, COUNT)["totalSize"]
        ask(place, f"{BASE}/sobjects/Contact", {"LastName": "Kept"})
    assert 0 == running.returncode
    assert running.stdout is not None
    with process("--records", "7", *keep) as (_, place):
        assert before + 1 == ask(place, COUNT)["totalSize"]
        assert 8 == place["records"]


def test_file_that_is_no_state(tmp_path: Path) -> None:
    """A state file that cannot be read ends the start with a reason and code 2, and stays as it is."""
    path = tmp_path / "state.json"
    path.write_text("half a fi")
    command = [sys.executable, "-m", "adapters.sandbox", "salesforce", "--state", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (2, "", True) == (ended.returncode, ended.stdout, str(path) in ended.stderr)
    assert "half a fi" == path.read_text()


def test_it_is_known() -> None:
    """The one door finds it by name."""
    assert "salesforce" in known_sandboxes()
