"""Sample marketing data as it is in life: phones in many shapes, duplicates, damaged rows.

The same seed gives the same bytes. Nobody in it exists: addresses end in example.com and .example.
"""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

HEADERS = (
    "id", "E-Mail", "First Name", "Last Name", "Phone", "Company", "Job Title", "City", "Country",
    "Newsletter",
)  # fmt: skip

COLUMNS = {
    "email": "E-Mail",
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone",
    "job_title": "Job Title",
    "city": "City",
}
"""Canonical field → column."""

FIRST = (
    "Ada", "Björn", "Chloé", "Dora", "Emre", "Fatima", "Giulia", "Hans", "Ines", "Jürgen",
    "Katarzyna", "Liam", "María", "Noah", "Olga", "Pierre", "Quentin", "Rosa", "Søren", "Théo",
    "Ulrike", "Vera", "Wei", "Ximena", "Yara", "Zoë",
)  # fmt: skip
LAST = (
    "Abel", "Brandt", "Castro", "Dubois", "Ericsson", "Fischer", "García", "Hoffmann", "Ivanova",
    "Jensen", "Kowalski", "Lehmann", "Müller", "Novák", "O'Neill", "Petit", "Quinn", "Rossi",
    "Schröder", "Tanaka", "Urban", "Vogel", "Weber", "Yildiz", "Zimmermann",
)  # fmt: skip
COMPANIES = ("Acme GmbH", "Blue, Sons & Co.", "Café Central", 'The "Big" Shop', "Nordwind AG")
TITLES = ("Buyer", "Head of Marketing", "CEO", "Assistant", "")
CITIES = (("Berlin", "Germany"), ("Paris", "France"), ("Wien", "Austria"), ("London", "UK"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Somebody the CRM knows already."""

    email: str
    first_name: str
    last_name: str
    phone: str


def sample_rows(known: Sequence[Known], rows: int, seed: int) -> list[list[str]]:
    """Return a header and *rows* rows: people the CRM knows, people it does not, what goes wrong."""
    luck = random.Random(seed)  # noqa: S311 - sample data
    table = [_known_row(number + 1, person, luck) for number, person in enumerate(known)]
    while len(table) < rows - 40:
        table.append(_new_row(len(table) + 1, luck))
    table += _troubles(table, rows - len(table), luck)
    return [list(HEADERS), *table]


def with_whole_names(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return a table in which one column holds the whole name, for systems that know no other."""
    first = HEADERS.index("First Name")
    return [
        [*row[:first], "Name" if not number else " ".join(row[first : first + 2]).strip(),
         *row[first + 2 :]]
        for number, row in enumerate(table)
    ]  # fmt: skip


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """Return a table, its header first, as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(table)
    return text.getvalue().encode("utf-8-sig")


def _known_row(number: int, person: Known, luck: random.Random) -> list[str]:
    """Somebody the CRM has: some with other values, so that both sides have something to learn."""
    city, country = luck.choice(CITIES)
    phone = person.phone or _phone(luck)
    first = person.first_name if luck.random() < 0.9 else luck.choice(FIRST)  # noqa: PLR2004
    return [
        f"S{number:05d}", person.email.upper() if luck.random() < 0.2 else person.email,  # noqa: PLR2004
        first, person.last_name, phone, luck.choice(COMPANIES), luck.choice(TITLES), city, country,
        luck.choice(("yes", "no")),
    ]  # fmt: skip


def _new_row(number: int, luck: random.Random) -> list[str]:
    first, last = luck.choice(FIRST), luck.choice(LAST)
    city, country = luck.choice(CITIES)
    plain = _ascii(f"{first}.{last}")
    return [
        f"S{number:05d}", f"{plain}.{number}@example.com", first, last, _phone(luck),
        luck.choice(COMPANIES), luck.choice(TITLES), city, country, luck.choice(("yes", "no")),
    ]  # fmt: skip


def _ascii(text: str) -> str:
    kept = "".join(
        char for char in text.lower() if char.isascii() and (char.isalnum() or char == ".")
    )
    return kept or "person"


def _phone(luck: random.Random) -> str:
    """Return a Berlin number in one of the shapes people write it in; sometimes none."""
    tail = f"{luck.randrange(10**7):07d}"
    return luck.choice(
        (
            f"+4930{tail}",
            f"+49 30 {tail[:3]} {tail[3:]}",
            f"030/{tail}",
            f"030 {tail[:4]}-{tail[4:]}",
            f"(030) {tail}",
            f"0049 30 {tail}",
            "",
        )
    )


def _troubles(table: list[list[str]], number: int, luck: random.Random) -> list[list[str]]:
    """Rows that must not pass: twins, broken addresses, spreadsheet numbers, missing names."""
    start = len(table)
    rows = []
    for offset in range(number):
        row = _new_row(start + offset + 1, luck)
        kind = offset % 4
        if kind == 0:
            row[1] = luck.choice(table)[1]
        elif kind == 1:
            row[1] = luck.choice(("no address", "a@@example.com", "someone@", "x y@example.com"))
        elif kind == 2:  # noqa: PLR2004 - the third kind of trouble
            row[4] = "4.93012E+11"
        else:
            row[1], row[2], row[3], row[4] = "", "", "", ""
        rows.append(row)
    return rows
