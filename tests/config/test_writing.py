"""Additions keep every byte that stands there and never leave a wrong configuration behind."""

import stat
from pathlib import Path

import pytest

from config.load import load
from config.problems import ConfigProblems
from config.writing import Addition, append
from tests.config.samples import ENVIRONMENT, MINIMAL, SETTINGS

ADDITION = Addition(
    connections={"firms": {"type": "file", "path": "é.csv", "key": "012"}},
    syncs={"firms-to-crm": {"source": {"connection": "firms"}, "crm": {"connection": "crm"}}},
)
CONNECTION = """\
firms:
  type: file
  path: é.csv
  key: '012'
"""
SYNC = """\
firms-to-crm:
  source:
    connection: firms
  crm:
    connection: crm
"""


def indented(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}" for line in text.splitlines(keepends=True))


def added(path: Path, addition: Addition = ADDITION) -> Path:
    return append(path, addition, SETTINGS, ENVIRONMENT, default_objects={"file": "rows"})


def refusal(path: Path, addition: Addition = ADDITION) -> str:
    before = path.read_bytes()

    with pytest.raises(ConfigProblems) as refused:
        added(path, addition)

    assert before == path.read_bytes()
    return str(refused.value).replace(f"{path.parent}/", "")


def test_comments_quotes_and_indentation_stay(tmp_path: Path) -> None:
    """What is new stands at the end of its section, indented as its neighbours are."""
    head = """\
# ours
connections:
    # people
    news:    {type: file,   path: 'news.csv'}  # the file
    crm:
        type: system
        token: "${env:TOKEN}"  # ümlaut
"""
    middle = """\

# what is kept the same
syncs:
    news-to-crm:
        source: {connection: news}
        crm: {connection: crm, object: contacts}
        match:
            on:
            - email
            - [a,   b]
"""
    tail = "\n# the end\nservice: {}\n"
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(head + middle + tail, encoding="utf-8")

    added(file)

    expected = head + indented(CONNECTION, 4) + middle + indented(SYNC, 4) + tail
    assert expected == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL,
        MINIMAL.rstrip("\n"),
        MINIMAL.replace("\n", "\r\n"),
        f"\ufeff{MINIMAL}",
        f"{MINIMAL}    fields:\n      A:\n",
        f"{MINIMAL}    required:\n    - |\n      A\n\n# below\n",
        f"x: &x {{connection: news}}\n{MINIMAL}".replace("x: &x {connection: news}\n", ""),
        MINIMAL.replace("path: news.csv", "path: &p news.csv") + "    required: [*p]\n",
        f"---\n{MINIMAL}# end",
        "syncs:\n" + MINIMAL.partition("syncs:")[0],
    ],
    ids=[
        "plain", "no last line end", "carriage returns", "byte order mark", "empty last value",
        "block text", "comment", "alias", "document start", "empty section",
    ],
)  # fmt: skip
def test_every_line_stays_as_it_is(tmp_path: Path, text: str) -> None:
    """Whatever the file's style: its lines are all there, in order, and the result loads."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(text, encoding="utf-8", newline="")

    added(file)

    after = file.read_bytes().decode()
    rest = iter(after.splitlines(keepends=True))
    assert all(line in rest for line in text.splitlines(keepends=True)[:-1])
    assert ("\r\n" in text) == ("\r\n" in after)
    config = load(file, SETTINGS, ENVIRONMENT)
    assert {"firms", "news", "crm"} == set(config.connections)
    assert "firms-to-crm" in config.syncs


def test_a_new_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """A configuration may hold secrets."""
    file = tmp_path / "new.yaml"
    crm = {"crm": {"type": "system", "token": "${env:TOKEN}"}}

    added(file, Addition(connections={**ADDITION.connections, **crm}, syncs=ADDITION.syncs))

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert ["new.yaml"] == [entry.name for entry in tmp_path.iterdir()]


def test_a_folder_gets_a_file_of_the_syncs_name(tmp_path: Path) -> None:
    """The whole folder is judged, so that connections of other files can be used."""
    (tmp_path / "crmsyncd.yaml").write_text(MINIMAL, encoding="utf-8")

    file = added(tmp_path)

    assert tmp_path / "firms-to-crm.yaml" == file
    assert {"news-to-crm", "firms-to-crm"} == set(load(tmp_path, SETTINGS, ENVIRONMENT).syncs)


def test_mode_and_link_stay(tmp_path: Path) -> None:
    """A file behind a symbolic link is replaced where it lies, with its permissions."""
    real, link = tmp_path / "real.yaml", tmp_path / "crmsyncd.yaml"
    real.write_text(MINIMAL, encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)

    added(link)

    assert link.is_symlink()
    assert 0o640 == stat.S_IMODE(real.stat().st_mode)
    assert "firms-to-crm" in real.read_text(encoding="utf-8")


def test_a_known_connection_is_used_as_it_is(tmp_path: Path) -> None:
    """The same keys under the same name are not written twice."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    crm = {"crm": {"type": "system", "token": "${env:TOKEN}"}}

    added(file, Addition(connections={**ADDITION.connections, **crm}, syncs=ADDITION.syncs))

    assert 1 == file.read_text(encoding="utf-8").count("type: system")


def test_names_are_never_overwritten(tmp_path: Path) -> None:
    """A taken name is refused with the place of what holds it."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(MINIMAL, encoding="utf-8")

    assert "crmsyncd.yaml:5:3: syncs.news-to-crm: exists already. Choose another name." == refusal(
        file, Addition(connections={}, syncs={"news-to-crm": {}})
    )
    assert "crmsyncd.yaml:2:3: connections.news: exists already. Choose another name." == refusal(
        file, Addition(connections={"news": {"type": "file", "path": "x"}}, syncs={})
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connections: {}\n", "`connections` is not written as one entry a line"),
        ("{connections: {}}\n", "the file is not written as one key a line"),
        ("connections: [\n", "not valid YAML"),
        ("sink: 1\n", "sink: unknown key"),
    ],
)
def test_a_file_that_cannot_take_it_stays_as_it_is(
    tmp_path: Path, text: str, expected: str
) -> None:
    """Nothing is written where the result would be wrong or cannot be foreseen."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(text, encoding="utf-8")

    assert expected in refusal(file)


def test_an_addition_that_is_wrong_is_not_written(tmp_path: Path) -> None:
    """The problems are those the new file would have had."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    wrong = Addition(connections={"x": {"type": "flie"}}, syncs={})

    assert 'connections.x.type: expected file or system. Did you mean "file"?' in refusal(
        file, wrong
    )


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Mounted configurations are often read-only: the operator is told which file it is."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    (tmp_path / ".crmsyncd.yaml.new").mkdir()

    assert "crmsyncd.yaml:1:1: cannot be written (is a directory)" in refusal(file)
