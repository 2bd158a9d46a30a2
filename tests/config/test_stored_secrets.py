"""``${stored:NAME}`` stands in a connection, and serves that connection only."""

from collections.abc import Collection
from pathlib import Path

import pytest

from config.load import load
from config.problems import ConfigProblems
from config.secrets import Unavailable
from config.snapshot import Config
from tests.config.samples import SystemSettings


class Safe:
    """Keeps one secret, and notes what it was asked for."""

    def __init__(self, file: Path) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.files: Collection[Path] = (file,)

    def secret(self, connection: str, kind: str, setting: str) -> str:
        self.asked.append((connection, kind, setting))
        if setting != "token":
            raise Unavailable(f"no {setting} is stored", "Store one.")
        return "the-stored-secret"


def read(folder: Path, text: str, safe: Safe | None) -> Config:
    file = folder / "crmsyncd.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, {"system": SystemSettings}, {"TOKEN": "x"}, store=safe)


def problem(folder: Path, text: str, safe: Safe | None) -> str:
    with pytest.raises(ConfigProblems) as refused:
        read(folder, text, safe)
    return str(refused.value)


def test_it_is_asked_for_by_its_place(tmp_path: Path) -> None:
    """By the connection, its type and the key at which it stands; its key file is watched."""
    safe = Safe(tmp_path / "key")

    config = read(tmp_path, 'connections: {crm: {type: system, token: "${stored:crm}"}}', safe)

    settings = config.connections["crm"].settings
    assert isinstance(settings, SystemSettings)
    assert "the-stored-secret" == settings.token.get_secret_value()
    assert [("crm", "system", "token")] == safe.asked
    assert (tmp_path / "key",) == config.secret_files
    assert not [one for one in config.warnings if "plain text" in one.message]


def test_another_connections_secret_is_not_lent(tmp_path: Path) -> None:
    """Whoever edits the configuration cannot point a stored secret elsewhere."""
    safe = Safe(tmp_path / "key")

    told = problem(tmp_path, 'connections: {spy: {type: system, token: "${stored:crm}"}}', safe)

    assert "crmsyncd.yaml:1:42: connections.spy.token: a secret stored for 'crm' does not" in told
    assert "crmsyncd connect TYPE spy" in told
    assert [] == safe.asked


@pytest.mark.parametrize(
    "text",
    [
        'service: {listen: "${stored:crm}"}',
        '"${stored:crm}"',
        'connections: "${stored:crm}"',
        'connections: {crm: "${stored:crm}"}',
    ],
)
def test_it_stands_nowhere_else(tmp_path: Path, text: str) -> None:
    """No other place has an owner that it could have been given for."""
    safe = Safe(tmp_path / "key")

    assert "stored" in problem(tmp_path, text, safe) or "expected keys" in problem(
        tmp_path, text, safe
    )
    assert [] == safe.asked


def test_what_is_not_stored_is_told_with_its_place(tmp_path: Path) -> None:
    """With the next step; the key file is watched, since a change of it may put things right."""
    safe = Safe(tmp_path / "key")
    text = 'connections: {crm: {type: system, token: x, quota: {per_second: "${stored:crm}"}}}'

    with pytest.raises(ConfigProblems) as refused:
        read(tmp_path, text, safe)

    assert "connections.crm.quota.per_second: no quota.per_second is stored. Store one." in str(
        refused.value
    )
    assert (tmp_path / "key",) == refused.value.secret_files


def test_without_a_state(tmp_path: Path) -> None:
    """A configuration that is read alone says that the state is missing."""
    told = problem(tmp_path, 'connections: {crm: {type: system, token: "${stored:crm}"}}', None)

    assert "no state is at hand that could hold the secret of crm. Name it with --state." in told


def test_no_message_shows_it(tmp_path: Path) -> None:
    """A settings model that repeats its input in an error is blotted out."""
    safe = Safe(tmp_path / "key")
    text = (
        'connections: {crm: {type: system, token: "${stored:crm}", '
        'quota: {per_second: 7, "nonsense": 1}}}'
    )

    assert "the-stored-secret" not in problem(tmp_path, text, safe)
