"""CSV as Bulk 2.0 reads and writes it (salesforce.md 8.1, 8.2)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.salesforce.sandbox.bulk_jobs import DELIMITERS, LINE_ENDINGS, Job
from adapters.salesforce.sandbox.moments import as_csv

NULL = "#N/A"
"""The cell that clears; an empty one leaves the value as it is."""
MOST_IN_A_FIELD = 131_072


class UnreadableCsvError(ValueError):
    """The file does not fit what the job says of it; the text is the job's error message."""


def read_csv(job: Job) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of an uploaded file and its rows. Raises UnreadableCsvError."""
    text = (job.uploaded or b"").decode("utf-8-sig", "replace")
    _check_endings(text, job.line_ending)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter]))
    filled = [line for line in lines if line]
    if not filled:
        raise UnreadableCsvError("InvalidBatch : The CSV file has no header row")
    columns, rows = filled[0], filled[1:]
    if any(len(row) != len(columns) for row in rows):
        raise UnreadableCsvError(
            "InvalidBatch : The number of columns in a row does not fit the header"
        )
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


def _check_endings(text: str, ending: str) -> None:
    outside = "".join(text.split('"')[::2])
    has_windows = "\r\n" in outside
    if "\n" in outside and has_windows != (ending == "CRLF"):
        raise UnreadableCsvError(
            f"LineEnding is invalid on user data. Current LineEnding setting is {ending}"
        )


def written(job: Job, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV, every cell in quotes."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=DELIMITERS[job.delimiter],
        lineterminator=LINE_ENDINGS[job.line_ending],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return as_csv(text) if text.endswith(".000+0000") else text
