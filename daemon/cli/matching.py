"""``duplicates``: records that are probably one person."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from daemon.cli.opening import a_state
from daemon.cli.output import err, out, print_json, table
from daemon.use_cases.duplicates import (
    DuplicatePair,
    FileDuplicates,
    FileOrder,
    file_duplicates,
)
from daemon.use_cases.oneoff import Unusable
from daemon.use_cases.sync_duplicates import SyncDuplicate, SyncDuplicates, sync_duplicates

SHOWN_REASONS = 3
"""Reasons of a pair in the table; JSON has them all."""


def of_file(
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
        raise Unusable("Which records? Give a SYNC, or --file FILE with --key COLUMN.")
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


def of_sync(
    *, sync: str, is_plain: bool, country: str, least: float, state: str, as_json: bool
) -> None:
    """List the duplicates of a sync."""
    if not is_plain:
        raise Unusable(f"Give either a sync ({sync!r}), or --file with --key and --as.")

    async def work() -> SyncDuplicates:
        async with a_state(state) as opened:
            return await sync_duplicates(opened, sync=sync, country=country, least=least)

    found = asyncio.run(work())
    if as_json:
        print_json(found)
        return
    counts = ", ".join(
        f"{number:,} records of the {side}" for side, number in found.records.items()
    )
    out.print(f"Compared {counts}.", markup=False)
    for place, title in _PLACES.items():
        table(title, ["left", "right", "score", "kind", "linked to", "reasons"],
              [_row(one) for one in found.pairs if one.place == place])  # fmt: skip
    out.print(f"{len(found.pairs)} for a person to review: merge them where they are, "
              "or make them differ." if found.pairs else "No two of them look like one person.")  # fmt: skip


_PLACES = {
    "source": "Twice in the source",
    "crm": "Twice in the CRM",
    "across": "In the source (left) and in the CRM (right), not linked",
}


def _row(one: SyncDuplicate) -> list[str]:
    linked = ", ".join(filter(None, (one.left_partner, one.right_partner)))
    reasons = "; ".join(one.reasons[:SHOWN_REASONS])
    return [one.left, one.right, f"{one.score:.2f}", one.kind, linked, reasons]
