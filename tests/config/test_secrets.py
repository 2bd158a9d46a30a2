"""``${env:NAME}`` and ``${file:PATH}`` are filled in anywhere and never shown."""

from pathlib import Path

import pytest

from config.problems import ConfigProblems
from config.snapshot import Config
from tests.config.samples import SystemSettings, loaded


def connection(folder: Path, keys: str) -> Config:
    return loaded(folder, f"connections: {{crm: {{type: system, {keys}}}}}\n")


def settings(folder: Path, keys: str) -> SystemSettings:
    found = connection(folder, keys).connections["crm"].settings
    assert isinstance(found, SystemSettings)
    return found


def test_a_reference_may_stand_inside_a_value(tmp_path: Path) -> None:
    """Text around it stays."""
    found = settings(tmp_path, 'token: "a-${env:TOKEN}-${env:LIMIT}"')

    assert "a-tok-4711-7" == found.token.get_secret_value()


def test_a_number_may_come_from_the_environment(tmp_path: Path) -> None:
    """What a reference gives is read as the setting's type."""
    found = settings(tmp_path, 'token: x, quota: {per_second: "${env:LIMIT}"}')

    assert 7 == found.quota.per_second


def test_characters_can_be_escaped(tmp_path: Path) -> None:
    """Two dollar signs stand for the reference's own text."""
    assert "${env:TOKEN}" == settings(tmp_path, 'token: "$${env:TOKEN}"').token.get_secret_value()


@pytest.mark.parametrize("content", ["s3cret", "s3cret\n", "s3cret\r\n", "\ufeffs3cret\n"])
def test_a_file_is_read_without_its_last_line_end(tmp_path: Path, content: str) -> None:
    """Editors and mounted secrets end a file with a line end that is no part of the secret."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text(content, encoding="utf-8", newline="")

    config = connection(tmp_path, 'token: "${file:secrets/token}"')

    crm = config.connections["crm"].settings
    assert isinstance(crm, SystemSettings)
    assert "s3cret" == crm.token.get_secret_value()
    assert (tmp_path / "secrets" / "token",) == config.secret_files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\xfd", "is not UTF-8"),
        (b"x" * 70_000, "is too large"),
        (None, "cannot be read (is a directory)"),
    ],
    ids=["empty", "not text", "large", "folder"],
)
def test_a_file_that_is_no_secret_is_told(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """The file is named, its content is not."""
    file = tmp_path / "token"
    file.mkdir() if content is None else file.write_bytes(content)

    with pytest.raises(ConfigProblems) as refused:
        connection(tmp_path, 'token: "${file:token}"')

    (problem,) = refused.value.problems
    assert f"the secret file {file} {message}" == problem.message
    assert "connections.crm.token" == problem.where


def test_a_reference_is_no_plain_text(tmp_path: Path) -> None:
    """The warning is for secrets that stand in the file itself."""
    warnings = connection(tmp_path, 'token: "${env:TOKEN}"').warnings

    assert ["no sync uses this connection"] == [warning.message for warning in warnings]
