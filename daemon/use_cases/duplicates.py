"""Duplicates in a file that is in no sync: which rows are one person, how surely, and why.

Takes a CSV file and its key column; gives pairs of keys. Reads the file once, writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.contract import RecordFault
from adapters.csv_file.settings import CsvSettings
from adapters.csv_file.snapshot import snapshot
from adapters.csv_file.table import Entry, Table
from daemon.core.field_names import did_you_mean
from daemon.core.similarity import (
    LEAST,
    Feature,
    Judged,
    Judgement,
    Reading,
    judge,
    profile,
    read_columns,
)
from daemon.use_cases.attend import Answer
from daemon.use_cases.oneoff import Unusable


class DuplicatePair(Answer):
    """Two records that may be one."""

    left: str
    right: str
    """Values of the key column."""
    score: float
    """How surely they are one, 0 to 1."""
    kind: str
    """exact: a key proves it; fuzzy: they are alike; ambiguous: something stands against it."""
    action: str
    """merge: no person is asked; review: a person decides."""
    reasons: list[str]
    """The proof first, then each feature with what it is worth; no values."""


class LeftOut(Answer):
    """A row that was not compared."""

    place: str
    code: str
    message: str


class FileDuplicates(Answer):
    """The duplicates of a file."""

    file: str
    key: str
    records: int
    """Rows that were compared."""
    columns: dict[str, str]
    """Column → the feature it was read as."""
    unread: list[str]
    """Columns that tell nothing that is compared."""
    compared: int
    """Pairs that share something and were looked at."""
    is_learnt: bool
    """Whether the data itself had a say in what each feature is worth."""
    pairs: list[DuplicatePair]
    left_out: list[LeftOut]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOrder:
    """What the command line says."""

    file: Path
    key: str
    meanings: Sequence[str] = ()
    """``COLUMN=FEATURE``, over what the column's name says."""
    country: str = ""
    least: float = LEAST


@dataclass(slots=True)
class _Rows:
    columns: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def file_duplicates(order: FileOrder) -> FileDuplicates:
    """Return the duplicates of a file.

    Raises Unusable where the command line does not fit the file, Unreadable where the file cannot
    be read.
    """
    rows = _read(order)
    columns = _meanings(rows.columns, order)
    reading = Reading(columns=columns, region=order.country.upper() or None)
    profiles = [
        profile(dict(zip(rows.columns, entry.texts, strict=True)), reading)
        for entry in rows.entries
    ]
    found = judge(profiles, least=order.least)
    return FileDuplicates(
        file=str(order.file),
        key=order.key,
        records=len(rows.entries),
        columns={name: feature.value for name, feature in columns.items()},
        unread=[name for name in rows.columns if name not in columns and name != order.key],
        compared=found.compared,
        is_learnt=found.is_learnt,
        pairs=told(found, [entry.id for entry in rows.entries]),
        left_out=rows.left_out,
    )


def told(found: Judgement, ids: Sequence[str]) -> list[DuplicatePair]:
    """Return judged pairs by the ids of their records."""
    return [pair_of(one, ids[one.left], ids[one.right]) for one in found.pairs]


def pair_of(one: Judged, left: str, right: str) -> DuplicatePair:
    """Return a judged pair as it is told."""
    return DuplicatePair(
        left=left,
        right=right,
        score=one.score,
        kind=one.kind.value,
        action=one.action.value,
        reasons=list(one.reasons),
    )


def _read(order: FileOrder) -> _Rows:
    if not order.file.is_file():
        raise Unusable(f"--file {str(order.file)!r}: there is no such file.")
    with snapshot(order.file) as taken:
        columns = Table(taken, CsvSettings(path=order.file, may_add_id_column=True)).layout.columns
        if order.key not in columns:
            raise Unusable(_no_key(order.key, columns))
        table = Table(taken, CsvSettings(path=order.file, key=order.key))
        return _rows(table)


def _no_key(key: str, columns: Sequence[str]) -> str:
    listed = ", ".join(columns)
    if not key:
        return f"Which column tells the rows apart? Say it with --key COLUMN. Columns: {listed}."
    return f"--key {key!r} is no column{did_you_mean(key, columns)}. Columns: {listed}."


def _rows(table: Table) -> _Rows:
    found = _Rows(columns=table.layout.columns)
    repeated = table.duplicates()
    for item in table.items():
        if isinstance(item, RecordFault):
            found.left_out.append(_left_out(item.place, item.code, item.message))
        elif item.id in repeated:
            line = item.row.line
            message = f"{table.settings.path}: line {line} has a key that another line has too."
            found.left_out.append(_left_out(f"line {line}", "duplicate_key", message))
        else:
            found.entries.append(item)
    return found


def _left_out(place: str, code: str, message: str) -> LeftOut:
    return LeftOut(place=place, code=code, message=message)


def _meanings(columns: Sequence[str], order: FileOrder) -> dict[str, Feature]:
    """Return what each column tells: by its name, and over that by what the person says."""
    found = read_columns(columns, order.key)
    for text in order.meanings:
        name, _, word = text.rpartition("=")
        if name not in columns:
            raise Unusable(
                f"--as {text!r}: {name!r} is no column{did_you_mean(name, columns)}. "
                f"Columns: {', '.join(columns)}."
            )
        found.pop(name, None)
        if word == "nothing":
            continue
        if word not in list(Feature):
            raise Unusable(
                f"--as {text!r}: {word!r} is no feature{did_you_mean(word, list(Feature))}. "
                f"Give one of: {', '.join(Feature)}, or nothing."
            )
        found[name] = Feature(word)
    if not found:
        raise Unusable(
            f"No column of {order.file} has a name that says what it holds; say it with "
            f"--as COLUMN=FEATURE. Features: {', '.join(Feature)}. Columns: {', '.join(columns)}."
        )
    return found
