"""R16: a fingerprint changes with what a sync does, and with nothing else."""

from pathlib import Path

import pytest

from config.fingerprint import sync_fingerprint
from tests.config.samples import MINIMAL, loaded


def fingerprint(folder: Path, text: str) -> str:
    return sync_fingerprint(loaded(folder, text), "news-to-crm")


@pytest.mark.parametrize(
    "keys",
    [
        "schedule: {every: 1h}",
        "batch_size: 10",
        "approval: {first_run: none}",
        "guards: {verify_sample: 9}",
        "direction: both",
        "conflicts: {default: most_recent}",
    ],
)
def test_what_decides_nothing_does_not_count(tmp_path: Path, keys: str) -> None:
    """Times, sizes, approvals, and defaults written out leave the fingerprint as it is."""
    assert fingerprint(tmp_path, MINIMAL) == fingerprint(tmp_path, f"{MINIMAL}    {keys}\n")


@pytest.mark.parametrize(
    "keys",
    [
        "direction: push",
        "create: {source: yes}",
        "match: {on: [email]}",
        "fields: {A: b}",
        "fields: {A: false}",
        "required: [A]",
        "conflicts: {tie: source}",
        "conflicts: {fields: {a: max}}",
        "deletes: {crm: ignore}",
        "country: DE",
    ],
)
def test_what_decides_counts(tmp_path: Path, keys: str) -> None:
    """Every key that changes a decision changes the fingerprint."""
    assert fingerprint(tmp_path, MINIMAL) != fingerprint(tmp_path, f"{MINIMAL}    {keys}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("news.csv", "other.csv"),
        ("key: id", "key: mail"),
        ("object: contacts", "object: leads"),
        ('"${env:TOKEN}"', '"${env:TOKEN}", base_url: "https://example.org"'),
    ],
)
def test_another_end_counts(tmp_path: Path, before: str, after: str) -> None:
    """Another file, key, object or system is another piece of work."""
    changed = MINIMAL.replace(before, after)

    assert fingerprint(tmp_path, MINIMAL) != fingerprint(tmp_path, changed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"${env:TOKEN}"', "rotated"),
        ('"${env:TOKEN}"', '"${env:TOKEN}", patience: 9'),
        ("connections:\n", "connections:\n  z: {type: file, path: z}\n"),
    ],
    ids=["secret", "marked setting", "other connection"],
)
def test_a_new_secret_or_an_unrelated_part_does_not_count(
    tmp_path: Path, before: str, after: str
) -> None:
    """Rotating a token asks for no new approval, nor does a setting its type marks so."""
    changed = MINIMAL.replace(before, after)

    assert fingerprint(tmp_path, MINIMAL) == fingerprint(tmp_path, changed)


def test_the_folder_does_not_count(tmp_path: Path) -> None:
    """The same files elsewhere are the same work."""
    other = tmp_path / "other"
    other.mkdir()

    assert fingerprint(tmp_path, MINIMAL) == fingerprint(other, MINIMAL)


def test_one_pair_and_a_list_of_one_are_the_same(tmp_path: Path) -> None:
    """Both ways of writing a single pair have one fingerprint."""
    head = MINIMAL.partition("    source:")[0]
    listed = (
        f"{head}    pairs:\n    - source: {{connection: news}}\n"
        "      crm: {connection: crm, object: contacts}\n"
    )

    assert fingerprint(tmp_path, MINIMAL) == fingerprint(tmp_path, listed)


def test_a_fingerprint_never_drifts(tmp_path: Path) -> None:
    """Pinned: a release that changes it by accident would ask every operator for approval."""
    assert "cc5c9035bafbbc79aa8b1cfd06999a43" == fingerprint(tmp_path, MINIMAL)
