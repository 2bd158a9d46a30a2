"""The files of regulations: read whole, refused with their place, and told on a fresh page."""

import shutil
from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from config.positions import parse
from config.problems import ConfigProblems
from config.regulations import FOLDER, read_regulations, regulations
from config.regulations_page import PAGE_FILE, SCHEMA_FILE, write_regulations
from daemon.core.compliance.jurisdiction import STRICTEST
from tests.config.write_reference import DOCS

IDS = {
    "gdpr", "uk", "can_spam", "tcpa", "ccpa", "us_states", "casl", "lgpd", "au", "nz", "sg", "in",
    "jp", "kr", "za", "cn", "ch", "tr", "th", "sa", "ae", "hk", "my", "id", "ph", "vn", "mx", "il",
}  # fmt: skip
UNREAD = {"nz", "tr", "th", "sa", "ae", "hk", "my", "id", "ph", "vn", "mx", "il"}
"""Regulations of which no line was read again."""


@pytest.mark.parametrize("name", [PAGE_FILE, SCHEMA_FILE])
def test_the_committed_page_is_fresh(tmp_path: Path, name: str) -> None:
    """If this fails: python -m tests.config.write_reference."""
    write_regulations(tmp_path, regulations())

    assert (tmp_path / name).read_text(encoding="utf-8") == (DOCS / name).read_text(
        encoding="utf-8"
    )


def test_every_regulation_is_there() -> None:
    """One file each, and the two that stand for an unknown law among them."""
    found = [one.id for one in regulations().regulations]

    assert sorted(IDS) == found
    assert set(STRICTEST) <= set(found)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_file_fits_the_schema(file: Path) -> None:
    """Editors and the loader agree."""
    schema = orjson.loads((DOCS / SCHEMA_FILE).read_bytes())

    assert jsonschema_rs.is_valid(schema, parse(file, file.read_bytes()).data)


def test_what_was_not_read_again_is_marked() -> None:
    """Of regulations known in general only, what a message needs carries the mark."""
    marked = {
        one.id
        for one in regulations().regulations
        if one.stop.verify and all(needed.verify for needed in one.messaging)
    }

    assert marked >= UNREAD


def test_every_problem_is_told_with_file_and_line(tmp_path: Path) -> None:
    """All at once, each where it stands."""
    shutil.copy(FOLDER / "uk.yaml", tmp_path / "uk.yaml")
    (tmp_path / "au.yaml").write_text(
        "id: au\nname: Spam Act\nmarkets: [Australia]\n"
        "basis: {any_of: [consnt], article: APP 3}\nstop: {within: 5, article: X, untl: 3}\n",
        encoding="utf-8",
    )
    (tmp_path / "nz.yaml").write_text("id: [\n", encoding="utf-8")

    with pytest.raises(ConfigProblems) as refused:
        read_regulations(tmp_path)

    places = {(problem.spot.file.name, problem.spot.line) for problem in refused.value.problems}
    assert {("au.yaml", 3), ("au.yaml", 4), ("au.yaml", 5)} <= places
    assert "nz.yaml" in {name for name, _ in places}
    assert "uk.yaml" not in {name for name, _ in places}


def test_a_file_is_named_after_its_id(tmp_path: Path) -> None:
    """Else two files could hold the same regulation."""
    shutil.copy(FOLDER / "uk.yaml", tmp_path / "gb.yaml")

    with pytest.raises(ConfigProblems, match="named after its id"):
        read_regulations(tmp_path)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    """No regulation is not the same as nothing to heed (I24)."""
    with pytest.raises(ConfigProblems, match=r"no \*\.yaml file"):
        read_regulations(tmp_path)


def test_a_registry_needs_a_validity(tmp_path: Path) -> None:
    """A look into a registry that would hold for ever is refused."""
    text = (FOLDER / "sg.yaml").read_text(encoding="utf-8").replace("valid_days: 21, ", "")
    (tmp_path / "sg.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigProblems, match="valid_days"):
        read_regulations(tmp_path)
