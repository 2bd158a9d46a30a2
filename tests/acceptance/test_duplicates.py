"""``crmsyncd duplicates`` as a person or a script meets it: what it finds, and bad input."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import Connection

from state import mirror
from state.opening import open_state
from tests.acceptance.processes import Done, crmsyncd_here
from tests.state.samples import CRM, FILE, PAIR, link, register, seen, sighting

HEADER = ("id", "First Name", "Last Name", "E-Mail", "Phone", "Company", "City")
ANN = ("1", "Ann", "Lovelace", "ann@love.example", "030 1234567", "Love GmbH", "Berlin")


def duplicates(file: Path, *words: object) -> Done:
    """Run the command on a file."""
    return crmsyncd_here("duplicates", "--file", file, *words, environment={})


def people(folder: Path, *rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Path:
    """Write a file of people."""
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def test_proven_pairs_merge_and_alike_ones_are_reviewed(tmp_path: Path) -> None:
    """JSON names pairs by the key column, with score, kind, action and reasons (R8)."""
    file = people(
        tmp_path,
        ANN,
        ("2", "ANN", "LOVELACE", " Ann@Love.example", "", "Love", ""),
        ("3", "Bartholomew", "Quigley", "", "", "Quux Inc.", "Ulm"),
        ("4", "Bartholomew", "Quigly", "", "", "Quux", "Ulm"),
        ("5", "Zoe", "Other", "zoe@other.example", "", "", "Rom"),
    )

    done = duplicates(file, "--key", "id", "--country", "DE", "--json")

    assert (0, "") == (done.code, done.err)
    shown = {(one["left"], one["right"]): one for one in done.json["pairs"]}
    assert {("1", "2"), ("3", "4")} == set(shown)
    assert ("exact", "merge") == (shown["1", "2"]["kind"], shown["1", "2"]["action"])
    assert ("fuzzy", "review") == (shown["3", "4"]["kind"], shown["3", "4"]["action"])
    assert {"left", "right", "score", "kind", "action", "reasons"} == set(shown["1", "2"])
    assert all(0 <= one["score"] <= 1 and one["reasons"] for one in shown.values())
    assert (5, "given_name") == (done.json["records"], done.json["columns"]["First Name"])


def test_the_table_says_what_was_compared_and_what_to_do(tmp_path: Path) -> None:
    """For people: how each column was read, the pairs, and how many of them are proven."""
    file = people(tmp_path, ANN, ("2", *ANN[1:]))

    done = duplicates(file, "--key", "id")

    assert 0 == done.code
    assert "E-Mail (email)" in done.out
    assert "1 proven, 0 for a person to review." in done.out


def test_no_duplicates_is_said(tmp_path: Path) -> None:
    """A file without duplicates gives an empty list and a sentence."""
    file = people(tmp_path, ANN)

    assert "No two of them look like one person." in duplicates(file, "--key", "id").out
    assert [] == duplicates(file, "--key", "id", "--json").json["pairs"]


def test_the_same_file_is_told_the_same(tmp_path: Path) -> None:
    """Two runs print the same bytes."""
    file = people(tmp_path, *((str(n), *ANN[1:]) for n in range(30)))

    first, second = (duplicates(file, "--key", "id", "--json").out for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ("Say it with --key COLUMN", ()),
        ("--key 'idd' is no column (did you mean 'id'?)", ("--key", "idd")),
        ("'Town' is no column", ("--key", "id", "--as", "Town=city")),
        ("'towns' is no feature", ("--key", "id", "--as", "City=towns")),
    ],
)
def test_what_does_not_fit_the_file_is_told_with_the_next_step(
    tmp_path: Path, expected: str, words: tuple[str, ...]
) -> None:
    """A wrong or missing option exits 2 with what there is; nothing goes to standard output."""
    done = duplicates(people(tmp_path, ANN), *words)

    assert (2, "") == (done.code, done.out)
    assert expected in done.err
    assert "Lovelace" not in done.err


def test_a_missing_file_and_no_file_exit_2(tmp_path: Path) -> None:
    """Both are usage errors that name the option."""
    assert (2, True) == (
        (missing := duplicates(tmp_path / "none.csv", "--key", "id")).code,
        "--file" in missing.err,
    )
    nothing = crmsyncd_here("duplicates", environment={})
    assert (2, True) == (nothing.code, "--file FILE" in nothing.err)


def test_columns_nobody_knows_must_be_explained(tmp_path: Path) -> None:
    """A file whose names say nothing is not guessed at; --as says what its columns hold."""
    file = people(tmp_path, ("1", "Ann", "x"), ("2", "Ann", "x"), header=("id", "foo", "bar"))

    unclear = duplicates(file, "--key", "id")
    clear = duplicates(file, "--key", "id", "--as", "foo=given_name", "--json")

    assert (2, True) == (unclear.code, "--as COLUMN=FEATURE" in unclear.err)
    assert (0, ["bar"]) == (clear.code, clear.json["unread"])


def test_rows_that_cannot_be_told_apart_are_left_out_and_named(tmp_path: Path) -> None:
    """A row without key, or with another's, is told with its line; the others are compared."""
    file = people(tmp_path, ANN, ("2", *ANN[1:]), ("", *ANN[1:]), ("7", *ANN[1:]), ("7", *ANN[1:]))

    done = duplicates(file, "--key", "id", "--json")

    assert [
        ("line 4", "missing_key"),
        ("line 5", "duplicate_key"),
        ("line 6", "duplicate_key"),
    ] == [(one["place"], one["code"]) for one in done.json["left_out"]]
    assert (0, 2) == (done.code, done.json["records"])
    assert "3 rows were not compared" in done.err


