"""``crmsyncd connect``: from a vendor's settings to a connection that works, the secret sealed."""

import json
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.connecting import (
    ALL,
    ASKS,
    CONFIRMS,
    MAKE_FIELDS,
    READ,
    READ_FIELDS,
    TICKS,
    WRITE,
    Place,
    grant,
    typed,
)
from tests.acceptance.people import as_csv, plain_people, rows_for
from tests.acceptance.processes import COMMAND, Sandbox, crmsyncd, sandbox


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Sandbox]:
    with sandbox(records=12) as served:
        yield served


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    """A sandbox whose key has all scopes."""
    grant(shared_box, *ALL)
    return shared_box


@pytest.fixture
def at(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_secret_from_standard_input(box: Sandbox, tmp_path: Path) -> None:
    """The real command stores it sealed, writes the connection down, and syncs with it."""
    people = plain_people(box.records(), 4)
    (tmp_path / "people.csv").write_bytes(as_csv(rows_for(people, 8)))
    config = tmp_path / "crmsyncd.yaml"
    before = (
        b"# kept\r\nconnections:\r\n  people: {type: csv, path: people.csv, key: id}  # too\r\n"
    )
    config.write_bytes(before)

    done = crmsyncd(
        "connect", "hubspot", "crm", "--base-url", box.base_url, "--token-stdin", "--yes", "--json",
        "--state", "state", folder=tmp_path, stdin=f"{box.token}\n".encode(),
    )  # fmt: skip

    assert 0 == done.code, done.err
    told = done.json
    assert ("crm", "1234567") == (told["look"]["connection"], told["look"]["account_id"])
    assert {True} == {scope["is_granted"] for scope in told["look"]["scopes"]}
    assert ["token"] == told["stored"]
    assert told["key_was_made"]
    assert config.read_bytes().startswith(before)
    assert b"token: ${stored:crm}" in config.read_bytes()
    key = tmp_path / "state" / "crmsyncd.key"
    assert 0o600 == stat.S_IMODE(key.stat().st_mode)
    files = [one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()]
    assert not any(box.token.encode() in content for content in files)
    assert box.token not in done.out + done.err
    with config.open("ab") as opened:
        opened.write(b"syncs: {sync: {source: {connection: people}, crm: {connection: crm}}}\r\n")
    assert 3 == crmsyncd("sync", "sync", "--state", "state", folder=tmp_path).code


def test_a_person_is_led_and_asked(box: Sandbox, tmp_path: Path) -> None:
    """On a terminal: the steps, the secret without echo, the account to confirm; no is no."""
    no = typed(tmp_path, box, (ASKS, box.token), (CONFIRMS, "n"))
    assert (3, False) == (no.code, (tmp_path / "crmsyncd.yaml").exists())
    assert "Nothing was stored." in no.out

    yes = typed(tmp_path, box, (ASKS, box.token), (CONFIRMS, "y"))

    shown = typed(tmp_path, box, option="--token-stdin")
    assert (2, True) == (shown.code, "would show what you type" in shown.out)
    assert 0 == yes.code, yes.out
    assert "Choose Create service key" in yes.out
    assert f"{MAKE_FIELDS} (may be left out)" in yes.out
    assert "app-eu1.hubspot.com (1234567). Is it the right one?" in yes.out
    assert box.token not in yes.out
    assert "token: ${stored:hubspot}" in (tmp_path / "crmsyncd.yaml").read_text()


def test_a_person_mends_what_is_wrong(box: Sandbox, tmp_path: Path) -> None:
    """A wrong secret is asked for again; Enter after ticking a missing scope looks again."""
    grant(box, READ, READ_FIELDS)

    def tick() -> str:
        grant(box, *ALL)
        return ""

    done = typed(
        tmp_path, box, (ASKS, "pat-wrong"), (ASKS, box.token), (TICKS, tick), (CONFIRMS, "y")
    )

    assert 0 == done.code, done.out
    assert "with 401" in done.out
    assert f"{WRITE}: MISSING (create and update contacts)" in done.out


def test_scripts_confirm_the_account_with_yes(box: Sandbox, at: Place) -> None:
    """Without it the account is shown and nothing is kept, not even a key."""
    done = at.connect(box)

    assert 3 == done.code
    assert "it opens the account app-eu1.hubspot.com (1234567); say --yes to it" in done.err
    assert not at.config.exists()
    assert not at.key.exists()


def test_missing_scopes_are_named_with_what_they_are_for(box: Sandbox, at: Place) -> None:
    """Each one that is needed stops it; nothing is stored."""
    grant(box, READ, READ_FIELDS)

    plain, told = at.connect(box, "--yes"), at.connect(box, "--yes", "--json")

    assert (2, 2) == (plain.code, told.code)
    assert f"{WRITE}: MISSING (create and update contacts)" in plain.err
    assert f"the credential lacks {WRITE}" in plain.err
    missing = [one["name"] for one in told.json["scopes"] if not one["is_granted"]]
    assert [WRITE, MAKE_FIELDS] == missing
    assert [] == at.run("connect", "--list", "--json").json["credentials"]


def test_without_leave_for_our_field_everything_else_works(at: Place) -> None:
    """R7: it is said what is lost; the connection is set up all the same."""
    with sandbox(records=1) as fresh:
        grant(fresh, READ, WRITE, READ_FIELDS)

        done = at.connect(fresh, "--yes", "--json")

    assert 0 == done.code, done.err
    assert "a create whose reply is lost is held for a person" in done.json["external_id"]


def test_a_refused_secret_is_told_with_the_next_step(box: Sandbox, at: Place) -> None:
    """And shown nowhere."""
    done = at.connect(box, "--yes", token="pat-eu1-nobody-knows-this")

    assert 5 == done.code
    assert "with 401" in done.err
    assert "Create a service key in HubSpot" in done.err
    assert "nobody-knows" not in done.out + done.err
    assert b"nobody-knows" not in at.everything()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hubspot", "--set", "token=pat-1"), "--set token=… would show a secret"),
        (("hubspot",), "on standard input with --token-stdin, or in the environment as HUBSPOT"),
        (("hubspot", "--set", "colour=red"), "HubSpot has no key 'colour'. It has: "),
        (("hubspot", "--set", "base_url"), "--set takes KEY=VALUE"),
        (("hubspot", "--base-url", "http://example.com"), "must begin with https://"),
        (("hobspot",), "There is no guide to the type 'hobspot'. There is: csv, hubspot"),
        (("hubspot", "no name"), "connections"),
        (("csv", "people"), "Path of the file is missing: give it with --set path=…"),
        (("csv", "people", "--set", "path=gone.csv"), "gone.csv"),
        (("csv", "people", "--base-url", "http://localhost"), "CSV file has no key 'base_url'"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_kept(
    at: Place, words: tuple[str, ...], told: str
) -> None:
    """Each with what is expected; no secret is repeated."""
    secret = {} if words == ("hubspot",) else {"HUBSPOT_TOKEN": "pat-secret"}

    done = at.run("connect", *words, "--yes", **secret)

    assert done.code
    assert told in done.err
    assert "pat-1" not in done.err
    assert "pat-secret" not in done.err
    assert not at.config.exists()
    assert not at.key.exists()


def test_a_connection_that_stands_is_left_as_it_is(box: Sandbox, at: Place) -> None:
    """Its own keys are used for the trial; what to change is said, and no byte is."""
    text = (
        "connections:\n"
        f'  hubspot: {{type: hubspot, token: "${{env:OLD}}", base_url: "{box.base_url}"}}\n'
    )
    at.config.write_text(text)

    done = at.run("connect", "hubspot", "--yes", "--json", HUBSPOT_TOKEN=box.token)

    assert 0 == done.code, done.err
    assert text == at.config.read_text()
    assert "" == done.json["configuration"]
    assert 'token: "${stored:hubspot}"' in done.json["next_steps"][0]
    other = at.run("connect", "csv", "hubspot", "--set", "path=x.csv")
    assert (2, True) == (other.code, "is of type 'hubspot'" in other.err)


def test_the_account_of_a_connection_does_not_change(box: Sandbox, at: Place) -> None:
    """A state that has worked with one account takes no credential of another under that name."""
    with sandbox(records=1, seed=2) as theirs:
        assert 0 == at.connect(box, "--yes").code
        with sqlite3.connect(at.folder / "state" / "state.db") as state:
            state.execute(
                "INSERT INTO account VALUES ('hubspot', '4711', 'hash', '2026-01-01T00:00:00.0Z')"
            )
        state.close()
        done = at.connect(theirs, "--yes")

    assert 5 == done.code
    assert "opens account 1234567, but the connection 'hubspot' has worked with account 4711" in (
        done.err
    )


def test_a_file_is_connected_too(
    at: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is stored for it; its path reads from the configuration's folder."""
    (tmp_path / "people.csv").write_text("Nr,E-Mail\n1,a@example.com\n")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path)
    words = ("connect", "csv", "people", "--set", "path=people.csv", "--set", "key=Nr", "--yes")

    done = at.run(*words, "--config", "deep/crmsyncd.yaml", "--json")

    assert 0 == done.code, done.err
    assert (2, [], "") == (done.json["look"]["fields"], done.json["stored"], done.json["key"])
    again = at.run(*words, "--config", "deep/crmsyncd.yaml")
    assert (2, True) == (again.code, "has no secret to replace" in again.err)
    assert "path: ../people.csv" in (tmp_path / "deep" / "crmsyncd.yaml").read_text()
    assert not at.key.exists()


def test_the_guide_can_be_read_alone(at: Place) -> None:
    """For people who must ask somebody else to tick the boxes, and for programs."""
    plain, told = (
        at.run("connect", "hubspot", "--guide"),
        at.run("connect", "hubspot", "--guide", "--json"),
    )
    types = at.run("connect", "--json")

    assert f"{WRITE}: create and update contacts" in plain.out
    assert list(ALL) == [scope["name"] for scope in told.json["scopes"]]
    assert {"csv", "hubspot"} <= set(types.json["types"])
    assert "Connect one of" in at.run("connect").out


def test_salesforce_tells_what_its_user_may_do(at: Place) -> None:
    """Its permissions are compared as scopes are; its secret is the consumer secret."""
    words = [COMMAND, "sandbox", "salesforce", "--port", "0", "--records", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        done = at.run(
            "connect", "salesforce", "--set", f"client_id={told['client_id']}", "--yes", "--json",
            SALESFORCE_URL=told["base_url"], SALESFORCE_CLIENT_SECRET=told["client_secret"],
        )  # fmt: skip
        process.kill()

    assert 0 == done.code, done.err
    granted = {scope["name"]: scope["is_granted"] for scope in done.json["look"]["scopes"]}
    assert granted["Lead: Create, Edit"]
    assert granted["Customize Application"] is None
    assert ["client_secret"] == done.json["stored"]
    assert "crmsyncd_id is there" == done.json["external_id"]
    assert told["client_secret"].encode() not in at.everything()
    assert told["client_secret"] not in done.out + done.err
