"""``duplicates``: records that are probably one person."""

from collections.abc import Sequence
from pathlib import Path

from daemon.cli.output import err, out, print_json, table
from daemon.use_cases.duplicates import (
    DuplicatePair,
    FileDuplicates,
    FileOrder,
    file_duplicates,
)
from daemon.use_cases.oneoff import Unusable

SHOWN_REASONS = 3
"""Reasons of a pair in the table; JSON has them all."""


def duplicates(
    *,
    file: Path | None,
    key: str,
    meanings: Sequence[str],
    country: str,
    least: float,
    as_json: bool,
) -> None:
    """List the duplicates of a file."""
    if file is None:
        raise Unusable("Which records? Give --file FILE with --key COLUMN.")
    order = FileOrder(file=file, key=key, meanings=meanings, country=country, least=least)
    found = file_duplicates(order)
    if as_json:
        print_json(found)
    else:
        _show(found)
    if found.left_out:
        err.print(f"warning: {len(found.left_out)} rows were not compared; the first: "
                  f"{found.left_out[0].message}", markup=False)  # fmt: skip


def _show(found: FileDuplicates) -> None:
    read = ", ".join(f"{name} ({feature})" for name, feature in found.columns.items())
    out.print(f"Compared {found.records:,} rows by: {read}.", markup=False)
    if not found.pairs:
        out.print("No two of them look like one person.")
        return
    show_pairs(f"Rows that may be one, by {found.key}", found.pairs)


def show_pairs(title: str, pairs: Sequence[DuplicatePair]) -> None:
    """Print pairs as a table, and what their actions ask for."""
    table(
        title,
        ["left", "right", "score", "kind", "action", "reasons"],
        [
            [one.left, one.right, f"{one.score:.2f}", one.kind, one.action,
             "; ".join(one.reasons[:SHOWN_REASONS])]
            for one in pairs
        ],
    )  # fmt: skip
    proven = sum(one.action == "merge" for one in pairs)
    out.print(f"{proven} proven, {len(pairs) - proven} for a person to review.")
