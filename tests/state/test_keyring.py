"""The key of stored credentials: where it is looked for, and when it is not trusted."""

import base64
import os
import stat
from pathlib import Path

import pytest

from state.keyring import KeyPlace, KeyUnusable, key_place
from state.sealing import KeyRing, new_key

WORD = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes(range(200, 232))).decode()


def a_file(folder: Path, content: str = WORD, mode: int = 0o600) -> Path:
    file = folder / "some.key"
    file.write_text(content, encoding="utf-8")
    file.chmod(mode)
    return file


def ours(file: Path) -> KeyPlace:
    return key_place({"CRMSYNCD_KEY_FILE": str(file)}, "state")


def test_the_places_in_their_order(tmp_path: Path) -> None:
    """The variable, the named file, systemd's credential, a file beside the state."""
    handed = tmp_path / "handed"
    handed.mkdir()
    (handed / "crmsyncd.key").touch()
    environment = {
        "CRMSYNCD_KEY": WORD,
        "CRMSYNCD_KEY_FILE": "/etc/some.key",
        "CREDENTIALS_DIRECTORY": str(handed),
    }
    told = []
    for name in [*environment, "end"]:
        told.append(str(key_place(environment, tmp_path / "state")))
        environment.pop(name, None)

    assert [
        "the environment variable CRMSYNCD_KEY",
        "the key file /etc/some.key",
        f"the key file {handed}/crmsyncd.key",
        f"the key file {tmp_path}/state/crmsyncd.key",
    ] == told


@pytest.mark.parametrize("place", ["postgresql://someone@example.com/db", "sqlite://"])
def test_a_state_without_a_folder(place: str) -> None:
    """A database's key stands where the daemon keeps its other files."""
    assert "the key file .crmsyncd/crmsyncd.key" == str(key_place({}, place))


def test_systemd_without_our_credential(tmp_path: Path) -> None:
    """A unit may hand over others than ours."""
    place = key_place({"CREDENTIALS_DIRECTORY": str(tmp_path)}, tmp_path / "state")

    assert f"the key file {tmp_path}/state/crmsyncd.key" == str(place)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask says; the second time the first one is found."""
    place = key_place({}, tmp_path / "new" / "state")
    before = os.umask(0)
    try:
        assert place.make()
    finally:
        os.umask(before)
    ring = place.ring()

    assert not place.make()
    assert ring == place.ring()
    assert place.file is not None
    assert 0o600 == stat.S_IMODE(place.file.stat().st_mode)
    assert 0o700 == stat.S_IMODE(place.file.parent.stat().st_mode) & ~0o077
    assert [place.file.name] == [one.name for one in place.file.parent.iterdir()]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """With the mode, the command that mends it, and nothing of the key."""
    file = a_file(tmp_path, mode=mode)

    with pytest.raises(KeyUnusable, match=rf"mode {mode:o}.*chmod 600 {file}") as refused:
        ours(file).ring()

    assert WORD not in str(refused.value)


def test_a_mounted_file_may_be_read_by_our_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Systemd and Kubernetes mount secrets of another account, readable by the group."""
    file = a_file(tmp_path, mode=0o440)
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    assert 1 == len(ours(file).ring().keys)

    file.chmod(0o444)
    with pytest.raises(KeyUnusable, match="mode 444"):
        ours(file).ring()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no key"),
        ("# only a comment\n\n", "holds no key"),
        ("c2hvcnQ=", "expected 32 bytes in base64"),
        (WORD[:-3], "expected 32 bytes in base64"),
        (f"{WORD}\nnot a key", "expected 32 bytes in base64"),
        ("\ufeff" + WORD, "expected 32 bytes in base64"),
        (WORD * 3000, "is too large"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """The error tells how to make one, and shows nothing of what stands there."""
    with pytest.raises(KeyUnusable, match=message) as refused:
        ours(a_file(tmp_path, content)).ring()

    assert WORD[:20] not in str(refused.value)


def test_a_lost_file_and_a_closed_one(tmp_path: Path) -> None:
    """Each is told with its next step."""
    with pytest.raises(KeyUnusable, match=r"is not there\. Put your copy of it back"):
        ours(tmp_path / "gone").ring()
    with pytest.raises(KeyUnusable, match=r"cannot be read \(is a directory\)"):
        ours(tmp_path).ring()


def test_several_keys(tmp_path: Path) -> None:
    """On lines or side by side, in both spellings of base64; the first one seals."""
    in_file = ours(a_file(tmp_path, f"# new\n{WORD}\n\n{OTHER}\n")).ring()
    in_variable = key_place({"CRMSYNCD_KEY": f" {WORD}, {OTHER} "}, "state").ring()

    assert in_file == in_variable
    assert bytes(range(32)) == in_file.current.value
    assert 2 == len(in_file.keys)
    assert WORD not in repr(key_place({"CRMSYNCD_KEY": WORD}, "state")) + repr(in_file)


def test_a_key_of_elsewhere_is_not_written(tmp_path: Path) -> None:
    """What the environment or systemd gives is changed where it comes from."""
    (tmp_path / "crmsyncd.key").touch()
    for environment in ({"CRMSYNCD_KEY": WORD}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}):
        place = key_place(environment, tmp_path)
        assert not place.make()
        with pytest.raises(KeyUnusable, match="is not written by crmsyncd"):
            place.write(KeyRing(keys=(new_key(),)))


def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    """A key file that cannot be made is told before anything is sealed with its key."""
    (tmp_path / "state").write_text("a file where a folder is wanted")

    with pytest.raises(KeyUnusable, match="cannot be written"):
        key_place({}, tmp_path / "state").make()
