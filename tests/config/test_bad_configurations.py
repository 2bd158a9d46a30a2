"""Every wrong configuration is refused with its place, what is expected and what to do."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.load import load
from config.positions import MAX_BYTES
from config.problems import ConfigProblems
from tests.config.samples import ENVIRONMENT, MINIMAL, SETTINGS, TWO_CONNECTIONS, loaded

TABLE = Path(__file__).with_name("bad_configurations.txt")


def cases() -> list[tuple[str, str, list[str]]]:
    """Return name, text and expected problems of each entry of the table."""
    found = []
    for entry in TABLE.read_text(encoding="utf-8").removeprefix("=== ").split("\n\n=== "):
        head, _, expected = entry.rpartition("---\n")
        name, _, text = head.partition("\n")
        found.append((name, text, expected.strip().splitlines()))
    return found


def problems_of(file: Path) -> list[str]:
    """Return what is said of a configuration that must not load, file names shortened."""
    with pytest.raises(ConfigProblems) as refused:
        load(file, SETTINGS, ENVIRONMENT, default_objects={"file": "rows"})
    folder = f"{file if file.is_dir() else file.parent}/"
    return [str(problem).replace(folder, "") for problem in refused.value.problems]


def refusal_of_bytes(folder: Path, content: bytes) -> str:
    file = folder / "crmsyncd.yaml"
    file.write_bytes(content)
    (problem,) = problems_of(file)
    return problem


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in cases()], ids=[case[0] for case in cases()]
)
def test_a_wrong_configuration_is_told_with_its_place(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    """Each entry of the table gives exactly its problems, at exactly these places."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(text, encoding="utf-8")

    assert [f"crmsyncd.yaml:{line}" for line in expected] == problems_of(file)


def test_the_table_is_long() -> None:
    """The splitting of the table loses no entry."""
    assert TABLE.read_text(encoding="utf-8").count("=== ") == len(cases()) > 70


