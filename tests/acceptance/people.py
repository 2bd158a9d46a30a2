"""Invented people: rows of a CSV file, some of whom a sandbox knows already."""

import csv
import io
import os
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("id", "E-Mail", "First Name", "Last Name", "Phone", "Company", "Job Title", "City")
PROPERTIES = {
    "E-Mail": "email",
    "First Name": "firstname",
    "Last Name": "lastname",
    "Phone": "phone",
    "Company": "company",
    "Job Title": "jobtitle",
    "City": "city",
}
FIRST = ("Ada", "Björn", "Chloé", "Dora", "Emre", "Fatima", "Giulia", "Hans", "Ines", "Jürgen")
LAST = ("Abel", "Brandt", "Castro", "Dubois", "Ericsson", "Fischer", "García", "O'Neill")
COMPANIES = ("Acme GmbH", "Blue, Sons & Co.", 'The "Big" Shop', "")
CITIES = ("Berlin", "Paris", "Wien", "London")


def plain_people(records: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Return *count* contacts with an address and nothing about them that is set apart."""
    found = [
        one
        for one in records
        if one["values"].get("email") and one["values"].get("phone", "+").startswith("+")
    ]
    assert count <= len(found)
    return found[:count]


def rows_for(known: Sequence[Mapping[str, Any]], count: int, seed: int = 1) -> list[list[str]]:
    """Return *count* rows: first one for each *known* contact, then people nobody knows."""
    luck = random.Random(seed)
    rows = [_known(number, record["values"], luck) for number, record in enumerate(known)]
    rows += [_new(number, luck) for number in range(len(known), count)]
    return rows


def _known(number: int, values: Mapping[str, str], luck: random.Random) -> list[str]:
    return [
        f"K{number:05d}", values["email"].upper() if number % 7 == 0 else values["email"],
        values.get("firstname", ""), values.get("lastname", ""), values.get("phone", ""),
        luck.choice(COMPANIES), luck.choice(("Buyer", "")), luck.choice(CITIES),
    ]  # fmt: skip


def _new(number: int, luck: random.Random) -> list[str]:
    return [
        f"K{number:05d}", f"row.{number}@example.com", luck.choice(FIRST), luck.choice(LAST),
        f"+4930{5_000_000 + number}", luck.choice(COMPANIES), luck.choice(("Buyer", "CEO", "")),
        luck.choice(CITIES),
    ]  # fmt: skip


def as_csv(rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> bytes:
    """Return rows as a spreadsheet program writes them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def table(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a file by key; fails for a key that comes twice."""
    reader = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    rows = list(reader)
    found = {row["id"]: row for row in rows}
    assert len(rows) == len(found), "a key comes twice"
    return found


def save(path: Path, content: bytes) -> None:
    """Save as an editor does: a new file in the place of the old one."""
    fresh = path.with_name(f"{path.name}.saved")
    fresh.write_bytes(content)
    os.replace(fresh, path)  # noqa: PTH105 - as short as can be between reading and replacing


def edit_row(path: Path, key: str, column: str, value: str) -> None:
    """Change one cell and leave every other byte as it is."""
    content = path.read_bytes()
    columns = content.decode("utf-8-sig").partition("\r\n")[0].split(",")
    save(path, _edited(content, key, columns.index(column), value))


def _edited(content: bytes, key: str, place: int, value: str) -> bytes:
    lines = content.split(b"\r\n")
    number = next(i for i, line in enumerate(lines) if line.startswith(key.encode() + b","))
    cells = CELL.findall(lines[number])
    needs_quotes = any(mark in value for mark in ',"')
    text = '"' + value.replace('"', '""') + '"' if needs_quotes else value
    cells[place] = text.encode()
    lines[number] = b",".join(cells)
    return b"\r\n".join(lines)


CELL = re.compile(rb'(?:^|(?<=,))("(?:[^"]|"")*"|[^",]*)(?=,|$)')
"""One cell as it stands in a line, its quotes included."""
