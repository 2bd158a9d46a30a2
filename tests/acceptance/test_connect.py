"""``crmsyncd connect``: from a vendor's settings to a connection that works, the secret sealed."""

import os
import pty
import select
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.people import as_csv, plain_people, rows_for
from tests.acceptance.processes import (
    COMMAND,
    Done,
    Sandbox,
    crmsyncd,
    crmsyncd_here,
    sandbox,
    surroundings,
)

READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
READ_FIELDS, MAKE_FIELDS = "crm.schemas.contacts.read", "crm.schemas.contacts.write"
ALL = (READ, WRITE, READ_FIELDS, MAKE_FIELDS)


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Sandbox]:
    with sandbox(records=12) as served:
        yield served


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    """A sandbox whose key has all scopes."""
    grant(shared_box, *ALL)
    return shared_box


def grant(box: Sandbox, *scopes: str) -> None:
    box.admin("POST", "tokens/grant", {"scopes": list(scopes)})


@dataclass(frozen=True)
class Place:
    """A folder to work in."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "crmsyncd.yaml"

    @property
    def key(self) -> Path:
        return self.folder / "state" / "crmsyncd.key"

    def run(self, *words: object, **environment: str) -> Done:
        """Run the command here, in this process; nobody is at its standard input."""
        places = {"CRMSYNCD_CONFIG": str(self.config), "CRMSYNCD_STATE": str(self.folder / "state")}
        return crmsyncd_here(*words, environment={"USER": "ana", **places, **environment})

    def connect(self, box: Sandbox, *words: object, token: str = "") -> Done:
        return self.run(
            "connect", "hubspot", "--base-url", box.base_url, *words,
            HUBSPOT_TOKEN=token or box.token,
        )  # fmt: skip

    def everything(self) -> bytes:
        """The content of every file, the state's and its log's included."""
        return b"".join(one.read_bytes() for one in self.folder.rglob("*") if one.is_file())


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


ASKS, CONFIRMS, TICKS = "Service key: ", "Is it the right one? [y/N]: ", "press Enter []: "

Answer = str | Callable[[], str]


def typed(folder: Path, box: Sandbox, *answers: tuple[str, Answer]) -> Done:
    """Run ``connect`` on a terminal of its own; each answer is typed once its question is shown."""
    ours, its = pty.openpty()
    words = [COMMAND, "connect", "hubspot", "--base-url", box.base_url, "--state", "state"]
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *words],
        cwd=folder, env=surroundings({"NO_COLOR": "1"}), stdin=its, stdout=its, stderr=its,
    ) as process:  # fmt: skip
        os.close(its)
        shown = ""
        for question, answer in answers:
            shown += read_until(ours, question)
            os.write(ours, f"{answer if isinstance(answer, str) else answer()}\n".encode())
        shown += read_until(ours)
        code = process.wait(60)
    os.close(ours)
    return Done(code=code, out=shown, err="")


ON_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def read_until(terminal: int, question: str = "") -> str:
    """Return what is shown up to a question, or to the end."""
    shown = b""
    while not (question and shown.endswith(question.encode())):
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, shown.decode()
        try:
            shown += os.read(terminal, 1 if question else 4096)
        except OSError:  # nobody is at the other end any more
            assert not question, shown.decode()
            break
    return shown.decode("utf-8", "replace")


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


def test_a_second_secret_takes_the_place_of_the_first(box: Sandbox, at: Place) -> None:
    """The configuration stays as it is; list shows one, and never what it is."""
    at.connect(box, "--yes")
    before = at.config.read_bytes()

    again = at.connect(box, "--yes", "--json")

    assert 0 == again.code, again.err
    assert before == at.config.read_bytes()
    assert not again.json["key_was_made"]
    plain, told = at.run("connect", "--list"), at.run("connect", "--list", "--json")
    (found,) = told.json["credentials"]
    assert ("hubspot", "token", "app-eu1.hubspot.com") == (
        found["connection"], found["setting"], found["account"]
    )  # fmt: skip
    assert box.token not in plain.out + told.out + again.out
    assert box.token.encode() not in at.everything()


def test_check_tells_of_a_secret_that_does_not_open(box: Sandbox, at: Place) -> None:
    """Wrong key, readable key, lost key, tampered row, forgotten: each with place and next step."""
    at.connect(box, "--yes")
    assert 0 == at.run("check").code
    told = [at.run("check", CRMSYNCD_KEY="A" * 43 + "=")]
    at.key.chmod(0o604)
    told.append(at.run("check"))
    at.key.chmod(0o600)
    kept = at.key.rename(at.folder / "kept.key")
    told.append(at.run("check"))
    kept.rename(at.key)
    assert 0 == at.run("check").code
    forgotten = at.run("connect", "--forget", "hubspot", "--json")
    told.append(at.run("check"))

    assert "Development > Keys" in forgotten.json["revoke"]
    assert {2} == {one.code for one in told}
    assert all("crmsyncd.yaml:5:12: connections.hubspot.token: " in one.err for one in told)
    for words, one in zip(
        ("was sealed with the key", "(mode 604)", "is not there", "no token is stored"),
        told, strict=True,
    ):  # fmt: skip
        assert words in one.err
        assert "crmsyncd connect" in one.err or "Put your copy of it back" in one.err


def test_a_backup_holds_no_secret_and_a_restore_names_what_is_shut(
    box: Sandbox, at: Place, tmp_path: Path
) -> None:
    """With the key beside it, all opens again; without, each credential is named."""
    at.connect(box, "--yes")
    copy = tmp_path / "copy.db"
    assert 0 == at.run("backup", copy).code
    assert box.token.encode() not in copy.read_bytes()
    assert at.key.read_bytes().split()[-1] not in copy.read_bytes()

    fresh = Place(tmp_path / "fresh")
    fresh.folder.mkdir()
    shut = fresh.run("restore", copy)
    told = fresh.run("restore", copy, "--json")
    fresh.key.write_bytes(at.key.read_bytes())
    fresh.key.chmod(0o600)
    well = fresh.run("restore", copy, "--json")

    assert "A stored credential does not open: hubspot.token: it was sealed with" in shut.out
    assert "Put back the key of that time" in shut.out
    assert 2 == len(told.json["shut"])
    assert [] == well.json["shut"]


def test_a_key_from_systemd_or_the_environment(box: Sandbox, at: Place, tmp_path: Path) -> None:
    """No key file is made then; what is sealed with it opens with it only."""
    key = "QUJD" * 10 + "QUI="
    done = at.run(
        "connect", "hubspot", "--base-url", box.base_url, "--yes", "--json",
        HUBSPOT_TOKEN=box.token, CRMSYNCD_KEY=key,
    )  # fmt: skip
    (tmp_path / "crmsyncd.key").write_text(key)
    (tmp_path / "crmsyncd.key").chmod(0o400)

    assert (0, False) == (done.code, done.json["key_was_made"])
    assert not at.key.exists()
    assert 0 == at.run("check", CREDENTIALS_DIRECTORY=str(tmp_path)).code
    assert key not in done.out + done.err


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
