"""What ``crmsyncd connect`` stored: listed, replaced, backed up, and told where it does not open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.connecting import ALL, Place, grant
from tests.acceptance.processes import Sandbox, sandbox


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
