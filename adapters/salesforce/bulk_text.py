"""CSV of bulk jobs: rows in, results out.

An empty cell leaves a field as it is and ``#N/A`` empties it, so rows that set different fields
share one header, the union of all: what a row does not set stays an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from adapters.exchange import Json

CLEAR = "#N/A"
_NUL = "\x00"


def written(rows: Sequence[Mapping[str, Json]]) -> bytes:
    """Return rows as CSV; None clears, what a row lacks is left alone."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(row, name) for name in header])
    return text.getvalue().encode()


def rows_of(text: str) -> list[dict[str, Json]]:
    """Return the rows of a result; an empty cell is None. Stray NUL bytes are dropped."""
    reader = csv.DictReader(io.StringIO(text.replace(_NUL, ""), newline=""))
    return [{name: value or None for name, value in row.items() if name} for row in reader]


def has_clear(values: Iterable[Json]) -> bool:
    """Whether a text would be taken for the order to empty a field."""
    return any(value == CLEAR for value in values)


def error_of(told: str) -> Json:
    """Return a result's ``CODE:message:Field1 Field2 --`` as an error of a collection's reply."""
    code, _, rest = told.partition(":")
    message, _, named = rest.rpartition(":")
    fields = [one for one in named.removesuffix("--").split() if one != "--"]
    return {"statusCode": code.strip(), "message": message, "fields": fields}


def _cell(row: Mapping[str, Json], name: str) -> str:
    if name not in row:
        return ""
    value = row[name]
    if value is None:
        return CLEAR
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