def test_strange_text_is_compared_without_a_crash(tmp_path: Path) -> None:
    """Ten thousand characters, right-to-left names, combining marks, quoted addresses."""
    long = "x" * 10_000
    rows = [
        ("1", long, long, f"{long}@a.example", long, long, long),
        ("2", long, long + "y", "", long, long, ""),
        ("3", "\u202eمحمد\u202c", "علي", '"a b"@c.example', "٠٣٠١٢٣٤٥٦", "", ""),
        ("4", "محمد", "علي", '"a b"@c.example', "", "", ""),
        ("5", "Jose\u0301", "Nu\u0308n\u0303ez", "a@b", "+++", ".", "🙂"),
        ("6", "José", "Nüñez", "a@b(comment)", "0", "", "🙂"),
    ]

    done = duplicates(people(tmp_path, *rows), "--key", "id", "--json")

    assert 0 == done.code
    assert {("3", "4"), ("5", "6")} <= {
        (one["left"], one["right"]) for one in done.json["pairs"]
    } | {(one["right"], one["left"]) for one in done.json["pairs"]}


def known_sync(folder: Path) -> dict[str, str]:
    """Make a state in which a sync has seen both its sides; return the environment that leads there."""

    def fill(connection: Connection) -> None:
        register(connection)
        row = {"Vorname": "Bartholomew", "Nachname": "Quigley", "Ort": "Ulm"}
        mirror.put(
            connection,
            [
                seen("1", {**row, "E-Mail": "barth@quux.example"}),
                seen("2", {**row, "E-Mail": "BARTH@quux.example"}),
                seen("3", {"Vorname": "Zora", "Nachname": "Ypsilanti", "Ort": "Hof"}),
                seen("4", {"Vorname": "Gone", "Nachname": "Gone"}, is_archived=True),
            ],
            sighting(FILE),
        )
        person = {"firstname": "Bartholomew", "lastname": "Quigley", "email": "barth@quux.example"}
        mirror.put(
            connection,
            [
                seen("100", person),
                seen("101", {**person, "email": "b@x.example"}, other_emails=(person["email"],)),
                seen("103", {"firstname": "Zora", "lastname": "Ypsilanti", "city": "Hof"}),
            ],
            sighting(CRM),
        )
        link(connection)

    state = open_state(folder / "state", inline=True)
    try:
        state.write_now(fill)
    finally:
        state.close()
    return {"CRMSYNCD_STATE": str(folder / "state")}


def test_a_syncs_duplicates_are_told_by_where_they_are(tmp_path: Path) -> None:
    """R9: twice in the source, twice in the CRM (by a second address), and alike but not linked."""
    places = known_sync(tmp_path)

    done = crmsyncd_here("duplicates", PAIR, "--json", environment=places)

    assert 0 == done.code
    assert {
        ("source", "1", "2"),
        ("crm", "100", "101"),
        ("across", "2", "101"),
        ("across", "3", "103"),
    } == {(one["place"], one["left"], one["right"]) for one in done.json["pairs"]}
    assert {"review"} == {one["action"] for one in done.json["pairs"]}
    assert ("100", "") == next(
        (one["left_partner"], one["right_partner"])
        for one in done.json["pairs"]
        if "source" == one["place"]
    )
    assert {"source": 3, "crm": 3} == done.json["records"]


def test_a_syncs_duplicates_are_shown_by_place(tmp_path: Path) -> None:
    """For people: one table for each place, and that they are theirs to decide."""
    shown = crmsyncd_here("duplicates", PAIR, environment=known_sync(tmp_path))

    assert 0 == shown.code
    assert "Twice in the CRM" in shown.out
    assert "4 for a person to review" in shown.out


def test_an_unknown_sync_and_two_wishes_at_once_exit_2(tmp_path: Path) -> None:
    """The message says what is there, or which of the two to give."""
    places = known_sync(tmp_path)

    unknown = crmsyncd_here("duplicates", "nope", environment=places)
    both = crmsyncd_here("duplicates", PAIR, "--key", "id", environment=places)

    assert (2, True) == (unknown.code, "crmsyncd status" in unknown.err)
    assert (2, True) == (both.code, "Give either a sync" in both.err)