def test_all_problems_are_told_at_once_in_order_of_place(tmp_path: Path) -> None:
    """An operator fixes everything in one go: settings, secrets, keys, values and references."""
    file = tmp_path / "crmsyncd.yaml"
    file.write_text(
        """\
connections:
  news: {type: fil, path: news.csv}
  crm: {type: system, token: "${env:NOPE}", colour: red}
syncs:
  s:
    source: {connection: newz}
    crm: {connection: crm}
    directon: push
    conflicts: {default: newest}
""",
        encoding="utf-8",
    )

    places = [problem.split(": ")[:2] for problem in problems_of(file)]

    assert [
        ["crmsyncd.yaml:2:16", "connections.news.type"],
        ["crmsyncd.yaml:3:30", "connections.crm.token"],
        ["crmsyncd.yaml:3:45", "connections.crm.colour"],
        ["crmsyncd.yaml:6:26", "syncs.s.source.connection"],
        ["crmsyncd.yaml:8:5", "syncs.s.directon"],
        ["crmsyncd.yaml:9:26", "syncs.s.conflicts.default"],
    ] == places


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "crmsyncd.yaml:1:1: the file is empty. Write connections: and syncs: in it."),
        (
            b"connections:\n  news: {type: fi\x01le}\n",
            "crmsyncd.yaml:2:18: a control character is not allowed here. Delete it.",
        ),
        (
            "service:\n  # für\n  listen: x\n".encode("cp1252"),
            "crmsyncd.yaml:2:6: the file is not UTF-8. Save it with the encoding UTF-8.",
        ),
        (
            "connections: {}\n".encode("utf-16"),
            "crmsyncd.yaml:1:1: the file is not UTF-8. Save it with the encoding UTF-8.",
        ),
        (
            b"connections: " + b"[" * 200_000,
            (
                "crmsyncd.yaml:1:53: nested more than 40 levels deep. A configuration needs no more "
                "than 8: look for stray brackets."
            ),
        ),
        (
            b"#" * (MAX_BYTES + 1),
            (
                "crmsyncd.yaml:1:1: the file is larger than 1024 KiB. Split it into several files in "
                "a folder, and check that it is a configuration."
            ),
        ),
    ],
    ids=["empty", "control character", "cp1252", "utf-16", "very deep", "too large"],
)
def test_bytes_that_are_no_configuration_are_refused(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    """What cannot be parsed at all is told with its place, and never crashes the process."""
    assert expected == refusal_of_bytes(tmp_path, content)


def test_columns_are_counted_in_characters(tmp_path: Path) -> None:
    """Neither a byte order mark nor letters beyond ASCII shift the place."""
    text = "\ufeffservice: {listen: 'ü😀:1', log_level: loud}\n"

    problem = refusal_of_bytes(tmp_path, text.encode())

    assert problem.startswith("crmsyncd.yaml:1:38: service.log_level: expected debug")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The path is named, with the option that chooses another."""
    assert [
        "crmsyncd.yaml:1:1: there is no such file or folder. Name one with --config PATH."
    ] == problems_of(tmp_path / "crmsyncd.yaml")


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    """Files of other kinds are no configuration."""
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")

    with pytest.raises(ConfigProblems, match=r"the folder holds no \*\.yaml file"):
        load(tmp_path, SETTINGS, ENVIRONMENT)


def test_problems_of_several_files_come_together(tmp_path: Path) -> None:
    """A file that cannot be parsed does not hide what is wrong in another."""
    (tmp_path / "a.yaml").write_text("connections: {\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("syncs:\n\ts: 1\n", encoding="utf-8")

    assert ["a.yaml", "b.yaml"] == [line.partition(":")[0] for line in problems_of(tmp_path)]


def test_a_name_in_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    """Neither file wins silently."""
    (tmp_path / "a.yaml").write_text(MINIMAL, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        "connections:\n  other: {type: file, path: x}\n  news: {type: file, path: y}\n"
        "service: {}\n",
        encoding="utf-8",
    )
    (tmp_path / "c.yaml").write_text("service: {}\n", encoding="utf-8")

    assert [
        (
            "b.yaml:3:3: connections.news: stands in two files. The other is a.yaml:2:3: keep one, or "
            "rename one."
        ),
        (
            "c.yaml:1:1: service: stands in two files. The other is b.yaml:4:1: keep one, or rename "
            "one."
        ),
    ] == problems_of(tmp_path)


def test_no_message_holds_a_secret(tmp_path: Path) -> None:
    """Not even when a settings model puts the value into its own words."""
    with pytest.raises(ConfigProblems) as refused:
        loaded(tmp_path, 'connections: {crm: {type: system, token: "${env:WRONG}"}}\n')

    assert "two words" not in str(refused.value)
    assert "*** is not one word" in str(refused.value)


def test_problems_compare_and_print_as_one_text(tmp_path: Path) -> None:
    """The error's text is one line a problem, so that editors and CI can jump to each."""
    with pytest.raises(ConfigProblems) as refused:
        loaded(tmp_path, TWO_CONNECTIONS + "sinks: {}\nservce: {}\n")

    lines = str(refused.value).splitlines()
    assert [str(problem) for problem in refused.value.problems] == lines
    assert 2 == len(lines)


CHARACTERS = st.sampled_from([*"{}[]:-,&*!|>'\"%@#? \t\n<~=${}0x", "null", "yes", "é", "- ", ": "])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(MINIMAL)), st.integers(0, 12), st.lists(CHARACTERS, max_size=4))
def test_whatever_is_typed_is_loaded_or_refused(
    tmp_path: Path, start: int, cut: int, typed: list[str]
) -> None:
    """A slip anywhere in a right file ends in a snapshot or in problems, never in anything else."""
    text = MINIMAL[:start] + "".join(typed) + MINIMAL[start + cut :]

    with suppress(ConfigProblems):
        loaded(tmp_path, text)
